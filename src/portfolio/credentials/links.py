"""Tokens of public links, recomputable from a secret so that a paper can be reprinted, and the short codes of papers.

Pure. A token is stored only hashed; a short code follows from what was signed, so every verifier shows the same one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

SHORT_CODE_TAG = b"portfolio/short-code/v1"
SHORT_CODE_LENGTH = 12  # of 5 bits each
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OILОЗАВЕКМНРСТУХ", "01103ABEKMHPCTYX")  # digits taken for letters, and Cyrillic look-alikes

TOKEN_BYTES = 18  # 144 bits: no padding in base64url, above the 128 of protocol.md


def link_token(secret: bytes, *, credential_id: str, version: int) -> str:
    """Return the token of a credential's link, 24 URL-safe characters; raising `version` makes another."""
    message = f"{credential_id}|{version}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")[:TOKEN_BYTES]).decode()


def token_hash(token: str) -> bytes:
    """Return what is stored of a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def short_code(digest: bytes) -> str:
    """Return the code of a paper, "XXXX-XXXX-XXXX": 60 bits that follow from the credential digest.

    It is compared by eye and typed by hand (Crockford's base32: no I, L, O or U); no secret, and too short to stand for
    the digest against somebody who may choose what is signed.
    """
    number = int.from_bytes(hashlib.sha256(SHORT_CODE_TAG + digest).digest()[:8], "big") >> 4
    signs = "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(SHORT_CODE_LENGTH)))
    return "-".join(signs[start : start + 4] for start in range(0, SHORT_CODE_LENGTH, 4))


def read_short_code(text: str) -> str | None:
    """Return a typed code as `short_code` writes it, or None where it cannot be one.

    Case, spaces and hyphens are free; O, I and L are the digits they look like, Cyrillic letters the Latin ones.
    """
    signs = "".join(sign for sign in text.upper() if not sign.isspace() and sign not in "-–—").translate(_MISREAD)
    if len(signs) != SHORT_CODE_LENGTH or not set(signs) <= set(_CROCKFORD):
        return None
    return "-".join(signs[start : start + 4] for start in range(0, SHORT_CODE_LENGTH, 4))
