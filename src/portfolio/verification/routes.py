"""The public check: a page per link, a page for files, the same as JSON, QR codes and bundles. No account is needed."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, File, Request, UploadFile
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from portfolio.auth import portfolio_of
from portfolio.credentials.bundles import MAX_BUNDLE
from portfolio.credentials.report import Verdict
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import LANGUAGE_COOKIE, Language, choose_language
from portfolio.verification import qr, rendering, service
from portfolio.verification.pasted import foreign_host
from portfolio.verification.standalone.page import host_of, page_policy, public_nodes, verifier_file
from portfolio.web.uploads import read_body, read_upload

router = APIRouter(tags=["verification"])

PAGE_SECONDS = 20.0  # how long a made page may be shown again; it tells its own time of checking
PAGES_AT_MOST = 20_000


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
        found = service.linked(session, vault=portfolio.vault, pair=portfolio.pair, token=token)
    answer = service.verify_document(found.bundle, keeper=portfolio.keeper, clock=portfolio.clock, keep=True)
    page = rendering.result_page(
        answer.report,
        links=link_urls(portfolio.settings.public_url, token),
        language=language,
        stored_at=answer.last_at,
        last_verdict=answer.last_verdict,
        contact=found.contact,
        time_zone=found.time_zone,
    )
    return page.encode(), answer.report.verdict not in {Verdict.PENDING, Verdict.CANNOT_CHECK}


def link_urls(public_url: str, token: str) -> dict[str, str]:
    """Return the addresses that belong to a public link."""
    return {
        "page": f"{public_url}/v/{token}",
        "bundle": f"/c/{token}.json",
        "pdf": f"/c/{token}.pdf",
        "qr_svg": f"/v/{token}/qr.svg",
        "qr_png": f"/v/{token}/qr.png",
    }


def language_of(request: Request) -> Language:
    """Return the language to answer in: the switch, then the cookie, then what the browser asks for; Russian first."""
    return choose_language(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language"),
    )


def _html(request: Request, body: bytes | str, language: Language, status: int = 200) -> Response:
    response = HTMLResponse(body, status_code=status, headers={"vary": "Cookie, Accept-Language"})
    if request.query_params.get("lang"):
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, httponly=True, samesite="lax")
    return response


@router.get("/v/{token}/qr.svg", include_in_schema=False)
def qr_svg(request: Request, token: str) -> Response:
    portfolio = portfolio_of(request)
    _require_link(request, token)
    return Response(qr.svg(f"{portfolio.settings.public_url}/v/{token}"), media_type="image/svg+xml")


@router.get("/v/{token}/qr.png", include_in_schema=False)
def qr_png(request: Request, token: str) -> Response:
    portfolio = portfolio_of(request)
    _require_link(request, token)
    return Response(qr.png(f"{portfolio.settings.public_url}/v/{token}"), media_type="image/png")


def _require_link(request: Request, token: str) -> None:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        service.require_link(session, token=token)


@router.get("/c/{name}", include_in_schema=False)
def bundle(request: Request, name: str) -> Response:
    """Return the bundle of a link, `/c/{token}.json`: the file that verifies without this service."""
    token, dot, suffix = name.rpartition(".")
    if not dot or suffix != "json":
        raise NotFoundError("no credential is known under this link")
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = service.linked(session, vault=portfolio.vault, pair=portfolio.pair, token=token)
    name = found.credential_id
    return Response(
        found.bundle,
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{name}.json"', "cache-control": "no-store"},
    )


@router.get("/", include_in_schema=False)
def home(request: Request) -> Response:
    language = language_of(request)
    return _html(request, rendering.home_page(language=language), language)


@router.get("/verifier.html", include_in_schema=False)
def static_verifier(request: Request) -> Response:
    """The page that checks without this service, to be opened here or saved; it has its own policy of contents."""
    portfolio = portfolio_of(request)
    settings = portfolio.settings
    trust = public_nodes(portfolio.keeper.trust, named=settings.public_rpc_urls)
    page = verifier_file(trust=trust, hosts=[host_of(settings.public_url)])
    return HTMLResponse(page, headers={"content-security-policy": page_policy(), "cache-control": "no-cache"})


@router.get("/about", include_in_schema=False)
def about(request: Request) -> Response:
    language = language_of(request)
    return _html(request, rendering.about_page(language=language), language)


@router.get("/verify", include_in_schema=False)
def verify_form(request: Request, link: str | None = None) -> Response:
    language = language_of(request)
    host = foreign_host(link or "", public_url=portfolio_of(request).settings.public_url)
    if link and host is None:
        return RedirectResponse(f"/v/{service.token_in(link)}", status_code=303)
    return _html(request, rendering.verify_form_page(language=language, foreign_host=host), language)


@router.post("/verify", include_in_schema=False)
async def verify_upload(request: Request, file: Annotated[UploadFile, File()]) -> Response:
    language = language_of(request)
    data = await read_upload(file, limit=MAX_BUNDLE)
    answer = await anyio.to_thread.run_sync(_verify, request, data)
    body = rendering.verify_form_page(
        language=language,
        report=answer.report,
        stored_at=answer.last_at,
        last_verdict=answer.last_verdict,
        contact=answer.contact,
    )
    return _html(request, body, language)


def _verify(request: Request, data: bytes) -> service.Answer:
    portfolio = portfolio_of(request)
    return service.verify_document(data, keeper=portfolio.keeper, clock=portfolio.clock)


@router.post(
    "/api/v1/verify",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "multipart/form-data": {
                    "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
                },
            },
        }
    },
)
async def verify_api(request: Request) -> JSONResponse:
    """Judge a bundle or credential, sent as the JSON body or as the form field `file`. Always 200 with a report."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=4) as form:
            upload = form.get("file")
            if not hasattr(upload, "read"):
                raise PortfolioError("send the bundle as the JSON body, or as the form field `file`")
            data = await read_upload(upload, limit=MAX_BUNDLE)  # type: ignore[arg-type]
    else:
        data = await read_body(request, limit=MAX_BUNDLE)
    answer = await anyio.to_thread.run_sync(_verify, request, data)
    return JSONResponse(report_json(answer))


def report_json(answer: service.Answer) -> dict[str, Any]:
    """Return the report with the last known verdict beside it, where there is one."""
    last = None
    if answer.last_verdict is not None and answer.last_at is not None:
        last = {"verdict": answer.last_verdict.value, "at": answer.last_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {**answer.report.to_json(), "last_known": last}
