"""Sessions: opened by signing in, found by their cookie, listed and ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, exists, select

from portfolio.errors import NotFoundError
from portfolio.jobs import Clock
from portfolio.people.models import Account, Passkey, SignIn

LONGEST: Final = timedelta(days=30)
IDLE: Final = timedelta(days=7)
STAFF_IDLE: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=10)

# Asked at every request of whoever is signed in. Made once: to put it together takes longer than to answer it.
_SIGNED_IN: Final = (
    select(SignIn, Account, exists().where(col(Passkey.account_id) == col(Account.id)))
    .join(Account, col(Account.id) == col(SignIn.account_id))
    .where(SignIn.token_hash == bindparam("token_hash"))
    .where(col(SignIn.ended_at).is_(None))
    .where(col(Account.closed_at).is_(None))
)


@dataclass(frozen=True, slots=True)
class SignedInAccount:
    account: Account
    sign_in: SignIn
    has_second_factor: bool


def open_sign_in(session: Session, *, account: Account, device: str, strong: bool, clock: Clock) -> str:
    """Open a session and return the secret of its cookie, always a new one (fault 94)."""
    token, now = secrets.token_urlsafe(32), clock()
    session.add(
        SignIn(
            account_id=account.id,
            token_hash=hash_of(token),
            device=device,
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
            second_factor_at=now if strong else None,
        )
    )
    session.flush()
    return token


def strengthen(session: Session, *, sign_in_id: str, clock: Clock) -> str:
    """Mark a session as past a second factor; its secret is replaced by the one returned (fault 94)."""
    row, token = session.get_one(SignIn, sign_in_id), secrets.token_urlsafe(32)
    row.second_factor_at, row.token_hash = clock(), hash_of(token)
    session.add(row)
    session.flush()
    return token


def touch(session: Session, *, sign_in_id: str, now: datetime) -> None:
    """Note that a session was used, so that it does not end as idle."""
    session.exec(update(SignIn).where(col(SignIn.id) == sign_in_id).values(seen_at=now))


def signed_in_account(session: Session, *, token: str, now: datetime) -> SignedInAccount | None:
    """Return the account of a session that still runs, or None."""
    found = session.exec(_SIGNED_IN, params={"token_hash": hash_of(token)}).first()
    if found is None:
        return None
    sign_in, account, passkey = found
    idle = STAFF_IDLE if sign_in.second_factor_at is not None else IDLE
    if now >= sign_in.expires_at or now >= sign_in.seen_at + idle:
        return None
    return SignedInAccount(account, sign_in, has_second_factor=bool(passkey) or account.sealed_totp is not None)


def running_sign_ins(session: Session, *, account_id: str, now: datetime) -> list[SignIn]:
    """Return the sessions of an account that still run, the newest first."""
    return list(
        session.exec(
            select(SignIn)
            .where(SignIn.account_id == account_id)
            .where(col(SignIn.ended_at).is_(None))
            .where(col(SignIn.expires_at) > now)
            .order_by(col(SignIn.seen_at).desc())
        )
    )


def end_sign_in(session: Session, *, account_id: str, sign_in_id: str, clock: Clock) -> None:
    """End one session of an account, at once. Raises `NotFoundError` for another's."""
    row = session.get(SignIn, sign_in_id)
    if row is None or row.account_id != account_id:
        raise NotFoundError("there is no such session")
    row.ended_at = row.ended_at or clock()
    session.add(row)


def end_all_sign_ins(session: Session, *, account_id: str, but: str | None = None, clock: Clock) -> None:
    """End all sessions of an account, but one when it is named: after a new password, a recovery, an erasure."""
    session.exec(
        update(SignIn)
        .where(col(SignIn.account_id) == account_id)
        .where(col(SignIn.id) != (but or ""))
        .where(col(SignIn.ended_at).is_(None))
        .values(ended_at=clock())
    )


def hash_of(token: str) -> bytes:
    """Return what is stored of a secret of 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
