"""Diplomas for download: the public one behind a link, an issuer's own with duplicates, and all of a run as a ZIP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from portfolio.auth import Anybody, CallingOrganisation, Issuer, ReadingOrganisation, Viewer, portfolio_of
from portfolio.diplomas import archive, designs, printing, service
from portfolio.organisations.models import Organisation

router = APIRouter(tags=["diplomas"])


class DesignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    design: str


class DesignOut(BaseModel):
    design: str
    designs: list[str]


@router.get("/c/{token}.pdf", include_in_schema=False)
async def diploma_of_link(request: Request, _: Anybody, token: str) -> Response:
    """Return the diploma of a public link, the bundle attached inside; 503 "busy" beyond a short queue."""
    return await printing.GATE.run(lambda: _pdf(service.order_for_link(desk_of(request), token=token)))


@router.get("/api/v1/credentials/{credential_id}/diploma.pdf")
async def diploma(
    request: Request,
    organisation: ReadingOrganisation,
    credential_id: str,
    duplicate_on: Annotated[date | None, Query(description="day of a duplicate; the paper says so")] = None,
) -> Response:
    """Return the diploma of the organisation's own credential, as a duplicate when its day is given."""

    def made() -> Response:
        order = service.order_for_issuer(
            desk_of(request), organisation=organisation, credential_id=credential_id, duplicate_on=duplicate_on
        )
        return _pdf(order)

    return await printing.GATE.run(made)


@router.put("/api/v1/issuing/{run_id}/design", response_model=DesignOut)
def choose_design(request: Request, organisation: CallingOrganisation, run_id: str, body: DesignIn) -> DesignOut:
    """Choose the design of a run's diplomas."""
    with portfolio_of(request).database.write() as session:
        run = service.run_of(session, run_id=run_id, organisation=organisation)
        service.choose_design(session, organisation_id=organisation.id, run_id=run.id, design=body.design)
    return DesignOut(design=body.design, designs=list(designs.DESIGNS))


@router.get("/api/v1/issuing/{run_id}/diplomas.zip", response_class=StreamingResponse)
def diplomas_of_run(
    request: Request,
    organisation: ReadingOrganisation,
    run_id: str,
    names: Annotated[bool, Query(description="put the holders' names into the names of the files")] = False,
) -> Response:
    """Return the diplomas of a finished run as a ZIP that is written while they are made."""
    return _zip(request, organisation, run_id, names=names)


@router.get("/org/{slug}/credentials/{credential_id}/diploma.pdf", include_in_schema=False)
async def diploma_for_staff(
    request: Request, access: Viewer, credential_id: str, duplicate_on: date | None = None
) -> Response:
    """Return the diploma of the organisation's own credential to its staff."""

    def made() -> Response:
        order = service.order_for_issuer(
            desk_of(request),
            organisation=access.organisation,
            credential_id=credential_id,
            duplicate_on=duplicate_on,
        )
        return _pdf(order)

    return await printing.GATE.run(made)


@router.get("/org/{slug}/issue/runs/{run_id}/diplomas.zip", include_in_schema=False, response_class=StreamingResponse)
def diplomas_for_staff(request: Request, access: Issuer, run_id: str, names: bool = False) -> Response:
    """Return the diplomas of a finished run to the staff."""
    return _zip(request, access.organisation, run_id, names=names)


def _zip(request: Request, organisation: Organisation, run_id: str, *, names: bool) -> Response:
    desk = desk_of(request)
    with desk.database.read() as session:
        run = service.run_of(session, run_id=run_id, organisation=organisation)
        ids = service.ids_of_run(session, run=run)
    pieces = archive.stream(service.orders_of_run(desk, ids=ids), names=names)
    first = next(pieces)  # what is refused is refused before the answer begins
    return _Archive(first, pieces, filename=f"diplomas-{run.id}.zip")


def desk_of(request: Request) -> service.Desk:
    """Return what setting papers needs of this process."""
    portfolio = portfolio_of(request)
    return service.Desk(
        vault=portfolio.vault,
        keeper=portfolio.keeper,
        database=portfolio.database,
        public_url=portfolio.settings.public_url,
        clock=portfolio.clock,
    )


def _pdf(order: service.Order) -> Response:
    data = printing.PDFS.pdf_of(order)
    headers = {"content-disposition": f'attachment; filename="{order.code}.pdf"'}
    return Response(data, media_type="application/pdf", headers=headers)


class _Archive(StreamingResponse):
    """Streams the pieces; when the reader goes away the work stops, whatever ended the answer."""

    def __init__(self, first: bytes, pieces: Iterator[bytes], *, filename: str) -> None:
        self._pieces = pieces
        headers = {"content-disposition": f'attachment; filename="{filename}"'}
        super().__init__(self._body(first), media_type="application/zip", headers=headers)

    async def _body(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        while (piece := await anyio.to_thread.run_sync(next, self._pieces, None)) is not None:
            yield piece

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                # A generator; `next` is never under way here, for its thread is waited for even when cancelled.
                await anyio.to_thread.run_sync(self._pieces.close)  # type: ignore[attr-defined]
