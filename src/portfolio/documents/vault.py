"""What the slices need of the master keys, in one object: sealing for a row, keys of persons, secrets for HMACs."""

from __future__ import annotations

import hmac

from portfolio.documents.encryption import (
    MasterKeys,
    bind,
    derive,
    new_person_key,
    person_key,
    seal,
    unseal,
    unwrap,
    wrap,
)


class Vault:
    """Seals and opens. A `context` names what and whose a ciphertext is; under another context it does not open."""

    def __init__(self, master: MasterKeys) -> None:
        self.master = master

    def seal(self, secret: bytes, *, context: str) -> bytes:
        """Seal a short secret (a private key) under the master key."""
        return wrap(self.master, secret, bind("secret", context))

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Return what `seal` sealed; raises `SealError`."""
        return unwrap(self.master, sealed, bind("secret", context))

    def new_person_key(self, person_id: str) -> tuple[bytes, bytes]:
        """Return a new key of a person: as stored (sealed) and as used (32 bytes)."""
        sealed = new_person_key(self.master, person_id)
        return sealed, person_key(self.master, person_id, sealed)

    def open_person_key(self, sealed: bytes, *, person_id: str) -> bytes:
        """Return a person's key (32 bytes); raises `SealError` when it is another's."""
        return person_key(self.master, person_id, sealed)

    @staticmethod
    def seal_for(key: bytes, plaintext: bytes, *, context: str) -> bytes:
        """Seal data under a person's key."""
        return seal(key, plaintext, bind("data", context))

    @staticmethod
    def open_for(key: bytes, sealed: bytes, *, context: str) -> bytes:
        """Return what `seal_for` sealed; raises `SealError`."""
        return unseal(key, sealed, bind("data", context))

    def secret(self, purpose: str) -> bytes:
        """Return the 32-byte secret of one purpose."""
        return derive(self.master, purpose)

    def hmac(self, purpose: str, *parts: str) -> bytes:
        """Return HMAC-SHA-256 of the parts under the purpose's secret; the parts are length-prefixed."""
        return hmac.digest(self.secret(purpose), bind(purpose, *parts), "sha256")
