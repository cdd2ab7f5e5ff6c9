"""Pages of a portfolio: the whole, its plots, one received credential, how each thing is arranged."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from portfolio.achievements.holdings import plots, service
from portfolio.achievements.holdings.things import Chosen, by_group, by_year, counted, level_text, training_of
from portfolio.achievements.looks import record_look
from portfolio.achievements.records.objections import objections_of
from portfolio.auth import OfPerson, PersonAccess, portfolio_of
from portfolio.credentials.kinds import KINDS, kind_of
from portfolio.errors import NotFoundError
from portfolio.i18n import Language
from portfolio.organisations.models import Organisation
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(include_in_schema=False)


class ArrangeForm(Form):
    hidden: bool = False
    position: int = Field(default=0, ge=0, le=999)
    group: str = Field(default="", max_length=60)
    words: str = Field(default="", max_length=600)


@router.get("/p/{person_id}")
def show_portfolio(
    request: Request,
    access: OfPerson,
    kind: str = "",
    subject: str = "",
    year: str = "",
    by: str = "year",
    hidden: str = "",
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = service.holdings_of(session, vault=portfolio.vault, person_id=access.person.id, clock=portfolio.clock)
    _look(request, access, "portfolio")
    chosen = Chosen(kind[:40], subject[:300], year[:4])
    shown = [thing for thing in found.things if not thing.hidden]
    listed = [thing for thing in found.things if thing.hidden == bool(hidden) and chosen.takes(thing)]
    return page(
        request,
        "achievements/portfolio.html",
        actor=access.actor,
        person=access.person,
        capacity=access.capacity.value,
        name=found.name,
        things=found.things,
        first=[thing for thing in sorted(listed, key=lambda one: one.position) if thing.position],
        sections=(by_group if by == "group" else by_year)([thing for thing in listed if not thing.position]),
        listed=listed,
        hidden=bool(hidden),
        hidden_count=len(found.things) - len(shown),
        by="group" if by == "group" else "year",
        chosen=chosen,
        choices=_choices(found.things),
        counts=_counts(shown, language_of(request)),
        training=training_of(shown, today=portfolio.clock().date()),
        kinds=KINDS,
        level_text=level_text,
    )


def _choices(things: Any) -> dict[str, list[str]]:
    return {
        "kind": sorted({thing.kind for thing in things} - {""}),
        "subject": sorted({thing.subject for thing in things} - {""}),
        "year": sorted({thing.year for thing in things} - {""}, reverse=True),
    }


def _counts(things: Any, language: Language) -> list[tuple[str, str, Any]]:
    """Return name, title and rows of each plot that has something to show."""
    found = [(by, title, plots.labelled(counted(things, by), by, language)) for by, title in plots.PLOTS.items()]
    return [one for one in found if one[2]]


@router.get("/p/{person_id}/plots/{name}.svg")
def show_plot(request: Request, access: OfPerson, name: str) -> Response:
    if name not in plots.PLOTS:
        raise NotFoundError("there is no such plot")
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = service.holdings_of(session, vault=portfolio.vault, person_id=access.person.id, clock=portfolio.clock)
    rows = counted([thing for thing in found.things if not thing.hidden], name)
    return Response(
        plots.plot(rows, by=name, language=language_of(request)),
        media_type="image/svg+xml",
        headers={"content-security-policy": plots.CONTENT_SECURITY_POLICY, "cache-control": "no-store"},
    )


@router.get("/p/{person_id}/records/{credential_id}")
def show_record(request: Request, access: OfPerson, credential_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        received = service.received_one(
            session,
            vault=portfolio.vault,
            person_id=access.person.id,
            credential_id=credential_id,
            clock=portfolio.clock,
        )
        issuer = session.get_one(Organisation, received.credential.organisation_id)
        objections = objections_of(session, vault=portfolio.vault, own_id=access.person.id, credential_id=credential_id)
    _look(request, access, "credential")
    return page(
        request,
        "achievements/record.html",
        actor=access.actor,
        person=access.person,
        received=received,
        issuer=issuer,
        kind=kind_of(received.statement.kind),
        objections=objections,
    )


@router.get("/p/{person_id}/items/{thing_id}")
def arrange_form(request: Request, access: OfPerson, thing_id: str) -> Response:
    return _arrange_page(request, access, thing_id)


def _arrange_page(request: Request, access: PersonAccess, thing_id: str, filled: Filled[Any] | None = None) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = service.holdings_of(session, vault=portfolio.vault, person_id=access.person.id, clock=portfolio.clock)
    thing = next((one for one in found.things if one.id == thing_id), None)
    if thing is None:
        raise NotFoundError("there is nothing like that in this portfolio")
    typed = Filled[ArrangeForm].empty(
        hidden="yes" if thing.hidden else "", position=thing.position or "", group=thing.group, words=thing.words
    )
    return page(
        request,
        "achievements/arrange.html",
        actor=access.actor,
        status=422 if filled else 200,
        person=access.person,
        thing=thing,
        filled=filled or typed,
        groups=sorted({one.group for one in found.things} - {""}),
    )


@router.post("/p/{person_id}/items/{thing_id}")
def arrange(
    request: Request,
    access: OfPerson,
    thing_id: str,
    filled: Annotated[Filled[ArrangeForm], form_of(ArrangeForm)],
) -> Response:
    if not filled.ok:
        return _arrange_page(request, access, thing_id, filled)
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.arrange(
            session,
            vault=portfolio.vault,
            person_id=access.person.id,
            thing_id=thing_id,
            hidden=filled.form.hidden,
            position=filled.form.position,
            group=filled.form.group,
            words=filled.form.words,
            actor=access.actor.name,
            clock=portfolio.clock,
        )
    return see_other(f"/p/{access.person.id}", done="arranged")


def _look(request: Request, access: PersonAccess, what: str) -> None:
    portfolio = portfolio_of(request)
    record_look(
        portfolio.database,
        person_id=access.person.id,
        account_id=access.actor.account_id,
        capacity=access.capacity,
        what=what,
        clock=portfolio.clock,
    )
