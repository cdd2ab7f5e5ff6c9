"""Erasures put together from the slices' steps: the job that carries them through, and the replay after a restore."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

from sqlmodel import col, select

from portfolio.app import Portfolio
from portfolio.config import Settings
from portfolio.credentials.erasure import erase_credentials, renew_keys
from portfolio.documents.erasure import erase_contents
from portfolio.issuing.erasure import erase_run_reports
from portfolio.notifications.mailer import OUTBOX
from portfolio.organisations.staff import end_places
from portfolio.people.accounts import address_hash
from portfolio.people.destruction import Operator
from portfolio.people.erasure import (
    Erasing,
    Plan,
    Step,
    carry_on,
    empty_log,
    erase_letters,
    erase_rows,
    read_ledger,
    start,
    unfinished,
    write_ledger,
)
from portfolio.people.models import Account, ErasureRequest

LEDGER = "erasures.jsonl"

log = logging.getLogger(__name__)


def ledger_path(data_dir: Path) -> Path:
    """Return where the ledger lies: beside the database, and copied elsewhere by itself, never with its backups."""
    return data_dir / LEDGER


def operator_of(settings: Settings) -> Operator:
    """Return what acts of destruction say of the operator and of the system."""
    return Operator(settings.operator_name, settings.operator_address, settings.public_url)


def steps(portfolio: Portfolio) -> Sequence[Step]:
    """Return every step in order. The keys are gone before the first; rows that name what is to go are the last."""

    def contents(erasing: Erasing) -> int:
        return erase_contents(database=erasing.database, store=portfolio.store, person_ids=erasing.plan.persons)

    return (
        ("ledger", write_ledger(ledger_path(portfolio.settings.data_dir))),
        ("keys", renew_keys),
        ("documents", contents),
        ("letters", erase_letters),
        ("outbox", _outbox(portfolio.settings.data_dir / OUTBOX)),
        ("reports", erase_run_reports),
        ("credentials", erase_credentials),
        ("rows", erase_rows),
        ("log", empty_log),
    )


def run_erasures(portfolio: Portfolio) -> int:
    """Carry every erasure through that has started (a job); returns how many ended.

    One that fails keeps no other waiting: each is logged by its id and kind of error, and the first is raised after all
    were tried, so that the job is tried again sooner.
    """
    with portfolio.database.read() as session:
        waiting = unfinished(session)
    trouble: Exception | None = None
    for request_id in waiting:
        try:
            carry_on(
                database=portfolio.database,
                vault=portfolio.vault,
                clock=portfolio.clock,
                request_id=request_id,
                steps=steps(portfolio),
                operator=operator_of(portfolio.settings),
            )
        except Exception as error:  # noqa: BLE001  whatever it is, it is raised below
            log.warning("erasure %s: %s", request_id, type(error).__name__)
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return len(waiting)


def replay(portfolio: Portfolio, ledger: Path) -> int:
    """Erase again what a restored backup has brought back; returns how many erasures of the ledger were done anew."""
    again = 0
    for entry in read_ledger(ledger):
        plan = Plan.of(entry["plan"])
        with portfolio.database.write() as session:
            request = session.get(ErasureRequest, entry["request"])
            if request is not None and request.finished_at is not None:
                continue
            if request is None:
                request = ErasureRequest(
                    id=entry["request"],
                    person_id=entry["person"],
                    asked_at=datetime.fromisoformat(entry["asked_at"]),
                )
            request.steps = ""
            end_places(session, person_ids=plan.persons, clock=portfolio.clock)
            start(session, request=request, plan=plan, clock=portfolio.clock)
        again += 1
    run_erasures(portfolio)
    return again


def _outbox(folder: Path) -> Callable[[Erasing], int]:
    """Return the step that removes letters of the developer's outbox; where there is a mail server there is none."""

    def remove(erasing: Erasing) -> int:
        count = 0
        with erasing.database.read() as session:
            hashes = set(
                session.exec(select(Account.email_hash).where(col(Account.person_id).in_(erasing.plan.persons)))
            )
        for path in sorted(folder.glob("*.eml")) if folder.is_dir() else ():
            header = BytesHeaderParser(policy=policy.default).parsebytes(path.read_bytes())
            if any(address_hash(erasing.vault, one.addr_spec.casefold()) in hashes for one in header["to"].addresses):
                path.unlink(missing_ok=True)
                count += 1
        return count

    return remove
