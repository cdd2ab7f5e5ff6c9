"""Organisations as people choose them from a list, or read their names."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, or_, select

from portfolio.errors import NotFoundError
from portfolio.organisations.models import Organisation, OrganisationType

MOST_SHOWN = 1000


def schools(session: Session, *, now: datetime) -> list[Organisation]:
    """Return the schools that are admitted and not suspended, by name."""
    return list(
        session.exec(
            select(Organisation)
            .where(Organisation.type == OrganisationType.SCHOOL)
            .where(col(Organisation.admitted_at).is_not(None))
            .where(
                or_(col(Organisation.suspended_from).is_(None), col(Organisation.suspended_from) > int(now.timestamp()))
            )
            .order_by(col(Organisation.name))
            .limit(MOST_SHOWN)
        )
    )


def school(session: Session, *, slug: str, now: datetime) -> Organisation:
    """Return one of the `schools`; raises `NotFoundError`."""
    found = session.exec(select(Organisation).where(Organisation.slug == slug)).first()
    is_suspended = (
        found is not None and found.suspended_from is not None and found.suspended_from <= int(now.timestamp())
    )
    if found is None or found.type is not OrganisationType.SCHOOL or found.admitted_at is None or is_suspended:
        raise NotFoundError("there is no such school")
    return found


def names_of_organisations(session: Session, *, ids: Collection[str]) -> dict[str, str]:
    """Return names by id."""
    wanted = select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(set(ids)))
    return dict(session.exec(wanted).all()) if ids else {}
