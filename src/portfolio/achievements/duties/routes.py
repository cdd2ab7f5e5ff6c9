"""The registrars' page of everything that has to be done for people within a term."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.achievements.duties.service import open_duties
from portfolio.auth import Registrar, portfolio_of
from portfolio.i18n import N_
from portfolio.people.deadlines import DUTIES, TERMS, Cause, Stage
from portfolio.web.pages import page

router = APIRouter(prefix="/registrar/duties", tags=["registrar"], include_in_schema=False)

SHOWN: Final = 100
CAUSES: Final = {
    Cause.WRONG: N_("“This award is wrong”: correct it or say why not"),
    Cause.NOT_ME: N_("“This is not me”: take the record back or say whose it is"),
    Cause.DISPUTE: N_("Two people claim one record: decide whose it is"),
    Cause.ERASURE: N_("Everything about a person is to be erased"),
}


@router.get("")
def duties(request: Request, actor: Registrar) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = open_duties(session, now=portfolio.clock())
    return page(
        request,
        "achievements/duties.html",
        actor=actor,
        duties=found[:SHOWN],
        count=len(found),
        overdue=sum(duty.stage is Stage.OVERDUE for duty in found),
        causes=CAUSES,
        articles={cause: TERMS[duty].article for cause, duty in DUTIES.items()},
    )
