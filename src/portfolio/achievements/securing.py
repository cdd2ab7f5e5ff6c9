"""Who secured a document from elsewhere, and whether it holds: Data Integrity, or a JWT around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from portfolio.achievements.dataintegrity import canonical_quads, covers_all, is_signed, is_supported
from portfolio.achievements.dids import KeyUnknownError, PublicKey, key_named, key_of_jwk, raw_ed25519
from portfolio.achievements.findings import ImportCheck
from portfolio.achievements.reading import host_of, identity, listed
from portfolio.credentials.canonical import StructureError, parse_json
from portfolio.credentials.report import Outcome
from portfolio.fetching import Fetcher, FetchError

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
MAX_FETCHED: Final = 2 * 1024 * 1024  # bytes
_TANGLED: Final = frozenset({"too_entangled", "too_many_nodes"})


@dataclass(frozen=True, slots=True)
class Secured:
    """A document with what was found out about its content, its signature and whose it is."""

    document: Mapping[str, Any]
    secured_by: str
    content: ImportCheck
    signature: ImportCheck
    issuer: ImportCheck

    @property
    def holds(self) -> bool:
        return all(check.outcome is PASS for check in (self.content, self.signature, self.issuer))


def check_proof(document: Mapping[str, Any], *, fetcher: Fetcher) -> Secured:
    """Check a document by the first of its proofs that is of a known kind. Never raises."""
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    proofs = [proof for proof in listed(document.get("proof")) if isinstance(proof, Mapping)]
    proof = next((proof for proof in proofs if is_supported(proof)), None)
    content, quads = _content(unsigned)
    if proof is None:
        return Secured(unsigned, "unknown", content, _signature(UNKNOWN, "unknown_kind"), _issuer(UNKNOWN, "unbound"))
    method = proof.get("verificationMethod")
    method = method if isinstance(method, str) else identity(method)
    issuer = _whose(method, identity(document.get("issuer")))
    if content.code in {"content_context", "content_entangled"} or proof.get("proofPurpose") != "assertionMethod":
        signature = _signature(UNKNOWN, "not_checked") if content.outcome is UNKNOWN else _signature(FAIL, "wrong")
        return Secured(unsigned, "data-integrity", content, signature, issuer)
    try:
        key = raw_ed25519(key_named(method, fetcher=fetcher))
        signature = _signed(is_signed(unsigned, proof, key, quads=quads))
    except KeyUnknownError as error:
        return Secured(unsigned, "data-integrity", content, *_without_key(error, issuer))
    except StructureError as error:
        signature = _signature(UNKNOWN, "not_checked") if error.code in _TANGLED else _signed(is_good=False)
    return Secured(unsigned, "data-integrity", content, signature, issuer)


def _signed(is_good: bool) -> ImportCheck:
    return _signature(PASS, "good") if is_good else _signature(FAIL, "wrong")


def _content(unsigned: Mapping[str, Any]) -> tuple[ImportCheck, bytes]:
    """Tell what of a document is signed, and return its canonical form (empty where it has none)."""
    try:
        quads = canonical_quads(unsigned)
        covered = covers_all(unsigned)
    except StructureError as error:
        code = "content_entangled" if error.code in _TANGLED else "content_context"
        return ImportCheck("content", UNKNOWN, code), b""
    if covered:
        return ImportCheck("content", PASS, "content_covered"), quads
    return ImportCheck("content", UNKNOWN, "content_uncovered"), quads


def _whose(method: str, issuer: str) -> ImportCheck:
    """Tell whether a verification method is the issuer's; an issuer that is no DID names no keys."""
    if method.partition("#")[0] == issuer and issuer.startswith("did:"):
        return _issuer(PASS, "key")
    return _issuer(FAIL, "other") if issuer.startswith("did:") else _issuer(UNKNOWN, "unbound")


def _without_key(error: KeyUnknownError, issuer: ImportCheck) -> tuple[ImportCheck, ImportCheck]:
    if error.code == "key_absent":
        return _signature(UNKNOWN, "not_checked"), _issuer(FAIL, "other")
    if error.code in {"key_kind", "did_method"}:
        return _signature(UNKNOWN, "unknown_kind"), issuer if issuer.outcome is FAIL else _issuer(UNKNOWN, "unbound")
    return _signature(UNKNOWN, "not_checked"), issuer if issuer.outcome is FAIL else _issuer(UNKNOWN, "unreachable")


