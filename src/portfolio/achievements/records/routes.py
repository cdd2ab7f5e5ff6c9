"""Pages of records: a holder takes his by a code and objects to them; an issuer answers, decides and replaces codes."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from portfolio.achievements.models import ObjectionKind
from portfolio.achievements.records import objections, service
from portfolio.achievements.requests.service import counts_of
from portfolio.auth import Issuer, OfPerson, StaffAccess, Viewer, client_address, portfolio_of
from portfolio.i18n import N_
from portfolio.people.access import record_view
from portfolio.people.attempts import count_attempt
from portfolio.people.deadlines import local_day
from portfolio.people.service import profile_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other

router = APIRouter(include_in_schema=False)

OBJECTIONS_A_DAY: Final = 20
TRIES_AN_HOUR: Final = 10
TRIES_OF_AN_ADDRESS: Final = 60
"""A class at school tries its codes from one address."""


class CodeForm(Form):
    code: str = Field(max_length=40)
    family: str = Field(max_length=200)


class ObjectionForm(Form):
    kind: ObjectionKind
    words: str = Field(default="", max_length=1000)


class AnswerForm(Form):
    words: str = Field(max_length=1000)


class DecisionForm(Form):
    to: str = Field(pattern="^(owner|claimant)$")


class NameForm(Form):
    name: str = Field(max_length=200)


class CredentialForm(Form):
    credential: str = Field(max_length=60)


@router.get("/p/{person_id}/claim")
def code_form(request: Request, access: OfPerson) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        name = profile_of(session, vault=portfolio.vault, person_id=access.person.id).name
    return page(
        request,
        "achievements/code.html",
        actor=access.actor,
        person=access.person,
        filled=Filled.empty(family=name.split()[0] if name else ""),
    )


@router.post("/p/{person_id}/claim")
def claim_by_code(
    request: Request, access: OfPerson, filled: Annotated[Filled[CodeForm], form_of(CodeForm)]
) -> Response:
    """Wrong codes are counted, of the account and of the address; right ones too, so that nobody learns from it."""
    portfolio = portfolio_of(request)
    taking = None
    if filled.ok:
        who = ((access.actor.account_id, TRIES_AN_HOUR), (client_address(request), TRIES_OF_AN_ADDRESS))
        for one, limit in who:
            count_attempt(
                portfolio.database,
                vault=portfolio.vault,
                clock=portfolio.clock,
                what="claim-code",
                who=one,
                limit=limit,
                minutes=60,
            )
        with portfolio.database.write() as session:
            taking = service.claim_by_code(
                session,
                vault=portfolio.vault,
                own_id=access.person.id,
                typed=filled.form.code,
                family=filled.form.family,
                actor=access.actor.name,
                clock=portfolio.clock,
            )
        if taking is None:
            filled.problem(
                "code",
                N_(
                    "No paper is known with this code and this family name. Compare every sign, and the name as it is "
                    "printed. If the paper is lost, ask the organisation for a new code."
                ),
            )
    if taking is None:
        return page(
            request, "achievements/code.html", actor=access.actor, status=422, person=access.person, filled=filled
        )
    return see_other(f"/p/{access.person.id}", done=taking.value)


@router.post("/p/{person_id}/records/{credential_id}/object")
def object_to(
    request: Request,
    access: OfPerson,
    credential_id: str,
    filled: Annotated[Filled[ObjectionForm], form_of(ObjectionForm)],
) -> Response:
    back = f"/p/{access.person.id}/records/{credential_id}"
    if not filled.ok or (filled.form.kind is ObjectionKind.WRONG and not filled.form.words):
        return see_other(back, done="words_missing")
    portfolio = portfolio_of(request)
    count_attempt(
        portfolio.database,
        vault=portfolio.vault,
        clock=portfolio.clock,
        what="objection",
        who=access.person.id,
        limit=OBJECTIONS_A_DAY,
        minutes=24 * 60,
    )
    with portfolio.database.write() as session:
        objections.object_to(
            session,
            vault=portfolio.vault,
            own_id=access.person.id,
            credential_id=credential_id,
            kind=filled.form.kind,
            words=filled.form.words,
            actor=access.actor.name,
            clock=portfolio.clock,
        )
    if filled.form.kind is ObjectionKind.NOT_ME:
        return see_other(f"/p/{access.person.id}", done="not_me")
    return see_other(back, done="objected")


@router.get("/org/{slug}/requests/disputes")
def disputes(request: Request, access: Viewer) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        found = service.open_disputes(session, vault=portfolio.vault, organisation=access.organisation)
        for view in found:
            for own_id in (view.dispute.owner_id, view.dispute.claimant_id):
                record_view(
                    session,
                    person_id=own_id,
                    viewer="organisation",
                    organisation_id=access.organisation.id,
                    account_id=access.actor.account_id,
                    what="name",
                    why="dispute",
                    clock=portfolio.clock,
                )
        counts = counts_of(session, organisation=access.organisation)
    return page(
        request,
        "achievements/disputes.html",
        actor=access.actor,
        organisation=access.organisation,
        seat=access.seat,
        counts=counts,
        disputes=found,
        today=local_day(portfolio.clock(), access.organisation.time_zone),
    )


@router.post("/org/{slug}/requests/disputes/{dispute_id}")
def decide_dispute(
    request: Request,
    access: Issuer,
    dispute_id: str,
    filled: Annotated[Filled[DecisionForm], form_of(DecisionForm)],
) -> Response:
    back = f"/org/{access.seat.slug}/requests/disputes"
    if not filled.ok:
        return see_other(back)
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.decide_dispute(
            session,
            organisation=access.organisation,
            dispute_id=dispute_id,
            to_claimant=filled.form.to == "claimant",
            actor=access.actor.name,
            clock=portfolio.clock,
        )
    return see_other(back, done="decided")


@router.get("/org/{slug}/requests/objections")
def list_objections(request: Request, access: Viewer) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = objections.open_objections(session, vault=portfolio.vault, organisation=access.organisation)
        counts = counts_of(session, organisation=access.organisation)
    return page(
        request,
        "achievements/objections.html",
        actor=access.actor,
        organisation=access.organisation,
        seat=access.seat,
        counts=counts,
        objections=found,
        today=local_day(portfolio.clock(), access.organisation.time_zone),
    )


@router.post("/org/{slug}/requests/objections/{objection_id}")
def answer_objection(
    request: Request,
    access: Issuer,
    objection_id: str,
    filled: Annotated[Filled[AnswerForm], form_of(AnswerForm)],
) -> Response:
    back = f"/org/{access.seat.slug}/requests/objections"
    if not filled.ok:
        return see_other(back, done="words_missing")
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        objections.answer(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            objection_id=objection_id,
            words=filled.form.words,
            actor=access.actor.name,
            clock=portfolio.clock,
        )
    return see_other(back, done="answered")


@router.get("/org/{slug}/requests/codes")
def code_search(request: Request, access: Issuer) -> Response:
    return _codes_page(request, access, Filled.empty())


@router.post("/org/{slug}/requests/codes")
def find_records(request: Request, access: Issuer, filled: Annotated[Filled[NameForm], form_of(NameForm)]) -> Response:
    """Look for a holder. Sent as a form: no name stands in an address."""
    found: list[service.FoundRecord] = []
    if filled.ok:
        portfolio = portfolio_of(request)
        with portfolio.database.read() as session:
            found = service.find_records(
                session, vault=portfolio.vault, organisation=access.organisation, name=filled.form.name
            )
    return _codes_page(request, access, filled, found=found)


@router.post("/org/{slug}/requests/codes/new")
def replace_code(
    request: Request, access: Issuer, filled: Annotated[Filled[CredentialForm], form_of(CredentialForm)]
) -> Response:
    code = ""
    if filled.ok:
        portfolio = portfolio_of(request)
        with portfolio.database.write() as session:
            code = service.replace_code(
                session,
                organisation=access.organisation,
                credential_id=filled.form.credential,
                actor=access.actor.name,
                clock=portfolio.clock,
            )
    return _codes_page(request, access, Filled.empty(), code=code)


@router.post("/org/{slug}/requests/codes/link")
def replace_link(
    request: Request, access: Issuer, filled: Annotated[Filled[CredentialForm], form_of(CredentialForm)]
) -> Response:
    link = ""
    if filled.ok:
        portfolio = portfolio_of(request)
        with portfolio.database.write() as session:
            token = service.replace_link(
                session,
                vault=portfolio.vault,
                organisation=access.organisation,
                credential_id=filled.form.credential,
                actor=access.actor.name,
                clock=portfolio.clock,
            )
        link = f"{portfolio.settings.public_url}/v/{token}"
    return _codes_page(request, access, Filled.empty(), link=link)


def _codes_page(
    request: Request,
    access: StaffAccess,
    filled: Filled[NameForm],
    *,
    found: list[service.FoundRecord] | None = None,
    code: str = "",
    link: str = "",
) -> Response:
    with portfolio_of(request).database.read() as session:
        counts = counts_of(session, organisation=access.organisation)
    return page(
        request,
        "achievements/codes.html",
        actor=access.actor,
        organisation=access.organisation,
        seat=access.seat,
        counts=counts,
        filled=filled,
        found=found,
        code=code,
        link=link,
        looked_through=service.LOOKED_THROUGH,
    )
