"""Brings queued calls to finality. Every outside act is written down before it is done; what became of it is asked from
the chain by hash and contract state, never guessed from an error's text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import func
from sqlmodel import Session, col, select

from portfolio.anchoring.models import ChainAttempt, ChainCall, Sender
from portfolio.anchoring.states import OPEN, CallState, check_transition
from portfolio.db import Database
from portfolio.errors import PortfolioError, UnavailableError
from portfolio.jobs import Clock, LeaseLostError, crash_point

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3  # signed anew this often before a person has to look


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands on the chain. `transaction` is None when the contract knows it but no event was found."""

    block_number: int
    block_hash: bytes
    block_time: int
    transaction: str | None


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a block; `ok` is false when it was reverted."""

    place: Place
    ok: bool


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """A signed transaction, ready to send: the same bytes give the same hash, however often they are sent."""

    raw: bytes
    hash: str
    address: str
    nonce: int


class CallImpossibleError(PortfolioError):
    """The contract refuses the call as things stand; sending it would only burn gas."""

    status = 409
    code = "call_impossible"


class Gateway(Protocol):
    """What sending needs of a chain; `chain.gateway` is the real one. Outages are `UnavailableError`."""

    @property
    def chain_id(self) -> int: ...

    def check(self) -> None:
        """Raise when the node is not the chain, or the contracts not the ones, of the deployment record."""

    def account(self, sender: Sender) -> str: ...

    def mined_nonce(self, address: str) -> int:
        """How many transactions of the account are in blocks."""

    def prepare(self, call: ChainCall, nonce: int) -> RawTransaction:
        """Build and sign; raises `CallImpossibleError` when the contract would revert."""

    def send(self, raw: bytes) -> str:
        """Hand to a node; returns the node's words, which decide nothing."""

    def mined(self, transaction: str) -> Mined | None: ...

    def is_pending(self, transaction: str) -> bool: ...

    def done(self, call: ChainCall) -> Place | None:
        """Where the contract already knows the effect of the call, whoever caused it; None while it does not."""

    def head(self) -> int: ...

    def block_hash(self, number: int) -> bytes | None: ...


