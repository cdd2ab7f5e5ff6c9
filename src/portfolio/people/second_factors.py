"""The second factor: time-based codes (RFC 6238) and the codes on paper that stand in for a lost device."""

from __future__ import annotations

import secrets
from typing import Final

import pyotp
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.jobs import Clock
from portfolio.people.models import Account, Passkey, RecoveryCode
from portfolio.people.sign_ins import hash_of

STEP: Final = 30
"""Seconds that a code is shown; one step before and after is taken too, for clocks that are off."""
CODES: Final = 10
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another


def new_totp_secret() -> str:
    """Return a new secret (base32, 160 bits) to be shown to its owner until he confirms it with a code."""
    return pyotp.random_base32()


def totp_uri(secret: str, *, address: str, issuer: str) -> str:
    """Return the `otpauth:` address that authenticator applications read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=issuer)


def set_totp(session: Session, *, vault: Vault, account: Account, secret: str, code: str, clock: Clock) -> bool:
    """Keep a secret once a code proves that its owner has it; False for a wrong code."""
    step = _step_of(secret, code, clock)
    if step is None:
        return False
    account.sealed_totp = vault.seal(secret.encode(), context=f"totp:{account.id}")
    account.totp_step = step
    session.add(account)
    return True


def use_totp(session: Session, *, vault: Vault, account: Account, code: str, clock: Clock) -> bool:
    """Tell whether a code is the account's and was not used before (RFC 6238, section 5.2)."""
    if account.sealed_totp is None:
        return False
    secret = vault.open(account.sealed_totp, context=f"totp:{account.id}").decode()
    step = _step_of(secret, code, clock)
    if step is None:
        return False
    taken = session.exec(
        update(Account).where(col(Account.id) == account.id).where(col(Account.totp_step) < step).values(totp_step=step)
    )
    return bool(taken.rowcount)


def remove_totp(session: Session, *, account: Account) -> None:
    """Forget the secret; the caller made sure that another factor is left where one is compulsory."""
    account.sealed_totp = None
    account.totp_step = None
    session.add(account)


def new_recovery_codes(session: Session, *, account: Account) -> list[str]:
    """Replace the codes on paper; returned this once, to be printed."""
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id))
    codes = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3)) for _ in range(CODES)]
    session.add_all(RecoveryCode(account_id=account.id, code_hash=_code_hash(account.id, code)) for code in codes)
    session.flush()
    return codes


def use_recovery_code(session: Session, *, account: Account, code: str, clock: Clock) -> bool:
    """Tell whether a code on paper is the account's and unused; it is used up by this."""
    taken = session.exec(
        update(RecoveryCode)
        .where(col(RecoveryCode.account_id) == account.id)
        .where(col(RecoveryCode.code_hash) == _code_hash(account.id, code))
        .where(col(RecoveryCode.used_at).is_(None))
        .values(used_at=clock())
    )
    return bool(taken.rowcount)


def recovery_codes_left(session: Session, *, account_id: str) -> int:
    """Return how many codes on paper are unused."""
    rows = session.exec(
        select(RecoveryCode.id).where(RecoveryCode.account_id == account_id).where(col(RecoveryCode.used_at).is_(None))
    )
    return len(rows.all())


def has_second_factor(session: Session, *, account: Account) -> bool:
    """Tell whether the account has a second factor of any kind."""
    passkey = session.exec(select(Passkey.id).where(Passkey.account_id == account.id).limit(1)).first()
    return account.sealed_totp is not None or passkey is not None


def _step_of(secret: str, code: str, clock: Clock) -> int | None:
    digits = "".join(code.split())
    now = int(clock().timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.at(step * STEP).encode(), digits.encode("utf-8", "replace")):
            return step
    return None


def _code_hash(account_id: str, code: str) -> bytes:
    cleaned = "".join(letter for letter in code.upper() if letter.isalnum())
    return hash_of(f"{account_id}:{cleaned}")
