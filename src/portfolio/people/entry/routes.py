"""Pages for coming in: sign up, sign in, the second factor, a forgotten password, and out again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from portfolio.auth import (
    Anybody,
    SignedIn,
    Visitor,
    client_address,
    limit_attempts,
    portfolio_of,
    session_cookie,
    set_cookie,
    set_session,
)
from portfolio.i18n import N_
from portfolio.people.accounts import BadAddressError, normalise_address
from portfolio.people.attempts import TooManyAttemptsError
from portfolio.people.entry import service
from portfolio.people.entry.devices import device_of
from portfolio.people.fields import BirthDate, EmailAddress, NewPassword, PersonName
from portfolio.people.models import Account
from portfolio.people.passkeys import RelyingParty, account_of_passkey, sign_in_options
from portfolio.people.rescue.service import stop_as_signed_in
from portfolio.people.second_factors import has_second_factor, use_recovery_code, use_totp
from portfolio.people.service import Profile
from portfolio.people.sign_ins import end_sign_in, open_sign_in, strengthen
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import own_path, page, see_other
from portfolio.web.uploads import JsonObject

router = APIRouter(tags=["people"], include_in_schema=False)

SIGN_UP_COOKIE = "sign-up"
HALF_COOKIE = "half-way"
LETTERS_AN_HOUR = 5


class SignUpForm(Form):
    name: PersonName
    birth_date: BirthDate
    address: EmailAddress
    password: NewPassword
    agreed: bool = False
    next: str = ""


class ConfirmForm(Form):
    password: str = ""


class SignInForm(Form):
    address: str
    password: str
    next: str = ""


class CodeForm(Form):
    code: str
    next: str = ""


class RecoverForm(Form):
    address: str


class NewPasswordForm(Form):
    password: NewPassword


@router.get("/sign-up")
def sign_up_page(request: Request, actor: Visitor, next: str = "") -> Response:  # noqa: A002  the name in the address
    if actor is not None:
        return see_other(own_path(next, "/me"))
    return page(request, "people/sign_up.html", actor=None, filled=Filled.empty(next=own_path(next, "")))


@router.post("/sign-up")
def sign_up(request: Request, _: Anybody, filled: Annotated[Filled[SignUpForm], form_of(SignUpForm)]) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok and not filled.form.agreed:
        filled.problem("agreed", N_("Without this we may not keep anything about you."))
    if filled.ok and service.is_too_young(filled.form.birth_date, portfolio.clock()):
        return page(request, "people/too_young.html", actor=None, status=422)
    if not filled.ok:
        return page(request, "people/sign_up.html", actor=None, filled=filled, status=422)
    limit_attempts(request, "sign-up", limit=20, minutes=60)
    form = filled.form
    _limit_letters(request, form.address)
    with portfolio.database.write() as session:
        nonce = service.begin_sign_up(
            session,
            vault=portfolio.vault,
            address=form.address,
            profile=Profile(name=form.name, birth_date=form.birth_date.isoformat()),
            password=form.password,
            language=language_of(request),
            after=own_path(form.next, "/me"),
            public_url=portfolio.settings.public_url,
            clock=portfolio.clock,
        )
    response = see_other("/sign-up/sent")
    set_cookie(request, response, SIGN_UP_COOKIE, nonce, seconds=service.SIGN_UP_HOURS * 3600)
    return response


@router.get("/sign-up/sent")
def sign_up_sent(request: Request, actor: Visitor) -> Response:
    return page(request, "people/look_into_mail.html", actor=actor, shows_outbox=_shows_outbox(request))


@router.get("/confirm/{token}")
def confirm_page(request: Request, _: Anybody, token: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        known = service.sign_up_is_known(
            session,
            vault=portfolio.vault,
            token=token,
            nonce=request.cookies.get(SIGN_UP_COOKIE),
            clock=portfolio.clock,
        )
    return page(request, "people/confirm.html", actor=None, filled=Filled.empty(), known=known)


@router.post("/confirm/{token}")
def confirm(
    request: Request, _: Anybody, token: str, filled: Annotated[Filled[ConfirmForm], form_of(ConfirmForm)]
) -> Response:
    portfolio = portfolio_of(request)
    limit_attempts(request, "confirm", limit=20, minutes=15)
    try:
        with portfolio.database.write() as session:
            account, after = service.finish_sign_up(
                session,
                vault=portfolio.vault,
                token=token,
                nonce=request.cookies.get(SIGN_UP_COOKIE),
                password=filled.form.password if filled.ok else None,
                clock=portfolio.clock,
            )
            response = see_other(own_path(after, "/me"), done="welcome")
            _start_session(request, response, session, account, strong=False)
    except service.WrongPasswordError:
        filled.problem("password", N_("This is not the password that was chosen when signing up."))
        return page(request, "people/confirm.html", actor=None, filled=filled, known=False, status=422)
    response.delete_cookie(SIGN_UP_COOKIE)
    return response


@router.get("/sign-in")
def sign_in_page(request: Request, actor: Visitor, next: str = "") -> Response:  # noqa: A002
    if actor is not None:
        return see_other(own_path(next, "/me"))
    return _sign_in_page(request, Filled.empty(next=own_path(next, "")))


@router.post("/sign-in")
def sign_in(request: Request, _: Anybody, filled: Annotated[Filled[SignInForm], form_of(SignInForm)]) -> Response:
    portfolio = portfolio_of(request)
    if not filled.ok:
        return _sign_in_page(request, filled, status=422)
    form = filled.form
    try:
        account = service.account_by_password(
            portfolio.database,
            vault=portfolio.vault,
            address=form.address,
            password=form.password,
            client=client_address(request),
            clock=portfolio.clock,
        )
    except (service.WrongPasswordError, TooManyAttemptsError) as error:
        filled.problem("", error.message)
        return _sign_in_page(request, filled, status=error.status)
    after = own_path(form.next, "/me")
    with portfolio.database.write() as session:
        if has_second_factor(session, account=account):
            half = service.await_second_factor(session, account=account, clock=portfolio.clock)
            response = see_other("/sign-in/second", next=after)
            set_cookie(request, response, HALF_COOKIE, half, seconds=service.SECOND_FACTOR_MINUTES * 60)
        else:
            response = see_other(after)
            _start_session(request, response, session, account, strong=False)
    return response


@router.get("/sign-in/second")
def second_factor_page(request: Request, actor: Visitor, next: str = "") -> Response:  # noqa: A002
    if actor is not None and not actor.has_second_factor:
        return see_other("/me/security", done="second_factor_needed", next=own_path(next, "/me"))
    if actor is None and HALF_COOKIE not in request.cookies:
        return see_other("/sign-in", next=own_path(next, "/me"))
    return page(request, "people/second_factor.html", actor=None, filled=Filled.empty(next=own_path(next, "")))


@router.post("/sign-in/second")
def second_factor(request: Request, actor: Visitor, filled: Annotated[Filled[CodeForm], form_of(CodeForm)]) -> Response:
    portfolio = portfolio_of(request)
    if not filled.ok:
        return page(request, "people/second_factor.html", actor=None, filled=filled, status=422)
    half = request.cookies.get(HALF_COOKIE, "")
    with portfolio.database.read() as session:
        account = (
            session.get_one(Account, actor.account_id)
            if actor is not None
            else service.account_awaiting(session, token=half, clock=portfolio.clock)
        )
    try:
        limit_attempts(request, "second factor", who=account.id, limit=10, minutes=15)
    except TooManyAttemptsError as error:
        filled.problem("code", error.message)
        return page(request, "people/second_factor.html", actor=None, filled=filled, status=error.status)
    response = see_other(own_path(filled.form.next, "/me"))
    with portfolio.database.write() as session:
        code = filled.form.code
        if not (
            use_totp(session, vault=portfolio.vault, account=account, code=code, clock=portfolio.clock)
            or use_recovery_code(session, account=account, code=code, clock=portfolio.clock)
        ):
            filled.problem("code", N_("This code is not right, or was used already. Wait for the next one."))
            return page(request, "people/second_factor.html", actor=None, filled=filled, status=422)
        if actor is not None:
            token = strengthen(session, sign_in_id=actor.sign_in_id, clock=portfolio.clock)
            _stop_rescue(request, session, account)
            set_session(request, response, token)
        else:
            service.end_awaiting(session, token=half, clock=portfolio.clock)
            _start_session(request, response, session, account, strong=True)
    response.delete_cookie(HALF_COOKIE)
    return response


@router.post("/sign-in/passkey/options")
def passkey_options(request: Request, _: Anybody) -> Response:
    portfolio = portfolio_of(request)
    limit_attempts(request, "passkey", limit=60, minutes=15)
    with portfolio.database.write() as session:
        options = sign_in_options(session, party=RelyingParty.of(portfolio.settings.public_url), clock=portfolio.clock)
    return Response(options, media_type="application/json")


@router.post("/sign-in/passkey")
def passkey_sign_in(request: Request, _: Anybody, response: JsonObject, next: str = "") -> Response:  # noqa: A002
    portfolio = portfolio_of(request)
    limit_attempts(request, "passkey answer", limit=60, minutes=15)
    answer = JSONResponse({"next": own_path(next, "/me")})
    with portfolio.database.write() as session:
        account = account_of_passkey(
            session,
            response=response,
            party=RelyingParty.of(portfolio.settings.public_url),
            clock=portfolio.clock,
        )
        _start_session(request, answer, session, account, strong=True)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, actor: SignedIn) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        end_sign_in(session, account_id=actor.account_id, sign_in_id=actor.sign_in_id, clock=portfolio.clock)
    response = see_other("/", done="signed_out")
    response.delete_cookie(session_cookie(request))
    return response


@router.get("/recover")
def recover_page(request: Request, _: Anybody) -> Response:
    return page(request, "people/recover.html", actor=None, filled=Filled.empty())


@router.post("/recover")
def recover(request: Request, _: Anybody, filled: Annotated[Filled[RecoverForm], form_of(RecoverForm)]) -> Response:
    portfolio = portfolio_of(request)
    if not filled.ok:
        return page(request, "people/recover.html", actor=None, filled=filled, status=422)
    limit_attempts(request, "recover", limit=10, minutes=60)
    try:
        address = normalise_address(filled.form.address)
        _limit_letters(request, address)
        with portfolio.database.write() as session:
            service.begin_recovery(
                session,
                vault=portfolio.vault,
                address=address,
                public_url=portfolio.settings.public_url,
                clock=portfolio.clock,
            )
    except BadAddressError as error:
        filled.problem("address", error.message)
        return page(request, "people/recover.html", actor=None, filled=filled, status=422)
    return see_other("/sign-up/sent", done="recovery")


@router.get("/recover/{token}")
def new_password_page(request: Request, _: Anybody, token: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        service.check_recovery(session, token=token, clock=portfolio.clock)
    return page(request, "people/new_password.html", actor=None, filled=Filled.empty())


@router.post("/recover/{token}")
def new_password(
    request: Request, _: Anybody, token: str, filled: Annotated[Filled[NewPasswordForm], form_of(NewPasswordForm)]
) -> Response:
    portfolio = portfolio_of(request)
    limit_attempts(request, "recover", limit=30, minutes=60)
    if not filled.ok:
        return page(request, "people/new_password.html", actor=None, filled=filled, status=422)
    with portfolio.database.write() as session:
        service.finish_recovery(session, token=token, password=filled.form.password, clock=portfolio.clock)
    return see_other("/sign-in", done="new_password")


def _sign_in_page(request: Request, filled: Filled[Any], status: int = 200) -> Response:
    party = RelyingParty.of(portfolio_of(request).settings.public_url)
    return page(
        request,
        "people/sign_in.html",
        actor=None,
        filled=filled,
        status=status,
        passkeys=party.can_have_passkeys,
    )


def _limit_letters(request: Request, address: str) -> None:
    """Let nobody fill another's letter box from many places; the same with and without an account."""
    limit_attempts(request, "letters to", who=address, limit=LETTERS_AN_HOUR, minutes=60)


def _shows_outbox(request: Request) -> bool:
    settings = portfolio_of(request).settings
    return not settings.is_production and settings.smtp_url is None


def _start_session(request: Request, response: Response, session: Any, account: Account, *, strong: bool) -> None:
    device, portfolio = device_of(request.headers.get("user-agent", "")), portfolio_of(request)
    token = open_sign_in(session, account=account, device=device, strong=strong, clock=portfolio.clock)
    if strong:
        _stop_rescue(request, session, account)
    set_session(request, response, token)


def _stop_rescue(request: Request, session: Any, account: Account) -> None:
    """Whoever has passed the second step has lost nothing: nobody needs to take it off."""
    portfolio = portfolio_of(request)
    stop_as_signed_in(
        session,
        vault=portfolio.vault,
        account_id=account.id,
        public_url=portfolio.settings.public_url,
        clock=portfolio.clock,
    )
