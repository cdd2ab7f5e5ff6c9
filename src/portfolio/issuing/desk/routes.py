"""Issuing by hand: upload a table, look at what was understood, decide, and follow the run."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, cast
from zoneinfo import ZoneInfo

import anyio.to_thread
from fastapi import APIRouter, Request
from pydantic import create_model, field_validator
from starlette.responses import Response

from portfolio.auth import Issuer, StaffAccess, Viewer, portfolio_of
from portfolio.credentials.kinds import ISSUED_KINDS, FieldType, Kind
from portfolio.credentials.service import Outcome
from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.issuing import service, uploads
from portfolio.issuing.problems import TableError
from portfolio.issuing.report import TableReport
from portfolio.organisations import register, wording
from portfolio.organisations.service import kinds_of_mask
from portfolio.people.journal import record_act
from portfolio.web.dates import read_date
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.multiparts import Sent, multipart_of
from portfolio.web.pages import page, see_other

router = APIRouter(prefix="/org/{slug}/issue", tags=["issuing"], include_in_schema=False)

TABLE_LIMIT: Final = 20 * 1024 * 1024
SHOWN: Final = 50
"""Problems that a page shows."""
MENDED_BY_WORDS: Final = frozenset(
    {"which_sheet", "unknown_sheet", "unknown_encoding", "wrong_encoding", "uncertain_encoding"}
)
"""Reasons for which a table is kept although it cannot be read: the page asks for the sheet or the encoding."""
_DEFAULT: Final = "for_all_"


class UploadForm(Form):
    kind: str

    @field_validator("kind")
    @classmethod
    def _is_a_kind(cls, value: str) -> str:
        if value not in ISSUED_KINDS:
            raise ValueError(N_("Choose from the list."))
        return value


class ReadingForm(Form):
    """How to read a table; the values for all rows are added per kind (`_reading_form`)."""

    sheet: str = ""
    encoding: str = ""
    valid_until: date | None = None

    @field_validator("valid_until", mode="before")
    @classmethod
    def _as_people_write_it(cls, value: Any) -> date:
        return read_date(value)


class DecideForm(Form):
    skip_bad_rows: bool = False


@router.get("")
def issue_page(request: Request, access: Issuer) -> Response:
    return _upload(request, access, Filled.empty())


@router.post("")
async def upload(
    request: Request, access: Issuer, sent: Annotated[Sent[UploadForm], multipart_of(UploadForm, limit=TABLE_LIMIT)]
) -> Response:
    return await anyio.to_thread.run_sync(_take, request, access, sent)


def _take(request: Request, access: StaffAccess, sent: Sent[UploadForm]) -> Response:
    portfolio, filled = portfolio_of(request), sent.filled
    if filled.ok and sent.content is None:
        filled.problem("file", N_("Choose a file first."))
    if filled.ok and sent.content is not None:
        table = service.TableRequest(content=sent.content, filename="", kind=filled.form.kind, defaults={})
        try:
            service.read_request(table)
        except TableError as error:
            if error.reason not in MENDED_BY_WORDS:
                filled.problem("file", "")
                return _upload(request, access, filled, refusal=error)
        with portfolio.database.write() as session:
            table_id = uploads.keep_table(
                session,
                vault=portfolio.vault,
                organisation=access.organisation,
                account_id=access.actor.account_id,
                request=table,
                clock=portfolio.clock,
            )
        return see_other(f"/org/{access.organisation.slug}/issue/tables/{table_id}")
    return _upload(request, access, filled)


@router.get("/tables/{table_id}")
def table_page(request: Request, access: Issuer, table_id: str) -> Response:
    return _table(request, access, table_id, None)


@router.post("/tables/{table_id}")
async def read_otherwise(request: Request, access: Issuer, table_id: str) -> Response:
    kept = await anyio.to_thread.run_sync(_kept, request, access, table_id)
    if kept.request is None:
        return see_other(_run_path(access, kept.run_id))
    filled = await form_of(_reading_form(ISSUED_KINDS[kept.request.kind])).dependency(request)
    return await anyio.to_thread.run_sync(_read_otherwise, request, access, kept, filled)


def _read_otherwise(request: Request, access: StaffAccess, kept: uploads.Kept, filled: Filled[ReadingForm]) -> Response:
    if not filled.ok:
        return _table(request, access, kept.id, filled)
    portfolio, form = portfolio_of(request), filled.form
    given = {name.removeprefix(_DEFAULT): value for name, value in form if name.startswith(_DEFAULT) and value}
    with portfolio.database.write() as session:
        uploads.change_reading(
            session,
            vault=portfolio.vault,
            kept=kept,
            defaults=given,
            valid_until=_end_of(form.valid_until, access.organisation.time_zone),
            sheet=form.sheet or None,
            encoding=form.encoding or None,
        )
    return see_other(f"/org/{access.organisation.slug}/issue/tables/{kept.id}", done="read")


@router.post("/tables/{table_id}/issue")
def decide(
    request: Request, access: Issuer, table_id: str, filled: Annotated[Filled[DecideForm], form_of(DecideForm)]
) -> Response:
    kept = _kept(request, access, table_id)
    if not filled.ok:
        return _table(request, access, table_id, None)
    if kept.request is None:
        return see_other(_run_path(access, kept.run_id))
    table = service.TableRequest(
        content=kept.request.content,
        filename="",
        kind=kept.request.kind,
        defaults=kept.request.defaults,
        valid_until=kept.request.valid_until,
        skip_bad_rows=filled.form.skip_bad_rows,
        sheet=kept.request.sheet,
        encoding=kept.request.encoding,
    )
    try:
        run_id = _start(request, access, table, table_id)
    except service.TableHasErrorsError:
        return _table(request, access, table_id, None)
    except PortfolioError as error:
        return _table(request, access, table_id, None, refused=wording.said(error))
    return see_other(_run_path(access, run_id))


def _start(request: Request, access: StaffAccess, table: service.TableRequest, table_id: str) -> str | None:
    portfolio = portfolio_of(request)
    kind, report = service.read_request(table)  # takes seconds for a large table: outside the transaction
    with portfolio.database.write() as session:
        # Whoever decides twice, or both at once, is led to the same run (fault 101).
        kept = uploads.kept_table(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            table_id=table_id,
            now=portfolio.clock(),
            for_update=True,
        )
        if kept.run_id is not None:
            return kept.run_id
        run = service.start_run(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            request=table,
            kind=kind,
            report=report,
            idempotency_key=f"table:{table_id}",
            clock=portfolio.clock,
        )
        uploads.became_run(session, table_id=table_id, run=run)
        record_act(
            session, actor=access.actor.name, act="issuing.start", subject=f"run:{run.id}", clock=portfolio.clock
        )
        return run.id


@router.get("/runs/{run_id}")
def run_page(request: Request, access: Viewer, run_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        run = service.run_for(session, organisation=access.organisation, run_id=run_id)
    report = service.run_report(vault=portfolio.vault, run=run)
    kind = ISSUED_KINDS[run.kind]
    return page(
        request,
        "organisations/run.html",
        actor=access.actor,
        seat=access.seat,
        run=run,
        kind=kind.ru if language_of(request) == "ru" else kind.en,
        conflicts=report["conflicts"][:SHOWN],
        conflict_count=len(report["conflicts"]),
        skipped=[problem for problem in report["skipped"] if problem["severity"] == "error"][:SHOWN],
    )


def _upload(request: Request, access: StaffAccess, filled: Filled[Any], refusal: TableError | None = None) -> Response:
    allowed = kinds_of_mask(access.organisation.kinds)
    with portfolio_of(request).database.read() as session:
        entry = register.entry_of(session, slug=access.organisation.slug)
        ready = register.has_good_key(session, organisation_id=access.organisation.id)
        runs = service.newest_runs(session, organisation=access.organisation, limit=20)
    return page(
        request,
        "organisations/issue.html",
        actor=access.actor,
        status=422 if filled.problems else 200,
        seat=access.seat,
        entry=entry,
        ready=ready,
        kinds=[option for option in wording.kind_options(language_of(request)) if option[0] in allowed],
        filled=filled,
        refusal=refusal,
        runs=runs,
    )


def _table(
    request: Request, access: StaffAccess, table_id: str, filled: Filled[Any] | None, refused: str = ""
) -> Response:
    kept = _kept(request, access, table_id)
    if kept.request is None:
        return see_other(_run_path(access, kept.run_id))
    kind = ISSUED_KINDS[kept.request.kind]
    trouble: TableError | None = None
    report: TableReport | None = None
    outcome = Outcome()
    try:
        _, report = service.read_request(kept.request)
        outcome = _outcome(request, access, kept.request, kind, report)
    except TableError as error:
        trouble = error
    except PortfolioError as error:
        refused = refused or wording.said(error)
    return page(
        request,
        "organisations/table.html",
        actor=access.actor,
        status=422 if refused or (filled is not None and filled.problems) else 200,
        seat=access.seat,
        table_id=table_id,
        kind_name=kind.ru if language_of(request) == "ru" else kind.en,
        report=report,
        trouble=trouble,
        outcome=outcome,
        refused=refused,
        filled=filled or _as_read(kept.request, access.organisation.time_zone),
        for_all=_for_all(kind, report, kept.request, russian=language_of(request) == "ru"),
        shown=SHOWN,
    )


def _outcome(
    request: Request, access: StaffAccess, table: service.TableRequest, kind: Kind, report: TableReport
) -> Outcome:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        return service.preview(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            kind=kind,
            report=report,
            valid_until=table.valid_until,
        )


def _kept(request: Request, access: StaffAccess, table_id: str) -> uploads.Kept:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        return uploads.kept_table(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            table_id=table_id,
            now=portfolio.clock(),
        )


def _reading_form(kind: Kind) -> type[ReadingForm]:
    """Return the form with a field for every value that may be given once for all rows."""
    fields: dict[str, Any] = {
        f"{_DEFAULT}{field.name}": (str, "") for field in kind.fields if field.type is not FieldType.MARKS
    }
    return cast("type[ReadingForm]", create_model("KindReadingForm", __base__=ReadingForm, **fields))


def _for_all(
    kind: Kind, report: TableReport | None, table: service.TableRequest, *, russian: bool
) -> list[tuple[str, str, bool]]:
    """Return what may be given once for all rows: name of the field, label, whether the table lacks it."""
    found = {column.target for column in report.columns} if report else set()
    return [
        (f"{_DEFAULT}{field.name}", field.ru if russian else field.en, field.required)
        for field in sorted(kind.fields, key=lambda field: not field.required)
        if field.type is not FieldType.MARKS and (field.name not in found or field.name in table.defaults)
    ]


def _as_read(table: service.TableRequest, zone: str) -> Filled[Any]:
    until = ""
    if table.valid_until:
        until = datetime.fromisoformat(table.valid_until).astimezone(ZoneInfo(zone)).strftime("%d.%m.%Y")
    values = {_DEFAULT + name: value for name, value in table.defaults.items()}
    return Filled.empty(sheet=table.sheet or "", encoding=table.encoding or "", valid_until=until, **values)


def _end_of(day: date | None, zone: str) -> str | None:
    """Return the last second of a day, as credentials write it."""
    if day is None:
        return None
    end = datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


def _run_path(access: StaffAccess, run_id: str | None) -> str:
    return f"/org/{access.organisation.slug}/issue/runs/{run_id}"
