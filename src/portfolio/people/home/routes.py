"""The page after signing in: everything that somebody may act for, and what to do next."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.auth import SignedIn, portfolio_of
from portfolio.people.home.service import overview
from portfolio.web.pages import page

router = APIRouter(tags=["people"], include_in_schema=False)


@router.get("/me")
def me(request: Request, actor: SignedIn) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        seen = overview(session, vault=portfolio.vault, actor=actor, now=portfolio.clock())
    return page(request, "people/me.html", actor=actor, seen=seen)
