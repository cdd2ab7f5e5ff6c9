"""From a results table to credentials: a run is accepted whole or not at all, then issued part by part, each part
once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete
from sqlmodel import Session, col, select

from portfolio.credentials.kinds import Kind, kind_of
from portfolio.credentials.service import Award, Outcome, check_kind, issue_awards, issuer_of, preview_awards
from portfolio.credentials.statement import is_instant
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError, PortfolioError
from portfolio.issuing.models import IssuingRun, RunPart, RunState
from portfolio.issuing.report import Row, TableReport
from portfolio.issuing.rows import read_rows
from portfolio.issuing.spreadsheets import read_table
from portfolio.jobs import Clock, crash_point
from portfolio.organisations.keys import present_key
from portfolio.organisations.models import Organisation, Purpose
from portfolio.people.service import Profile

PART_ROWS = 500  # about a quarter of a second of work: short enough for other writers to get in between


class TableHasErrorsError(PortfolioError):
    """The table has rows that cannot be issued; `report` says which and why, for the one who uploaded it."""

    status = 422
    code = "table_has_errors"

    def __init__(self, report: TableReport) -> None:
        count = report.error_count
        super().__init__(f"the table has {count} errors and nothing was issued: mend them, or skip the bad rows")
        self.report = report


class BadEndError(PortfolioError):
    status = 422
    code = "bad_valid_until"


class IdempotencyKeyReusedError(ConflictError):
    status = 422
    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class TableRequest:
    """An uploaded table and how to read it. `defaults` stand for columns that the table lacks."""

    content: bytes
    filename: str
    kind: str
    defaults: Mapping[str, str]
    valid_until: str | None = None
    skip_bad_rows: bool = False
    sheet: str | None = None
    encoding: str | None = None

    def fingerprint(self) -> bytes:
        """SHA-256 of all that decides what is issued; an Idempotency-Key may be repeated only with the same."""
        rest = [
            self.encoding,
            self.kind,
            sorted(self.defaults.items()),
            self.valid_until,
            self.skip_bad_rows,
            self.sheet,
        ]
        return hashlib.sha256(hashlib.sha256(self.content).digest() + orjson.dumps(rest)).digest()


def read_request(request: TableRequest) -> tuple[Kind, TableReport]:
    """Read the table; refuses a file that is no table. A large one takes seconds: call it outside a transaction."""
    kind = kind_of(request.kind)
    table = read_table(request.content, filename=request.filename, encoding=request.encoding, sheet=request.sheet)
    return kind, read_rows(table, kind, defaults=request.defaults)


def preview(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    kind: Kind,
    report: TableReport,
    valid_until: str | None,
) -> Outcome:
    """Tell what a run over these rows would do (the dry run)."""
    awards = [_award(row) for row in report.rows]
    return preview_awards(
        session, vault=vault, organisation=organisation, kind=kind, awards=awards, valid_until=valid_until
    )


def run_of_key(session: Session, *, organisation: Organisation, key: str, fingerprint: bytes) -> IssuingRun | None:
    """Return the run that an Idempotency-Key already started, or None; the same key for another request is refused."""
    run = session.exec(
        select(IssuingRun).where(IssuingRun.organisation_id == organisation.id).where(IssuingRun.idempotency_key == key)
    ).first()
    if run is not None and run.request_hash != fingerprint:
        raise IdempotencyKeyReusedError("this Idempotency-Key was used for another request: take a new one")
    return run


def start_run(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    request: TableRequest,
    kind: Kind,
    report: TableReport,
    idempotency_key: str | None,
    clock: Clock,
) -> IssuingRun:
    """Accept a table: its good rows are stored, sealed, and become credentials whatever happens to this process."""
    fingerprint = request.fingerprint()
    if idempotency_key is not None:
        known = run_of_key(session, organisation=organisation, key=idempotency_key, fingerprint=fingerprint)
        if known is not None:
            return known
    check_kind(organisation, kind)
    _check_end(request.valid_until, clock())
    present_key(session, organisation=organisation, purpose=Purpose.CREDENTIAL)
    if report.error_count and not request.skip_bad_rows:
        raise TableHasErrorsError(report)
    return _store_run(session, vault, organisation, request, report, idempotency_key, clock())


def _check_end(valid_until: str | None, now: datetime) -> None:
    """Refuse an end of validity that no credential could have, before anything is accepted."""
    if valid_until is not None and (not is_instant(valid_until) or valid_until <= now.strftime("%Y-%m-%dT%H:%M:%SZ")):
        raise BadEndError("valid_until is a moment to come, written like 2029-12-31T20:59:59Z", valid_until=valid_until)


def _store_run(
    session: Session,
    vault: Vault,
    organisation: Organisation,
    request: TableRequest,
    report: TableReport,
    idempotency_key: str | None,
    now: datetime,
) -> IssuingRun:
    parts = [report.rows[at : at + PART_ROWS] for at in range(0, len(report.rows), PART_ROWS)]
    run = IssuingRun(
        organisation_id=organisation.id,
        kind=request.kind,
        idempotency_key=idempotency_key,
        request_hash=request.fingerprint(),
        state=RunState.RUNNING if parts else RunState.DONE,
        total=len(report.rows),
        part_count=len(parts),
        sealed_key=b"",
        sealed_report=b"",
        created_at=now,
    )
    run.sealed_key, key = vault.new_person_key(run.id)
    summary = {"valid_until": request.valid_until, "skipped": report.to_json()["problems"], "conflicts": []}
    run.sealed_report = vault.seal_for(key, orjson.dumps(summary), context=f"run:{run.id}")
    session.add(run)
    session.flush()
    for number, rows in enumerate(parts):
        sealed = vault.seal_for(
            key, orjson.dumps([_row_json(row) for row in rows]), context=f"run:{run.id}:part:{number}"
        )
        session.add(RunPart(run_id=run.id, number=number, sealed_rows=sealed))
    session.flush()
    crash_point("run_stored")
    return run


def process_part(session: Session, *, vault: Vault, run_id: str, clock: Clock) -> IssuingRun:
    """Issue the next part of a run in this transaction; the part's rows go away with it, so that it is issued once."""
    run = session.exec(select(IssuingRun).where(IssuingRun.id == run_id).with_for_update()).one()
    if run.state is not RunState.RUNNING:
        return run
    key = vault.open_person_key(run.sealed_key, person_id=run.id)
    part = session.exec(select(RunPart).where(RunPart.run_id == run.id).where(RunPart.number == run.next_part)).one()
    rows = orjson.loads(vault.open_for(key, part.sealed_rows, context=f"run:{run.id}:part:{part.number}"))
    summary = orjson.loads(vault.open_for(key, run.sealed_report, context=f"run:{run.id}"))
    outcome = issue_awards(
        session,
        vault=vault,
        issuer=issuer_of(session, vault=vault, organisation_id=run.organisation_id),
        kind=kind_of(run.kind),
        awards=[_award_of_json(row) for row in rows],
        valid_until=summary["valid_until"],
        run_id=run.id,
        clock=clock,
    )
    summary["conflicts"] += [asdict(conflict) for conflict in outcome.conflicts]
    run.sealed_report = vault.seal_for(key, orjson.dumps(summary), context=f"run:{run.id}")
    run.issued += len(outcome.issued)
    run.already_issued += outcome.already
    run.next_part += 1
    if run.next_part == run.part_count:
        run.state = RunState.DONE
        run.finished_at = clock()
    session.execute(delete(RunPart).where(col(RunPart.id) == part.id))
    session.add(run)
    session.flush()
    crash_point("part_issued")
    return run


