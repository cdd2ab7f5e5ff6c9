"""Who vouches for somebody that lost telephone and codes: an administrator of his organisation, or two registrars.

Nobody browses here: the number comes from whoever asks, and every look is in his log.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from portfolio.auth import Admin, Registrar, StaffAccess, limit_attempts, portfolio_of
from portfolio.errors import ForbiddenError, NotFoundError
from portfolio.i18n import N_
from portfolio.organisations.models import StaffRole
from portfolio.organisations.staff import StaffElsewhereError, require_colleague, tell_staff
from portfolio.people.access import record_view
from portfolio.people.actors import Actor
from portfolio.people.fields import Reason
from portfolio.people.models import Account, Rescue
from portfolio.people.numbers import number_of
from portfolio.people.office import FirstWordGoneError
from portfolio.people.rescue import service
from portfolio.people.service import profile_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["registrar"], include_in_schema=False)

REFUSALS = (
    service.SameVoucherError,
    service.OwnRescueError,
    service.RegistrarsAccountError,
    FirstWordGoneError,
    StaffElsewhereError,
)


class NumberForm(Form):
    number: str


class VouchForm(Form):
    reason: Reason


@router.get("/registrar/rescues")
def registrars_page(request: Request, actor: Registrar) -> Response:
    return _number_page(request, actor, "/registrar/rescues", Filled.empty())


@router.post("/registrar/rescues")
def find_as_registrar(
    request: Request, actor: Registrar, filled: Annotated[Filled[NumberForm], form_of(NumberForm)]
) -> Response:
    return _find(request, actor, "/registrar/rescues", filled)


@router.get("/registrar/rescues/{rescue_id}")
def look_as_registrar(request: Request, actor: Registrar, rescue_id: str) -> Response:
    return _rescue_page(request, actor, rescue_id, Filled.empty())


@router.post("/registrar/rescues/{rescue_id}/vouch")
def vouch_as_registrar(
    request: Request, actor: Registrar, rescue_id: str, filled: Annotated[Filled[VouchForm], form_of(VouchForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                rescue = service.vouch_as_registrar(
                    session,
                    vault=portfolio.vault,
                    rescue_id=rescue_id,
                    account_id=actor.account_id,
                    reason=filled.form.reason,
                    public_url=portfolio.settings.public_url,
                    clock=portfolio.clock,
                )
            return see_other(f"/registrar/rescues/{rescue_id}", done="granted" if rescue.due_at else "vouched")
        except service.RescueDecidedError as error:
            return _decided(request, actor, "/registrar/rescues", error)
        except REFUSALS as error:
            filled.problem("", error.message)
    return _rescue_page(request, actor, rescue_id, filled)


@router.post("/registrar/rescues/{rescue_id}/refuse")
def refuse(
    request: Request, actor: Registrar, rescue_id: str, filled: Annotated[Filled[VouchForm], form_of(VouchForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                service.refuse(
                    session,
                    vault=portfolio.vault,
                    rescue_id=rescue_id,
                    account_id=actor.account_id,
                    reason=filled.form.reason,
                    public_url=portfolio.settings.public_url,
                    clock=portfolio.clock,
                )
            return see_other("/registrar/rescues", done="refused")
        except service.RescueDecidedError as error:
            return _decided(request, actor, "/registrar/rescues", error)
        except REFUSALS as error:
            filled.problem("", error.message)
    return _rescue_page(request, actor, rescue_id, Filled.empty(), refusal=filled)


@router.get("/org/{slug}/rescues")
def administrators_page(request: Request, access: Admin) -> Response:
    return _number_page(request, access.actor, _path(access), Filled.empty())


@router.post("/org/{slug}/rescues")
def find_as_administrator(
    request: Request, access: Admin, filled: Annotated[Filled[NumberForm], form_of(NumberForm)]
) -> Response:
    return _find(request, access.actor, _path(access), filled, access)


@router.get("/org/{slug}/rescues/{rescue_id}")
def look_as_administrator(request: Request, access: Admin, rescue_id: str) -> Response:
    return _rescue_page(request, access.actor, rescue_id, Filled.empty(), access)


@router.post("/org/{slug}/rescues/{rescue_id}/vouch")
def vouch_as_administrator(
    request: Request, access: Admin, rescue_id: str, filled: Annotated[Filled[VouchForm], form_of(VouchForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if access.seat.suspended:
        raise ForbiddenError(N_("While an organisation is suspended it confirms nothing."))
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                _standing(session, request, rescue_id, access)
                rescue = service.vouch_as_administrator(
                    session,
                    vault=portfolio.vault,
                    rescue_id=rescue_id,
                    organisation_id=access.organisation.id,
                    account_id=access.actor.account_id,
                    reason=filled.form.reason,
                    public_url=portfolio.settings.public_url,
                    clock=portfolio.clock,
                )
                tell_staff(
                    session,
                    vault=portfolio.vault,
                    organisation_id=access.organisation.id,
                    letter="rescue_by_colleague",
                    roles=[StaffRole.ADMIN],
                    but=[access.actor.account_id, rescue.account_id],
                    organisation=access.organisation.name,
                    number=number_of(rescue.id),
                    link=f"{portfolio.settings.public_url}/org/{access.organisation.slug}/staff",
                    clock=portfolio.clock,
                )
            return see_other(f"{_path(access)}/{rescue_id}", done="granted")
        except service.RescueDecidedError as error:
            return _decided(request, access.actor, _path(access), error)
        except REFUSALS as error:
            filled.problem("", error.message)
    return _rescue_page(request, access.actor, rescue_id, filled, access)


def _find(
    request: Request, actor: Actor, base: str, filled: Filled[NumberForm], access: StaffAccess | None = None
) -> Response:
    """Lead to the request of a number; an administrator finds only those of his own staff."""
    if filled.ok:
        limit_attempts(request, "numbers", who=actor.account_id, limit=30, minutes=60)
        try:
            with portfolio_of(request).database.read() as session:
                now = portfolio_of(request).clock()
                rescue = service.rescue_of_number(session, typed=filled.form.number, now=now)
                _require_own_staff(session, rescue, access)
            return see_other(f"{base}/{rescue.id}")
        except NotFoundError:
            filled.problem("number", N_("There is no request with this number here. Compare it sign by sign."))
        except StaffElsewhereError as error:
            filled.problem("number", error.message)
    return _number_page(request, actor, base, filled)


def _number_page(request: Request, actor: Actor, base: str, filled: Filled[Any]) -> Response:
    status = 422 if filled.problems else 200
    return page(request, "organisations/rescues.html", actor=actor, status=status, base=base, filled=filled)


def _decided(request: Request, actor: Actor, base: str, error: service.RescueDecidedError) -> Response:
    """Say that others were quicker, where the next number is typed: a request that has ended has no page."""
    filled: Filled[Any] = Filled.empty()
    filled.problem("", error.message)
    return _number_page(request, actor, base, filled)


def _rescue_page(
    request: Request,
    actor: Actor,
    rescue_id: str,
    filled: Filled[Any],
    access: StaffAccess | None = None,
    *,
    refusal: Filled[Any] | None = None,
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        rescue = _standing(session, request, rescue_id, access)
        stopped = service.stopped_before(session, rescue=rescue)
        person_id = session.get_one(Account, rescue.account_id).person_id
        known = profile_of(session, vault=portfolio.vault, person_id=person_id)
        record_view(
            session,
            person_id=person_id,
            viewer="organisation" if access else "registrar",
            organisation_id=access.organisation.id if access else None,
            account_id=actor.account_id,
            what="name",
            why="rescue",
            clock=portfolio.clock,
        )
    return page(
        request,
        "organisations/rescue.html",
        actor=actor,
        status=422 if filled.problems or (refusal and refusal.problems) else 200,
        base=_path(access) if access else "/registrar/rescues",
        is_registrar=access is None,
        rescue=rescue,
        number=number_of(rescue.id),
        known=known,
        stopped=stopped,
        filled=filled,
        refusal=refusal or Filled.empty(),
    )


def _standing(session: Session, request: Request, rescue_id: str, access: StaffAccess | None) -> Rescue:
    """Return the request of a whole id: a number leads here through the form, where tries are counted."""
    rescue = service.rescue_of_id(session, rescue_id=rescue_id, now=portfolio_of(request).clock())
    _require_own_staff(session, rescue, access)
    return rescue


def _require_own_staff(session: Session, rescue: Rescue, access: StaffAccess | None) -> None:
    """Let an administrator see only what somebody of his own staff has asked."""
    if access is not None:
        here = access.organisation.id
        require_colleague(session, organisation_id=here, account_id=rescue.account_id, since=rescue.asked_at)


def _path(access: StaffAccess) -> str:
    return f"/org/{access.organisation.slug}/rescues"
