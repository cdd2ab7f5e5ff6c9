"""Entering issuers and their keys in another pair of contracts, and ending the keys in one that was left (ADR 0091)."""

from __future__ import annotations

from sqlmodel import Session, col, select

from portfolio.anchoring.models import CallPurpose, ChainCall, ContractPair, Sender
from portfolio.anchoring.pairs import PairError, open_pair, present_number, unfinished_calls
from portfolio.anchoring.service import enqueue_call
from portfolio.errors import ConflictError
from portfolio.jobs import Clock
from portfolio.organisations.models import IssuerKey, Organisation
from portfolio.organisations.recovery import recovery_of
from portfolio.organisations.service import queue_admission, queue_key, registrations_wait
from portfolio.organisations.standing import decisions_wait


class NotSettledError(ConflictError):
    code = "decision_waits"


def enter_issuers(session: Session, *, pair: ContractPair, clock: Clock) -> int:
    """Queue the admission of every issuer, with its present name, kinds and controller, and of its present keys.

    Returns how many issuers. Raises `NotSettledError` while something about an issuer is still on its way to the chain.
    """
    organisations = session.exec(select(Organisation).order_by(col(Organisation.created_at))).all()
    if registrations_wait(session) or decisions_wait(session):
        raise NotSettledError("issuers, keys or decisions wait for the chain: let the worker bring them there first")
    if any(recovery_of(session, organisation=organisation) for organisation in organisations):
        raise NotSettledError("the recovery of a controller is under way: carry it out or cancel it first")
    for organisation in organisations:
        queue_admission(session, organisation=organisation, pair=pair.number, clock=clock)
        present = select(IssuerKey).where(IssuerKey.organisation_id == organisation.id)
        for key in session.exec(present.where(col(IssuerKey.retired_at).is_(None)).order_by(col(IssuerKey.created_at))):
            queue_key(session, organisation=organisation, key=key, pair=pair.number, clock=clock)
        if organisation.suspended_from is not None:
            _queue(session, organisation, CallPurpose.SUSPEND, Sender.REGISTRAR, pair, clock)
    return len(organisations)


def settle_move(session: Session, *, clock: Clock) -> int:
    """Open the newest pair once everything entered in it is final; returns 1 when that is now."""
    pair = open_pair(session, clock=clock)
    if pair is None:
        return 0
    for organisation in session.exec(select(Organisation)).all():
        if organisation.successor_id:  # its successor had to be admitted first
            _queue(session, organisation, CallPurpose.NAME_SUCCESSOR, Sender.OPERATOR, pair, clock)
        if organisation.admitted_at is None:
            organisation.call_id = _call_in(session, pair, organisation, CallPurpose.ADMIT, {})
            session.add(organisation)
    for key in session.exec(select(IssuerKey).where(col(IssuerKey.active_at).is_(None))).all():
        organisation = session.get_one(Organisation, key.organisation_id)
        wanted = {"public_key": "0x" + key.public_key.hex()}
        key.call_id = _call_in(session, pair, organisation, CallPurpose.ADD_KEY, wanted) or key.call_id
        session.add(key)
    return 1


def close_pair(session: Session, *, pair: ContractPair, now: int, clock: Clock) -> int:
    """Queue the end of every key in a pair that is not the present one any more; returns how many.

    `now` is the time of its chain's newest block. What was anchored there until then stays valid. A pair left open is a
    door: whoever has a key that ended only elsewhere could go on anchoring there.
    """
    if pair.number == present_number(session) or pair.opened_at is None:
        raise PairError("this pair is the present one, or is to be: only one that was left can be closed")
    if unfinished_calls(session, number=pair.number):
        raise PairError("calls to this pair are not final yet: let the worker finish them first (or `portfolio retry`)")
    entered = session.exec(
        select(ChainCall).where(ChainCall.pair == pair.number).where(ChainCall.purpose == CallPurpose.ADD_KEY)
    ).all()
    for call in entered:
        enqueue_call(
            session,
            purpose=CallPurpose.RETIRE_KEY,
            sender=Sender.OPERATOR,
            subject=call.subject,
            payload={
                "issuer_id": call.payload["issuer_id"],
                "public_key": call.payload["public_key"],
                "as_of": now,
            },
            now=clock(),
            pair=pair.number,
        )
    pair.closed_at = clock()
    session.add(pair)
    return len(entered)


def _queue(
    session: Session,
    organisation: Organisation,
    purpose: CallPurpose,
    sender: Sender,
    pair: ContractPair,
    clock: Clock,
) -> None:
    subject = "0x" + organisation.issuer_id.hex()
    payload: dict[str, object] = {"issuer_id": subject}
    if purpose is CallPurpose.SUSPEND:
        payload["as_of"] = organisation.suspended_from
    else:
        successor = session.get_one(Organisation, organisation.successor_id)
        payload["successor"] = "0x" + successor.issuer_id.hex()
    enqueue_call(
        session, purpose=purpose, sender=sender, subject=subject, payload=payload, now=clock(), pair=pair.number
    )


def _call_in(
    session: Session, pair: ContractPair, organisation: Organisation, purpose: CallPurpose, wanted: dict[str, str]
) -> str | None:
    calls = session.exec(
        select(ChainCall)
        .where(ChainCall.subject == "0x" + organisation.issuer_id.hex())
        .where(ChainCall.pair == pair.number)
        .where(ChainCall.purpose == purpose)
    ).all()
    return next((call.id for call in calls if wanted.items() <= call.payload.items()), None)
