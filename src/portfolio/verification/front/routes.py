"""The pages that everybody comes in by: the first one, how it works, and the forms to check a paper or a file.

No account is needed; whoever is signed in keeps his own navigation.
"""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portfolio.auth import Visitor, portfolio_of
from portfolio.verification import rendering, service, wording
from portfolio.verification.inputs import MAX_UPLOAD
from portfolio.verification.pasted import PublicLink, foreign_host
from portfolio.verification.receiving import opened
from portfolio.web.languages import language_of, remember_language
from portfolio.web.uploads import read_upload

router = APIRouter(tags=["verification"], include_in_schema=False)

# The header knows who reads it; the rest may be kept, so that going back is at once.
_HEADERS = {"vary": "Cookie, Accept-Language", "cache-control": "private, no-cache"}


def _reader(request: Request, actor: Visitor) -> rendering.Reader:
    return rendering.Reader(language_of(request), actor, request.url.path, portfolio_of(request).settings.public_url)


def _html(request: Request, body: str, status: int = 200) -> Response:
    response = HTMLResponse(body, status_code=status, headers=_HEADERS)
    remember_language(request, response, language_of(request))
    return response


@router.get("/")
def home(request: Request, actor: Visitor) -> Response:
    return _html(request, rendering.home_page(_reader(request, actor)))


@router.get("/about")
def about(request: Request, actor: Visitor) -> Response:
    return _html(request, rendering.about_page(_reader(request, actor)))


@router.get("/verify")
def verify_form(request: Request, actor: Visitor, link: str | None = None) -> Response:
    host = foreign_host(link or "", public_url=portfolio_of(request).settings.public_url)
    if link and host is None:
        return RedirectResponse(f"/v/{service.token_in(link)}", status_code=303)
    return _html(request, rendering.verify_form_page(_reader(request, actor), foreign_host=host))


@router.post("/verify/code")
def verify_code(
    request: Request,
    actor: Visitor,
    code: Annotated[str, Form(max_length=40)],
    family: Annotated[str, Form(max_length=200)],
) -> Response:
    """Lead from the code on a paper and the family name to the public link. Sent as a form: no name in an address."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        token = service.token_by_code(session, vault=portfolio.vault, typed=code, family=family)
    if token is not None:
        return RedirectResponse(f"/v/{token}", status_code=303)
    typed = rendering.TypedCode(code, family, wording.CODE_LEADS_NOWHERE)
    return _html(request, rendering.verify_form_page(_reader(request, actor), typed=typed), 404)


@router.post("/verify")
async def verify_upload(request: Request, actor: Visitor, file: Annotated[UploadFile, File()]) -> Response:
    found = await opened(await read_upload(file, limit=MAX_UPLOAD))
    if isinstance(found, PublicLink):
        host = foreign_host(found.url, public_url=portfolio_of(request).settings.public_url)
        if host is None:
            return RedirectResponse(f"/v/{found.token}", status_code=303)
        return _html(request, rendering.verify_form_page(_reader(request, actor), foreign_host=host))
    return _html(request, await anyio.to_thread.run_sync(_judged, request, actor, found.data))


def _judged(request: Request, actor: Visitor, data: bytes) -> str:
    portfolio = portfolio_of(request)
    answer = service.verify_document(data, keeper=portfolio.keeper, clock=portfolio.clock)
    with portfolio.database.read() as session:
        issuer = service.issuer_of(session, report=answer.report)
    return rendering.verify_form_page(
        _reader(request, actor),
        report=answer.report,
        stored_at=answer.last_at,
        last_verdict=answer.last_verdict,
        contact=issuer.contact if issuer else None,
        issuer_page=issuer.page if issuer else None,
    )
