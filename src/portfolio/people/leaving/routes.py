"""Pages of taking everything along and of being erased."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from portfolio.achievements.export import Desk, parts_of
from portfolio.achievements.records.service import disputed_holders
from portfolio.auth import OfPerson, PersonAccess, portfolio_of, session_cookie
from portfolio.credentials.erasure import plan_erasure
from portfolio.i18n import N_
from portfolio.organisations.staff import LastAdminError, end_places, require_other_admins
from portfolio.people import erasure
from portfolio.people.access import record_view
from portfolio.people.accounts import password_fits
from portfolio.people.attempts import count_attempt
from portfolio.people.consent import Capacity
from portfolio.people.export import archive
from portfolio.people.journal import record_act
from portfolio.people.models import Account, ErasureRequest
from portfolio.people.service import profile_in
from portfolio.sharing.export import sharing_parts
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["people"], include_in_schema=False)


class ErasureForm(Form):
    password: str = ""
    understood: bool = False


@router.get("/p/{person_id}/export")
def export_page(request: Request, access: OfPerson) -> Response:
    portfolio = portfolio_of(request)
    name = profile_in(access.person, vault=portfolio.vault).name
    return page(request, "people/export.html", actor=access.actor, person_id=access.person.id, name=name)


@router.post("/p/{person_id}/export")
def export(request: Request, access: OfPerson) -> Response:
    """A POST, so that no other page's link or picture can set it off."""
    portfolio, person_id = portfolio_of(request), access.person.id
    with portfolio.database.write() as session:
        record_act(session, actor=access.actor.name, act="person.export", subject=person_id, clock=portfolio.clock)
        record_view(
            session,
            person_id=person_id,
            viewer=access.capacity.value,
            account_id=access.actor.account_id,
            what="export",
            why="export",
            clock=portfolio.clock,
        )
    desk = Desk(portfolio.database, portfolio.vault, portfolio.store)
    headers = {"content-disposition": 'attachment; filename="portfolio.zip"'}
    return StreamingResponse(
        archive(
            chain(
                parts_of(desk, person_id=person_id),
                sharing_parts(portfolio.database, portfolio.vault, person_id=person_id),
            )
        ),
        media_type="application/zip",
        headers=headers,
    )


@router.get("/p/{person_id}/erase")
def erasure_page(request: Request, access: OfPerson) -> Response:
    return _erasure_page(request, access, Filled.empty())


@router.post("/p/{person_id}/erase")
def erase(request: Request, access: OfPerson, filled: Annotated[Filled[ErasureForm], form_of(ErasureForm)]) -> Response:
    person_id = access.person.id
    _limit_passwords(request, access)
    if filled.ok and not filled.form.understood:
        filled.problem("understood", N_("Tick this if you have read what follows."))
    if filled.ok and not _is_surely(request, access, filled.form.password):
        filled.problem("password", N_("This is not your password."))
    if not filled.ok:
        return _erasure_page(request, access, filled, status=422)
    try:
        wish, may_start = _ask(request, access)
    except (LastAdminError, erasure.OnlyGuardianError) as refused:
        filled.problem("understood", refused.message)
        return _erasure_page(request, access, filled, status=409)
    if not may_start:
        return see_other(f"/p/{person_id}/erase", done="asked")
    if access.capacity is Capacity.GUARDIAN:
        return see_other("/me", done="erased")
    response = page(request, "people/erased.html", actor=None, number=wish.id)
    response.delete_cookie(session_cookie(request))
    return response


@router.post("/p/{person_id}/erase/take-back")
def take_back(request: Request, access: OfPerson) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        erasure.take_back(session, person_id=access.person.id, actor=access.actor, clock=portfolio.clock)
    return see_other(f"/p/{access.person.id}/erase", done="taken-back")


def _ask(request: Request, access: PersonAccess) -> tuple[ErasureRequest, bool]:
    """Write the wish down, and start at once where nobody else's word is needed."""
    portfolio, person_id = portfolio_of(request), access.person.id
    with portfolio.database.write() as session:
        require_other_admins(session, person_id=person_id)
        wish, may_start = erasure.ask(
            session,
            vault=portfolio.vault,
            person_id=person_id,
            capacity=access.capacity,
            actor=access.actor,
            clock=portfolio.clock,
        )
        if may_start:
            disputed = disputed_holders(session, own_id=person_id)
            plan = plan_erasure(session, person_id=person_id, disputed=disputed)
            end_places(session, person_ids=plan.persons, clock=portfolio.clock)
            erasure.start(session, request=wish, plan=plan, clock=portfolio.clock)
    return wish, may_start


def _is_surely(request: Request, access: PersonAccess, password: str) -> bool:
    """Whether it is the account's owner who sits there: by the password, or without one by the second factor."""
    with portfolio_of(request).database.read() as session:
        stored = session.get_one(Account, access.actor.account_id).password_hash
    if stored is None:
        return access.actor.strong
    return password_fits(stored, password)


def _limit_passwords(request: Request, access: PersonAccess) -> None:
    portfolio = portfolio_of(request)
    count_attempt(
        portfolio.database,
        vault=portfolio.vault,
        clock=portfolio.clock,
        what="erasure",
        who=access.actor.account_id,
        limit=10,
        minutes=60,
    )


def _erasure_page(request: Request, access: PersonAccess, filled: Filled[Any], status: int = 200) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        person_id = access.person.id
        words = erasure.needed(session, vault=portfolio.vault, person_id=person_id, clock=portfolio.clock)
        name = profile_in(access.person, vault=portfolio.vault).name
        disputed = disputed_holders(session, own_id=person_id)
        plan = plan_erasure(session, person_id=person_id, disputed=disputed)
        asked = erasure.open_request(session, person_id=person_id)
        account = session.get_one(Account, access.actor.account_id)
    return page(
        request,
        "people/erase.html",
        status=status,
        actor=access.actor,
        person_id=person_id,
        name=name,
        capacity=access.capacity,
        may=access.capacity in words,
        both=len(words) > 1,
        asked=asked,
        has_asked=asked is not None
        and (asked.by_person_at if access.capacity is Capacity.SELF else asked.by_guardian_at) is not None,
        erased=len(plan.credentials),
        kept=len(set(plan.kept) - disputed),
        disputed=len(disputed),
        has_password=account.password_hash is not None,
        filled=filled,
    )
