"""Pages for whoever has lost telephone and codes on paper: the letter, the request, and the link that stops it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.auth import Anybody, SignedIn, limit_attempts, portfolio_of
from portfolio.people.accounts import BadAddressError, normalise_address
from portfolio.people.attempts import TooManyAttemptsError
from portfolio.people.entry.service import begin_recovery
from portfolio.people.models import TokenPurpose
from portfolio.people.numbers import number_of
from portfolio.people.rescue import service
from portfolio.people.second_factors import has_second_factor
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["people"], include_in_schema=False)

LETTERS_A_DAY = 5
"""After these one more goes out only when no link of an earlier letter is good any more."""


class AddressForm(Form):
    address: str


class EmptyForm(Form):
    pass


@router.get("/rescue")
def rescue_page(request: Request, _: Anybody) -> Response:
    return page(request, "people/rescue.html", actor=None, filled=Filled.empty())


@router.post("/rescue")
def send_letter(request: Request, _: Anybody, filled: Annotated[Filled[AddressForm], form_of(AddressForm)]) -> Response:
    """Send the link that proves the letter box; the answer is the same for an address that nobody has."""
    portfolio = portfolio_of(request)
    if not filled.ok:
        return page(request, "people/rescue.html", actor=None, filled=filled, status=422)
    limit_attempts(request, "rescue", limit=10, minutes=60)
    try:
        address = normalise_address(filled.form.address)
    except BadAddressError as error:
        filled.problem("address", error.message)
        return page(request, "people/rescue.html", actor=None, filled=filled, status=422)
    sparing = _had_enough_letters(request, address)
    with portfolio.database.write() as session:
        begin_recovery(
            session,
            vault=portfolio.vault,
            address=address,
            public_url=portfolio.settings.public_url,
            clock=portfolio.clock,
            purpose=TokenPurpose.LOST_FACTORS,
            sparing=sparing,
        )
    return see_other("/sign-up/sent", done="rescue")


def _had_enough_letters(request: Request, address: str) -> bool:
    """Tell whether an address had its letters of today. Anybody can use them up, so that is no reason to refuse."""
    try:
        limit_attempts(request, "rescue letters to", who=address, limit=LETTERS_A_DAY, minutes=24 * 60)
    except TooManyAttemptsError:
        return True
    return False


@router.get("/rescue/{token}")
def ask_page(request: Request, _: Anybody, token: str) -> Response:
    """Say what will happen; opened by a mail scanner, too: nothing does."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        account = service.account_of_link(session, token=token, clock=portfolio.clock)
        needed = has_second_factor(session, account=account)
    return page(
        request,
        "people/rescue_ask.html",
        actor=None,
        is_needed=needed,
        is_registrar=account.is_registrar,
        contact=portfolio.settings.operator_contact,
    )


@router.post("/rescue/{token}")
def ask(request: Request, _: Anybody, token: str, filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)]) -> Response:
    """Open the request. The answer itself shows its number, for the link is used up; the letter has it too."""
    portfolio = portfolio_of(request)
    limit_attempts(request, "rescue link", limit=60, minutes=60)
    if not filled.ok:
        return see_other(f"/rescue/{token}")
    with portfolio.database.write() as session:
        rescue = service.ask(
            session,
            vault=portfolio.vault,
            token=token,
            public_url=portfolio.settings.public_url,
            clock=portfolio.clock,
        )
    return page(
        request,
        "people/rescue_asked.html",
        actor=None,
        rescue=rescue,
        number=number_of(rescue.id),
        contact=portfolio.settings.operator_contact,
    )


@router.get("/rescue/{rescue_id}/stop/{token}")
def stop_page(request: Request, _: Anybody, rescue_id: str, token: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        rescue = service.rescue_of_stop_link(session, vault=portfolio.vault, rescue_id=rescue_id, token=token)
    return page(request, "people/rescue_stop.html", actor=None, rescue=rescue, number=number_of(rescue.id))


@router.post("/rescue/{rescue_id}/stop/{token}")
def stop(
    request: Request, _: Anybody, rescue_id: str, token: str, filled: Annotated[Filled[EmptyForm], form_of(EmptyForm)]
) -> Response:
    portfolio = portfolio_of(request)
    limit_attempts(request, "rescue link", limit=60, minutes=60)
    if not filled.ok:
        return see_other(f"/rescue/{rescue_id}/stop/{token}")
    with portfolio.database.write() as session:
        rescue = service.rescue_of_stop_link(session, vault=portfolio.vault, rescue_id=rescue_id, token=token)
        service.stop(
            session,
            vault=portfolio.vault,
            rescue=rescue,
            why="owner",
            by="letter",
            public_url=portfolio.settings.public_url,
            clock=portfolio.clock,
        )
    return page(request, "people/rescue_stopped.html", actor=None)


@router.post("/me/security/rescue/stop")
def stop_as_signed_in(request: Request, actor: SignedIn) -> Response:
    """Whoever is signed in may stop it, also without the second step: to stop opens nothing."""
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        rescue = service.standing_of(session, account_id=actor.account_id)
        if rescue is not None:
            service.stop(
                session,
                vault=portfolio.vault,
                rescue=rescue,
                why="owner",
                by=actor.name,
                public_url=portfolio.settings.public_url,
                clock=portfolio.clock,
            )
    return see_other("/me/security", done="rescue_stopped")
