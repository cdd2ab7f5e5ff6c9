"""Issuers elsewhere: credentials made and signed by an implementation that is not ours, and by hand where it cannot."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import based58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from openbadgeslib.ob3 import Achievement, IdentityObject, Issuer, OB3LdpSigner, OB3Signer, OpenBadgeCredential

from portfolio.achievements.dataintegrity import signed_message
from portfolio.credentials.canonical import multibase_of
from portfolio.credentials.statuslists import LIST_LENGTH, encode_bits

NOW = datetime.now(UTC).replace(microsecond=0)
LIST_URL = "https://badges.example/status/1"


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Elsewhere:
    """An issuer with one Ed25519 key; `did` is a did:key unless it is given a host."""

    def __init__(self, seed: int = 1, *, host: str | None = None) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
        self.multibase = multibase_of(self.private.public_key().public_bytes_raw())
        self.did = f"did:web:{host}" if host else f"did:key:{self.multibase}"
        self.method = f"{self.did}#{self.multibase}"
        self.pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def badge(self, **changes: Any) -> OpenBadgeCredential:
        values = {
            "issuer": Issuer(id=self.did, name="Курсы «Полюс»", url="https://badges.example"),
            "recipient_id": "did:example:holder",
            "achievement": Achievement(
                id="https://badges.example/python",
                name="Python для учителя",
                description="Курс на 36 часов",
                criteria_narrative="Сдан проект",
            ),
            "issuance_date": NOW - timedelta(days=3),
            "identifiers": [IdentityObject(identity_hash="Анна Ким", identity_type="name", hashed=False)],
        }
        return OpenBadgeCredential(**{**values, **changes})

    def signed(self, **changes: Any) -> dict[str, Any]:
        """An Open Badge with a Data Integrity proof, signed by openbadgeslib."""
        document: dict[str, Any] = json.loads(self.signer().sign_to_json(self.badge(**changes)))
        return document

    def signer(self) -> OB3LdpSigner:
        return OB3LdpSigner(self.pem, verification_method=self.method)

    def token(self, **changes: Any) -> str:
        return OB3Signer(self.pem, algorithm="EdDSA").sign(self.badge(**changes))

    def prove(self, document: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Sign any document here: for what openbadgeslib refuses to sign."""
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": instant(NOW - timedelta(days=1)),
            "verificationMethod": self.method,
            "proofPurpose": "assertionMethod",
            **changes,
        }
        signature = self.private.sign(signed_message(document, proof))
        return {**document, "proof": {**proof, "proofValue": "z" + based58.b58encode(signature).decode()}}

    def status_list(self, *places: int, **changes: Any) -> dict[str, Any]:
        document = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": LIST_URL,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.did,
            "validFrom": instant(NOW - timedelta(hours=1)),
            "validUntil": instant(NOW + timedelta(hours=1)),
            "credentialSubject": {
                "id": f"{LIST_URL}#list",
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": encode_bits(places, length=LIST_LENGTH),
            },
            **changes,
        }
        return self.prove({name: value for name, value in document.items() if value is not None})

    def did_document(self, **changes: Any) -> dict[str, Any]:
        method = {
            "id": self.method,
            "type": "Multikey",
            "controller": self.did,
            "publicKeyMultibase": self.multibase,
        }
        return {"id": self.did, "verificationMethod": [method], "assertionMethod": [self.method], **changes}


def entry(index: int = 7, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{LIST_URL}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": LIST_URL,
        **changes,
    }
