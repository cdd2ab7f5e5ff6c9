"""Pages of registrars for an organisation whose administrator has left or is lost: one proposes, another confirms."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from portfolio.auth import Registrar, portfolio_of
from portfolio.errors import NotFoundError
from portfolio.i18n import N_
from portfolio.organisations import administrators, wording
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.actors import Actor
from portfolio.people.fields import EmailAddress, Reason
from portfolio.people.office import FirstWordGoneError
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(prefix="/registrar", tags=["registrar"], include_in_schema=False)

REFUSALS = (
    administrators.ReplacementWaitsError,
    administrators.SameProposerError,
    administrators.OwnReplacementError,
    administrators.ReplacementDecidedError,
    FirstWordGoneError,
)


class ProposeForm(Form):
    address: EmailAddress
    reason: Reason
    ends: str = Field(default="", max_length=36)


class EmptyForm(Form):
    pass


@router.get("/administrators")
def proposals(request: Request, actor: Registrar) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        waiting = administrators.open_proposals(session, vault=portfolio.vault, now=portfolio.clock())
    return page(request, "organisations/administrators.html", actor=actor, waiting=waiting)


@router.get("/organisations/{slug}/administrator")
def administrator(request: Request, actor: Registrar, slug: str) -> Response:
    return _administrator(request, actor, slug, Filled.empty(ends=""))


@router.post("/organisations/{slug}/administrator")
def propose(
    request: Request, actor: Registrar, slug: str, filled: Annotated[Filled[ProposeForm], form_of(ProposeForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                organisation = organisation_by_slug(session, slug=slug)
                administrators.propose(
                    session,
                    vault=portfolio.vault,
                    organisation=organisation,
                    address=filled.form.address,
                    reason=filled.form.reason,
                    membership_id=filled.form.ends or None,
                    account_id=actor.account_id,
                    clock=portfolio.clock,
                )
            return see_other(f"/registrar/organisations/{slug}/administrator", done="proposed")
        except REFUSALS as error:
            filled.problem("", wording.said(error))
        except NotFoundError:
            filled.problem("ends", N_("Choose one of the list."))
    return _administrator(request, actor, slug, filled)


@router.post("/organisations/{slug}/administrator/{replacement_id}/confirm")
def confirm(
    request: Request,
    actor: Registrar,
    slug: str,
    replacement_id: str,
    filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)],
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                administrators.confirm(
                    session,
                    vault=portfolio.vault,
                    organisation=organisation_by_slug(session, slug=slug),
                    replacement_id=replacement_id,
                    account_id=actor.account_id,
                    public_url=portfolio.settings.public_url,
                    contact=portfolio.settings.operator_contact,
                    language=language_of(request),
                    clock=portfolio.clock,
                )
            return see_other(f"/registrar/organisations/{slug}/administrator", done="confirmed")
        except REFUSALS as error:
            filled.problem("", wording.said(error))
    return _administrator(request, actor, slug, filled)


@router.post("/organisations/{slug}/administrator/{replacement_id}/withdraw")
def withdraw(
    request: Request,
    actor: Registrar,
    slug: str,
    replacement_id: str,
    filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)],
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                administrators.withdraw(
                    session,
                    organisation=organisation_by_slug(session, slug=slug),
                    replacement_id=replacement_id,
                    account_id=actor.account_id,
                    clock=portfolio.clock,
                )
            return see_other(f"/registrar/organisations/{slug}/administrator", done="withdrawn")
        except REFUSALS as error:
            filled.problem("", wording.said(error))
    return _administrator(request, actor, slug, filled)


def _administrator(request: Request, actor: Actor, slug: str, filled: Filled[Any]) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=slug)
        proposal = administrators.proposal_for(
            session, vault=portfolio.vault, organisation=organisation, now=portfolio.clock()
        )
        present = administrators.administrators_of(
            session,
            vault=portfolio.vault,
            organisation_id=organisation.id,
            account_id=actor.account_id,
            clock=portfolio.clock,
        )
    return page(
        request,
        "organisations/administrator.html",
        actor=actor,
        status=422 if filled.problems else 200,
        organisation=organisation,
        proposal=proposal,
        administrators=present,
        filled=filled,
    )
