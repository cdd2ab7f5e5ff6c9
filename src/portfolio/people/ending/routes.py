"""Pages on which a registrar, or the school that confirmed it, ends a guardianship. A number leads there, no list."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.auth import Issuer, Registrar, StaffAccess, limit_attempts, portfolio_of
from portfolio.errors import ForbiddenError
from portfolio.i18n import N_
from portfolio.people.actors import Actor
from portfolio.people.ending import service
from portfolio.people.fields import Reason
from portfolio.people.numbers import number_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["people"], include_in_schema=False)

HERE = "/registrar/guardianships"


class NumberForm(Form):
    number: str


class EndForm(Form):
    why: Literal["court", "mistake"]
    reason: Reason


@router.get("/registrar/guardianships")
def number_page(request: Request, actor: Registrar) -> Response:
    return _number_page(request, actor, Filled.empty())


@router.post("/registrar/guardianships")
def find(request: Request, actor: Registrar, filled: Annotated[Filled[NumberForm], form_of(NumberForm)]) -> Response:
    """Lead to the guardianship of a number, or show those of the portfolio of a number."""
    portfolio = portfolio_of(request)
    if filled.ok:
        limit_attempts(request, "numbers", who=actor.account_id, limit=30, minutes=60)
        with portfolio.database.write() as session:
            ids = service.active_by_number(session, typed=filled.form.number)
            if len(ids) > 1:
                cases = service.look_at(
                    session, vault=portfolio.vault, ids=ids, viewer="registrar", actor=actor, clock=portfolio.clock
                )
                return _number_page(request, actor, filled, cases)
        if ids:
            return see_other(f"{HERE}/{ids[0]}")
        filled.problem("number", N_("No guardianship that counts has this number. Compare it sign by sign."))
    return _number_page(request, actor, filled)


@router.get("/registrar/guardianships/{guardianship_id}")
def case_page(request: Request, actor: Registrar, guardianship_id: str) -> Response:
    return _case_page(request, actor, guardianship_id, Filled.empty())


@router.post("/registrar/guardianships/{guardianship_id}")
def end(
    request: Request, actor: Registrar, guardianship_id: str, filled: Annotated[Filled[EndForm], form_of(EndForm)]
) -> Response:
    if _ended(request, actor, guardianship_id, filled):
        return see_other(HERE, done="ended")
    return _case_page(request, actor, guardianship_id, filled)


@router.get("/org/{slug}/guardians/{guardianship_id}/end")
def case_page_of_school(request: Request, access: Issuer, guardianship_id: str) -> Response:
    return _case_page(request, access.actor, guardianship_id, Filled.empty(), access)


@router.post("/org/{slug}/guardians/{guardianship_id}/end")
def end_as_school(
    request: Request, access: Issuer, guardianship_id: str, filled: Annotated[Filled[EndForm], form_of(EndForm)]
) -> Response:
    if access.seat.suspended:
        raise ForbiddenError(N_("While an organisation is suspended it confirms nothing."))
    if _ended(request, access.actor, guardianship_id, filled, access):
        return see_other(f"/org/{access.organisation.slug}/guardians", done="ended")
    return _case_page(request, access.actor, guardianship_id, filled, access)


def _ended(
    request: Request, actor: Actor, guardianship_id: str, filled: Filled[EndForm], access: StaffAccess | None = None
) -> bool:
    """End it, or say in the form why not."""
    portfolio = portfolio_of(request)
    if not filled.ok:
        return False
    form = filled.form
    by: Literal["school", "registrar"] = "school" if access else "registrar"
    try:
        with portfolio.database.write() as session:
            service.end_by_decision(
                session,
                vault=portfolio.vault,
                guardianship_id=guardianship_id,
                decision=service.Decision(form.why, form.reason, by),
                actor=actor,
                public_url=portfolio.settings.public_url,
                contact=portfolio.settings.operator_contact,
                organisation_id=access.organisation.id if access else None,
                clock=portfolio.clock,
            )
    except service.OwnCaseError as error:
        filled.problem("", error.message)
        return False
    return True


def _number_page(
    request: Request, actor: Actor, filled: Filled[Any], cases: list[service.Case] | None = None
) -> Response:
    status = 422 if filled.problems else 200
    return page(
        request,
        "people/guardianships.html",
        actor=actor,
        status=status,
        filled=filled,
        cases=cases or [],
        number_of=number_of,
    )


def _case_page(
    request: Request, actor: Actor, guardianship_id: str, filled: Filled[Any], access: StaffAccess | None = None
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        case = service.look_at(
            session,
            vault=portfolio.vault,
            ids=[guardianship_id],
            viewer="organisation" if access else "registrar",
            organisation_id=access.organisation.id if access else None,
            actor=actor,
            clock=portfolio.clock,
        )[0]
    return page(
        request,
        "people/guardianship.html",
        actor=actor,
        status=422 if filled.problems else 200,
        organisation=access.organisation if access else None,
        case=case,
        number=number_of(case.row.id),
        filled=filled,
    )
