"""Guardians: invited, proved, ended."""

from __future__ import annotations

from sqlmodel import Session, select

from portfolio.people.models import Guardianship, GuardianState


def wards_of(session: Session, *, account_id: str) -> tuple[str, ...]:
    """Return the persons (own rows) whose guardian an account is at present."""
    rows = session.exec(
        select(Guardianship.person_id)
        .where(Guardianship.account_id == account_id)
        .where(Guardianship.state == GuardianState.ACTIVE)
    )
    return tuple(rows)
