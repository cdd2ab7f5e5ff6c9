"""What registrars and controllers decide about an issuer in the course of time: name, kinds, suspension, successor.

Each decision is a call in every pair of contracts that the issuer stands in, and holds once the chain says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from portfolio.anchoring.models import CallPurpose, ChainCall, Sender
from portfolio.anchoring.pairs import present_number
from portfolio.anchoring.service import enqueue_everywhere, final_at
from portfolio.anchoring.states import CallState
from portfolio.credentials.values import ValueProblem, normalise_name
from portfolio.errors import ConflictError, PortfolioError
from portfolio.jobs import Clock
from portfolio.organisations.models import Decision, DecisionKind, Organisation
from portfolio.organisations.moments import FURTHEST_BACK, MomentTooFarBackError, require_moment, seconds_of
from portfolio.organisations.service import BadNameError, kinds_mask, kinds_of_mask

TOGETHER = (
    frozenset({DecisionKind.SUSPEND, DecisionKind.REINSTATE}),
    frozenset(
        {
            DecisionKind.PROPOSE_CONTROLLER,
            DecisionKind.CONFIRM_CONTROLLER,
            DecisionKind.CANCEL_CONTROLLER,
            DecisionKind.EXECUTE_CONTROLLER,
        }
    ),
)
"""Kinds of decisions of which the next one has to know what became of the one before."""


class NotAdmittedError(ConflictError):
    code = "issuer_not_admitted"


class AlreadySuspendedError(ConflictError):
    code = "already_suspended"


class NotSuspendedError(ConflictError):
    code = "not_suspended"


class NothingChangesError(ConflictError):
    code = "nothing_changes"


class DecisionWaitsError(ConflictError):
    code = "decision_waits"


class BadSuccessorError(PortfolioError):
    status = 422
    code = "bad_successor"


def rename(session: Session, *, organisation: Organisation, name: str, clock: Clock) -> Decision:
    """Give the issuer another name; what it issued before is shown with both."""
    _require_admitted(organisation)
    try:
        name = normalise_name(name)
    except ValueProblem as problem:
        raise BadNameError(str(problem)) from None
    if name == _planned(session, organisation, DecisionKind.RENAME, "name", organisation.name):
        raise NothingChangesError("the issuer has this name already", slug=organisation.slug)
    return decide(session, organisation=organisation, kind=DecisionKind.RENAME, value={"name": name}, clock=clock)


def set_kinds(session: Session, *, organisation: Organisation, kinds: Sequence[str], clock: Clock) -> Decision:
    """Set the kinds that the issuer may issue. One that is taken away is not issued from now on; one that is given is
    from the moment the chain knows.
    """
    _require_admitted(organisation)
    mask = kinds_mask(kinds)
    if mask == _planned(session, organisation, DecisionKind.SET_KINDS, "kinds", organisation.kinds):
        raise NothingChangesError("the issuer has these kinds already", kinds=list[Any](kinds_of_mask(mask)))
    organisation.kinds &= mask
    session.add(organisation)
    return decide(session, organisation=organisation, kind=DecisionKind.SET_KINDS, value={"kinds": mask}, clock=clock)


def suspend(session: Session, *, organisation: Organisation, as_of: int, now: int, clock: Clock) -> Decision:
    """Suspend the issuer as of a moment: what was anchored before stays valid, what came after is not.

    `as_of` and `now`, the time of the chain's newest block, are unix seconds. Nothing is issued from this call on.
    """
    _require_admitted(organisation)
    earliest = max(seconds_of(organisation.admitted_at), _last_reinstatement(session, organisation))
    require_moment(as_of, now=now, earliest=earliest)
    if now - as_of > FURTHEST_BACK:
        raise MomentTooFarBackError("an issuer is suspended as of at most 30 days back", earliest=now - FURTHEST_BACK)
    since = organisation.suspended_from
    if since is not None and as_of >= since:
        raise AlreadySuspendedError(
            "the issuer is suspended already; only an earlier moment could be set", slug=organisation.slug, since=since
        )
    return decide(session, organisation=organisation, kind=DecisionKind.SUSPEND, value={"as_of": as_of}, clock=clock)


def reinstate(session: Session, *, organisation: Organisation, clock: Clock) -> Decision:
    """End the issuer's suspension. What was anchored during it needs another anchor."""
    _require_admitted(organisation)
    if organisation.suspended_from is None and not _unsettled(session, organisation, {DecisionKind.SUSPEND}):
        raise NotSuspendedError("the issuer is not suspended", slug=organisation.slug)
    return decide(session, organisation=organisation, kind=DecisionKind.REINSTATE, value={}, clock=clock)


