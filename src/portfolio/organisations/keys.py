"""The embedded key store: private keys of issuers in hosted custody, sealed under the master key, opened to sign."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair
from sqlmodel import Session, col, select

from portfolio.anchoring.models import ChainCall
from portfolio.anchoring.states import CallState
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError
from portfolio.organisations.models import Custody, Decision, DecisionKind, IssuerKey, Organisation, Purpose

SEED_BYTES = 32


class KeyNotReadyError(ConflictError):
    code = "key_not_ready"


class IssuerSuspendedError(ConflictError):
    code = "issuer_suspended"


@dataclass(frozen=True, slots=True)
class EmbeddedSigner:
    """Signs with a hosted key (a `credentials.signing.Signer`)."""

    public_key: bytes
    secret_key: bytes

    @classmethod
    def of_seed(cls, seed: bytes) -> EmbeddedSigner:
        """Make a signer of a 32-byte Ed25519 seed (RFC 8032 private key)."""
        public_key, secret_key = crypto_sign_seed_keypair(seed)
        return cls(public_key, secret_key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature."""
        return crypto_sign(message, self.secret_key)[:crypto_sign_BYTES]

    def __repr__(self) -> str:
        return f"EmbeddedSigner({self.public_key.hex()})"


def new_hosted_key(vault: Vault, *, organisation: Organisation, purpose: Purpose, now: datetime) -> IssuerKey:
    """Make a key pair whose private half is kept here, sealed."""
    seed = secrets.token_bytes(SEED_BYTES)
    signer = EmbeddedSigner.of_seed(seed)
    key = IssuerKey(
        organisation_id=organisation.id,
        purpose=purpose,
        custody=Custody.HOSTED,
        public_key=signer.public_key,
        created_at=now,
    )
    key.sealed_private_key = vault.seal(seed, context=f"issuer-key:{key.id}")
    return key


def present_key(session: Session, *, organisation: Organisation, purpose: Purpose) -> IssuerKey:
    """Return the newest key of this purpose that is good on chain: what an unknown key signed would be INVALID.

    A suspended issuer has none for credentials: what is anchored during a suspension is worth nothing.
    """
    if purpose is Purpose.CREDENTIAL and is_suspended(session, organisation=organisation):
        raise IssuerSuspendedError(
            f"{organisation.slug} is suspended: nothing can be issued until it is reinstated", slug=organisation.slug
        )
    key = session.exec(
        select(IssuerKey)
        .where(IssuerKey.organisation_id == organisation.id)
        .where(IssuerKey.purpose == purpose)
        .where(col(IssuerKey.retired_at).is_(None))
        .where(col(IssuerKey.active_at).is_not(None))
        .order_by(col(IssuerKey.created_at).desc())
    ).first()
    if key is None:
        raise KeyNotReadyError(
            f"{organisation.slug} has no {purpose} key on the chain yet: wait until the worker has registered it",
            slug=organisation.slug,
        )
    return key


def service_signer(vault: Vault) -> EmbeddedSigner:
    """Return the service's own signer of exports. Its key is on no chain and makes no credential valid."""
    return EmbeddedSigner.of_seed(vault.secret("export-signing"))


def is_suspended(session: Session, *, organisation: Organisation) -> bool:
    """Tell whether the issuer is suspended on chain, or is about to be: a decision stops it at once."""
    if organisation.suspended_from is not None:
        return True
    waiting = (
        select(Decision.id)
        .join(ChainCall, col(ChainCall.id) == col(Decision.call_id))
        .where(Decision.organisation_id == organisation.id)
        .where(Decision.kind == DecisionKind.SUSPEND)
        .where(col(Decision.settled_at).is_(None))
        .where(ChainCall.state != CallState.HELD)
    )
    return session.exec(waiting.limit(1)).first() is not None


def signer_of(vault: Vault, key: IssuerKey) -> EmbeddedSigner | None:
    """Return a signer for a hosted key, None for a key that is kept elsewhere."""
    if key.sealed_private_key is None:
        return None
    return EmbeddedSigner.of_seed(vault.open(key.sealed_private_key, context=f"issuer-key:{key.id}"))
