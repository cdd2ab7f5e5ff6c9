"""Runs the slices' jobs in a loop, one holder at a time where a job talks to the outside. It knows no slice."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Field, SQLModel, col, select

from portfolio.db import Database, UtcDateTime, new_id
from portfolio.errors import PortfolioError

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Lease(SQLModel, table=True):
    """Who may run a job that acts outside the database, until when. `token` grows with every change of holder."""

    name: str = Field(primary_key=True, max_length=60)
    holder: str = Field(max_length=40)
    token: int = 0
    expires_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class Job:
    """A named function to call again and again, `interval` seconds after it last ended."""

    name: str
    run: Callable[[], object]
    interval: float


class LeaseLostError(PortfolioError):
    status = 503
    code = "lease_lost"


@dataclass(slots=True)
class LeaseHolder:
    """A worker's claim to the lease `name`; `hold()` before every act outside."""

    database: Database
    name: str
    clock: Clock
    seconds: int = 30
    holder: str = ""

    def __post_init__(self) -> None:
        self.holder = self.holder or new_id()

    def hold(self) -> bool:
        """Take or renew the lease; False when another worker has it."""
        now = self.clock()
        until = now + timedelta(seconds=self.seconds)
        try:
            with self.database.write() as session:
                if session.get(Lease, self.name) is None:
                    session.add(Lease(name=self.name, holder=self.holder, token=1, expires_at=until))
                    return True
                taken = session.exec(
                    update(Lease)
                    .where(col(Lease.name) == self.name)
                    .where(or_(col(Lease.holder) == self.holder, col(Lease.expires_at) < now))
                    .values(holder=self.holder, expires_at=until, token=Lease.token + 1)
                )
                return bool(taken.rowcount)
        except IntegrityError:
            return False  # another worker made the row between our look and our insert

    def release(self) -> None:
        with self.database.write() as session:
            lease = session.exec(
                select(Lease).where(Lease.name == self.name).where(Lease.holder == self.holder)
            ).first()
            if lease is not None:
                lease.expires_at = self.clock()
                session.add(lease)


def run_jobs(jobs: Sequence[Job], *, stop: threading.Event, tick: float = 0.1) -> None:
    """Run the jobs until `stop` is set. A job that fails is logged by kind of error and tried again; none stops
    another.
    """
    due = {job.name: 0.0 for job in jobs}
    failures = dict.fromkeys(due, 0)
    while not stop.is_set():
        for job in jobs:
            if time.monotonic() < due[job.name] or stop.is_set():
                continue
            failures[job.name] = 0 if _run(job) else failures[job.name] + 1
            pause = min(job.interval * 2 ** min(failures[job.name], 5), 60.0)
            due[job.name] = time.monotonic() + (pause if failures[job.name] else job.interval)
        stop.wait(tick)


def _run(job: Job) -> bool:
    try:
        job.run()
    except PortfolioError as error:
        log.warning("job %s: %s: %s", job.name, error.code, error.message)
        return False
    except OperationalError:
        log.warning("job %s: the database did not answer; trying again", job.name)
        return False
    except Exception as error:  # noqa: BLE001  one job must not stop the others
        # The text of an unforeseen error may hold a person's data; its kind and place do not.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        log.error("job %s: %s at %s", job.name, type(error).__name__, place)  # noqa: TRY400
        return False
    return True


def crash_point(name: str) -> None:
    """Die as by SIGKILL when `PORTFOLIO_CRASH_AT` names this point (fault catalogue, harness K)."""
    if os.environ.get("PORTFOLIO_CRASH_AT") == name:
        os._exit(137)