def name_successor(session: Session, *, organisation: Organisation, successor: Organisation, clock: Clock) -> Decision:
    """Name the legal successor, who may revoke what this issuer issued, and nothing else."""
    _require_admitted(organisation)
    _require_admitted(successor)
    if successor.id == organisation.id:
        raise BadSuccessorError("an issuer is not its own successor", slug=successor.slug)
    planned = _planned(session, organisation, DecisionKind.NAME_SUCCESSOR, "id", organisation.successor_id)
    if successor.id == planned:
        raise NothingChangesError("this is its successor already", slug=successor.slug)
    value = {"id": successor.id, "successor": "0x" + successor.issuer_id.hex()}
    return decide(session, organisation=organisation, kind=DecisionKind.NAME_SUCCESSOR, value=value, clock=clock)


def decide(
    session: Session,
    *,
    organisation: Organisation,
    kind: DecisionKind,
    value: Mapping[str, Any],
    clock: Clock,
    sender: Sender | None = None,
    sealed_key: bytes | None = None,
) -> Decision:
    """Write a decision down and queue its call in every pair of contracts in which the issuer stands.

    Raises `DecisionWaitsError` while an earlier one that it builds upon waits for the chain.
    """
    for kinds in TOGETHER:
        if kind in kinds and _unsettled(session, organisation, kinds):
            raise DecisionWaitsError(
                "an earlier decision about this issuer waits for the chain: wait until the worker has brought it there",
                slug=organisation.slug,
            )
    now = clock()
    calls = enqueue_everywhere(
        session,
        issuer_id=organisation.issuer_id,
        purpose=CallPurpose(kind.value),
        sender=sender or (Sender.OPERATOR if kind is DecisionKind.NAME_SUCCESSOR else Sender.REGISTRAR),
        payload=value,
        now=now,
    )
    decision = Decision(
        organisation_id=organisation.id,
        kind=kind,
        value=dict(value),
        sealed_key=sealed_key,
        decided_at=now,
        call_id=calls[present_number(session)].id,
    )
    session.add(decision)
    session.flush()
    return decision


def decisions_of(session: Session, *, organisation: Organisation) -> list[Decision]:
    """Return all decisions about an issuer, oldest first."""
    return list(
        session.exec(select(Decision).where(Decision.organisation_id == organisation.id).order_by(col(Decision.id)))
    )


def decisions_wait(session: Session) -> bool:
    """Tell whether a decision waits for the chain's word."""
    return session.exec(select(Decision.id).where(col(Decision.settled_at).is_(None)).limit(1)).first() is not None


def settle_decisions(session: Session) -> int:
    """Take over from the chain which decisions hold; returns how many were new."""
    settled = 0
    waiting = select(Decision).where(col(Decision.settled_at).is_(None)).order_by(col(Decision.id))
    for decision in session.exec(waiting).all():
        decision.settled_at = final_at(session, call_id=decision.call_id)
        if decision.settled_at is None:
            continue
        organisation = session.get_one(Organisation, decision.organisation_id)
        _take_over(organisation, decision)
        session.add_all([decision, organisation])
        settled += 1
    return settled


def _take_over(organisation: Organisation, decision: Decision) -> None:
    value = decision.value
    match decision.kind:
        case DecisionKind.RENAME:
            organisation.name = value["name"]
        case DecisionKind.SET_KINDS:
            organisation.kinds = value["kinds"]
        case DecisionKind.SUSPEND:
            organisation.suspended_from = value["as_of"]
        case DecisionKind.REINSTATE:
            organisation.suspended_from = None
        case DecisionKind.NAME_SUCCESSOR:
            organisation.successor_id = value["id"]
        case DecisionKind.EXECUTE_CONTROLLER:
            organisation.controller = value["controller"]
            organisation.sealed_controller_key = decision.sealed_key


def _require_admitted(organisation: Organisation) -> None:
    if organisation.admitted_at is None:
        raise NotAdmittedError(
            f"{organisation.slug} is not admitted yet: wait until the worker has brought it to the chain",
            slug=organisation.slug,
        )


def _unsettled(session: Session, organisation: Organisation, kinds: Iterable[DecisionKind]) -> list[Decision]:
    """Return what waits for the chain; what the chain refused (HELD) waits for a person and bars nobody's way."""
    return list(
        session.exec(
            select(Decision)
            .join(ChainCall, col(ChainCall.id) == col(Decision.call_id))
            .where(Decision.organisation_id == organisation.id)
            .where(col(Decision.kind).in_(list(kinds)))
            .where(col(Decision.settled_at).is_(None))
            .where(ChainCall.state != CallState.HELD)
            .order_by(col(Decision.id))
        )
    )


def _planned(session: Session, organisation: Organisation, kind: DecisionKind, name: str, present: Any) -> Any:
    """Return the value that will hold once all that waits has reached the chain."""
    waiting = _unsettled(session, organisation, {kind})
    return waiting[-1].value[name] if waiting else present


def _last_reinstatement(session: Session, organisation: Organisation) -> int:
    ended = [
        decision.settled_at
        for decision in decisions_of(session, organisation=organisation)
        if decision.kind is DecisionKind.REINSTATE
    ]
    return max(map(seconds_of, ended), default=0)
