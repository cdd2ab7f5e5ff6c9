"""An organisation's staff: who belongs to it, invitations by mail, and the page on which one is accepted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from portfolio.auth import Admin, SignedIn, StaffAccess, limit_attempts, portfolio_of
from portfolio.errors import ForbiddenError
from portfolio.organisations import invitations, staff, wording
from portfolio.organisations.administrators import end_word_of
from portfolio.organisations.models import Membership, StaffRole
from portfolio.people.actors import Actor
from portfolio.people.fields import EmailAddress
from portfolio.people.journal import record_act
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["staff"], include_in_schema=False)


class InviteForm(Form):
    address: EmailAddress = Field(max_length=254)
    role: StaffRole = StaffRole.VIEWER


class RoleForm(Form):
    role: StaffRole


class EmptyForm(Form):
    pass


@router.get("/org/{slug}/staff")
def staff_page(request: Request, access: Admin) -> Response:
    return _staff(request, access, Filled.empty(role="viewer"))


@router.post("/org/{slug}/staff/invite")
def invite(request: Request, access: Admin, filled: Annotated[Filled[InviteForm], form_of(InviteForm)]) -> Response:
    if not filled.ok:
        return _staff(request, access, filled)
    limit_attempts(request, "invite", limit=30, minutes=60, who=access.organisation.id)
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        row = invitations.invite_staff(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            address=filled.form.address,
            role=filled.form.role,
            invited_by=access.actor.account_id,
            public_url=portfolio.settings.public_url,
            language=language_of(request),
            clock=portfolio.clock,
        )
        record_act(
            session,
            actor=access.actor.name,
            act=f"staff.invite.{filled.form.role}",
            subject=f"invitation:{row.id}",
            clock=portfolio.clock,
        )
    return see_other(_path(access), done="invited")


@router.post("/org/{slug}/staff/invitations/{invitation_id}/withdraw")
def withdraw(
    request: Request,
    access: Admin,
    invitation_id: str,
    filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)],
) -> Response:
    portfolio = portfolio_of(request)
    if not filled.ok:
        return _staff(request, access, filled)
    with portfolio.database.write() as session:
        invitations.withdraw(
            session, organisation_id=access.organisation.id, invitation_id=invitation_id, clock=portfolio.clock
        )
        _record(session, request, access.actor, "staff.withdraw", f"invitation:{invitation_id}")
    return see_other(_path(access), done="withdrawn")


@router.post("/org/{slug}/staff/{membership_id}/role")
def change_role(
    request: Request, access: Admin, membership_id: str, filled: Annotated[Filled[RoleForm], form_of(RoleForm)]
) -> Response:
    if not filled.ok:
        return _staff(request, access, filled)
    try:
        with portfolio_of(request).database.write() as session:
            place = staff.change_role(
                session,
                organisation_id=access.organisation.id,
                membership_id=membership_id,
                role=filled.form.role,
            )
            _record(session, request, access.actor, f"staff.role.{place.role}", f"membership:{place.id}")
            if place.role is not StaffRole.ADMIN:
                _end_word(session, request, access, place)
    except staff.LastAdminError as error:
        filled.problem("", wording.said(error))
        return _staff(request, access, filled)
    return see_other(_path(access), done="role")


@router.post("/org/{slug}/staff/{membership_id}/dismiss")
def dismiss(
    request: Request, access: Admin, membership_id: str, filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)]
) -> Response:
    if not filled.ok:
        return _staff(request, access, filled)
    portfolio = portfolio_of(request)
    try:
        with portfolio.database.write() as session:
            place = staff.dismiss(
                session, organisation_id=access.organisation.id, membership_id=membership_id, clock=portfolio.clock
            )
            _record(session, request, access.actor, "staff.dismiss", f"membership:{place.id}")
            _end_word(session, request, access, place)
    except staff.LastAdminError as error:
        filled.problem("", wording.said(error))
        return _staff(request, access, filled)
    mine = place.account_id == access.actor.account_id
    return see_other("/me" if mine else _path(access), done="left" if mine else "dismissed")


def _end_word(session: Session, request: Request, access: StaffAccess, place: Membership) -> None:
    """End what waits on the word of whom a colleague has dismissed; who goes by himself leaves good invitations."""
    if place.account_id == access.actor.account_id:
        return
    portfolio = portfolio_of(request)
    end_word_of(
        session,
        vault=portfolio.vault,
        organisation_id=access.organisation.id,
        account_id=place.account_id,
        actor=access.actor.name,
        public_url=portfolio.settings.public_url,
        clock=portfolio.clock,
    )


@router.get("/join/{token}")
def join_page(request: Request, actor: SignedIn, token: str) -> Response:
    return _join(request, actor, token, Filled.empty())


@router.post("/join/{token}")
def join(
    request: Request, actor: SignedIn, token: str, filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)]
) -> Response:
    if not filled.ok:
        return _join(request, actor, token, filled)
    portfolio = portfolio_of(request)
    try:
        with portfolio.database.write() as session:
            joined = invitations.accept(
                session, vault=portfolio.vault, token=token, account_id=actor.account_id, clock=portfolio.clock
            )
            act = "staff.join" if joined.organisation else "registrar.join"
            _record(session, request, actor, act, f"invitation:{joined.row.id}")
    except ForbiddenError:
        return _join(request, actor, token, filled, elsewhere=True)
    if joined.organisation is None:
        return see_other("/registrar")
    return see_other(f"/org/{joined.organisation.slug}", done="joined")


def _join(request: Request, actor: Actor, token: str, filled: Filled[Any], *, elsewhere: bool = False) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = invitations.invitation_by_token(session, vault=portfolio.vault, token=token, now=portfolio.clock())
    return page(
        request,
        "organisations/join.html",
        actor=actor,
        status=403 if elsewhere else 422 if filled.problems else 200,
        invitation=found,
        roles=wording.ROLES,
        types=wording.TYPES,
        token=token,
        elsewhere=elsewhere,
        filled=filled,
    )


def _staff(request: Request, access: StaffAccess, filled: Filled[Any]) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        members = staff.members_of(session, vault=portfolio.vault, organisation_id=access.organisation.id)
        waiting = invitations.waiting_for(
            session, vault=portfolio.vault, organisation_id=access.organisation.id, now=portfolio.clock()
        )
    return page(
        request,
        "organisations/staff.html",
        actor=access.actor,
        status=422 if filled.problems else 200,
        seat=access.seat,
        members=members,
        waiting=waiting,
        roles=wording.ROLES,
        filled=filled,
    )


def _path(access: StaffAccess) -> str:
    return f"/org/{access.organisation.slug}/staff"


def _record(session: Any, request: Request, actor: Actor, act: str, subject: str) -> None:
    record_act(session, actor=actor.name, act=act, subject=subject, clock=portfolio_of(request).clock)
