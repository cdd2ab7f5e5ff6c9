"""A sign-in of one's own from 14, for a child whose portfolio a guardian has kept: an account on the same row."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import ClassVar, Final

from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, ForbiddenError, NotFoundError
from portfolio.i18n import N_, Language
from portfolio.jobs import Clock
from portfolio.people.accounts import AddressTakenError, address_hash, find_account
from portfolio.people.actors import Actor
from portfolio.people.consent import Age
from portfolio.people.guardians import age_at
from portfolio.people.journal import record_act
from portfolio.people.models import Account, AccountToken, Person, TokenPurpose
from portfolio.people.service import key_of_person
from portfolio.people.sign_ins import hash_of

GOOD_FOR: Final = timedelta(days=3)
_ID_LENGTH: Final = 36


class TooYoungError(ForbiddenError):
    code: ClassVar[str] = "too_young"


class HasAccountError(ConflictError):
    code: ClassVar[str] = "has_account"


def needs_sign_in(session: Session, *, vault: Vault, person_id: str, clock: Clock) -> bool:
    """Tell whether somebody is 14 or more and has no account of his own."""
    age = age_at(session, vault=vault, person_id=person_id, now=clock())
    return age in {Age.MINOR, Age.ADULT} and _account(session, person_id) is None


def offer_sign_in(
    session: Session, *, vault: Vault, person_id: str, address: str, actor: Actor, clock: Clock
) -> str | None:
    """Return the secret of a link with which the child takes his portfolio over; None when the address is taken.

    `address` is a normalised address. Raises `TooYoungError`, `HasAccountError`.
    """
    if age_at(session, vault=vault, person_id=person_id, now=clock()) is Age.CHILD:
        raise TooYoungError(N_("Under 14 a parent or guardian decides this."))
    if _account(session, person_id) is not None:
        raise HasAccountError(N_("There is an account with this address already."))
    if find_account(session, vault=vault, address=address) is not None:
        return None
    token, key = secrets.token_urlsafe(32), key_of_person(session, vault=vault, person_id=person_id)
    # Under the child's own key: an erasure takes it along.
    sealed = vault.seal_for(key, address.encode(), context=f"own-sign-in:{person_id}")
    session.add(
        AccountToken(
            purpose=TokenPurpose.OWN_SIGN_IN,
            token_hash=hash_of(token),
            value=person_id.encode() + sealed,
            expires_at=clock() + GOOD_FOR,
        )
    )
    record_act(session, actor=actor.name, act="sign_in.offer", subject=person_id, clock=clock)
    return token


def offered(session: Session, *, token: str, clock: Clock) -> AccountToken:
    """Return the offer of a link. Raises `NotFoundError`: unknown, used and too old answer alike."""
    row = session.exec(select(AccountToken).where(AccountToken.token_hash == hash_of(token))).first()
    is_good = row is not None and row.purpose is TokenPurpose.OWN_SIGN_IN and row.used_at is None
    if row is None or not is_good or clock() >= row.expires_at:
        raise NotFoundError("there is no such link")
    return row


def take_over(
    session: Session, *, vault: Vault, token: str, password_hash: str, language: Language, clock: Clock
) -> Account:
    """Make the account. Raises `NotFoundError`, `AddressTakenError`, `HasAccountError`."""
    row = offered(session, token=token, clock=clock)
    session.refresh(row, with_for_update=True)
    value = row.value or b""
    person_id, sealed = value[:_ID_LENGTH].decode(), value[_ID_LENGTH:]
    person = session.get_one(Person, person_id)
    if row.used_at is not None or person.erased_at is not None:
        raise NotFoundError("there is no such link")
    if _account(session, person_id) is not None:
        raise HasAccountError(N_("There is an account with this address already."))
    key = key_of_person(session, vault=vault, person_id=person_id)
    address = vault.open_for(key, sealed, context=f"own-sign-in:{person_id}").decode()
    if find_account(session, vault=vault, address=address) is not None:
        raise AddressTakenError(N_("There is an account with this address already."))
    account = Account(
        person_id=person_id,
        email_hash=address_hash(vault, address),
        sealed_email=vault.seal_for(key, address.encode(), context=f"address:{person_id}"),
        password_hash=password_hash,
        language=language,
        created_at=clock(),
        email_confirmed_at=clock(),
    )
    row.used_at, row.value = clock(), None
    session.add(row)
    session.add(account)
    session.flush()
    record_act(session, actor=f"account:{account.id}", act="sign_in.take_over", subject=person_id, clock=clock)
    return account


def _account(session: Session, person_id: str) -> Account | None:
    return session.exec(
        select(Account).where(Account.person_id == person_id).where(col(Account.closed_at).is_(None))
    ).first()
