"""Composition: what a process is made of, and the web application over it. The only place that puts the slices
together.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portfolio import metrics
from portfolio.achievements import routes as achievements_routes
from portfolio.achievements.claims import routes as claims_routes
from portfolio.achievements.duties import routes as duties_routes
from portfolio.achievements.holdings import routes as holdings_routes
from portfolio.achievements.imported import routes as imported_routes
from portfolio.achievements.records import routes as records_routes
from portfolio.achievements.requests import routes as requests_routes
from portfolio.anchoring import routes as anchoring_routes
from portfolio.auth import SecondFactorNeededError, SignInNeededError
from portfolio.config import Settings
from portfolio.credentials import routes as credentials_routes
from portfolio.credentials.desk import routes as credentials_desk_routes
from portfolio.credentials.facts import TrustedPair
from portfolio.db import Database
from portfolio.diplomas import routes as diplomas_routes
from portfolio.documents import routes as documents_routes
from portfolio.documents.storage import DocumentStore
from portfolio.documents.vault import Vault
from portfolio.errors import PortfolioError
from portfolio.issuing import routes as issuing_routes
from portfolio.issuing.desk import routes as issuing_desk_routes
from portfolio.issuing.service import TableHasErrorsError
from portfolio.jobs import Clock
from portfolio.notifications import routes as notifications_routes
from portfolio.organisations import routes as organisations_routes
from portfolio.organisations.applying import routes as applying_routes
from portfolio.organisations.desk import routes as organisation_desk_routes
from portfolio.organisations.joining import routes as joining_routes
from portfolio.organisations.registrar import routes as registrar_routes
from portfolio.organisations.replacing import routes as replacing_routes
from portfolio.organisations.vouching import routes as vouching_routes
from portfolio.people import routes as people_routes
from portfolio.people.ending import routes as ending_routes
from portfolio.people.entry import routes as entry_routes
from portfolio.people.guarding import routes as guarding_routes
from portfolio.people.home import routes as home_routes
from portfolio.people.leaving import routes as leaving_routes
from portfolio.people.proving import routes as proving_routes
from portfolio.people.rescue import routes as rescue_routes
from portfolio.people.security import routes as security_routes
from portfolio.sharing import routes as sharing_routes
from portfolio.sharing.public import routes as public_routes
from portfolio.sharing.university import routes as university_routes
from portfolio.sharing.visits import routes as visits_routes
from portfolio.verification import routes as verification_routes
from portfolio.verification.front import routes as front_routes
from portfolio.verification.keeper import FactsKeeper
from portfolio.verification.routes import PageCache, link_page
from portfolio.web import routes as web_routes
from portfolio.web.assets import STATIC_PATH, Assets
from portfolio.web.compression import Compressed
from portfolio.web.gates import RETRY_AFTER, BusyError
from portfolio.web.headers import PRIVATE_HEADERS, SECURITY_HEADERS
from portfolio.web.languages import language_of
from portfolio.web.origins import SameOrigin
from portfolio.web.pages import see_other
from portfolio.web.render import compile_templates, error_page
from portfolio.web.requests import BodyLimit, HeaderLimit

log = logging.getLogger(__name__)

PUBLIC_PATHS = ("/static/", "/o/", "/.well-known/", "/about", "/privacy", "/style", "/verifier.html", "/healthz")
"""Everything else shows a record, stands behind a secret link, or belongs to somebody: it is never kept or indexed."""


ROUTES = (
    diplomas_routes,  # its /c/{token}.pdf stands before the bundles' /c/{name}
    verification_routes,
    front_routes,
    issuing_routes,
    credentials_routes,
    documents_routes,
    organisations_routes,
    anchoring_routes,
    achievements_routes,
    claims_routes,
    records_routes,  # its /org/{slug}/requests/codes stands before the requests' /org/{slug}/requests/{claim_id}
    requests_routes,
    imported_routes,
    holdings_routes,
    web_routes,
    entry_routes,
    rescue_routes,
    home_routes,
    security_routes,
    people_routes,
    guarding_routes,
    ending_routes,
    leaving_routes,
    notifications_routes,
    applying_routes,
    registrar_routes,
    duties_routes,
    proving_routes,
    replacing_routes,
    vouching_routes,
    joining_routes,
    organisation_desk_routes,
    issuing_desk_routes,
    credentials_desk_routes,
    sharing_routes,
    visits_routes,
    public_routes,
    university_routes,
)
"""The slices' routes, in the order in which they are asked whether a path is theirs."""


@dataclass(slots=True)
class Portfolio:
    """Everything a process was composed of; passed on as a value, there are no singletons."""

    settings: Settings
    database: Database
    vault: Vault
    store: DocumentStore
    pair: TrustedPair
    """The pair of contracts in which new anchors were made when this process was composed."""
    pairs: Mapping[int, TrustedPair]
    """All pairs by number: what was anchored in an old one is checked there."""
    keeper: FactsKeeper
    clock: Clock
    pages: PageCache = field(default_factory=PageCache)


