"""An organisation's desk: what to do next, its settings, and the keys of its machines."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, field_validator
from starlette.responses import Response

from portfolio.auth import Admin, StaffAccess, Viewer, create_api_key, portfolio_of
from portfolio.diplomas.designs import DESIGNS
from portfolio.diplomas.service import choose_design, design_chosen
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import N_
from portfolio.issuing.service import newest_runs
from portfolio.organisations import api_keys, register, wording
from portfolio.organisations.logos import MAX_BYTES, logo_of, set_logo
from portfolio.organisations.settings import change_settings
from portfolio.people.journal import record_act
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.multiparts import Sent, multipart_of
from portfolio.web.pages import page, see_other

router = APIRouter(prefix="/org/{slug}", tags=["organisation"], include_in_schema=False)

SCOPES = ("issue", "read")
DESIGN_NAMES = {
    "classic": N_("Classic: a frame and a seal"),
    "document": N_("Document: plain, for certificates"),
    "modern": N_("Modern: bold colours"),
}


class SettingsForm(Form):
    contact: str = Field(min_length=5, max_length=300)
    time_zone: str
    design: str = ""

    @field_validator("contact")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError(N_("Write an e-mail address or a telephone number that anybody may see."))
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in wording.ZONES:
            raise ValueError(N_("Choose from the list."))
        return value

    @field_validator("design")
    @classmethod
    def _is_a_design(cls, value: str) -> str:
        if value and value not in DESIGNS:
            raise ValueError(N_("Choose from the list."))
        return value


class EmptyForm(Form):
    pass


class KeyForm(Form):
    label: str = Field(max_length=100)
    scopes: list[str] = Field(default_factory=list)

    @field_validator("scopes")
    @classmethod
    def _are_scopes(cls, value: list[str]) -> list[str]:
        if not set(value) <= set(SCOPES):
            raise ValueError(N_("Choose from the list."))
        return sorted(set(value))


@router.get("")
def overview(request: Request, access: Viewer) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        entry = register.entry_of(session, slug=access.organisation.slug)
        runs = newest_runs(session, organisation=access.organisation, limit=5)
        logo = logo_of(session, organisation_id=access.organisation.id)
        colleagues = register.staff_count(session, organisation_id=access.organisation.id)
        ready = register.has_good_key(session, organisation_id=access.organisation.id)
    return page(
        request,
        "organisations/desk.html",
        actor=access.actor,
        seat=access.seat,
        entry=entry,
        standings=wording.STANDINGS,
        runs=runs,
        kinds=dict(wording.kind_options(language_of(request))),
        has_logo=logo is not None,
        colleagues=colleagues,
        ready=ready,
    )


@router.get("/logo.png")
def logo(request: Request, access: Viewer) -> Response:
    with portfolio_of(request).database.read() as session:
        found = logo_of(session, organisation_id=access.organisation.id)
    if found is None:
        raise NotFoundError("there is no logo")
    return Response(found.png, media_type="image/png")


@router.get("/settings")
def settings_page(request: Request, access: Admin) -> Response:
    return _settings(request, access)


@router.post("/settings")
def change(request: Request, access: Admin, filled: Annotated[Filled[SettingsForm], form_of(SettingsForm)]) -> Response:
    if not filled.ok:
        return _settings(request, access, filled)
    form, portfolio = filled.form, portfolio_of(request)
    with portfolio.database.write() as session:
        change_settings(session, organisation_id=access.organisation.id, contact=form.contact, time_zone=form.time_zone)
        if form.design:
            choose_design(session, organisation_id=access.organisation.id, design=form.design)
        _record(session, request, access, "organisation.settings")
    return see_other(f"/org/{access.organisation.slug}/settings", done="saved")


@router.post("/settings/logo")
def change_logo(
    request: Request, access: Admin, sent: Annotated[Sent[EmptyForm], multipart_of(EmptyForm, limit=MAX_BYTES + 9999)]
) -> Response:
    portfolio = portfolio_of(request)
    if not sent.filled.ok:
        return _settings(request, access, logo_problem=N_("The form could not be read. Send it again."))
    if sent.content is None:
        return _settings(request, access, logo_problem=N_("Choose a file first."))
    try:
        with portfolio.database.write() as session:
            set_logo(session, organisation=access.organisation, content=sent.content, clock=portfolio.clock)
            _record(session, request, access, "organisation.logo")
    except PortfolioError as error:
        if error.status not in {413, 415, 422}:
            raise
        return _settings(request, access, logo_problem=N_("A logo is a PNG or JPEG picture of at most 5 MB."))
    return see_other(f"/org/{access.organisation.slug}/settings", done="logo")


@router.get("/keys")
def keys_page(request: Request, access: Admin) -> Response:
    return _keys(request, access, Filled.empty(scopes=["read"]))


@router.post("/keys")
def make_key(request: Request, access: Admin, filled: Annotated[Filled[KeyForm], form_of(KeyForm)]) -> Response:
    if filled.ok and not filled.form.scopes:
        filled.problem("scopes", N_("Choose at least one."))
    if not filled.ok:
        return _keys(request, access, filled)
    form, portfolio = filled.form, portfolio_of(request)
    with portfolio.database.write() as session:
        made = create_api_key(
            session,
            organisation=access.organisation,
            label=form.label,
            scopes=" ".join(form.scopes),
            clock=portfolio.clock,
        )
        _record(session, request, access, "key.make")
    # Shown once, in this answer: only its hash is kept.
    return _keys(request, access, Filled.empty(scopes=["read"]), made=made)


@router.post("/keys/{key_id}/revoke")
def revoke_key(
    request: Request, access: Admin, key_id: str, filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if not filled.ok:
        return _keys(request, access, filled)
    with portfolio.database.write() as session:
        api_keys.revoke_api_key(session, organisation_id=access.organisation.id, key_id=key_id, clock=portfolio.clock)
        _record(session, request, access, "key.revoke")
    return see_other(f"/org/{access.organisation.slug}/keys", done="revoked")


def _settings(
    request: Request, access: StaffAccess, filled: Filled[Any] | None = None, logo_problem: str = ""
) -> Response:
    row = access.organisation
    with portfolio_of(request).database.read() as session:
        logo = logo_of(session, organisation_id=row.id)
        design = design_chosen(session, organisation_id=row.id)
    if filled is None:
        filled = Filled.empty(contact=row.contact, time_zone=row.time_zone, design=design)
    return page(
        request,
        "organisations/settings.html",
        actor=access.actor,
        status=422 if filled.problems or logo_problem else 200,
        seat=access.seat,
        organisation=row,
        filled=filled,
        logo=logo,
        logo_problem=logo_problem,
        zones=wording.zone_options(language_of(request)),
        designs=[(name, DESIGN_NAMES.get(name, name)) for name in DESIGNS],
    )


def _keys(request: Request, access: StaffAccess, filled: Filled[Any], made: str = "") -> Response:
    with portfolio_of(request).database.read() as session:
        keys = api_keys.api_keys_of(session, organisation_id=access.organisation.id)
    return page(
        request,
        "organisations/keys.html",
        actor=access.actor,
        status=422 if filled.problems else 200,
        seat=access.seat,
        keys=keys,
        filled=filled,
        made=made,
    )


def _record(session: Any, request: Request, access: StaffAccess, act: str) -> None:
    subject = f"organisation:{access.organisation.id}"
    record_act(session, actor=access.actor.name, act=act, subject=subject, clock=portfolio_of(request).clock)
