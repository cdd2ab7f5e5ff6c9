"""Public documents of issuers: `did:web` resolution (the host of the DIDs proxies here)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from portfolio.auth import portfolio_of
from portfolio.organisations import service

router = APIRouter(tags=["organisations"])


@router.get("/o/{slug}/did.json")
def did_document(request: Request, slug: str) -> JSONResponse:
    """Return an issuer's DID document. Our own verdicts do not rely on it: keys count as the chain has them."""
    with portfolio_of(request).database.read() as session:
        organisation = service.organisation_by_slug(session, slug=slug)
        document = service.document_of(session, organisation=organisation)
    return JSONResponse(document, media_type="application/did+json", headers={"cache-control": "public, max-age=60"})