# ------------------------------------------------------------------ tokens


@dataclass(frozen=True, slots=True)
class Token:
    """A compact JWS taken apart, unverified."""

    text: str
    header: Mapping[str, Any]
    payload: Mapping[str, Any]


def token_of(text: str) -> Token:
    """Take a compact JWS apart (RFC 7515). Raises `StructureError` "not_a_token"."""
    try:
        header = jwt.get_unverified_header(text)
        payload = parse_json(
            jwt.PyJWS().decode_complete(text, options={"verify_signature": False})["payload"], several_lines=True
        )
    except jwt.exceptions.PyJWTError:
        raise StructureError("not_a_token", "", "The text is no signed token") from None
    if not isinstance(payload, dict):
        raise StructureError("not_a_token", "", "The token holds no JSON object")
    return Token(text, header, payload)


def check_signature(token: Token, key: PublicKey) -> ImportCheck:
    """Check the signature of a token by the one algorithm that goes with the key; another is unknown, not wrong."""
    others = "RS256" if isinstance(key, RSAPublicKey) else "ES256"
    algorithm = "EdDSA" if isinstance(key, Ed25519PublicKey) else others
    if token.header.get("alg") != algorithm or "crit" in token.header:
        return _signature(UNKNOWN, "unknown_kind")
    try:
        jwt.PyJWS().decode(token.text, key, algorithms=[algorithm])
    except (jwt.exceptions.PyJWTError, ValueError, TypeError):
        return _signature(FAIL, "wrong")
    return _signature(PASS, "good")


def check_token(token: Token, document: Mapping[str, Any], *, fetcher: Fetcher) -> Secured:
    """Check a credential in a JWT (VC-JOSE-COSE, VC 1.1 JWT, Open Badges 3.0 section 8.2). Never raises."""
    issuer_id = identity(document.get("issuer"))
    content = ImportCheck("content", PASS, "content_covered")
    try:
        key, issuer = _token_key(token, issuer_id, fetcher)
    except KeyUnknownError as error:
        return Secured(document, "jwt", content, *_without_key(error, _issuer(UNKNOWN, "unbound")))
    if token.payload.get("iss", issuer_id) != issuer_id:
        issuer = _issuer(FAIL, "other")
    return Secured(document, "jwt", content, check_signature(token, key), issuer)


def _token_key(token: Token, issuer_id: str, fetcher: Fetcher) -> tuple[PublicKey, ImportCheck]:
    named = token.header.get("kid")
    if not isinstance(named, str) or not named:
        if issuer_id.startswith("did:"):  # a key that the token itself carries proves nothing, the issuer's own does
            return key_named(issuer_id, fetcher=fetcher), _issuer(PASS, "key")
        return key_of_jwk(token.header.get("jwk")), _issuer(UNKNOWN, "unbound")
    if not host_of(named):
        method = issuer_id + named if named.startswith("#") else named
        return key_named(method, fetcher=fetcher), _whose(method, issuer_id)
    try:
        key = key_of_jwk(parse_json(fetcher.get(named)))
    except (FetchError, StructureError):
        raise KeyUnknownError("did_unreachable", "the key could not be fetched") from None
    same = host_of(named) == host_of(issuer_id)
    return key, _issuer(PASS, "host") if same else _issuer(FAIL, "other")


def json_object(data: bytes) -> Mapping[str, Any]:
    """Read a JSON object that was fetched. Raises `StructureError`."""
    document = parse_json(data, limit=MAX_FETCHED, several_lines=True)
    if not isinstance(document, dict):
        raise StructureError("not_an_object", "", "What was fetched is no JSON object")
    return document


def same_json(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two documents say the same, whatever the order of their members."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)


def _signature(outcome: Outcome, code: str) -> ImportCheck:
    return ImportCheck("signature", outcome, f"signature_{code}")


def _issuer(outcome: Outcome, code: str) -> ImportCheck:
    return ImportCheck("issuer", outcome, f"issuer_{code}")
