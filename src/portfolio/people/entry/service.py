"""Coming in: signing up, signing in, a forgotten password. What is answered never tells whether an account exists."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

import orjson
from sqlalchemy import delete
from sqlmodel import Session, col, select

from portfolio.db import Database
from portfolio.documents.vault import Vault
from portfolio.errors import PortfolioError
from portfolio.i18n import N_, Language
from portfolio.jobs import Clock
from portfolio.notifications.service import queue_mail
from portfolio.people.accounts import (
    create_account,
    find_account,
    hash_password,
    normalise_address,
    password_fits,
)
from portfolio.people.attempts import count_attempt, forget_attempts
from portfolio.people.consent import Age, age_of
from portfolio.people.models import Account, AccountToken, TokenPurpose
from portfolio.people.service import Profile
from portfolio.people.sign_ins import end_all_sign_ins, hash_of

SIGN_UP_HOURS: Final = 24
RECOVERY_HOURS: Final = 1
SECOND_FACTOR_MINUTES: Final = 10
RECOVERY_LETTERS: Final = {
    TokenPurpose.RECOVER: ("recover", "recover"),
    TokenPurpose.LOST_FACTORS: ("lost_factors", "rescue"),
}
"""The letter, and the path that its link begins with."""


class TooYoungError(PortfolioError):
    status = 422
    code = "too_young"


class LinkEndedError(PortfolioError):
    """A link from a mail that was used, has run out, or never was: all answer alike."""

    status: ClassVar[int] = 410
    code: ClassVar[str] = "link_ended"

    def __init__(self) -> None:
        super().__init__(N_("This link was used already or has run out. Ask for a new one."))


class WrongPasswordError(PortfolioError):
    status = 422
    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__(N_("The address and the password do not fit together."))


def is_too_young(birth_date: date, now: datetime) -> bool:
    """Tell whether somebody is too young to sign up by himself, in his own time zone: a guardian adds such a child."""
    return age_of(birth_date.isoformat(), now) is Age.CHILD


def begin_sign_up(
    session: Session,
    *,
    vault: Vault,
    address: str,
    profile: Profile,
    password: str,
    language: Language,
    after: str,
    public_url: str,
    clock: Clock,
) -> str:
    """Send the mail whose link makes the account; nothing of an account exists before.

    Returns a secret for a cookie: the browser that holds it need not be asked for the password again. To an address
    that has an account goes a mail that says so; the answer here is the same, and so is the work (fault 97).
    """
    address = normalise_address(address)
    nonce, token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    particulars = {
        "address": address,
        "profile": asdict(profile),
        "password_hash": hash_password(password),
        "language": language,
        "after": after,
        "nonce": hash_of(nonce).hex(),
    }
    taken = find_account(session, vault=vault, address=address) is not None
    _keep_token(session, vault, TokenPurpose.SIGN_UP, token, clock, hours=SIGN_UP_HOURS, value=particulars)
    queue_mail(
        session,
        vault=vault,
        address=address,
        letter="address_taken" if taken else "confirm_email",
        language=language,
        clock=clock,
        link=f"{public_url}/recover" if taken else f"{public_url}/confirm/{token}",
    )
    return nonce


def sign_up_is_known(session: Session, *, vault: Vault, token: str, nonce: str | None, clock: Clock) -> bool:
    """Tell whether the browser that opens the link is the one that signed up. Raises `LinkEndedError`."""
    row = open_token(session, TokenPurpose.SIGN_UP, token, clock)
    return _is_same_browser(_value(vault, row), nonce)


def finish_sign_up(
    session: Session, *, vault: Vault, token: str, nonce: str | None, password: str | None, clock: Clock
) -> tuple[Account, str]:
    """Make the account of a link; returns it and the path to go on to.

    Another browser than the one that signed up must say the password: somebody else may have given this address.
    Raises `LinkEndedError`, `WrongPasswordError`.
    """
    row = open_token(session, TokenPurpose.SIGN_UP, token, clock)
    value = _value(vault, row)
    if not _is_same_browser(value, nonce) and not password_fits(value["password_hash"], password or ""):
        raise WrongPasswordError
    if find_account(session, vault=vault, address=value["address"]) is not None:
        raise LinkEndedError
    account = create_account(
        session,
        vault=vault,
        address=value["address"],
        profile=Profile(**value["profile"]),
        password_hash=value["password_hash"],
        language=value["language"],
        clock=clock,
        confirmed_at=clock(),
    )
    row.used_at, row.value, row.account_id = clock(), None, account.id
    session.add(row)
    return account, str(value["after"])


def account_by_password(
    database: Database, *, vault: Vault, address: str, password: str, client: str, clock: Clock
) -> Account:
    """Return the account of an address and password; tries are counted by both. Raises `WrongPasswordError`, ..."""
    try:
        address = normalise_address(address)
    except PortfolioError:
        address = ""
    pair = f"{client} {address}"
    count_attempt(database, vault=vault, clock=clock, what="sign-in from", who=client, limit=60, minutes=15)
    # Who guesses is stopped soon; the owner elsewhere only when many places guess at once.
    count_attempt(database, vault=vault, clock=clock, what="sign-in from to", who=pair, limit=10, minutes=15)
    count_attempt(database, vault=vault, clock=clock, what="sign-in to", who=address, limit=50, minutes=15)
    with database.read() as session:
        account = find_account(session, vault=vault, address=address)
    fits = password_fits(account.password_hash if account else None, password)
    if not fits or account is None or account.closed_at is not None:
        raise WrongPasswordError
    forget_attempts(database, vault=vault, what="sign-in from to", who=pair)
    forget_attempts(database, vault=vault, what="sign-in to", who=address)
    return account


def await_second_factor(session: Session, *, account: Account, clock: Clock) -> str:
    """Return the secret of a cookie that stands for "the password was right"; it opens nothing by itself."""
    token = secrets.token_urlsafe(32)
    session.add(
        AccountToken(
            account_id=account.id,
            purpose=TokenPurpose.SECOND_FACTOR,
            token_hash=hash_of(token),
            expires_at=clock() + timedelta(minutes=SECOND_FACTOR_MINUTES),
        )
    )
    return token


def account_awaiting(session: Session, *, token: str, clock: Clock) -> Account:
    """Return the account whose second factor is awaited. Raises `LinkEndedError`."""
    row = open_token(session, TokenPurpose.SECOND_FACTOR, token, clock)
    return session.get_one(Account, row.account_id)


def end_awaiting(session: Session, *, token: str, clock: Clock) -> None:
    """Use up the secret of `await_second_factor`."""
    row = open_token(session, TokenPurpose.SECOND_FACTOR, token, clock)
    row.used_at = clock()
    session.add(row)


def begin_recovery(
    session: Session,
    *,
    vault: Vault,
    address: str,
    public_url: str,
    clock: Clock,
    purpose: TokenPurpose = TokenPurpose.RECOVER,
    sparing: bool = False,
) -> None:
    """Send a link for a new password, or for a lost telephone, if the address has an account.

    The caller answers the same in either case. `sparing`: nothing is sent while a link of an earlier letter is good.
    """
    letter_name, path = RECOVERY_LETTERS[purpose]
    address = normalise_address(address)
    account = find_account(session, vault=vault, address=address)
    token, known = secrets.token_urlsafe(32), account is not None and account.closed_at is None
    if sparing and _has_good_link(session, account, purpose, clock):
        known = False
    # Without an account the same work is done, for a link that nobody gets: else the time would tell (fault 97).
    _keep_token(
        session,
        vault,
        purpose,
        token,
        clock,
        hours=RECOVERY_HOURS,
        account_id=account.id if account is not None and known else None,
    )
    with session.begin_nested() as letter:
        queue_mail(
            session,
            vault=vault,
            address=address,
            letter=letter_name,
            language="en" if account is not None and account.language == "en" else "ru",
            clock=clock,
            link=f"{public_url}/{path}/{token}",
        )
        if not known:
            letter.rollback()


def _has_good_link(session: Session, account: Account | None, purpose: TokenPurpose, clock: Clock) -> bool:
    good = (
        select(AccountToken.id)
        .where(AccountToken.account_id == (account.id if account is not None else ""))
        .where(AccountToken.purpose == purpose)
        .where(col(AccountToken.used_at).is_(None))
        .where(col(AccountToken.expires_at) > clock())
    )
    return session.exec(good).first() is not None


def check_recovery(session: Session, *, token: str, clock: Clock) -> None:
    """Raise `LinkEndedError` unless the link still gives a new password."""
    open_token(session, TokenPurpose.RECOVER, token, clock)


def finish_recovery(session: Session, *, token: str, password: str, clock: Clock) -> Account:
    """Set a new password and end every session; a second factor is still asked for. Raises `LinkEndedError`."""
    row = open_token(session, TokenPurpose.RECOVER, token, clock)
    account = session.get_one(Account, row.account_id)
    account.password_hash = hash_password(password)
    row.used_at = clock()
    session.add_all([row, account])
    end_all_sign_ins(session, account_id=account.id, clock=clock)
    return account


def drop_ended_tokens(session: Session, *, clock: Clock) -> int:
    """Delete links and challenges that have run out (a job), with what they hold; returns how many."""
    return int(
        session.exec(delete(AccountToken).where(col(AccountToken.expires_at) < clock() - timedelta(days=1))).rowcount
    )


def _keep_token(
    session: Session,
    vault: Vault,
    purpose: TokenPurpose,
    token: str,
    clock: Clock,
    *,
    hours: int,
    account_id: str | None = None,
    value: dict[str, Any] | None = None,
) -> None:
    token_hash = hash_of(token)
    sealed = vault.seal(orjson.dumps(value), context=f"token:{token_hash.hex()}") if value is not None else None
    session.add(
        AccountToken(
            account_id=account_id,
            purpose=purpose,
            token_hash=token_hash,
            value=sealed,
            expires_at=clock() + timedelta(hours=hours),
        )
    )


def open_token(session: Session, purpose: TokenPurpose, token: str, clock: Clock) -> AccountToken:
    """Return what the secret of a link stands for, locked. Raises `LinkEndedError`."""
    row = session.exec(select(AccountToken).where(AccountToken.token_hash == hash_of(token)).with_for_update()).first()
    if row is None or row.purpose is not purpose or row.used_at is not None or clock() >= row.expires_at:
        raise LinkEndedError
    return row


def _value(vault: Vault, row: AccountToken) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(vault.open(row.value or b"", context=f"token:{row.token_hash.hex()}"))
    return value


def _is_same_browser(value: dict[str, Any], nonce: str | None) -> bool:
    return nonce is not None and secrets.compare_digest(hash_of(nonce).hex(), str(value["nonce"]))
