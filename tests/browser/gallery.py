"""A small site of the sample pages with the real templates, headers, static files, QR codes and verifier.

No chain and no database stand behind it: an uploaded file is judged without any register to ask.
"""

from __future__ import annotations

from contextlib import suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

import result_pages
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.verdict import ask, judge
from portfolio.i18n import Language, choose_language
from portfolio.verification import qr, rendering
from portfolio.verification.samples import CHECKED_AT, LINKS, SAMPLES, TOKEN
from portfolio.web.assets import STATIC_PATH, Assets
from portfolio.web.compression import Compressed
from portfolio.web.headers import PRIVATE_HEADERS, SECURITY_HEADERS
from portfolio.web.render import error_page

REFERRERS: list[str] = []
"""Addresses that a browser told this site it came from; they may hold secret links, so only our own."""


async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
    if "referer" in request.headers:
        REFERRERS.append(request.headers["referer"])
    response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers[name] = value
    if not request.url.path.startswith(STATIC_PATH):
        for name, value in PRIVATE_HEADERS.items():
            response.headers[name] = value
    return response


def language_of(request: Request) -> Language:
    return choose_language(request.query_params.get("lang"), None, request.headers.get("accept-language"))


def sample(request: Request) -> Response:
    """`/sample/{name}`, or `/hostile/{number}` for a page that says a payload wherever words of others stand."""
    name, number = request.path_params.get("name"), request.path_params.get("number")
    shown = SAMPLES[name] if name else result_pages.poisoned(result_pages.PAYLOADS[number])
    return HTMLResponse(result_pages.page(shown, language_of(request), links=own_links(request)))


def own_links(request: Request) -> dict[str, str]:
    return {**LINKS, "page": str(request.base_url) + f"v/{TOKEN}"}


def code(request: Request) -> Response:
    return Response(qr.svg(own_links(request)["page"]), media_type="image/svg+xml")


def link(_request: Request) -> Response:
    return RedirectResponse("/sample/valid", 303)


def home(request: Request) -> Response:
    return HTMLResponse(rendering.home_page(rendering.Reader(language_of(request))))


def about(request: Request) -> Response:
    return HTMLResponse(rendering.about_page(rendering.Reader(language_of(request))))


def error(request: Request) -> Response:
    status = request.path_params["status"]
    return HTMLResponse(error_page(status, "code", "", language_of(request)))


async def verify(request: Request) -> Response:
    language = language_of(request)
    if request.method == "GET":
        return HTMLResponse(
            rendering.verify_form_page(rendering.Reader(language), foreign_host=request.query_params.get("foreign"))
        )
    async with request.form() as form:
        file = form["file"]
        assert not isinstance(file, str)
        data = await file.read()
    asked: object = None
    with suppress(StructureError):
        asked = ask(data)
    found = asked or StructureError("not_json", "", "unreadable")
    report = judge(found, trust=TrustRoots(), facts=(), now=CHECKED_AT)  # type: ignore[arg-type]
    return HTMLResponse(rendering.verify_form_page(rendering.Reader(language), report=report))


app = Starlette(
    routes=[
        Mount(STATIC_PATH, Assets()),
        Route("/", home),
        Route("/about", about),
        Route("/verify", verify, methods=["GET", "POST"]),
        Route("/error/{status:int}", error),
        Route("/sample/{name}", sample),
        Route("/hostile/{number:int}", sample),
        Route(f"/v/{TOKEN}", link),
        Route(f"/v/{TOKEN}/qr.svg", code),
    ],
    middleware=[Middleware(BaseHTTPMiddleware, dispatch=guard), Middleware(Compressed)],
)
PAGES = (
    "/",
    "/about",
    "/verify",
    "/verify?foreign=evil.example",
    "/error/404",
    "/error/503",
    *(f"/sample/{name}" for name in SAMPLES),
)
