"""A set of credentials as one signed file: the Comprehensive Learner Record 2.0 of 1EdTech. Pure.

Every credential in it stays as its issuer signed it; the signature around them says no more than who put them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import based58
import orjson

from portfolio.achievements.contexts import CLR_CONTEXT, known_context
from portfolio.achievements.dataintegrity import signed_message
from portfolio.credentials.canonical import CONTEXTS, canonical_document, multibase_of, verify_signature
from portfolio.credentials.shapes import proof_options
from portfolio.credentials.signing import Signer, SigningError
from portfolio.errors import PortfolioError

MAX_CREDENTIALS: Final = 200


class NothingToExportError(PortfolioError):
    status = 422
    code = "nothing_to_export"


def compose_record(
    *,
    record_id: str,
    subject_id: str,
    issuer_did: str,
    issuer_name: str,
    valid_from: str,
    credentials: Sequence[Mapping[str, Any]],
    replaced: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Return the unsigned ClrCredential of signed credentials of ours, in their order.

    Ids are `urn:uuid`, `valid_from` an instant in UTC. `replaced` holds pairs of credential ids, the old one and the
    one given in its place: an association of their achievements. Raises `NothingToExportError` for none or too many.
    """
    ids = {credential["id"] for credential in credentials}
    if not 0 < len(ids) == len(credentials) <= MAX_CREDENTIALS:
        raise NothingToExportError(f"a record holds from 1 to {MAX_CREDENTIALS} different credentials")
    subject: dict[str, Any] = {
        "id": subject_id,
        "type": "ClrSubject",
        "verifiableCredential": [dict(credential) for credential in credentials],
    }
    associations = [
        {
            "type": "Association",
            "associationType": "replacedBy",
            "sourceId": f"{old}#achievement",
            "targetId": f"{new}#achievement",
        }
        for old, new in replaced
        if {old, new} <= ids
    ]
    if associations:
        subject["association"] = associations
    return {
        "@context": [CONTEXTS[0], CLR_CONTEXT, CONTEXTS[1]],
        "id": record_id,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Портфолио достижений",
        "partial": True,
        "issuer": {"id": issuer_did, "type": "Profile", "name": issuer_name},
        "validFrom": valid_from,
        "credentialSubject": subject,
    }


def sign_record(record: Mapping[str, Any], signer: Signer) -> bytes:
    """Sign a record as eddsa-rdfc-2022, created at its `validFrom`; returns JSON. Raises `SigningError`."""
    method = f"{record['issuer']['id']}#{multibase_of(signer.public_key)}"
    proof = proof_options(created=record["validFrom"], verification_method=method)
    # A record of ours may be long: the bounds are for what strangers send.
    quads = canonical_document(record, context_at=known_context)
    message = signed_message(record, proof, quads=quads)
    signature = signer.sign(message)
    if not verify_signature(signer.public_key, message, signature):
        raise SigningError("The signer gave a signature that does not verify")
    value = "z" + based58.b58encode(signature).decode("ascii")
    return orjson.dumps({**record, "proof": {**proof, "proofValue": value}})
