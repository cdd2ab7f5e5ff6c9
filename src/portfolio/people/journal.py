"""The audit log: append-only, each line's hash covering the line before; written in the act's own transaction, so that
an act that cannot be logged does not happen (fault 102). No line holds personal data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import orjson
from sqlalchemy import text
from sqlmodel import Session, col, func, select

from portfolio.jobs import Clock
from portfolio.people.models import AuditRecord

FIRST: Final = b"\0" * 32
HEAD_TAG: Final = b"portfolio/audit-head/v1\0"
AUDIT_TAG: Final = "audit"
"""Under which heads are queued for anchoring, beside other digests."""
ANCHORED_EVERY: Final = timedelta(days=1)
_TURN: Final = 0x6175646974  # "audit": nobody else locks this number


def record_act(session: Session, *, actor: str, act: str, subject: str, clock: Clock, detail: str = "") -> None:
    """Append a line.

    `actor` is "account:<id>", "key:<organisation id>" or "worker"; `subject` names a row.
    """
    _take_turn(session)
    last = session.exec(select(AuditRecord).order_by(col(AuditRecord.number).desc()).limit(1)).first()
    record = AuditRecord(
        number=last.number + 1 if last else 1,
        at=clock(),
        actor=actor,
        act=act,
        subject=subject,
        detail=detail,
        before=last.hash if last else FIRST,
        hash=b"",
    )
    record.hash = hash_of_record(record)
    session.add(record)
    session.flush()


def _take_turn(session: Session) -> None:
    """Wait until no other act is half written: each line follows the one before it. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def hash_of_record(record: AuditRecord) -> bytes:
    """Return SHA-256 over the line as JSON, with the hash of the line before it."""
    line = [
        record.number,
        record.at.isoformat(),
        record.actor,
        record.act,
        record.subject,
        record.detail,
        record.before.hex(),
    ]
    return hashlib.sha256(orjson.dumps(line)).digest()


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that cannot be as it was written, or that is not there; `code` says how it shows."""

    number: int
    code: str


def verify_journal(session: Session, *, anchored: Collection[bytes] = ()) -> Iterator[BrokenLine]:
    """Recompute the chain and yield what does not fit, in the order of the lines.

    `anchored` are the digests of heads that were anchored: one that no line gives any more shows that the end was cut
    off or everything written anew.
    """
    before, expected, heads = FIRST, 1, set(anchored)
    rows = session.exec(select(AuditRecord).order_by(col(AuditRecord.number)).execution_options(yield_per=1000))
    for record in rows:
        if record.number != expected:
            yield BrokenLine(expected, "line_missing")
        elif record.before != before:
            yield BrokenLine(record.number, "chain_broken")
        if hash_of_record(record) != record.hash:
            yield BrokenLine(record.number, "line_altered")
        heads.discard(head_digest(record.hash))
        before, expected = record.hash, record.number + 1
    for _ in heads:
        yield BrokenLine(expected, "anchored_head_missing")


def anchor_head(session: Session, *, add_leaf: Callable[[bytes], None], clock: Clock) -> bool:
    """Let the newest line be anchored, once a day and only if it is new; tells whether it was.

    `add_leaf` queues a digest for the next batch. What was written before the block's time cannot be changed unseen.
    """
    newest = session.exec(
        select(AuditRecord).order_by(col(AuditRecord.number).desc()).limit(1).with_for_update(skip_locked=True)
    ).first()
    last = session.exec(select(func.max(AuditRecord.anchored_at))).one()
    if newest is None or newest.anchored_at is not None or (last is not None and clock() - last < ANCHORED_EVERY):
        return False
    add_leaf(head_digest(newest.hash))
    newest.anchored_at = clock()
    session.add(newest)
    return True


def head_digest(head: bytes) -> bytes:
    """Return the digest that is anchored for a line's hash: under a tag of its own, so that it can be nothing else."""
    return hashlib.sha256(HEAD_TAG + head).digest()
