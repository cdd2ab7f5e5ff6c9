"""Health of the service and of what is under way to the chain."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import JSONResponse

from portfolio.anchoring.service import backlog
from portfolio.auth import anybody, portfolio_of

router = APIRouter(tags=["health"], dependencies=[Depends(anybody)])


class Health(BaseModel):
    status: str


@router.get("/healthz", response_model=Health)
def healthz() -> Health:
    """Tell that this process answers."""
    return Health(status="ok")


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Tell whether database and chain answer; 503 names what does not. Verification works on without the chain."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        session.connection().execute(text("SELECT 1"))
        now = backlog(session)
    chain = portfolio.keeper.is_fresh
    body = {
        "status": "ready" if chain else "degraded",
        "chain": "answers" if chain else "does not answer",
        "waiting": now.waiting_leaves,
        "held": now.held_calls,
    }
    return JSONResponse(body, status_code=200 if chain else 503)
