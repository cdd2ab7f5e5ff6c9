"""Passkeys (WebAuthn, level 3): registered, used to sign in, removed. The ceremony itself is py_webauthn's."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from sqlmodel import Session, col, select
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.models import Account, AccountToken, Passkey, TokenPurpose
from portfolio.people.sign_ins import hash_of

CHALLENGE_MINUTES: Final = 5
AT_MOST: Final = 20


class PasskeyRefusedError(PortfolioError):
    status = 422
    code = "passkey_refused"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The service as WebAuthn names it: a host name, an origin, a name to show."""

    host: str
    origin: str
    name: str

    @property
    def can_have_passkeys(self) -> bool:
        """Whether browsers take passkeys here: they belong to a host name, never to a bare IP address."""
        return not self.host.replace(".", "").isdigit() and ":" not in self.host

    @classmethod
    def of(cls, public_url: str) -> RelyingParty:
        parts = urlsplit(public_url)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", "Портфолио")


def registration_options(session: Session, *, account: Account, label: str, party: RelyingParty, clock: Clock) -> str:
    """Return the options of a registration as JSON, and keep their challenge."""
    known = session.exec(select(Passkey.credential_id).where(Passkey.account_id == account.id)).all()
    if len(known) >= AT_MOST:
        raise PasskeyRefusedError(N_("There are very many passkeys already. Remove one first."))
    options = generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=account.id.encode(),
        user_name=label,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    _keep_challenge(session, options.challenge, account.id, clock)
    return options_to_json(options)


def register(
    session: Session, *, account: Account, response: dict[str, Any], label: str, party: RelyingParty, clock: Clock
) -> Passkey:
    """Keep a new passkey. Raises `PasskeyRefusedError`."""
    challenge = _used_challenge(session, response, account.id, clock)
    try:
        verified = verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise PasskeyRefusedError(N_("The passkey could not be taken. Try once more.")) from None
    passkey = Passkey(
        account_id=account.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        label=label[:60],
        created_at=clock(),
    )
    session.add(passkey)
    session.flush()
    return passkey


def sign_in_options(session: Session, *, party: RelyingParty, clock: Clock) -> str:
    """Return the options of a sign-in as JSON: the device offers its passkeys, no account is named."""
    options = generate_authentication_options(rp_id=party.host, user_verification=UserVerificationRequirement.REQUIRED)
    _keep_challenge(session, options.challenge, None, clock)
    return options_to_json(options)


def account_of_passkey(session: Session, *, response: dict[str, Any], party: RelyingParty, clock: Clock) -> Account:
    """Return the account that a passkey signs in. Raises `PasskeyRefusedError`, the same for everything."""
    refusal = PasskeyRefusedError(N_("This passkey does not open any account here."))
    challenge = _used_challenge(session, response, None, clock)
    try:
        raw_id = base64url_to_bytes(str(response["rawId"]))
    except (ValueError, KeyError):
        raise refusal from None
    passkey = session.exec(select(Passkey).where(Passkey.credential_id == raw_id)).first()
    if passkey is None:
        raise refusal
    try:
        verified = verify_authentication_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise refusal from None
    passkey.sign_count = verified.new_sign_count
    passkey.used_at = clock()
    session.add(passkey)
    account = session.get_one(Account, passkey.account_id)
    if account.closed_at is not None:
        raise refusal
    return account


def passkeys_of(session: Session, *, account_id: str) -> list[Passkey]:
    """Return an account's passkeys, the oldest first."""
    return list(session.exec(select(Passkey).where(Passkey.account_id == account_id).order_by(col(Passkey.created_at))))


def remove_passkey(session: Session, *, account_id: str, passkey_id: str) -> None:
    """Remove a passkey of an account. Raises `NotFoundError` for another's."""
    passkey = session.get(Passkey, passkey_id)
    if passkey is None or passkey.account_id != account_id:
        raise NotFoundError("there is no such passkey")
    session.delete(passkey)
    session.flush()


def _keep_challenge(session: Session, challenge: bytes, account_id: str | None, clock: Clock) -> None:
    session.add(
        AccountToken(
            account_id=account_id,
            purpose=TokenPurpose.PASSKEY,
            token_hash=hash_of(challenge.hex()),
            value=challenge,
            expires_at=clock() + timedelta(minutes=CHALLENGE_MINUTES),
        )
    )


def _used_challenge(session: Session, response: dict[str, Any], account_id: str | None, clock: Clock) -> bytes:
    """Return the challenge that a response answers, once: it must be one of ours, of this account, and fresh."""
    try:
        said = orjson.loads(base64url_to_bytes(str(response["response"]["clientDataJSON"])))
        challenge = base64url_to_bytes(str(said["challenge"]))
    except (ValueError, KeyError, TypeError):
        raise PasskeyRefusedError(N_("The passkey could not be taken. Try once more.")) from None
    row = session.exec(select(AccountToken).where(AccountToken.token_hash == hash_of(challenge.hex()))).first()
    fits = (
        row is not None
        and row.purpose is TokenPurpose.PASSKEY
        and row.account_id == account_id
        and row.used_at is None
        and clock() < row.expires_at
    )
    if row is None or not fits or not secrets.compare_digest(row.value or b"", challenge):
        raise PasskeyRefusedError(N_("That took too long. Try once more."))
    row.used_at = clock()
    session.add(row)
    return challenge
