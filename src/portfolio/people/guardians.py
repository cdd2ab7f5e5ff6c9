"""Guardians: who they are of whom at present. Their rights follow the child's age at once, not after a job."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.people.consent import Age, age_of, may_be_guarded
from portfolio.people.models import Guardianship, GuardianState, Person
from portfolio.people.service import profile_in


def wards_of(session: Session, *, vault: Vault, account_id: str, now: datetime) -> tuple[str, ...]:
    """Return the persons (own rows) whose guardian an account is at present: those of 18 are none."""
    rows = session.exec(
        select(Person)
        .join(Guardianship, col(Guardianship.person_id) == col(Person.id))
        .where(Guardianship.account_id == account_id)
        .where(Guardianship.state == GuardianState.ACTIVE)
        .where(col(Person.erased_at).is_(None))
        .order_by(col(Guardianship.created_at))
    )
    return tuple(
        dict.fromkeys(row.id for row in rows if may_be_guarded(age_of(profile_in(row, vault=vault).birth_date, now)))
    )


def age_at(session: Session, *, vault: Vault, person_id: str, now: datetime) -> Age:
    """Return how old a person is as he himself (or a guardian) says; raises `NotFoundError` when he was erased."""
    person = session.get(Person, person_id)
    return (
        Age.UNKNOWN if person is None or person.erased_at else age_of(profile_in(person, vault=vault).birth_date, now)
    )
