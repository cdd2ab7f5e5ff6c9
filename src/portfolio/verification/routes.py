"""The public check: a page per link, verdicts as JSON, QR codes and bundles. No account is needed."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Depends, File, Request, UploadFile
from starlette.responses import HTMLResponse, JSONResponse, Response

from portfolio.auth import anybody, portfolio_of
from portfolio.credentials.report import Verdict
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import Language
from portfolio.verification import qr, rendering, service
from portfolio.verification.inputs import MAX_UPLOAD
from portfolio.verification.pasted import PublicLink, foreign_host
from portfolio.verification.receiving import document, opened, sent
from portfolio.verification.standalone.page import host_of, page_policy, public_nodes, verifier_file
from portfolio.verification.upgrades import newest_bundle
from portfolio.web.languages import language_of, remember_language
from portfolio.web.uploads import read_upload

router = APIRouter(tags=["verification"], dependencies=[Depends(anybody)])

PAGE_SECONDS = 20.0  # how long a made page may be shown again; it tells its own time of checking
PAGES_AT_MOST = 20_000

_UNSTORED = {"cache-control": "no-store"}
_ATTACHED = {"content-disposition": 'attachment; filename="credential.json"'}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE_OR_JSON = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/pdf": _BINARY,
        "image/png": _BINARY,
        "image/jpeg": _BINARY,
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
    },
}


class ForeignHostError(PortfolioError):
    """A QR code that leads elsewhere: it is named, never followed (fault 112)."""

    status = 422
    code = "foreign_host"

    def __init__(self, host: str) -> None:
        super().__init__("the QR code leads to another site than this one", host=host)


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    generation: int
    made_at: float


class PageCache:
    """Made pages by link and language; a page goes when its time is over or the chain touched anything that was
    kept.
    """

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, str], _Page] = OrderedDict()

    def get(self, token: str, language: Language, generation: int) -> bytes | None:
        page = self._pages.get((token, language))
        if page is None or page.generation != generation or time.monotonic() - page.made_at > PAGE_SECONDS:
            return None
        return page.body

    def put(self, token: str, language: Language, generation: int, body: bytes) -> None:
        self._pages[token, language] = _Page(body, generation, time.monotonic())
        while len(self._pages) > PAGES_AT_MOST:
            self._pages.popitem(last=False)


async def link_page(request: Request) -> Response:
    """`GET /v/{token}`: the result page. A plain Starlette route, for it is the hottest of all."""
    portfolio = portfolio_of(request)
    token = request.path_params["token"]
    language = language_of(request)
    generation = portfolio.keeper.generation
    kept = portfolio.pages.get(token, language, generation)
    if kept is not None:
        return _html(request, kept, language)
    body, lasting = await anyio.to_thread.run_sync(_link_page, request, token, language)
    if lasting:
        portfolio.pages.put(token, language, generation, body)
    return _html(request, body, language)


def _link_page(request: Request, token: str, language: Language) -> tuple[bytes, bool]:
    """Make the page, and tell whether it may be shown again: what is under way changes without the chain telling."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = service.linked(session, vault=portfolio.vault, token=token)
    answer = service.verify_document(found.bundle, keeper=portfolio.keeper, clock=portfolio.clock, keep=True)
    page = rendering.result_page(
        answer.report,
        links=link_urls(portfolio.settings.public_url, token, found.minimal_token),
        language=language,
        stored_at=answer.last_at,
        last_verdict=answer.last_verdict,
        contact=found.issuer.contact,
        issuer_page=found.issuer.page,
        time_zone=found.time_zone,
    )
    return page.encode(), answer.report.verdict not in {Verdict.PENDING, Verdict.CANNOT_CHECK}


def link_urls(public_url: str, token: str, minimal_token: str | None = None) -> dict[str, str]:
    """Return the addresses that belong to a public link, `minimal` only where there is one."""
    minimal = {"minimal": f"/v/{minimal_token}"} if minimal_token else {}
    return {
        **minimal,
        "page": f"{public_url}/v/{token}",
        "bundle": f"/c/{token}.json",
        "pdf": f"/c/{token}.pdf",
        "qr_svg": f"/v/{token}/qr.svg",
        "qr_png": f"/v/{token}/qr.png",
    }


def _html(request: Request, body: bytes | str, language: Language, status: int = 200) -> Response:
    response = HTMLResponse(body, status_code=status, headers={"vary": "Cookie, Accept-Language"})
    remember_language(request, response, language)
    return response