@dataclass(slots=True)
class CallSender:
    """Advances every open call of one pair of contracts by as much as its chain allows now.

    One at a time runs, whatever the pair (`hold`, a lease): pairs may share an account and its nonces.
    """

    database: Database
    gateway: Gateway
    clock: Clock
    depth: int
    hold: Callable[[], bool] = lambda: True
    pair: int = 1

    def advance(self) -> int:
        """Advance all open calls once; returns how many changed their state."""
        if not self.hold():
            return 0
        with self.database.read() as session:
            calls = session.exec(
                select(ChainCall)
                .where(col(ChainCall.state).in_(OPEN))
                .where(ChainCall.pair == self.pair)
                .order_by(col(ChainCall.sequence))
            ).all()
        if not calls:
            return 0
        self.gateway.check()
        changed = 0
        blocked: set[str] = set()
        for call in calls:
            waits = call.subject in blocked and call.state is CallState.QUEUED
            after = call.state if waits else self._advance_or_leave(call)
            changed += after is not call.state
            if after in {CallState.QUEUED, CallState.STORED, CallState.SENT}:
                # Calls of one issuer are in order. Anchors need no such care: a key signs only once it is FINAL.
                blocked.add(call.subject)
        return changed

    def _advance_or_leave(self, call: ChainCall) -> CallState:
        """Advance one call; what goes wrong with it alone must not hold up the others, an outage stops the round."""
        try:
            return self._advance(call)
        except UnavailableError:
            raise
        except PortfolioError as error:
            log.warning("call %s (%s): %s", call.id, call.purpose, error.message)
            return call.state

    def _advance(self, call: ChainCall) -> CallState:
        state = call.state
        for _ in range(len(CallState)):
            step = {
                CallState.QUEUED: self._store,
                CallState.STORED: self._send,
                CallState.SENT: self._look_up,
                CallState.MINED: self._deepen,
            }.get(state)
            after = step(call) if step else state
            if after is state:
                return state
            state = after
        return state

    def _store(self, call: ChainCall) -> CallState:
        """QUEUED: see whether it is done already, else write down a signed transaction."""
        place = self.gateway.done(call)
        if place is not None:
            return self._move(call, CallState.MINED, place=place)
        address = self.gateway.account(call.sender)
        try:
            signed = self.gateway.prepare(call, self._next_nonce(address))
        except CallImpossibleError as error:
            place = self.gateway.done(call)  # another may have done it between the question and the estimate
            if place is not None:
                return self._move(call, CallState.MINED, place=place)
            return self._move(call, CallState.HELD, note=error.message)
        crash_point("post_sign")
        attempt = ChainAttempt(
            call_id=call.id,
            chain_id=self.gateway.chain_id,
            address=signed.address,
            nonce=signed.nonce,
            raw=signed.raw,
            hash=signed.hash,
            created_at=self.clock(),
        )
        return self._move(call, CallState.STORED, attempt=attempt)

    def _next_nonce(self, address: str) -> int:
        """Our own book counts: a node behind a balancer may be late, and a nonce once signed for is never given
        again.
        """
        with self.database.read() as session:
            last = session.exec(
                select(func.max(ChainAttempt.nonce))
                .where(ChainAttempt.chain_id == self.gateway.chain_id)
                .where(ChainAttempt.address == address)
                .where(col(ChainAttempt.failed).is_(False))
            ).one()
        mined = self.gateway.mined_nonce(address)
        return mined if last is None else max(mined, last + 1)

    def _send(self, call: ChainCall) -> CallState:
        """STORED: send the very bytes that are written down, as often as it takes."""
        crash_point("pre_send")
        self._broadcast(call)
        crash_point("post_send")
        return self._move(call, CallState.SENT)

    def _broadcast(self, call: ChainCall) -> None:
        for attempt in self._attempts(call):
            if not attempt.failed:
                if not self.hold():
                    raise LeaseLostError("another worker has taken over the sending")
                words = self.gateway.send(attempt.raw)
                if words:
                    log.info("call %s (%s): the node said: %s", call.id, call.purpose, words[:200])

    def _look_up(self, call: ChainCall) -> CallState:
        """SENT: every attempt is asked for by its hash, then the contract; what is nowhere is sent again."""
        attempts = [attempt for attempt in self._attempts(call) if not attempt.failed]
        for attempt in attempts:
            mined = self.gateway.mined(attempt.hash)
            if mined is not None and mined.ok:
                crash_point("pre_mined")
                return self._move(call, CallState.MINED, place=self.gateway.done(call) or mined.place)
            if mined is not None:
                return self._after_loss(call, attempt, "reverted")
        place = self.gateway.done(call)
        if place is not None:
            return self._move(call, CallState.MINED, place=place)
        for attempt in attempts:
            if self.gateway.is_pending(attempt.hash):
                return call.state
            if self.gateway.mined_nonce(attempt.address) > attempt.nonce:
                return self._after_loss(call, attempt, "its nonce was used by another transaction")
        self._broadcast(call)
        return CallState.SENT

    def _after_loss(self, call: ChainCall, attempt: ChainAttempt, why: str) -> CallState:
        """An attempt can never count: unless the contract knows the effect all the same, sign anew, a few times."""
        place = self.gateway.done(call)
        if place is not None:
            return self._move(call, CallState.MINED, place=place)
        with self.database.write() as session:
            lost = session.get_one(ChainAttempt, attempt.id)
            lost.failed = True
            session.add(lost)
        log.warning("call %s (%s): attempt %s %s", call.id, call.purpose, attempt.hash, why)
        if len(self._attempts(call)) >= MAX_ATTEMPTS:
            return self._move(call, CallState.HELD, note=f"{MAX_ATTEMPTS} transactions failed; the last {why}")
        return self._move(call, CallState.QUEUED)

    def _deepen(self, call: ChainCall) -> CallState:
        """MINED: still in the chain, and deep enough? A reorganisation sends it back."""
        with self.database.read() as session:
            stored = session.get_one(ChainCall, call.id)
        number, block_hash = stored.block_number, stored.block_hash
        if number is None or self.gateway.block_hash(number) != block_hash:
            place = self.gateway.done(call)
            if place is None:
                return self._move(call, CallState.SENT if self._attempts(call) else CallState.QUEUED)
            self._move(call, CallState.MINED, place=place)
            return CallState.MINED
        if self.gateway.head() - number >= self.depth:
            return self._move(call, CallState.FINAL)
        return CallState.MINED

    def _attempts(self, call: ChainCall) -> Sequence[ChainAttempt]:
        with self.database.read() as session:
            return session.exec(
                select(ChainAttempt).where(ChainAttempt.call_id == call.id).order_by(col(ChainAttempt.created_at))
            ).all()

    def _move(
        self,
        call: ChainCall,
        wanted: CallState,
        *,
        place: Place | None = None,
        attempt: ChainAttempt | None = None,
        note: str | None = None,
    ) -> CallState:
        """Write the new state, alone, in one transaction; the call in hand is not changed, its row is."""
        with self.database.write() as session:
            row = _locked(session, call.id)
            if row.state is not wanted:
                row.state = check_transition(row.state, wanted)
            if attempt is not None:
                session.add(attempt)
            if note is not None:
                row.note = note[:500]
                log.warning("call %s (%s) is held: %s", call.id, call.purpose, note)
            values: dict[str, Any] = {name: getattr(place, name, None) for name in Place.__dataclass_fields__}
            if place is not None or wanted in {CallState.SENT, CallState.QUEUED}:
                row.sqlmodel_update(values)
            session.add(row)
        return wanted


def _locked(session: Session, call_id: str) -> ChainCall:
    return session.exec(select(ChainCall).where(ChainCall.id == call_id).with_for_update()).one()
