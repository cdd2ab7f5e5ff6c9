"""Limits: how often somebody may try something. Kept in the database, so that every process counts the same.

Whoever tries is stored as an HMAC only; a row is worth nothing once its window has passed, and then goes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import delete
from sqlmodel import col

from portfolio.db import Database
from portfolio.documents.vault import Vault
from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.models import Attempts

LONGEST: Final = timedelta(days=1)


class TooManyAttemptsError(PortfolioError):
    """Come again later; `minutes` says when at the latest."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "too_many_attempts"


def count_attempt(
    database: Database, *, vault: Vault, clock: Clock, what: str, who: str, limit: int, minutes: int
) -> None:
    """Count one attempt at `what` by `who`, or raise `TooManyAttemptsError` when there were `limit` within `minutes`.

    It is a unit of work of its own: an attempt that is refused afterwards was made all the same.
    """
    key, now = vault.hmac("attempts", what, who), clock()
    with database.write() as session:
        row = session.get(Attempts, key, with_for_update=True)
        if row is None or now - row.since >= timedelta(minutes=minutes):
            row = row or Attempts(key=key, since=now)
            row.since, row.count = now, 0
        row.count += 1
        tried, since = row.count, row.since
        session.add(row)
    if tried > limit:
        raise _too_many(since, now, minutes)


def require_attempts_left(
    database: Database, *, vault: Vault, clock: Clock, what: str, who: str, limit: int, minutes: int
) -> None:
    """Raise `TooManyAttemptsError` when `limit` attempts were counted within `minutes`, without counting one more.

    For what only failures count against: it stands before the try, and `count_attempt` after one that failed.
    """
    now = clock()
    with database.read() as session:
        row = session.get(Attempts, vault.hmac("attempts", what, who))
    if row is not None and now - row.since < timedelta(minutes=minutes) and row.count >= limit:
        raise _too_many(row.since, now, minutes)


def _too_many(since: datetime, now: datetime, minutes: int) -> TooManyAttemptsError:
    left = int((since + timedelta(minutes=minutes) - now).total_seconds() // 60) + 1
    return TooManyAttemptsError(N_("That was tried too often. Wait a while and try once more."), minutes=left)


def forget_attempts(database: Database, *, vault: Vault, what: str, who: str) -> None:
    """Begin to count anew: after success."""
    with database.write() as session:
        session.exec(delete(Attempts).where(col(Attempts.key) == vault.hmac("attempts", what, who)))


def drop_old_attempts(database: Database, *, clock: Clock) -> int:
    """Delete what no longer counts (a job); returns how many rows."""
    with database.write() as session:
        return int(session.exec(delete(Attempts).where(col(Attempts.since) < clock() - LONGEST)).rowcount)
