"""Who looked at what of a person, when and why: written with every look, read by the person and the guardians."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import insert
from sqlmodel import Session, col, select

from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.models import AccessRecord

WHAT: Final = {
    "portfolio": N_("the portfolio"),
    "document": N_("a document"),
    "credential": N_("an award"),
    "name": N_("name and date of birth"),
    "share": N_("what a link shows"),
    "claim": N_("an award that waits for confirmation"),
    "export": N_("everything, as a file"),
    "imports": N_("awards from elsewhere"),
    "trajectory": N_("the portfolio and how it grew"),
}
"""What was looked at, by code; a code that is not here is shown as it stands."""

WHY: Final = {
    "guardian": N_("as parent or guardian"),
    "issuer": N_("as the one who issued it"),
    "guardian_check": N_("to confirm a parent or guardian"),
    "confirmation": N_("to confirm an award"),
    "link": N_("by a link that was given"),
    "university_access": N_("the owner opened it to this university"),
    "export": N_("to save a copy"),
    "dispute": N_("to decide whose award it is"),
    "rescue": N_("to help into the account again"),
    "guardian_end": N_("to end a guardianship"),
    "replacement": N_("to replace an organisation's administrator"),
}

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


def record_views(
    session: Session,
    *,
    person_ids: Collection[str],
    viewer: Viewer,
    what: str,
    why: str,
    clock: Clock,
    account_id: str | None = None,
    organisation_id: str | None = None,
) -> None:
    """Write down one look at several people, in one statement."""
    row: dict[str, Any] = {"viewer": viewer, "what": what, "why": why, "at": clock()}
    row |= {"account_id": account_id, "organisation_id": organisation_id}
    if person_ids:
        session.execute(insert(AccessRecord), [{**row, "person_id": person_id} for person_id in person_ids])


def views_of(session: Session, *, person_id: str, before: int | None = None, limit: int = PAGE) -> list[AccessRecord]:
    """Return the looks at a person, the newest first; `before` is the number of the last one seen."""
    wanted = select(AccessRecord).where(AccessRecord.person_id == person_id)
    if before is not None:
        wanted = wanted.where(col(AccessRecord.id) < before)
    return list(session.exec(wanted.order_by(col(AccessRecord.id).desc()).limit(limit)))
