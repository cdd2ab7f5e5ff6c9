"""The page on which an organisation asks to be admitted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, field_validator
from starlette.responses import Response

from portfolio.auth import SignedIn, limit_attempts, portfolio_of
from portfolio.credentials.kinds import ISSUED_KINDS
from portfolio.credentials.values import ValueProblem, normalise_name
from portfolio.i18n import N_
from portfolio.organisations import applications, wording
from portfolio.organisations.models import OrganisationType
from portfolio.organisations.requisites import belong_together, read_inn, read_ogrn
from portfolio.organisations.service import SLUG
from portfolio.people.actors import Actor
from portfolio.people.journal import record_act
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["organisations"], include_in_schema=False)

_SHORTEST_CONTACT = 5


class ApplyForm(Form):
    type: OrganisationType
    name: str
    slug: str = ""
    inn: str
    ogrn: str
    contact: str = Field(max_length=300)
    kinds: list[str] = Field(default_factory=list)
    time_zone: str = "Europe/Moscow"

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        try:
            return normalise_name(value)
        except ValueProblem:
            raise ValueError(N_("Write the full name as in the charter, at most 200 characters.")) from None

    @field_validator("slug")
    @classmethod
    def _is_a_slug(cls, value: str) -> str:
        if value and not SLUG.fullmatch(value):
            raise ValueError(N_("The address has small Latin letters, digits and hyphens inside, at most 64."))
        return value

    @field_validator("inn")
    @classmethod
    def _is_an_inn(cls, value: str) -> str:
        return read_inn(value)

    @field_validator("ogrn")
    @classmethod
    def _is_an_ogrn(cls, value: str) -> str:
        return read_ogrn(value)

    @field_validator("contact")
    @classmethod
    def _is_a_contact(cls, value: str) -> str:
        if len(value) < _SHORTEST_CONTACT or not value.isprintable():
            raise ValueError(N_("Write an e-mail address or a telephone number that anybody may see."))
        return value

    @field_validator("kinds")
    @classmethod
    def _are_kinds(cls, value: list[str]) -> list[str]:
        if not set(value) <= set(ISSUED_KINDS):
            raise ValueError(N_("Choose from the list."))
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in wording.ZONES:
            raise ValueError(N_("Choose from the list."))
        return value


@router.get("/apply")
def apply_page(request: Request, actor: SignedIn, type: str = "") -> Response:  # noqa: A002  the name in the address
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        mine = applications.applications_of(session, account_id=actor.account_id)
    if type not in wording.TYPES:
        return page(request, "organisations/apply.html", actor=actor, types=wording.TYPES, mine=mine)
    kinds = list(applications.USUAL_KINDS[OrganisationType(type)])
    return _form(request, actor, Filled.empty(type=type, kinds=kinds, time_zone="Europe/Moscow"))


@router.post("/apply")
def apply(request: Request, actor: SignedIn, filled: Annotated[Filled[ApplyForm], form_of(ApplyForm)]) -> Response:
    limit_attempts(request, "apply", limit=20, minutes=60, who=actor.account_id)
    if filled.ok:
        _look_further(filled)
    if not filled.ok:
        return _form(request, actor, filled)
    form, portfolio = filled.form, portfolio_of(request)
    details = applications.Details(
        type=form.type,
        slug=form.slug or applications.proposed_slug(form.name),
        name=form.name,
        inn=form.inn,
        ogrn=form.ogrn,
        contact=form.contact,
        kinds=form.kinds,
        time_zone=form.time_zone,
    )
    try:
        with portfolio.database.write() as session:
            made = applications.apply(session, account_id=actor.account_id, details=details, clock=portfolio.clock)
            record_act(
                session, actor=actor.name, act="application.make", subject=f"application:{made.id}",
                clock=portfolio.clock,
            )  # fmt: skip
    except applications.AlreadyHereError as error:
        filled.values["slug"] = details.slug
        filled.problem(error.field, _taken(error.field))
        return _form(request, actor, filled, here=error.slug)
    except applications.TooManyApplicationsError:
        filled.problem("", N_("Your application is with the registrars already. They answer by mail."))
        return _form(request, actor, filled)
    return see_other("/apply", done="applied")


def _look_further(filled: Filled[ApplyForm]) -> None:
    form = filled.form
    if not belong_together(form.inn, form.ogrn):
        filled.problem("ogrn", N_("This number does not go with the ИНН: one is an organisation's, one a person's."))
    if not form.kinds:
        filled.problem("kinds", N_("Choose at least one kind of document."))
    if not form.slug and not applications.proposed_slug(form.name):
        filled.problem("slug", N_("Choose a short address in Latin letters, for example school-57."))


def _taken(field: str) -> str:
    if field == "inn":
        return N_("An organisation with this ИНН is in the register already. Ask its administrator for an invitation.")
    return N_("This address is taken. Choose another, for example with the name of the town.")


def _form(request: Request, actor: Actor, filled: Filled[ApplyForm], here: str = "") -> Response:
    language = language_of(request)
    return page(
        request,
        "organisations/apply_form.html",
        actor=actor,
        status=422 if filled.problems else 200,
        filled=filled,
        types=wording.TYPES,
        kinds=wording.kind_options(language),
        zones=wording.zone_options(language),
        here=here,
    )
