"""Public documents of issuers: `did:web` resolution (the host of the DIDs proxies here)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import JSONResponse, Response

from portfolio.auth import Anybody, anybody, portfolio_of
from portfolio.credentials.status import status_list_url
from portfolio.credentials.status_publication import list_to_serve
from portfolio.organisations import register, service, wording
from portfolio.organisations.did import did_document as did_document_of
from portfolio.organisations.did import did_of_service, did_web
from portfolio.organisations.keys import service_signer
from portfolio.web.languages import language_of
from portfolio.web.pages import page

router = APIRouter(tags=["organisations"])

OPEN = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}  # verifiers in browsers
MAX_LISTS = 10**9


@router.get("/.well-known/did.json", dependencies=[Depends(anybody)])
def service_did_document(request: Request) -> JSONResponse:
    """Return the DID document of the service, whose key signs exports of portfolios and nothing else."""
    portfolio = portfolio_of(request)
    did = did_of_service(portfolio.settings.identifier_host)
    document = did_document_of(did, [service_signer(portfolio.vault).public_key])
    return JSONResponse(
        document, media_type="application/did+json", headers={**OPEN, "cache-control": "public, max-age=60"}
    )


@router.get("/o/{slug}", include_in_schema=False)
def organisation_page(request: Request, _rule: Anybody, slug: str) -> Response:
    """Show anybody who an organisation is and how it stands."""
    with portfolio_of(request).database.read() as session:
        entry = register.entry_of(session, slug=slug)
        successor = service.successor_of(session, organisation=entry.organisation)
    allowed = service.kinds_of_mask(entry.organisation.kinds)
    return page(
        request,
        "organisations/public.html",
        actor=None,
        entry=entry,
        successor=successor,
        standings=wording.STANDINGS,
        types=wording.TYPES,
        kinds=[label for code, label in wording.kind_options(language_of(request)) if code in allowed],
    )


@router.get("/o/{slug}/did.json", dependencies=[Depends(anybody)])
def did_document(request: Request, slug: str) -> JSONResponse:
    """Return an issuer's DID document. Our own verdicts do not rely on it: keys count as the chain has them."""
    with portfolio_of(request).database.read() as session:
        organisation = service.organisation_by_slug(session, slug=slug)
        document = service.document_of(session, organisation=organisation)
    return JSONResponse(
        document, media_type="application/did+json", headers={**OPEN, "cache-control": "public, max-age=60"}
    )


@router.get("/o/{slug}/status/{number}", response_class=Response, dependencies=[Depends(anybody)])
def status_list(request: Request, slug: str, number: Annotated[int, Path(ge=1, le=MAX_LISTS)]) -> Response:
    """Return a Bitstring Status List for verifiers elsewhere. Our own verdicts ask the chain about revocation."""
    portfolio = portfolio_of(request)
    url = status_list_url(did_web(portfolio.settings.identifier_host, slug), number)
    found = list_to_serve(portfolio.database, vault=portfolio.vault, url=url, clock=portfolio.clock)
    # Kept by anybody, but asked about before each use: a revocation is never late.
    headers = {**OPEN, "cache-control": "public, no-cache", "etag": found.etag}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.document, media_type="application/vc", headers=headers)
