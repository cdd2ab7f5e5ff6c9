"""Tokens of public links: recomputable from a secret, so that a paper can be reprinted, and stored only hashed
(pure).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

TOKEN_BYTES = 18  # 144 bits: no padding in base64url, above the 128 of protocol.md


def link_token(secret: bytes, *, credential_id: str, version: int) -> str:
    """Return the token of a credential's link, 24 URL-safe characters; raising `version` makes another."""
    message = f"{credential_id}|{version}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")[:TOKEN_BYTES]).decode()


def token_hash(token: str) -> bytes:
    """Return what is stored of a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
