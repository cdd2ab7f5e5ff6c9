"""Signing statements as eddsa-rdfc-2022 and reading signed credentials strictly: prepare, sign, attach; the way back.

Pure. Source: W3C Data Integrity EdDSA Cryptosuites 1.0. What a credential's digest covers: `docs/spec/digest.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

import based58
import orjson
from tiny_keccak import keccak256

from portfolio.anchoring.leaf import signed_digest
from portfolio.credentials.canonical import (
    SIGNATURE_BYTES,
    StructureError,
    base58_of,
    is_good_public_key,
    is_good_signature_form,
    key_of,
    multibase_of,
    parse_json,
    signing_input,
    verify_signature,
)
from portfolio.credentials.openbadges import extract
from portfolio.credentials.shapes import canonical_proof, canonical_statement, proof_options, written_statement
from portfolio.credentials.statement import Statement
from portfolio.errors import PortfolioError

_PROOF_MEMBERS: Final = frozenset({*proof_options(created="", verification_method=""), "proofValue"})


class SigningError(PortfolioError):
    """A key or a signature that must not leave this process as a credential."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "bad_signature"


class Signer(Protocol):
    """Whoever holds an Ed25519 private key."""

    @property
    def public_key(self) -> bytes:
        """The raw 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the Ed25519 signature (RFC 8032) of `message`."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement and the 64 bytes to sign for it."""

    statement: Statement
    created: str
    verification_method: str
    signing_input: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed credential as JSON bytes, and the 32-byte digest that becomes its leaf."""

    document: bytes
    digest: bytes
    statement: Statement


@dataclass(frozen=True, slots=True)
class SignedCredential:
    """A credential whose form is right in every detail; only where it is `genuine` did the key sign it."""

    statement: Statement
    public_key: bytes
    signature: bytes
    signing_input: bytes
    genuine: bool  # `verify_signature` of the three above: costly, so found out once
    digest: bytes
    issuer_id: bytes  # keccak256 of the issuer's DID, as in the contracts
    document: Mapping[str, Any]


def prepare(statement: Statement, *, public_key: bytes) -> Prepared:
    """Return what has to be signed with the private half of `public_key` (raw 32 bytes).

    `created` of the proof is the statement's `valid_from`. Raises `SigningError` for a key that verifiers refuse.
    """
    if not is_good_public_key(public_key):
        raise SigningError("The public key is not an Ed25519 key that all verifiers accept: make a new one")
    method = f"{statement.issuer_did}#{multibase_of(public_key)}"
    options = canonical_proof(created=statement.valid_from, verification_method=method)
    return Prepared(
        statement=statement,
        created=statement.valid_from,
        verification_method=method,
        signing_input=signing_input(options, canonical_statement(statement)),
        public_key=public_key,
    )


def attach(prepared: Prepared, signature: bytes) -> bytes:
    """Return the signed credential as JSON. Raises `SigningError` unless the signature fits what was prepared."""
    if not verify_signature(prepared.public_key, prepared.signing_input, signature):
        raise SigningError("The signature does not fit the credential and the key: sign exactly the prepared bytes")
    proof = proof_options(created=prepared.created, verification_method=prepared.verification_method)
    proof["proofValue"] = "z" + based58.b58encode(signature).decode("ascii")
    unsigned = written_statement(prepared.statement)
    return unsigned[:-1] + b',"proof":' + orjson.dumps(proof) + b"}"


def issue(statement: Statement, signer: Signer) -> Signed:
    """Sign a statement. Raises `SigningError` when the signer answers with anything but its own good signature."""
    prepared = prepare(statement, public_key=signer.public_key)
    signature = signer.sign(prepared.signing_input)
    document = attach(prepared, signature)
    return Signed(document, signed_digest(prepared.signing_input, signature), statement)


def read_credential(data: bytes | Mapping[str, Any]) -> SignedCredential:
    """Read JSON, or a document that `parse_json` gave, as a signed credential of a known version.

    Raises `StructureError` for everything that is not exactly that. The digest is computed from the statement that was
    understood, so what is not signed or not shown cannot change it. A signature that does not fit is told by `genuine`.
    """
    document = parse_json(data) if isinstance(data, bytes) else data
    if not isinstance(document, dict):
        raise StructureError("not_an_object", "", "The credential is not a JSON object")
    if "proof" not in document:
        raise StructureError("missing_member", "proof", "The credential is not signed: it has no proof")
    statement = extract({name: value for name, value in document.items() if name != "proof"})
    public_key, signature = _read_proof(document["proof"], statement)
    prepared = prepare(statement, public_key=public_key)
    genuine = verify_signature(public_key, prepared.signing_input, signature)
    # One that fits is of good form, which costs nearly as much to see again.
    if not genuine and not is_good_signature_form(signature):
        raise _bad_signature()
    return SignedCredential(
        statement=statement,
        public_key=public_key,
        signature=signature,
        signing_input=prepared.signing_input,
        genuine=genuine,
        digest=signed_digest(prepared.signing_input, signature),
        issuer_id=keccak256(statement.issuer_did.encode("utf-8")),
        document=document,
    )


def statement_kept(data: bytes) -> Statement:
    """Return what a signed credential says that came out of our own safekeeping, whose seal nobody else can make.

    The signature is not checked, which costs four times the reading: whatever decides or verifies asks
    `read_credential`. Raises `StructureError`.
    """
    document = parse_json(data)
    return extract({name: value for name, value in document.items() if name != "proof"})


def _read_proof(proof: Any, statement: Statement) -> tuple[bytes, bytes]:
    """Return the public key and the signature of the one proof that a credential of this statement can have.

    Of the signature only the length is seen to.
    """
    _require_proof_members(proof)
    issuer, _, multibase = proof["verificationMethod"].partition("#")
    if issuer != statement.issuer_did:
        raise StructureError("foreign_key", "proof.verificationMethod", "The key is not named under the issuer")
    expected = proof_options(created=statement.valid_from, verification_method=proof["verificationMethod"])
    for name, value in expected.items():
        if proof[name] != value:
            raise StructureError("wrong_value", f"proof.{name}", "A member of the proof has another value than it must")
    public_key = key_of(multibase)
    if not is_good_public_key(public_key):
        raise StructureError(
            "bad_key", "proof.verificationMethod", "The key is one under which signatures prove nothing"
        )
    signature = base58_of(proof["proofValue"], "proofValue")
    if len(signature) != SIGNATURE_BYTES:
        raise _bad_signature()
    return public_key, signature


def _bad_signature() -> StructureError:
    return StructureError("bad_signature", "proof.proofValue", "The signature is not a proper Ed25519 signature")


def _require_proof_members(proof: Any) -> None:
    if not isinstance(proof, dict):
        raise StructureError("wrong_type", "proof", "The proof is not one JSON object")
    for name in proof:
        if name not in _PROOF_MEMBERS:
            raise StructureError("unexpected_member", f"proof.{name}", "The proof has a member too many")
    for name in sorted(_PROOF_MEMBERS):
        if name not in proof:
            raise StructureError("missing_member", f"proof.{name}", "The proof lacks a member")
        if not isinstance(proof[name], str):
            raise StructureError("wrong_type", f"proof.{name}", "A member of the proof is not a text")
