"""Who acts for an organisation: memberships and their invitations."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from portfolio.organisations.models import Membership, Organisation
from portfolio.people.actors import Seat


def seats_of(session: Session, *, account_id: str, now: datetime) -> tuple[Seat, ...]:
    """Return the places an account has in organisations at present, by name."""
    rows = session.exec(
        select(Membership.role, Organisation)
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
        .where(Membership.account_id == account_id)
        .where(col(Membership.ended_at).is_(None))
        .order_by(col(Organisation.name))
    )
    moment = int(now.timestamp())
    return tuple(
        Seat(
            organisation_id=organisation.id,
            slug=organisation.slug,
            name=organisation.name,
            type=organisation.type,
            role=role,
            suspended=organisation.suspended_from is not None and organisation.suspended_from <= moment,
        )
        for role, organisation in rows
    )
