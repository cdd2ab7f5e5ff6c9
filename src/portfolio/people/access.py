"""Who looked at what of a person, when and why: written with every look, read by the person and the guardians."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from sqlmodel import Session, col, select

from portfolio.jobs import Clock
from portfolio.people.models import AccessRecord

Viewer: TypeAlias = Literal["self", "guardian", "organisation", "link", "registrar"]
PAGE: Final = 50


def record_view(
    session: Session,
    *,
    person_id: str,
    viewer: Viewer,
    what: str,
    why: str,
    clock: Clock,
    account_id: str | None = None,
    organisation_id: str | None = None,
    link_id: str | None = None,
) -> None:
    """Write down one look at a person's records; `what` and `why` are short codes, `person_id` an own row's id.

    Looks of the person himself are not written down.
    """
    if viewer == "self":
        return
    session.add(
        AccessRecord(
            person_id=person_id,
            viewer=viewer,
            account_id=account_id,
            organisation_id=organisation_id,
            link_id=link_id,
            what=what,
            why=why,
            at=clock(),
        )
    )
    session.flush()


def views_of(session: Session, *, person_id: str, before: int | None = None, limit: int = PAGE) -> list[AccessRecord]:
    """Return the looks at a person, the newest first; `before` is the number of the last one seen."""
    wanted = select(AccessRecord).where(AccessRecord.person_id == person_id)
    if before is not None:
        wanted = wanted.where(col(AccessRecord.id) < before)
    return list(session.exec(wanted.order_by(col(AccessRecord.id).desc()).limit(limit)))