def create_app(portfolio: Portfolio) -> FastAPI:
    """Return the web application: pages, API, health. It starts the watch of the registers with its lifespan."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # Beside the first answers: a page that is asked for before its turn is compiled then.
        threading.Thread(target=compile_templates, name="templates", daemon=True).start()
        stop = threading.Event()
        watch = threading.Thread(target=portfolio.keeper.watch, args=(stop,), name="registers", daemon=True)
        watch.start()
        yield
        stop.set()
        watch.join(timeout=5)

    app = FastAPI(
        title="Portfolio",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None if portfolio.settings.is_production else "/api/v1/openapi.json",
    )
    app.state.portfolio = portfolio
    # Before the API's routes: the page of a public link is asked for more often than all the rest together.
    app.router.routes.insert(0, Route("/v/{token}", link_page, methods=["GET", "HEAD"]))
    app.router.routes.insert(1, Mount(STATIC_PATH, Assets(), name="static"))
    for slice_routes in ROUTES:
        app.include_router(slice_routes.router)
    app.add_route("/metrics", metrics.endpoint, include_in_schema=False)
    app.add_exception_handler(PortfolioError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(SameOrigin, public_url=portfolio.settings.public_url)
    app.add_middleware(BodyLimit, upload_limit=portfolio.settings.upload_limit)
    app.add_middleware(HeaderLimit)
    app.add_middleware(Compressed)
    app.add_middleware(SecurityHeaders)
    return app


class SecurityHeaders:
    """Adds the security headers to every answer (a plain ASGI layer: the hot page passes through it)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._always = _encoded(SECURITY_HEADERS)
        self._private = [*self._always, *_encoded(PRIVATE_HEADERS)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        headers = self._always if scope["path"] == "/" or scope["path"].startswith(PUBLIC_PATHS) else self._private

        started: list[bool] = []

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(True)
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in headers if pair[0] not in present)]
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception as error:  # noqa: BLE001  what goes further is printed with its values, which may be a person's
            request = Request(scope)
            if isinstance(error, DBAPIError):
                answer = await _database(request, error)
            else:
                answer = await _unforeseen(request, error)
            if not started:
                await answer(scope, receive, with_headers)


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _wants_page(request: Request) -> bool:
    path = request.url.path
    if path.startswith("/o/") and path.count("/") == 2:  # noqa: PLR2004  the organisation's page; deeper are its documents
        return True
    return not path.startswith(("/api/", "/c/", "/o/", "/.well-known/", "/healthz", "/readyz", "/metrics"))


def _answer(request: Request, status: int, code: str, message: str, data: dict[str, Any]) -> Response:
    if _wants_page(request):
        language = language_of(request)
        return HTMLResponse(error_page(status, code, message, language), status_code=status)
    return JSONResponse({"error": {"code": code, "message": message, **data}}, status_code=status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PortfolioError)
    if _wants_page(request) and isinstance(error, SignInNeededError | SecondFactorNeededError):
        return see_other(
            "/sign-in" if isinstance(error, SignInNeededError) else "/sign-in/second",
            next=request.url.path if request.method == "GET" else "/me",
        )
    data: dict[str, Any] = dict(error.data)
    if isinstance(error, TableHasErrorsError):
        data["report"] = error.report.to_json()
    response = _answer(request, error.status, error.code, error.message, data)
    if error.status == 401:  # noqa: PLR2004
        response.headers["www-authenticate"] = "Bearer"
    if isinstance(error, BusyError):
        response.headers["retry-after"] = str(RETRY_AFTER)
    return response


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Places and kinds of mistakes, never the values: they may be a person's data.
    problems = [
        {"field": ".".join(_printable(part) for part in item["loc"][1:]), "problem": item["msg"], "type": item["type"]}
        for item in error.errors()
    ]
    return _answer(
        request, 422, "malformed_request", "the request does not have the form asked for", {"problems": problems}
    )


def _printable(part: object) -> str:
    return str(part).encode("utf-8", "replace").decode()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "not_found", 405: "method_not_allowed"}
    code = codes.get(error.status_code, "refused")
    response = _answer(request, error.status_code, code, str(error.detail), {})
    response.headers.update(error.headers or {})
    return response


async def _database(request: Request, error: DBAPIError) -> Response:
    """What a database refuses is a refused request; its own words hold the values and are kept to ourselves."""
    if isinstance(error, IntegrityError):
        return _answer(request, 409, "conflict", "another request did the same at the same time; ask again", {})
    if isinstance(error, DataError):
        return _answer(request, 400, "malformed_request", "a value of the request cannot be stored or searched for", {})
    log.error("database: %s", type(error).__name__)
    return _answer(request, 503, "unavailable", "the database did not answer; nothing was changed, try again", {})


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("unforeseen %s in %s", type(error).__name__, request.scope.get("route"))
    return _answer(request, 500, "internal", "something went wrong here; nothing was changed", {})
