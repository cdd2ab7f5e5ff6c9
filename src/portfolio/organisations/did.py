"""`did:web` identifiers and documents of issuers (W3C DID Core, did:web method)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portfolio.credentials.canonical import multibase_of

DID_CONTEXTS = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]


def did_web(host: str, slug: str) -> str:
    """Return the DID of the issuer `slug` under a lower-case ASCII host; a port is percent-encoded as did:web asks."""
    return f"did:web:{host.replace(':', '%3A')}:o:{slug}"


def did_of_service(host: str) -> str:
    """Return the DID of the service itself: it signs exports, and no credential."""
    return f"did:web:{host.replace(':', '%3A')}"


def did_document(did: str, public_keys: Sequence[bytes]) -> dict[str, Any]:
    """Return the DID document with every present key (32 raw bytes each) as an assertion method."""
    methods = [
        {
            "id": f"{did}#{multibase_of(key)}",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": multibase_of(key),
        }
        for key in public_keys
    ]
    return {
        "@context": DID_CONTEXTS,
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
