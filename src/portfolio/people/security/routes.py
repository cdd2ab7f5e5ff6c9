"""The page of an account's security: password, second factor, passkeys, codes on paper, sessions."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from pydantic import Field
from starlette.responses import JSONResponse, Response

from portfolio.auth import SignedIn, limit_attempts, portfolio_of, set_session
from portfolio.errors import ForbiddenError
from portfolio.i18n import N_
from portfolio.people import passkeys, second_factors
from portfolio.people.accounts import address_of, hash_password, password_fits
from portfolio.people.actors import Actor
from portfolio.people.attempts import TooManyAttemptsError
from portfolio.people.fields import NewPassword
from portfolio.people.journal import record_act
from portfolio.people.models import Account
from portfolio.people.passkeys import RelyingParty
from portfolio.people.rescue.service import standing_of
from portfolio.people.sign_ins import end_all_sign_ins, end_sign_in, running_sign_ins, strengthen
from portfolio.verification.qr import svg
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other
from portfolio.web.uploads import JsonObject

router = APIRouter(prefix="/me/security", tags=["people"], include_in_schema=False)

HERE: Final = "/me/security"
NAME: Final = "Портфолио"
BASE32: Final = r"^[A-Z2-7]{32}$"


class PasswordForm(Form):
    present: str
    password: NewPassword


class TotpForm(Form):
    secret: str = Field(pattern=BASE32)
    code: str


class ProofForm(Form):
    present: str


class LastFactorError(ForbiddenError):
    code = "last_factor"


@router.get("")
def security_page(request: Request, actor: SignedIn) -> Response:
    return _page(request, actor)


@router.post("/password")
def change_password(
    request: Request, actor: SignedIn, filled: Annotated[Filled[PasswordForm], form_of(PasswordForm)]
) -> Response:
    """Set a new password; every other session ends."""
    portfolio = portfolio_of(request)
    if filled.ok:
        _check_present(request, actor, filled, filled.form.present)
    if not filled.ok:
        filled.values = {}  # passwords are never sent back
        return _page(request, actor, filled=filled, status=422)
    with portfolio.database.write() as session:
        account = session.get_one(Account, actor.account_id)
        account.password_hash = hash_password(filled.form.password)
        session.add(account)
        end_all_sign_ins(session, account_id=account.id, but=actor.sign_in_id, clock=portfolio.clock)
        _record(session, actor, "account.password", portfolio.clock)
    return see_other(HERE, done="password")


@router.get("/totp")
def totp_page(request: Request, actor: SignedIn) -> Response:
    return _totp_page(request, actor, Filled.empty(secret=second_factors.new_totp_secret()))


@router.post("/totp")
def set_totp(request: Request, actor: SignedIn, filled: Annotated[Filled[TotpForm], form_of(TotpForm)]) -> Response:
    """Keep the secret that a code proves; this session has then passed a second factor."""
    portfolio = portfolio_of(request)
    if "secret" in filled.problems:
        return see_other(f"{HERE}/totp")
    if actor.has_second_factor and not actor.strong:
        return see_other("/sign-in/second", next=f"{HERE}/totp")
    if not filled.ok:
        return _totp_page(request, actor, filled, status=422)
    with portfolio.database.write() as session:
        account = session.get_one(Account, actor.account_id)
        form = filled.form
        if not second_factors.set_totp(
            session, vault=portfolio.vault, account=account, secret=form.secret, code=form.code, clock=portfolio.clock
        ):
            filled.problem("code", N_("This code does not belong to the picture. Is the clock of the telephone right?"))
            return _totp_page(request, actor, filled, status=422)
        codes = second_factors.new_recovery_codes(session, account=account)
        _record(session, actor, "account.totp", portfolio.clock)
        token = strengthen(session, sign_in_id=actor.sign_in_id, clock=portfolio.clock)
    response = page(request, "people/recovery_codes.html", actor=actor, codes=codes)
    set_session(request, response, token)
    return response


@router.post("/totp/remove")
def remove_totp(
    request: Request, actor: SignedIn, filled: Annotated[Filled[ProofForm], form_of(ProofForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if actor.has_second_factor and not actor.strong:
        return see_other("/sign-in/second", next=HERE)
    if filled.ok:
        _check_present(request, actor, filled, filled.form.present)
    if not filled.ok:
        filled.values = {}
        return _page(request, actor, removal=filled, status=422)
    with portfolio.database.write() as session:
        account = session.get_one(Account, actor.account_id)
        _keep_one_factor(actor, others=len(passkeys.passkeys_of(session, account_id=account.id)))
        second_factors.remove_totp(session, account=account)
        _record(session, actor, "account.totp_removed", portfolio.clock)
    return see_other(HERE, done="totp_removed")


@router.post("/codes")
def new_codes(request: Request, actor: SignedIn) -> Response:
    """Show new codes on paper; the old ones no longer count."""
    portfolio = portfolio_of(request)
    if not actor.strong:
        return see_other("/sign-in/second", next=HERE)
    with portfolio.database.write() as session:
        codes = second_factors.new_recovery_codes(session, account=session.get_one(Account, actor.account_id))
        _record(session, actor, "account.recovery_codes", portfolio.clock)
    return page(request, "people/recovery_codes.html", actor=actor, codes=codes)


@router.post("/passkeys/options")
def passkey_options(request: Request, actor: SignedIn) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        account = session.get_one(Account, actor.account_id)
        options = passkeys.registration_options(
            session,
            account=account,
            label=address_of(session, vault=portfolio.vault, account=account),
            party=RelyingParty.of(portfolio.settings.public_url),
            clock=portfolio.clock,
        )
    return Response(options, media_type="application/json")


@router.post("/passkeys")
def add_passkey(request: Request, actor: SignedIn, response: JsonObject, label: str = "") -> Response:
    portfolio = portfolio_of(request)
    answer = JSONResponse({"next": f"{HERE}?done=passkey"})
    with portfolio.database.write() as session:
        account = session.get_one(Account, actor.account_id)
        if actor.has_second_factor and not actor.strong:
            raise ForbiddenError("confirm who you are with your second factor first")
        passkeys.register(
            session,
            account=account,
            response=response,
            label=label.strip() or "Passkey",
            party=RelyingParty.of(portfolio.settings.public_url),
            clock=portfolio.clock,
        )
        _record(session, actor, "account.passkey", portfolio.clock)
        set_session(request, answer, strengthen(session, sign_in_id=actor.sign_in_id, clock=portfolio.clock))
    return answer


@router.post("/passkeys/{passkey_id}/remove")
def remove_passkey(request: Request, actor: SignedIn, passkey_id: str) -> Response:
    portfolio = portfolio_of(request)
    if actor.has_second_factor and not actor.strong:
        return see_other("/sign-in/second", next=HERE)
    with portfolio.database.write() as session:
        account = session.get_one(Account, actor.account_id)
        left = len(passkeys.passkeys_of(session, account_id=account.id)) - 1 + (account.sealed_totp is not None)
        passkeys.remove_passkey(session, account_id=account.id, passkey_id=passkey_id)
        _keep_one_factor(actor, others=left)
        _record(session, actor, "account.passkey_removed", portfolio.clock)
    return see_other(HERE, done="passkey_removed")


@router.post("/sessions/{sign_in_id}/end")
def end_session(request: Request, actor: SignedIn, sign_in_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        end_sign_in(session, account_id=actor.account_id, sign_in_id=sign_in_id, clock=portfolio.clock)
    return see_other(HERE, done="session_ended")


@router.post("/sessions/end")
def end_other_sessions(request: Request, actor: SignedIn) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        end_all_sign_ins(session, account_id=actor.account_id, but=actor.sign_in_id, clock=portfolio.clock)
    return see_other(HERE, done="sessions_ended")


def _page(
    request: Request,
    actor: Actor,
    *,
    filled: Filled[Any] | None = None,
    removal: Filled[Any] | None = None,
    status: int = 200,
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        account = session.get_one(Account, actor.account_id)
        context = {
            "address": address_of(session, vault=portfolio.vault, account=account),
            "has_totp": account.sealed_totp is not None,
            "codes_left": second_factors.recovery_codes_left(session, account_id=account.id),
            "keys": passkeys.passkeys_of(session, account_id=account.id),
            "sign_ins": running_sign_ins(session, account_id=account.id, now=portfolio.clock()),
            "rescue": standing_of(session, account_id=account.id),
        }
    return page(
        request,
        "people/security.html",
        actor=actor,
        status=status,
        filled=filled or Filled.empty(),
        removal=removal or Filled.empty(),
        passkeys=RelyingParty.of(portfolio.settings.public_url).can_have_passkeys,
        **context,
    )


def _totp_page(request: Request, actor: Actor, filled: Filled[Any], status: int = 200) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        address = address_of(session, vault=portfolio.vault, account=session.get_one(Account, actor.account_id))
    secret = filled.values["secret"]
    uri = second_factors.totp_uri(secret, address=address, issuer=NAME)
    spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    # Part of the page, for the address of a picture would hold the secret; drawn by us, from letters and digits.
    picture = Markup(svg(uri).decode())  # noqa: S704
    return page(
        request, "people/totp.html", actor=actor, status=status, filled=filled, spaced=spaced, uri=uri, picture=picture
    )


def _check_present(request: Request, actor: Actor, filled: Filled[Any], password: str) -> None:
    """Whoever found an open browser does not know the password: ask for it before such changes."""
    portfolio = portfolio_of(request)
    try:
        limit_attempts(request, "present password", who=actor.account_id, limit=10, minutes=15)
    except TooManyAttemptsError as error:
        filled.problem("present", error.message)
        return
    with portfolio.database.read() as session:
        account = session.get_one(Account, actor.account_id)
    if not password_fits(account.password_hash, password):
        filled.problem("present", N_("This is not the present password."))


def _keep_one_factor(actor: Actor, *, others: int) -> None:
    if actor.needs_second_factor and not others:
        raise LastFactorError(N_("Who acts for an organisation keeps a second factor. Set up another one first."))


def _record(session: Any, actor: Actor, act: str, clock: Any) -> None:
    record_act(session, actor=actor.name, act=act, subject=actor.account_id, clock=clock)
