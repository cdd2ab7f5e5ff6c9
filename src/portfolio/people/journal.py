"""The audit log: append-only, each line's hash covering the line before; written in the act's own transaction, so that
an act that cannot be logged does not happen (fault 102). No line holds personal data.
"""

from __future__ import annotations

import hashlib

import orjson
from sqlmodel import Session, col, select

from portfolio.jobs import Clock
from portfolio.people.models import AuditRecord

FIRST = b"\0" * 32


def record_act(session: Session, *, actor: str, act: str, subject: str, clock: Clock, detail: str = "") -> None:
    """Append a line.

    `actor` is "account:<id>", "key:<organisation id>" or "worker"; `subject` names a row.
    """
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
