"""The registrars' desk: applications, which two of them admit, and what becomes of organisations later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import Field, field_validator
from sqlmodel import Session
from starlette.responses import Response

from portfolio.auth import Registrar, portfolio_of
from portfolio.credentials.kinds import ISSUED_KINDS
from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.organisations import applications, register, standing, wording
from portfolio.organisations.models import Organisation
from portfolio.organisations.registrar_commands import head_time
from portfolio.organisations.service import kinds_of_mask, organisation_by_slug
from portfolio.people.actors import Actor
from portfolio.people.journal import record_act
from portfolio.people.office import FirstWordGoneError
from portfolio.web.dates import read_date
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(prefix="/registrar", tags=["registrar"], include_in_schema=False)


class ApproveForm(Form):
    pass


class RefuseForm(Form):
    reason: str = Field(max_length=1000)


class SuspendForm(Form):
    as_of: date | None = None

    @field_validator("as_of", mode="before")
    @classmethod
    def _as_people_write_it(cls, value: Any) -> date:
        return read_date(value)


class ReinstateForm(Form):
    pass


class RenameForm(Form):
    name: str = Field(max_length=300)


class KindsForm(Form):
    kinds: list[str] = Field(default_factory=list)

    @field_validator("kinds")
    @classmethod
    def _are_kinds(cls, value: list[str]) -> list[str]:
        if not set(value) <= set(ISSUED_KINDS):
            raise ValueError(N_("Choose from the list."))
        return value


class SuccessorForm(Form):
    successor: str = Field(max_length=64)


Decide = Callable[[Session, Organisation], Any]


@router.get("")
def desk(request: Request, actor: Registrar) -> Response:
    with portfolio_of(request).database.read() as session:
        waiting = applications.open_applications(session)
    return page(request, "organisations/registrar.html", actor=actor, applications=waiting, types=wording.TYPES)


@router.get("/applications/{application_id}")
def application(request: Request, actor: Registrar, application_id: str) -> Response:
    return _application(request, actor, application_id, Filled.empty())


@router.post("/applications/{application_id}/approve")
def approve(
    request: Request,
    actor: Registrar,
    application_id: str,
    filled: Annotated[Filled[ApproveForm], form_of(ApproveForm)],
) -> Response:
    portfolio = portfolio_of(request)
    if not filled.ok:
        return _application(request, actor, application_id, filled)
    try:
        with portfolio.database.write() as session:
            admitted = applications.approve(
                session,
                vault=portfolio.vault,
                identifier_host=portfolio.settings.identifier_host,
                public_url=portfolio.settings.public_url,
                application_id=application_id,
                account_id=actor.account_id,
                clock=portfolio.clock,
            )
            act = "application.admit" if admitted else "application.approve"
            _record(session, request, actor, act, f"application:{application_id}")
    except applications.AlreadyHereError as error:
        return _application(request, actor, application_id, _refused(error))
    except (
        applications.SameRegistrarError,
        applications.OwnApplicationError,
        applications.AlreadyDecidedError,
        FirstWordGoneError,
    ) as error:
        return _application(request, actor, application_id, _refused(error))
    if admitted is None:
        return see_other(f"/registrar/applications/{application_id}", done="approved")
    return see_other(f"/registrar/organisations/{admitted.slug}", done="admitted")


@router.post("/applications/{application_id}/refuse")
def refuse(
    request: Request, actor: Registrar, application_id: str, filled: Annotated[Filled[RefuseForm], form_of(RefuseForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if not filled.ok:
        return _application(request, actor, application_id, filled)
    try:
        with portfolio.database.write() as session:
            applications.refuse(
                session,
                vault=portfolio.vault,
                public_url=portfolio.settings.public_url,
                application_id=application_id,
                account_id=actor.account_id,
                reason=filled.form.reason,
                clock=portfolio.clock,
            )
            _record(session, request, actor, "application.refuse", f"application:{application_id}")
    except applications.AlreadyDecidedError as error:
        return _application(request, actor, application_id, _refused(error))
    return see_other("/registrar", done="refused")


@router.get("/organisations")
def organisations(request: Request, actor: Registrar, after: str = "") -> Response:
    with portfolio_of(request).database.read() as session:
        found = register.entries(session, after=after[:64])
    return page(
        request,
        "organisations/register.html",
        actor=actor,
        entries=found,
        standings=wording.STANDINGS,
        types=wording.TYPES,
        more=len(found) == register.PAGE,
        after=after,
    )


@router.get("/organisations/{slug}")
def organisation(request: Request, actor: Registrar, slug: str) -> Response:
    return _organisation(request, actor, slug)


@router.post("/organisations/{slug}/suspend")
def suspend(
    request: Request, actor: Registrar, slug: str, filled: Annotated[Filled[SuspendForm], form_of(SuspendForm)]
) -> Response:
    portfolio = portfolio_of(request)

    def decide(session: Session, organisation: Organisation) -> None:
        as_of = now if filled.form.as_of is None else _begin(filled.form.as_of, organisation.time_zone)
        standing.suspend(session, organisation=organisation, as_of=as_of, now=now, clock=portfolio.clock)

    now = 0
    if filled.ok:
        try:
            now = head_time(portfolio.settings)  # the contracts go by the chain's time
        except PortfolioError as error:
            filled.problem("", wording.said(error))
    return _decide(request, actor, slug, "suspend", filled, decide, field="as_of")


@router.post("/organisations/{slug}/reinstate")
def reinstate(
    request: Request, actor: Registrar, slug: str, filled: Annotated[Filled[ReinstateForm], form_of(ReinstateForm)]
) -> Response:
    def decide(session: Session, organisation: Organisation) -> None:
        standing.reinstate(session, organisation=organisation, clock=portfolio_of(request).clock)

    return _decide(request, actor, slug, "reinstate", filled, decide)


@router.post("/organisations/{slug}/rename")
def rename(
    request: Request, actor: Registrar, slug: str, filled: Annotated[Filled[RenameForm], form_of(RenameForm)]
) -> Response:
    def decide(session: Session, organisation: Organisation) -> None:
        clock = portfolio_of(request).clock
        standing.rename(session, organisation=organisation, name=filled.form.name, clock=clock)

    return _decide(request, actor, slug, "rename", filled, decide, field="name")


@router.post("/organisations/{slug}/kinds")
def set_kinds(
    request: Request, actor: Registrar, slug: str, filled: Annotated[Filled[KindsForm], form_of(KindsForm)]
) -> Response:
    def decide(session: Session, organisation: Organisation) -> None:
        clock = portfolio_of(request).clock
        standing.set_kinds(session, organisation=organisation, kinds=filled.form.kinds, clock=clock)

    return _decide(request, actor, slug, "kinds", filled, decide, field="kinds")


@router.post("/organisations/{slug}/successor")
def name_successor(
    request: Request, actor: Registrar, slug: str, filled: Annotated[Filled[SuccessorForm], form_of(SuccessorForm)]
) -> Response:
    def decide(session: Session, organisation: Organisation) -> None:
        heir = organisation_by_slug(session, slug=filled.form.successor)
        standing.name_successor(session, organisation=organisation, successor=heir, clock=portfolio_of(request).clock)

    return _decide(request, actor, slug, "successor", filled, decide, field="successor")


def _decide(
    request: Request, actor: Actor, slug: str, what: str, filled: Filled[Any], decide: Decide, field: str = ""
) -> Response:
    """Carry out one decision and write it into the log, or show the page with what is wrong."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        organisation = register.entry_of(session, slug=slug).organisation
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                organisation = organisation_by_slug(session, slug=slug)
                decide(session, organisation)
                _record(session, request, actor, f"organisation.{what}", f"organisation:{organisation.id}")
        except PortfolioError as error:
            filled.problem(field, wording.said(error))
    if filled.ok:
        return see_other(f"/registrar/organisations/{organisation.slug}", done=what)
    return _organisation(request, actor, slug, **{what: filled})


