"""Since when a no to keeping stands, and when what was kept on that consent has to be gone (152-ФЗ, article 21 (5))."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.people.consent import Capacity, Purpose, age_of, deciders
from portfolio.people.deadlines import Duty, deadline, local_day
from portfolio.people.models import Consent, Person
from portfolio.people.service import profile_in

NOBODYS_NO: Final = ("newer", "ended")
"""What ended a consent without anybody's no: a newer yes, the end of a guardianship."""


def refused_since(consents: Iterable[Consent], needed: frozenset[Capacity]) -> datetime | None:
    """Return since when the no of one whose yes is needed stands; None where nobody has said no, or a yes came after.

    A birthday that makes another yes necessary is no no: nothing is destroyed because somebody has not answered yet.
    """
    noes = []
    by_capacity: dict[Capacity, list[Consent]] = {}
    for consent in consents:
        by_capacity.setdefault(consent.capacity, []).append(consent)
    for capacity in needed & by_capacity.keys():
        own = by_capacity[capacity]
        said = [one.withdrawn_at for one in own if one.withdrawn_at and one.withdrawn_by not in NOBODYS_NO]
        if said and all(one.withdrawn_at for one in own) and max(said) >= max(one.given_at for one in own):
            noes.append(max(said))
    return min(noes, default=None)


def to_be_destroyed_on(session: Session, *, vault: Vault, person: Person, now: datetime) -> date | None:
    """Return the last day on which what an own row added may be kept; None while nobody's no to keeping stands."""
    needed = deciders(age_of(profile_in(person, vault=vault).birth_date, now))
    rows = session.exec(
        select(Consent).where(Consent.person_id == person.id).where(Consent.purpose == Purpose.STORE)
    ).all()
    since = refused_since(rows, needed)
    return None if since is None else deadline(Duty.ERASE, local_day(since)).due


def who_refused(session: Session) -> Sequence[str]:
    """Return the ids of own rows for which anybody ever took back a yes to keeping: few, each is then looked at."""
    return session.exec(
        select(Consent.person_id)
        .join(Person, col(Person.id) == col(Consent.person_id))
        .where(Consent.purpose == Purpose.STORE)
        .where(col(Consent.withdrawn_at).is_not(None))
        .where(col(Consent.withdrawn_by).not_in(NOBODYS_NO))
        .where(col(Person.erased_at).is_(None))
        .distinct()
        .order_by(col(Consent.person_id))
    ).all()
