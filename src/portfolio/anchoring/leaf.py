"""What becomes a leaf: tagged SHA-256 digests of credentials, of claims and of audit heads (`docs/spec/digest.md`).

Pure: imports nothing but the standard library. The tag keeps a digest of one sort from ever passing for another's.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

TAG_CREDENTIAL: Final = sha256(b"portfolio/leaf/credential/v1").digest()
TAG_CLAIM: Final = sha256(b"portfolio/leaf/claim/v1").digest()
TAG_AUDIT: Final = sha256(b"portfolio/leaf/audit/v1").digest()

_HASH_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_SIGNING_INPUT_BYTES: Final = 2 * _HASH_BYTES


def credential_digest(options_quads: bytes, document_quads: bytes, signature: bytes) -> bytes:
    """Return the 32-byte digest of a credential from its canonical N-Quads and the 64 bytes of its signature.

    It covers exactly what was signed and the signature, so JSON that nobody signed cannot change it.
    Raises ValueError for a signature of another length.
    """
    return signed_digest(sha256(options_quads).digest() + sha256(document_quads).digest(), signature)


def signed_digest(signing_input: bytes, signature: bytes) -> bytes:
    """Return the same digest from the 64 bytes that were signed: two SHA-256, of the options and of the document."""
    if len(signing_input) != _SIGNING_INPUT_BYTES or len(signature) != _SIGNATURE_BYTES:
        raise ValueError("A credential digest needs 64 bytes that were signed and a signature of 64 bytes")
    return sha256(TAG_CREDENTIAL + signing_input + signature).digest()


def claim_digest(random: bytes, plaintext_sha256: bytes) -> bytes:
    """Return the digest of a holder's unsigned document from 32 random bytes and the SHA-256 of its plaintext.

    The random bytes keep equal documents apart and a guessed document from being recognised. Raises ValueError for
    another length of either.
    """
    if len(random) != _HASH_BYTES or len(plaintext_sha256) != _HASH_BYTES:
        raise ValueError("A claim digest needs 32 random bytes and a hash of 32 bytes")
    return sha256(TAG_CLAIM + random + plaintext_sha256).digest()


def audit_digest(head: bytes) -> bytes:
    """Return the digest of the head of an audit log, of any length."""
    return sha256(TAG_AUDIT + sha256(head).digest()).digest()