def stop_run(session: Session, *, run_id: str, why: str, clock: Clock) -> None:
    """Stop a run whose next part is refused however often it is tried; its parts stay, for `resume_run`."""
    run = session.exec(select(IssuingRun).where(IssuingRun.id == run_id).with_for_update()).one()
    run.state = RunState.STOPPED
    run.note = why[:300]
    run.finished_at = clock()
    session.add(run)


def resume_runs(session: Session) -> int:
    """Go on with every run that was stopped, once a person has seen to the cause; returns how many."""
    stopped = session.exec(select(IssuingRun).where(IssuingRun.state == RunState.STOPPED)).all()
    for run in stopped:
        run.state, run.note, run.finished_at = RunState.RUNNING, "", None
        session.add(run)
    return len(stopped)


def running_runs(session: Session) -> list[str]:
    """Return the ids of runs that have parts left, oldest first."""
    return list(
        session.exec(
            select(IssuingRun.id).where(IssuingRun.state == RunState.RUNNING).order_by(col(IssuingRun.created_at))
        )
    )


def newest_runs(session: Session, *, organisation: Organisation, limit: int) -> list[IssuingRun]:
    """Return an organisation's runs, the newest first."""
    query = select(IssuingRun).where(IssuingRun.organisation_id == organisation.id)
    return list(session.exec(query.order_by(col(IssuingRun.created_at).desc()).limit(limit)))


def run_for(session: Session, *, organisation: Organisation, run_id: str) -> IssuingRun:
    """Return a run of this organisation; another's is as unknown as an absent one."""
    run = session.get(IssuingRun, run_id)
    if run is None or run.organisation_id != organisation.id:
        raise NotFoundError("this organisation has no issuing run with that id")
    return run


def run_report(*, vault: Vault, run: IssuingRun) -> dict[str, Any]:
    """Return what a run left out (problems) and what it found changed (conflicts)."""
    key = vault.open_person_key(run.sealed_key, person_id=run.id)
    report: dict[str, Any] = orjson.loads(vault.open_for(key, run.sealed_report, context=f"run:{run.id}"))
    return report


def _award(row: Row) -> Award:
    person = row.person
    profile = Profile(
        name=row.holder_name,
        birth_date=person.birth_date,
        snils=person.snils,
        number=person.number,
        email=person.email,
    )
    return Award(profile=profile, fields=dict(row.fields), row=row.number)


def _row_json(row: Row) -> dict[str, Any]:
    award = _award(row)
    return {"profile": asdict(award.profile), "fields": award.fields, "row": award.row}


def _award_of_json(data: dict[str, Any]) -> Award:
    fields = {
        name: tuple(tuple(pair) for pair in value) if isinstance(value, list) else value
        for name, value in data["fields"].items()
    }
    return Award(profile=Profile(**data["profile"]), fields=fields, row=data["row"])


def preview_json(report: TableReport, outcome: Outcome) -> dict[str, Any]:
    """Return a dry run as JSON: the mapping found, every problem, and what issuing would do."""
    return {
        **report.to_json(),
        "would_issue": len(outcome.issued),
        "already_issued": outcome.already,
        "conflicts": [asdict(conflict) for conflict in outcome.conflicts],
    }
