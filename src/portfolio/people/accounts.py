"""Accounts: made, found by address, their password, closed. An address is found by its HMAC and read under a key."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import cache
from typing import ClassVar, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, select

from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, PortfolioError
from portfolio.i18n import N_, Language
from portfolio.jobs import Clock
from portfolio.notifications.mailer import MailRefusedError, address_header
from portfolio.people.models import Account
from portfolio.people.service import Profile, key_of_person, new_own_person

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
_ADDRESS: Final = re.compile(
    r"[^@\s\x00-\x1f<>,;:\"()\[\]\\]{1,64}@[^@\s\x00-\x1f<>,;:\"()\[\]\\]{1,250}\.[^@\s.\d]{2,63}"
)
_NO_ADDRESS: Final = N_("This is not an e-mail address. It looks like name@example.ru.")
# A password that everybody tries first is none (NIST SP 800-63B, 3.1.1.2); the rest is left to its owner.
_GUESSED: Final = frozenset(
    {
        *("1234567890", "12345678901", "123456789012", "0123456789", "9876543210", "0987654321"),
        *("qwertyuiop", "qwertyuiop1", "qwerty12345", "qwerty123456", "1q2w3e4r5t", "1q2w3e4r5t6y"),
        *("1qaz2wsx3edc", "zaq12wsxcde3", "qazwsxedcr", "asdfghjkl1", "йцукенгшщз"),
        *("password123", "password1234", "iloveyou123", "parol12345", "privet12345"),
        *("привет12345", "пароль12345", "пароль1234567"),
    }
)


class BadAddressError(PortfolioError):
    status = 422
    code = "bad_address"


class WeakPasswordError(PortfolioError):
    status = 422
    code = "weak_password"


class AddressTakenError(ConflictError):
    """There is an account already; never told to a visitor, who gets the same answer as for a new one."""

    code: ClassVar[str] = "address_taken"


@cache
def _hasher() -> PasswordHasher:
    # OWASP's second choice for Argon2id: 19 MiB, 2 passes: 34 ms on one core, so that sign-ins do not starve others.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("nobody's password")


def normalise_address(address: str) -> str:
    """Return an e-mail address as it is compared, or raise `BadAddressError`."""
    cleaned = unicodedata.normalize("NFC", address.strip())
    if len(cleaned) > 254 or not _ADDRESS.fullmatch(cleaned):  # noqa: PLR2004  RFC 5321, section 4.5.3.1.3
        raise BadAddressError(_NO_ADDRESS)
    folded = cleaned.casefold()
    try:
        address_header(folded)
    except MailRefusedError:  # no letter could go there: a domain like `x..ru`
        raise BadAddressError(_NO_ADDRESS) from None
    return folded


def check_password(password: str) -> str:
    """Return a password that may be set, or raise `WeakPasswordError`."""
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPasswordError(N_("A password has at least 10 characters. A short sentence is a good one."))
    if len(password) > LONGEST_PASSWORD:
        raise WeakPasswordError(N_("A password has at most 200 characters."))
    if password.casefold() in _GUESSED or len(set(password)) < 4:  # noqa: PLR2004
        raise WeakPasswordError(N_("This password is among the first that anybody would try. Choose another."))
    return password


def strong_enough(password: str) -> str:
    """Check a password as forms do: raises `ValueError` with the sentence for the reader."""
    try:
        return check_password(password)
    except WeakPasswordError as error:
        raise ValueError(error.message) from None


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password."""
    return _hasher().hash(unicodedata.normalize("NFC", password))


def password_fits(stored: str | None, password: str) -> bool:
    """Tell whether a password is that of a stored hash; without one it takes as long to say no (fault 97)."""
    try:
        fits = _hasher().verify(stored or _nobodys_hash(), unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def create_account(
    session: Session,
    *,
    vault: Vault,
    address: str,
    profile: Profile,
    password_hash: str | None,
    language: Language,
    clock: Clock,
    confirmed_at: datetime | None = None,
) -> Account:
    """Make an account with a person of its own. Raises `AddressTakenError`, `BadAddressError`."""
    address = normalise_address(address)
    if find_account(session, vault=vault, address=address) is not None:
        raise AddressTakenError("there is an account with this address")
    person = new_own_person(session, vault=vault, profile=profile, clock=clock)
    account = Account(
        person_id=person.id,
        email_hash=address_hash(vault, address),
        sealed_email=vault.seal_for(person.key, address.encode(), context=f"address:{person.id}"),
        password_hash=password_hash,
        language=language,
        created_at=clock(),
        email_confirmed_at=confirmed_at,
    )
    session.add(account)
    session.flush()
    return account


def find_account(session: Session, *, vault: Vault, address: str) -> Account | None:
    """Return the account of a normalised address, or None."""
    return session.exec(select(Account).where(Account.email_hash == address_hash(vault, address))).first()


def address_hash(vault: Vault, address: str) -> bytes:
    """Return what an address is found by."""
    return vault.hmac("address", address)


def address_of(session: Session, *, vault: Vault, account: Account) -> str:
    """Return the e-mail address of an account."""
    key = key_of_person(session, vault=vault, person_id=account.person_id)
    return vault.open_for(key, account.sealed_email, context=f"address:{account.person_id}").decode()
