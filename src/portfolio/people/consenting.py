"""Whose consent stands, for many persons at once: the rules of `people.consent`, in two queries for a page of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.people.consent import Capacity, Given, Purpose, age_of, counts, is_allowed
from portfolio.people.models import Consent, Guardianship, GuardianState, Person
from portfolio.people.service import profile_in


def allowing(
    session: Session, *, vault: Vault, persons: Sequence[Person], purpose: Purpose, now: datetime
) -> frozenset[str]:
    """Return the ids of those own rows for which a purpose is allowed now; it says what `consents.allows` says."""
    ids = [person.id for person in persons]
    guardians = set(
        session.exec(
            select(Guardianship.person_id, Guardianship.account_id)
            .where(col(Guardianship.person_id).in_(ids))
            .where(Guardianship.state == GuardianState.ACTIVE)
        ).all()
    )
    given: dict[str, list[Consent]] = {}
    for consent in session.exec(
        select(Consent)
        .where(col(Consent.person_id).in_(ids))
        .where(Consent.purpose == purpose)
        .where(col(Consent.withdrawn_at).is_(None))
    ):
        given.setdefault(consent.person_id, []).append(consent)
    return frozenset(
        person.id
        for person in persons
        if person.erased_at is None
        and _is_allowed(profile_in(person, vault=vault).birth_date, given.get(person.id, []), guardians, purpose, now)
    )


def _is_allowed(
    born: str | None,
    given: Sequence[Consent],
    guardians: set[tuple[str, str | None]],
    purpose: Purpose,
    now: datetime,
) -> bool:
    age = age_of(born, now)
    capacities = {
        consent.capacity
        for consent in given
        if counts(
            Given(
                consent.capacity,
                age_of(born, consent.given_at),
                is_guardian_now=(consent.person_id, consent.account_id) in guardians,
            ),
            age=age,
        )
    }
    return is_allowed(
        purpose, age=age, by_person=Capacity.SELF in capacities, by_guardian=Capacity.GUARDIAN in capacities
    )
