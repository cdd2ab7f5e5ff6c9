"""Import of credentials from elsewhere: their check. Keeping them comes with accounts."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from portfolio.achievements.imports import MAX_IMPORT, verify_import
from portfolio.auth import anybody, portfolio_of
from portfolio.errors import PortfolioError
from portfolio.fetching import PublicFetcher
from portfolio.web.gates import Gate
from portfolio.web.uploads import read_body, read_upload

router = APIRouter(prefix="/api/v1/imports", tags=["achievements"], dependencies=[Depends(anybody)])

GATE: Final = Gate(at_once=4, waiting=8)  # strangers' addresses answer as slowly as they like


@router.post(
    "/verify",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "multipart/form-data": {
                    "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
                },
            },
        }
    },
)
async def verify(request: Request) -> JSONResponse:
    """Check a credential from elsewhere (JSON, JWT, baked PNG or SVG), sent as the body or the form field `file`."""
    GATE.require_room()  # before megabytes are taken in
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=4) as form:
            upload = form.get("file")
            if not hasattr(upload, "read"):
                raise PortfolioError("send the credential as the body, or as the form field `file`")
            data = await read_upload(upload, limit=MAX_IMPORT)  # type: ignore[arg-type]
    else:
        data = await read_body(request, limit=MAX_IMPORT)
    return JSONResponse(await GATE.run(partial(_verify, request, data)))


def _verify(request: Request, data: bytes) -> dict[str, Any]:
    now = portfolio_of(request).clock()
    return verify_import(data, fetcher=PublicFetcher(), now=now).to_json()
