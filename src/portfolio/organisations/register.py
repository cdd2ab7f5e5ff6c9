"""The register as people read it: which organisations there are and how they stand, decisions under way included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import Session, col, select

from portfolio.anchoring.models import ChainCall
from portfolio.anchoring.states import CallState
from portfolio.errors import NotFoundError
from portfolio.organisations.models import Decision, DecisionKind, IssuerKey, Membership, Organisation, Purpose

PAGE: Final = 50


class Standing(StrEnum):
    """How an organisation stands, in one word."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Entry:
    """An organisation with how it stands; `since` are unix seconds, `waiting` what was decided and is under way."""

    organisation: Organisation
    standing: Standing
    since: int | None
    waiting: tuple[DecisionKind, ...] = ()


def entries(session: Session, *, after: str = "") -> list[Entry]:
    """Return a page of the register by slug, from the one after `after`."""
    query = select(Organisation).where(col(Organisation.slug) > after).order_by(col(Organisation.slug)).limit(PAGE)
    return _entries(session, session.exec(query).all())


def entry_of(session: Session, *, slug: str) -> Entry:
    """Return one organisation; raises `NotFoundError`."""
    found = session.exec(select(Organisation).where(Organisation.slug == slug)).first()
    if found is None:
        raise NotFoundError("there is no such organisation")
    return _entries(session, [found])[0]


def staff_count(session: Session, *, organisation_id: str) -> int:
    """Return how many act for an organisation."""
    query = select(func.count()).select_from(Membership).where(Membership.organisation_id == organisation_id)
    return session.exec(query.where(col(Membership.ended_at).is_(None))).one()


def has_good_key(session: Session, *, organisation_id: str) -> bool:
    """Tell whether an organisation has a key that the chain knows and that may sign credentials."""
    query = select(IssuerKey.id).where(IssuerKey.organisation_id == organisation_id)
    query = query.where(IssuerKey.purpose == Purpose.CREDENTIAL).where(col(IssuerKey.active_at).is_not(None))
    return session.exec(query.where(col(IssuerKey.retired_at).is_(None)).limit(1)).first() is not None


def suspension_decided() -> ColumnElement[bool]:
    """Return the condition that an `Organisation` row's suspension is decided and on its way to the chain."""
    return (
        exists()
        .where(col(Decision.organisation_id) == col(Organisation.id))
        .where(col(Decision.kind) == DecisionKind.SUSPEND)
        .where(col(Decision.settled_at).is_(None))
        .where(col(ChainCall.id) == col(Decision.call_id))
        .where(col(ChainCall.state) != CallState.HELD)
    )


def _entries(session: Session, organisations: Sequence[Organisation]) -> list[Entry]:
    waiting: dict[str, list[Decision]] = {}
    decisions = (
        select(Decision)
        .join(ChainCall, col(ChainCall.id) == col(Decision.call_id))
        .where(col(Decision.organisation_id).in_([row.id for row in organisations]))
        .where(col(Decision.settled_at).is_(None))
        .where(col(ChainCall.state) != CallState.HELD)
        .order_by(col(Decision.id))
    )
    for decision in session.exec(decisions):
        waiting.setdefault(decision.organisation_id, []).append(decision)
    return [_entry(row, waiting.get(row.id, [])) for row in organisations]


def _entry(organisation: Organisation, waiting: Sequence[Decision]) -> Entry:
    kinds = tuple(decision.kind for decision in waiting)
    decided = [decision.value["as_of"] for decision in waiting if decision.kind is DecisionKind.SUSPEND]
    if decided or organisation.suspended_from is not None:
        # A decision to suspend holds here at once; its end only when the chain says so.
        return Entry(organisation, Standing.SUSPENDED, decided[-1] if decided else organisation.suspended_from, kinds)
    if organisation.admitted_at is None:
        return Entry(organisation, Standing.WAITING, None, kinds)
    return Entry(organisation, Standing.ADMITTED, int(organisation.admitted_at.timestamp()), kinds)
