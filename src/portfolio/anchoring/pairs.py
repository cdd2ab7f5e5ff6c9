"""Which pairs of contracts there are, and in which one new calls are made (ADR 0091). Nothing here talks to a chain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from portfolio.anchoring.models import CallPurpose, ChainCall, ContractPair
from portfolio.anchoring.states import CallState
from portfolio.errors import ConflictError, NotFoundError
from portfolio.jobs import Clock

FIRST = 1


class PairError(ConflictError):
    code = "pair_of_contracts"


def known_pairs(session: Session) -> list[ContractPair]:
    """Return all pairs, oldest first."""
    return list(session.exec(select(ContractPair).order_by(col(ContractPair.number))))


def pair_by_number(session: Session, *, number: int) -> ContractPair:
    """Return one pair, or raise `NotFoundError`."""
    found = session.get(ContractPair, number)
    if found is None:
        raise NotFoundError(f"there is no pair of contracts {number}", number=number)
    return found


def present_number(session: Session) -> int:
    """Return the number of the pair in which new anchors and revocations are made: the newest that is open."""
    opened = col(ContractPair.opened_at).is_not(None)
    return session.exec(select(func.max(ContractPair.number)).where(opened)).one() or FIRST


def add_pair(session: Session, *, name: str, record: Mapping[str, Any], now: datetime) -> ContractPair:
    """Enter a deployed pair; the first is open at once, any other when its issuers are entered in it."""
    known = known_pairs(session)
    for pair in known:
        if pair.name == name:
            raise PairError(f"there is a pair called {name} already", name=name)
        if pair.chain_id == record["chain_id"] and pair.genesis_hash != record["genesis_hash"]:
            # A transaction signed for one would be good on the other, and nonces of one account would be mixed up.
            raise PairError("another chain of the same chain id is in use: give the new chain an id of its own")
    number = max((pair.number for pair in known), default=0) + 1
    pair = ContractPair(
        number=number,
        name=name,
        chain_id=record["chain_id"],
        genesis_hash=record["genesis_hash"],
        credential_registry=record["credential_registry"],
        record=dict(record),
        added_at=now,
        opened_at=now if number == FIRST else None,
    )
    session.add(pair)
    session.flush()
    return pair


def pairs_to_enter(session: Session) -> list[int]:
    """Return the pairs in which what is new is entered: the present one, and one that is being filled."""
    present = present_number(session)
    return [present, *(pair.number for pair in known_pairs(session) if pair.number > present)]


def pairs_of_issuer(session: Session, *, issuer_id: bytes, public_key: bytes | None = None) -> list[int]:
    """Return the numbers of the pairs that an issuer, or one of its keys, was or is to be entered in, oldest first."""
    calls = session.exec(
        select(ChainCall)
        .where(ChainCall.subject == "0x" + issuer_id.hex())
        .where(ChainCall.purpose == (CallPurpose.ADMIT if public_key is None else CallPurpose.ADD_KEY))
    ).all()
    key = None if public_key is None else "0x" + public_key.hex()
    return sorted({call.pair for call in calls if call.payload.get("public_key") == key})


def open_pair(session: Session, *, clock: Clock) -> ContractPair | None:
    """Open the newest pair once every call in it is FINAL, so that from then on new anchors are made there."""
    newest = session.exec(select(ContractPair).order_by(col(ContractPair.number).desc()).limit(1)).first()
    if newest is None or newest.opened_at is not None or unfinished_calls(session, number=newest.number):
        return None
    newest.opened_at = clock()
    session.add(newest)
    session.flush()
    return newest


def pair_waits(session: Session) -> bool:
    """Tell whether a pair is being filled with issuers."""
    waiting = select(ContractPair.number).where(col(ContractPair.opened_at).is_(None)).limit(1)
    return session.exec(waiting).first() is not None


def unfinished_calls(session: Session, *, number: int) -> int:
    """Count the calls in a pair that are not final, held ones among them."""
    return session.exec(
        select(func.count())
        .select_from(ChainCall)
        .where(ChainCall.pair == number)
        .where(ChainCall.state != CallState.FINAL)
    ).one()
