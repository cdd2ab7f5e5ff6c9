"""What a person shares: the list of links, a new one, its address shown once, and the access of universities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import Field, field_validator
from starlette.responses import Response

from portfolio.auth import OfPerson, PersonAccess, portfolio_of, set_cookie
from portfolio.errors import NotFoundError
from portfolio.i18n import N_
from portfolio.people.accounts import hash_password
from portfolio.people.consent import Purpose
from portfolio.people.consents import allows, require_consent
from portfolio.sharing import grants, service
from portfolio.sharing.fresh_links import SHOWN_FOR, fresh_token, sealed_token
from portfolio.sharing.gathered import Gathered, gathered_by
from portfolio.sharing.models import FormShown, ShareLink
from portfolio.sharing.presentation import MEDIA_TYPE, presentation
from portfolio.sharing.readme import readme
from portfolio.verification import qr
from portfolio.web.dates import read_date
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(prefix="/p/{person_id}", tags=["sharing"], include_in_schema=False)

FRESH: Final = "fresh-link"
SHORTEST_PASSWORD: Final = 6
LASTING: Final = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 365}


class NewLinkForm(Form):
    """`show` holds "full:<id>" or "minimal:<id>" of each credential that was chosen, or blanks."""

    label: str = Field(min_length=1, max_length=200)
    scope: Literal["chosen", "full", "minimal"] = "chosen"
    show: list[str] = Field(default_factory=list)
    lasting: Literal["day", "week", "month", "quarter", "year"] = "month"
    password: str | None = Field(default=None, max_length=200)
    max_views: int | None = None

    @field_validator("password")
    @classmethod
    def _is_long_enough(cls, value: str | None) -> str | None:
        if value is not None and len(value) < SHORTEST_PASSWORD:
            raise ValueError(N_("The password of a link has at least 6 characters."))
        return value

    @field_validator("max_views")
    @classmethod
    def _can_be_counted(cls, value: int | None) -> int | None:
        if value is not None and not 1 <= value <= service.MOST_VIEWS:
            raise ValueError(N_("Write a number from 1 to 1000, or nothing."))
        return value


class GrantForm(Form):
    university: str = Field(max_length=40)
    last_day: date

    @field_validator("last_day", mode="before")
    @classmethod
    def _is_a_day(cls, value: Any) -> date:
        return read_date(value)


@router.get("/shares")
def shares(request: Request, access: OfPerson) -> Response:
    portfolio = portfolio_of(request)
    person_id, now = access.person.id, portfolio.clock()
    with portfolio.database.read() as session:
        links = service.links_of(session, vault=portfolio.vault, person_id=person_id, now=now)
        may_share = allows(session, vault=portfolio.vault, person_id=person_id, purpose=Purpose.SHARE, now=now)
    return page(
        request,
        "sharing/links.html",
        actor=access.actor,
        person_id=person_id,
        links=links,
        may_share=may_share,
    )


@router.get("/shares/new")
def new_share(request: Request, access: OfPerson) -> Response:
    return _new_page(request, access, Filled.empty(scope="chosen", lasting="month", show=[]))


@router.post("/shares/new")
def make_share(
    request: Request, access: OfPerson, filled: Annotated[Filled[NewLinkForm], form_of(NewLinkForm)]
) -> Response:
    """Make the link; its address goes to the browser in a cookie that is sealed for the page which shows it."""
    portfolio = portfolio_of(request)
    if not filled.ok:
        return _new_page(request, access, filled, status=422)
    try:
        link, token = _make(request, access, filled.form)
    except service.NothingChosenError as error:
        filled.problem("show", error.message)
        return _new_page(request, access, filled, status=422)
    here = f"/p/{access.person.id}/shares/{link.id}"
    response = see_other(f"{here}/made")
    sealed = sealed_token(portfolio.vault, link=link, token=token, now=portfolio.clock())
    set_cookie(request, response, FRESH, sealed, seconds=int(SHOWN_FOR.total_seconds()), path=here)
    return response


def _make(request: Request, access: PersonAccess, form: NewLinkForm) -> tuple[ShareLink, str]:
    portfolio = portfolio_of(request)
    hashed = hash_password(form.password) if form.password else None  # slow: outside the transaction
    with portfolio.database.write() as session:
        gathered = gathered_by(
            session,
            vault=portfolio.vault,
            person_id=access.person.id,
            with_hidden=form.scope not in {"full", "minimal"},  # what is hidden is shown only where it is chosen
        )
        return service.create_link(
            session,
            vault=portfolio.vault,
            actor=access.actor,
            person_id=access.person.id,
            choices=_choices(form, gathered),
            terms=service.Terms(
                label=form.label,
                expires_at=portfolio.clock() + timedelta(days=LASTING[form.lasting]),
                password_hash=hashed,
                max_views=form.max_views,
            ),
            clock=portfolio.clock,
        )


def _choices(form: NewLinkForm, gathered: Sequence[Gathered]) -> list[service.Choice]:
    if form.scope == "full":
        return [service.Choice(item.full.id, FormShown.FULL) for item in gathered]
    if form.scope == "minimal":
        return [service.Choice(item.full.id, FormShown.MINIMAL) for item in gathered if item.minimal]
    return service.read_choices(form.show)


def _new_page(request: Request, access: PersonAccess, filled: Filled[NewLinkForm], *, status: int = 200) -> Response:
    portfolio = portfolio_of(request)
    person_id, now = access.person.id, portfolio.clock()
    with portfolio.database.read() as session:
        gathered = gathered_by(session, vault=portfolio.vault, person_id=person_id)
        may_share = allows(session, vault=portfolio.vault, person_id=person_id, purpose=Purpose.SHARE, now=now)
    return page(
        request,
        "sharing/new_link.html",
        actor=access.actor,
        status=status,
        person_id=person_id,
        gathered=gathered,
        may_share=may_share,
        filled=filled,
        chosen=frozenset(filled.values.get("show") or ()),
    )


@router.get("/shares/{link_id}/made")
def made_share(request: Request, access: OfPerson, link_id: str) -> Response:
    portfolio = portfolio_of(request)
    link, token = _fresh(request, access, link_id)
    return page(
        request,
        "sharing/made_link.html",
        actor=access.actor,
        person_id=access.person.id,
        link=link,
        url=f"{portfolio.settings.public_url}/s/{token}" if token else None,
    )


@router.get("/shares/{link_id}/qr.svg")
def share_qr(request: Request, access: OfPerson, link_id: str) -> Response:
    _, token = _fresh(request, access, link_id)
    if token is None:
        raise NotFoundError("this link was shown before")
    return Response(qr.svg(f"{portfolio_of(request).settings.public_url}/s/{token}"), media_type="image/svg+xml")


def _fresh(request: Request, access: PersonAccess, link_id: str) -> tuple[ShareLink, str | None]:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        link = service.link_of(session, person_id=access.person.id, link_id=link_id)
    sealed = request.cookies.get(FRESH)
    return link, fresh_token(portfolio.vault, link=link, sealed=sealed, now=portfolio.clock())


@router.post("/shares/{link_id}/kill")
def kill_share(request: Request, access: OfPerson, link_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.kill_link(
            session, actor=access.actor, person_id=access.person.id, link_id=link_id, clock=portfolio.clock
        )
    return see_other(f"/p/{access.person.id}/shares", done="killed")


@router.get("/shares/{link_id}/presentation.zip")
def own_presentation(request: Request, access: OfPerson, link_id: str) -> Response:
    """Return what a link shows as a file, to be sent instead of the link; it needs the same consent."""
    portfolio = portfolio_of(request)
    person_id, now = access.person.id, portfolio.clock()
    with portfolio.database.read() as session:
        link = service.link_of(session, person_id=person_id, link_id=link_id)
        require_consent(session, vault=portfolio.vault, person_id=person_id, purpose=Purpose.SHARE, now=now)
        text = readme(language_of(request), portfolio.settings.public_url, now)
        packed = presentation(session, vault=portfolio.vault, link=link, readme=text, now=now)
    return Response(
        packed,
        media_type=MEDIA_TYPE,
        headers={"content-disposition": 'attachment; filename="presentation.zip"', "cache-control": "no-store"},
    )


@router.get("/access-grants")
def access_grants(request: Request, access: OfPerson) -> Response:
    return _grants_page(request, access, Filled.empty())


@router.post("/access-grants")
def give_access(
    request: Request, access: OfPerson, filled: Annotated[Filled[GrantForm], form_of(GrantForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                grants.grant_access(
                    session,
                    vault=portfolio.vault,
                    actor=access.actor,
                    person_id=access.person.id,
                    organisation_id=filled.form.university,
                    last_day=filled.form.last_day,
                    clock=portfolio.clock,
                )
        except service.BadTermsError as error:
            filled.problem("last_day", error.message)
    if not filled.ok:
        return _grants_page(request, access, filled, status=422)
    return see_other(f"/p/{access.person.id}/access-grants", done="granted")


@router.post("/access-grants/{grant_id}/withdraw")
def withdraw_access(request: Request, access: OfPerson, grant_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        grants.withdraw_grant(
            session, actor=access.actor, person_id=access.person.id, grant_id=grant_id, clock=portfolio.clock
        )
    return see_other(f"/p/{access.person.id}/access-grants", done="withdrawn")


def _grants_page(request: Request, access: PersonAccess, filled: Filled[GrantForm], *, status: int = 200) -> Response:
    portfolio = portfolio_of(request)
    person_id, now = access.person.id, portfolio.clock()
    with portfolio.database.read() as session:
        given = grants.grants_of(session, person_id=person_id, now=now)
        known = grants.universities(session, now=now)
        may_grant = allows(
            session, vault=portfolio.vault, person_id=person_id, purpose=Purpose.UNIVERSITY_ACCESS, now=now
        )
    return page(
        request,
        "sharing/grants.html",
        actor=access.actor,
        status=status,
        person_id=person_id,
        given=given,
        universities=known,
        may_grant=may_grant,
        filled=filled,
    )
