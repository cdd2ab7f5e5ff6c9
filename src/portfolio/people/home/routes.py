"""The page after signing in: everything that somebody may act for, and what to do next; and one's own name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.auth import SignedIn, portfolio_of
from portfolio.i18n import Language
from portfolio.people.actors import Actor
from portfolio.people.fields import PersonName
from portfolio.people.home import service
from portfolio.people.rescue.service import standing_of
from portfolio.people.service import profile_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["people"], include_in_schema=False)


class ProfileForm(Form):
    """What somebody may change of himself; never the birth date, on which the consents rest."""

    name: PersonName
    language: Language


@router.get("/me")
def me(request: Request, actor: SignedIn) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        seen = service.overview(session, vault=portfolio.vault, actor=actor, now=portfolio.clock())
        rescue = standing_of(session, account_id=actor.account_id)
    return page(request, "people/me.html", actor=actor, seen=seen, rescue=rescue)


@router.get("/me/profile")
def profile(request: Request, actor: SignedIn) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        known = profile_of(session, vault=portfolio.vault, person_id=actor.person_id)
    return _profile_page(request, actor, Filled.empty(name=known.name, language=actor.language))


@router.post("/me/profile")
def change_profile(
    request: Request, actor: SignedIn, filled: Annotated[Filled[ProfileForm], form_of(ProfileForm)]
) -> Response:
    """Write a new name: papers keep the name they were given to, and are shown beside it."""
    if not filled.ok:
        return _profile_page(request, actor, filled, status=422)
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.change_own_profile(
            session,
            vault=portfolio.vault,
            actor=actor,
            name=filled.form.name,
            language=filled.form.language,
            clock=portfolio.clock,
        )
    return see_other("/me/profile", done="profile", lang=filled.form.language)


def _profile_page(request: Request, actor: Actor, filled: Filled[Any], status: int = 200) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        birth_date = profile_of(session, vault=portfolio.vault, person_id=actor.person_id).birth_date
    return page(request, "people/profile.html", actor=actor, status=status, filled=filled, birth_date=birth_date)