@router.get("/v/{token}/qr.svg", include_in_schema=False)
def qr_svg(request: Request, token: str) -> Response:
    return Response(qr.svg(_coded_link(request, token)), media_type="image/svg+xml")


@router.get("/v/{token}/qr.png", include_in_schema=False)
def qr_png(request: Request, token: str) -> Response:
    return Response(qr.png(_coded_link(request, token)), media_type="image/png")


def _coded_link(request: Request, token: str) -> str:
    """Return what a QR code says: the link, and behind `#` the short code, which no browser sends to a server."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        code = service.code_of_link(session, token=token)
    return f"{portfolio.settings.public_url}/v/{token}#{code}"


@router.get("/c/{name}", include_in_schema=False)
def bundle(request: Request, name: str) -> Response:
    """Return the bundle of a link, `/c/{token}.json`: the file that verifies without this service."""
    token, dot, suffix = name.rpartition(".")
    if not dot or suffix != "json":
        raise NotFoundError("no credential is known under this link")
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = service.linked(session, vault=portfolio.vault, token=token)
    name = found.credential_id
    return Response(
        found.bundle,
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{name}.json"', "cache-control": "no-store"},
    )


@router.get("/verifier.html", include_in_schema=False)
def static_verifier(request: Request) -> Response:
    """The page that checks without this service, to be opened here or saved; it has its own policy of contents."""
    portfolio = portfolio_of(request)
    settings = portfolio.settings
    trust = public_nodes(portfolio.keeper.trust, named=settings.public_rpc_urls)
    page = verifier_file(trust=trust, hosts=[host_of(settings.public_url)])
    return HTMLResponse(page, headers={"content-security-policy": page_policy(), "cache-control": "no-cache"})


@router.post("/verify/newest", include_in_schema=False)
async def newest_upload(request: Request, file: Annotated[UploadFile, File()]) -> Response:
    """Give back the newest bundle of the document that was sent, as a file to keep."""
    data = await document(await read_upload(file, limit=MAX_UPLOAD))
    newest = await anyio.to_thread.run_sync(_newest, request, data)
    return Response(newest, media_type="application/json", headers={**_UNSTORED, **_ATTACHED})


@router.post(
    "/api/v1/bundles",
    openapi_extra={"requestBody": _FILE_OR_JSON},
    responses={404: {"description": "not a credential of this service, or one that it knows no longer"}},
)
async def newest_api(request: Request) -> Response:
    """Take a bundle, a credential or a PDF and return the newest bundle of the very same credential.

    A bundle without receipt (PENDING) becomes one with its receipt once the credential is registered. 422 unless the
    signature is genuine.
    """
    newest = await anyio.to_thread.run_sync(_newest, request, await document(await sent(request)))
    return Response(newest, media_type="application/json", headers=_UNSTORED)


def _newest(request: Request, data: bytes) -> bytes:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        return newest_bundle(session, vault=portfolio.vault, data=data)


def _verify(request: Request, data: bytes) -> service.Answer:
    portfolio = portfolio_of(request)
    return service.verify_document(data, keeper=portfolio.keeper, clock=portfolio.clock)


@router.post("/api/v1/verify", openapi_extra={"requestBody": _FILE_OR_JSON})
async def verify_api(request: Request) -> JSONResponse:
    """Judge a bundle, a credential, a PDF that carries one, or a photo of the QR code of this service's own paper.

    Sent as the body or as the form field `file`. 200 with a report, whatever the verdict; 422 for a PDF or a picture in
    which there is nothing to judge.
    """
    found = await opened(await sent(request))
    if isinstance(found, PublicLink):
        answer = await anyio.to_thread.run_sync(_verify_link, request, found)
    else:
        answer = await anyio.to_thread.run_sync(_verify, request, found.data)
    return JSONResponse(report_json(answer))


def _verify_link(request: Request, link: PublicLink) -> service.Answer:
    portfolio = portfolio_of(request)
    host = foreign_host(link.url, public_url=portfolio.settings.public_url)
    if host is not None:
        raise ForeignHostError(host)
    with portfolio.database.read() as session:
        found = service.linked(session, vault=portfolio.vault, token=link.token)
    return service.verify_document(found.bundle, keeper=portfolio.keeper, clock=portfolio.clock, keep=True)


def report_json(answer: service.Answer) -> dict[str, Any]:
    """Return the report with the last known verdict beside it, where there is one."""
    last = None
    if answer.last_verdict is not None and answer.last_at is not None:
        last = {"verdict": answer.last_verdict.value, "at": answer.last_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {**answer.report.to_json(), "last_known": last}
