"""The API for issuing from a table, and for following what became of it. An organisation's API key is needed."""

from __future__ import annotations

from typing import Annotated, Any

import anyio.to_thread
import orjson
from fastapi import APIRouter, File, Form, Header, Request, UploadFile
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from starlette.responses import JSONResponse

from portfolio.auth import CallingOrganisation, ReadingOrganisation, portfolio_of
from portfolio.errors import PortfolioError
from portfolio.issuing import service
from portfolio.issuing.models import IssuingRun, RunState
from portfolio.organisations.models import Organisation
from portfolio.web.uploads import read_upload

router = APIRouter(prefix="/api/v1/issuing", tags=["issuing"])


class BadDefaultsError(PortfolioError):
    status = 422
    code = "bad_defaults"


class RunOut(BaseModel):
    """An issuing run: how far it is."""

    id: str
    kind: str
    state: RunState
    total: int
    issued: int
    already_issued: int
    conflicts: int
    skipped: int
    note: str


class IssuingForm(BaseModel):
    """What accompanies an uploaded table. `defaults` is a JSON object of text values for columns the table lacks."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    defaults: dict[str, str] = {}
    valid_until: str | None = None
    dry_run: bool = False
    skip_bad_rows: bool = False
    sheet: str | None = None
    encoding: str | None = None

    @field_validator("defaults", mode="before")
    @classmethod
    def _read_json(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return orjson.loads(value or "{}")
            except orjson.JSONDecodeError:
                raise ValueError("must be a JSON object of texts") from None
        return value


@router.post("", status_code=202, response_model=RunOut)
async def issue_table(
    request: Request,
    organisation: CallingOrganisation,
    file: Annotated[UploadFile, File(description="XLSX, CSV or TSV")],
    kind: Annotated[str, Form()],
    defaults: Annotated[str, Form(description="JSON object")] = "{}",
    valid_until: Annotated[str | None, Form()] = None,
    dry_run: Annotated[bool, Form()] = False,
    skip_bad_rows: Annotated[bool, Form()] = False,
    sheet: Annotated[str | None, Form(description="of a workbook")] = None,
    encoding: Annotated[str | None, Form(description="of a text table")] = None,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Any:
    """Issue what is new in a table. With `dry_run` nothing is issued and the answer shows mapping, problems and
    counts.
    """
    await _no_other_fields(request)
    try:
        form = IssuingForm.model_validate(
            {
                "kind": kind,
                "defaults": defaults,
                "valid_until": valid_until,
                "dry_run": dry_run,
                "skip_bad_rows": skip_bad_rows,
                "sheet": sheet,
                "encoding": encoding,
            }
        )
    except ValidationError as error:
        raise BadDefaultsError(error.errors()[0]["msg"], field=str(error.errors()[0]["loc"][0])) from None
    content = await read_upload(file, limit=portfolio_of(request).settings.upload_limit)
    table = service.TableRequest(
        content=content,
        filename=file.filename or "",
        kind=form.kind,
        defaults=form.defaults,
        valid_until=form.valid_until,
        skip_bad_rows=form.skip_bad_rows,
        sheet=form.sheet,
        encoding=form.encoding,
    )
    if form.dry_run:
        return JSONResponse(await anyio.to_thread.run_sync(_preview, request, organisation, table))
    return await anyio.to_thread.run_sync(_start, request, organisation, table, idempotency_key)


async def _no_other_fields(request: Request) -> None:
    known = {"file", *IssuingForm.model_fields}
    unknown = sorted(set(await request.form()) - known)
    if unknown:
        raise PortfolioError("the form has a field that is not known here", fields=", ".join(unknown[:10]))


def _preview(request: Request, organisation: Organisation, table: service.TableRequest) -> dict[str, Any]:
    portfolio = portfolio_of(request)
    kind, report = service.read_request(table)
    with portfolio.database.read() as session:
        outcome = service.preview(
            session,
            vault=portfolio.vault,
            organisation=organisation,
            kind=kind,
            report=report,
            valid_until=table.valid_until,
        )
    return service.preview_json(report, outcome)


def _start(
    request: Request, organisation: Organisation, table: service.TableRequest, idempotency_key: str | None
) -> RunOut:
    portfolio = portfolio_of(request)
    if idempotency_key is not None:
        with portfolio.database.read() as session:
            known = service.run_of_key(
                session, organisation=organisation, key=idempotency_key, fingerprint=table.fingerprint()
            )
        if known is not None:
            return _out(request, known)
    kind, report = service.read_request(table)
    with portfolio.database.write() as session:
        run = service.start_run(
            session,
            vault=portfolio.vault,
            organisation=organisation,
            request=table,
            kind=kind,
            report=report,
            idempotency_key=idempotency_key,
            clock=portfolio.clock,
        )
    return _out(request, run)


def _out(request: Request, run: IssuingRun) -> RunOut:
    report = service.run_report(vault=portfolio_of(request).vault, run=run)
    return RunOut(
        **run.model_dump(include={"id", "kind", "state", "total", "issued", "already_issued", "note"}),
        conflicts=len(report["conflicts"]),
        skipped=len({problem["row"] for problem in report["skipped"] if problem["severity"] == "error"}),
    )


@router.get("/{run_id}", response_model=RunOut)
def get_run(request: Request, organisation: ReadingOrganisation, run_id: str) -> RunOut:
    """Tell how far a run is."""
    with portfolio_of(request).database.read() as session:
        return _out(request, service.run_for(session, organisation=organisation, run_id=run_id))


@router.get("/{run_id}/report")
def get_report(request: Request, organisation: ReadingOrganisation, run_id: str) -> JSONResponse:
    """Return what a run left out and what it found changed, row by row."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        run = service.run_for(session, organisation=organisation, run_id=run_id)
    return JSONResponse(service.run_report(vault=portfolio.vault, run=run))