def _organisation(request: Request, actor: Actor, slug: str, **sent: Filled[Any]) -> Response:
    with portfolio_of(request).database.read() as session:
        entry = register.entry_of(session, slug=slug)
        decisions = standing.decisions_of(session, organisation=entry.organisation)[:-21:-1]
    row = entry.organisation
    forms = {
        "suspend": Filled.empty(),
        "reinstate": Filled.empty(),
        "rename": Filled.empty(name=row.name),
        "kinds": Filled.empty(kinds=kinds_of_mask(row.kinds)),
        "successor": Filled.empty(),
        **sent,
    }
    return page(
        request,
        "organisations/registrar_organisation.html",
        actor=actor,
        status=422 if sent else 200,
        entry=entry,
        forms=forms,
        decisions=decisions,
        decision_names=wording.DECISIONS,
        standings=wording.STANDINGS,
        types=wording.TYPES,
        kinds=wording.kind_options(language_of(request)),
    )


def _application(request: Request, actor: Actor, application_id: str, filled: Filled[Any]) -> Response:
    with portfolio_of(request).database.read() as session:
        found = applications.application_for(session, application_id=application_id)
    labels = dict(wording.kind_options(language_of(request)))
    return page(
        request,
        "organisations/application.html",
        actor=actor,
        status=422 if filled.problems else 200,
        filled=filled,
        application=found,
        types=wording.TYPES,
        kinds=[labels[code] for code in kinds_of_mask(found.kinds)],
    )


def _refused(error: PortfolioError) -> Filled[Any]:
    filled: Filled[Any] = Filled.empty()
    filled.problem("", wording.said(error))
    return filled


def _record(session: Session, request: Request, actor: Actor, act: str, subject: str) -> None:
    record_act(session, actor=actor.name, act=act, subject=subject, clock=portfolio_of(request).clock)


def _begin(day: date, zone: str) -> int:
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())
