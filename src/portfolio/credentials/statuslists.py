"""Bitstring Status Lists: bits, the credentials that carry them, ours to the byte and anybody's as found. Pure.

Sources: W3C Bitstring Status List 1.0, Data Integrity EdDSA Cryptosuites 1.0. Our own form: `docs/spec/status-list.md`.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import based58
import orjson

from portfolio.credentials.canonical import (
    CONTEXTS,
    SIGNATURE_BYTES,
    StructureError,
    base58_of,
    key_of,
    multibase_of,
    signing_input,
    verify_signature,
)
from portfolio.credentials.shapes import canonical_proof, proof_options
from portfolio.credentials.signing import Signer, SigningError
from portfolio.credentials.statement import Statement, is_instant

LIST_LENGTH: Final = 131_072
"""Entries of a list: the least that the recommendation allows, for the privacy of the herd."""
MAX_INFLATED: Final = 4 * 1024 * 1024
"""Bytes that a list from elsewhere may inflate to: 33 million entries."""
REVOCATION: Final = "revocation"

_CLOCK_TOLERANCE: Final = 300
_BASE64URL: Final = "u"
_BASE64URL_TEXT: Final = re.compile(r"[A-Za-z0-9_-]+")
_LIST_URL: Final = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._-]+)+")
_DID: Final = re.compile(r"did:web:[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:%3A[1-9][0-9]{0,4})?(?::[A-Za-z0-9._-]+)*")
_CREDENTIAL_TYPES: Final = ("VerifiableCredential", "BitstringStatusListCredential")
_QUADS: Final = (
    "<{url}#list> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<https://www.w3.org/ns/credentials/status#BitstringStatusList> .\n"
    '<{url}#list> <https://www.w3.org/ns/credentials/status#encodedList> "{encoded}"'
    "^^<https://w3id.org/security#multibase> .\n"
    '<{url}#list> <https://www.w3.org/ns/credentials/status#statusPurpose> "revocation" .\n'
    "<{url}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<https://www.w3.org/2018/credentials#VerifiableCredential> .\n"
    "<{url}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<https://www.w3.org/ns/credentials/status#BitstringStatusListCredential> .\n"
    "<{url}> <https://www.w3.org/2018/credentials#credentialSubject> <{url}#list> .\n"
    "<{url}> <https://www.w3.org/2018/credentials#issuer> <{issuer}> .\n"
    '<{url}> <https://www.w3.org/2018/credentials#validFrom> "{valid_from}"'
    "^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
    '<{url}> <https://www.w3.org/2018/credentials#validUntil> "{valid_until}"'
    "^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
)


def encode_bits(places: Iterable[int], *, length: int = LIST_LENGTH) -> str:
    """Return `encodedList`: bit 0 is the first byte's highest, GZIP, base64url without padding after "u"."""
    bits = bytearray(length // 8)
    for place in places:
        if not 0 <= place < length:
            raise ValueError("a place outside the list")
        bits[place >> 3] |= 0x80 >> (place & 7)
    return _BASE64URL + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def decode_bits(encoded: str, *, limit: int = MAX_INFLATED) -> bytes:
    """Return the bits of an `encodedList`. Raises `StructureError` "bad_status_list", also beyond `limit` bytes."""
    text = encoded.removeprefix(_BASE64URL)
    if not encoded.startswith(_BASE64URL) or not _BASE64URL_TEXT.fullmatch(text) or len(text) > 2 * limit:
        raise _bad("encodedList", "The list is not base64url in multibase")
    inflating = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        bits = inflating.decompress(packed, limit + 1)  # never more, whatever the file says of its size
    except (binascii.Error, zlib.error):
        raise _bad("encodedList", "The list is not GZIP") from None
    if len(bits) > limit or not inflating.eof or inflating.unused_data:
        raise _bad("encodedList", "The list is cut off, goes on after its end, or is too large")
    return bits


def bit_at(bits: bytes, place: int) -> bool:
    """Return one entry; raises `StructureError` for a place outside the list."""
    if not 0 <= place < 8 * len(bits):
        raise _bad("statusListIndex", "The place lies outside the list")
    return bool(bits[place >> 3] & (0x80 >> (place & 7)))


def _bad(path: str, message: str) -> StructureError:
    return StructureError("bad_status_list", path, message)


# ------------------------------------------------------------------ our own lists, one form


@dataclass(frozen=True, slots=True)
class OwnList:
    """What an issuer's STATUS key signs: which places of the list at `url` are revoked, from when till when."""

    url: str
    issuer_did: str
    valid_from: str
    valid_until: str
    encoded: str

    def __post_init__(self) -> None:
        if not _LIST_URL.fullmatch(self.url) or not _DID.fullmatch(self.issuer_did):
            raise _bad("id", "The list or its issuer is not named as such")
        if not is_instant(self.valid_from) or not is_instant(self.valid_until) or self.valid_until < self.valid_from:
            raise _bad("validUntil", "The list is not in force for a time that exists")
        if not self.encoded.startswith(_BASE64URL) or not _BASE64URL_TEXT.fullmatch(self.encoded):
            raise _bad("encodedList", "The list is not base64url in multibase")

    def document(self) -> dict[str, Any]:
        """Return the unsigned credential."""
        return {
            "@context": [CONTEXTS[0]],
            "id": self.url,
            "type": list(_CREDENTIAL_TYPES),
            "issuer": self.issuer_did,
            "validFrom": self.valid_from,
            "validUntil": self.valid_until,
            "credentialSubject": {
                "id": f"{self.url}#list",
                "type": "BitstringStatusList",
                "statusPurpose": REVOCATION,
                "encodedList": self.encoded,
            },
        }

    def quads(self) -> bytes:
        """Return its canonical N-Quads: no node is blank, so RDFC-1.0 is these lines in their order."""
        return _QUADS.format(
            url=self.url,
            issuer=self.issuer_did,
            encoded=self.encoded,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        ).encode()


def sign_list(unsigned: OwnList, signer: Signer) -> bytes:
    """Sign as eddsa-rdfc-2022, created at `validFrom`; returns the credential as JSON. Raises `SigningError`."""
    method = f"{unsigned.issuer_did}#{multibase_of(signer.public_key)}"
    message = _message(unsigned, method)
    signature = signer.sign(message)
    if not verify_signature(signer.public_key, message, signature):
        raise SigningError("The signer gave a signature that does not verify")
    options = proof_options(created=unsigned.valid_from, verification_method=method)
    value = "z" + based58.b58encode(signature).decode("ascii")
    return orjson.dumps({**unsigned.document(), "proof": {**options, "proofValue": value}})


def read_own_list(document: Mapping[str, Any]) -> OwnList:
    """Read a signed list of exactly our form. Raises `StructureError` for any other, and for a wrong signature."""
    subject, proof = document.get("credentialSubject"), document.get("proof")
    if not isinstance(subject, dict) or not isinstance(proof, dict):
        raise _bad("", "The list has another form")
    given = [document.get(name) for name in ("id", "issuer", "validFrom", "validUntil")] + [subject.get("encodedList")]
    given += [proof.get("verificationMethod"), proof.get("proofValue")]
    if not all(isinstance(value, str) for value in given):
        raise _bad("", "The list has another form")
    url, issuer, valid_from, valid_until, encoded, method, value = map(str, given)
    found = OwnList(url, issuer, valid_from, valid_until, encoded)
    options = proof_options(created=valid_from, verification_method=method)
    if document != {**found.document(), "proof": {**options, "proofValue": value}}:
        raise _bad("", "The list has another form")
    named, _, multibase = method.partition("#")
    signature = base58_of(value, "proofValue")
    if named != issuer or len(signature) != SIGNATURE_BYTES:
        raise _bad("proof", "The proof is not one of the issuer")
    if not _signed(key_of(multibase), _message(found, method), signature):
        raise _bad("proof", "The signature does not fit")
    return found


def _message(unsigned: OwnList, method: str) -> bytes:
    options = canonical_proof(created=unsigned.valid_from, verification_method=method)
    return signing_input(options, unsigned.quads())


_signed = lru_cache(maxsize=4096)(verify_signature)
"""Credentials of one batch carry one and the same list."""

_inflated = lru_cache(maxsize=64)(decode_bits)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list that is in force says of one credential; `signed_at` is its `validFrom` in unix seconds."""

    revoked: bool
    signed_at: int


def listed(snapshot: Mapping[str, Any] | None, statement: Statement, *, now: int) -> Listed | None:
    """Return what the list that came with a credential says of it; None where it says nothing.

    It says nothing when it is absent, not of our form, wrongly signed, of another list or issuer, too short, or not in
    force at `now`. Whether the key that signed is the issuer's is not known here: that is why it decides nothing.
    """
    if snapshot is None:
        return None
    try:
        if not _in_force(snapshot, now):
            return None
        found = read_own_list(snapshot)
        if found.url != statement.status_list or found.issuer_did != statement.issuer_did:
            return None
        bits = _inflated(found.encoded, limit=LIST_LENGTH // 8)
        return Listed(bit_at(bits, statement.status_index), _seconds(found.valid_from))
    except StructureError:
        return None


def _in_force(snapshot: Mapping[str, Any], now: int) -> bool:
    """Look at the two times first: a signature costs more, and old bundles carry old lists."""
    first, last = snapshot.get("validFrom"), snapshot.get("validUntil")
    if not isinstance(first, str) or not isinstance(last, str) or not is_instant(first) or not is_instant(last):
        return False
    return _seconds(first) - _CLOCK_TOLERANCE <= now <= _seconds(last)


def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())
