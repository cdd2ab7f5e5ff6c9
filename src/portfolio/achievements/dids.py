"""Keys of issuers elsewhere: did:key and did:jwk from the identifier itself, did:web by way of a fetcher."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, TypeAlias, cast
from urllib.parse import unquote

import based58
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from portfolio.credentials.canonical import StructureError, parse_json
from portfolio.errors import PortfolioError
from portfolio.fetching import Fetcher, FetchError

PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

_ED25519: Final = b"\xed\x01"
_P256: Final = b"\x80\x24"
_MAX_METHODS: Final = 50


class KeyUnknownError(PortfolioError):
    """No key was found under a name; `code` says why: whether nobody answered, or the issuer has no such key."""

    status: ClassVar[int] = 422

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]  # here the code belongs to the finding


def key_named(method: str, *, fetcher: Fetcher) -> PublicKey:
    """Return the key of a verification method (a DID URL) that its controller uses for assertions.

    Raises `KeyUnknownError`: "did_method" (not one we know), "did_unreachable", "key_absent", "key_kind".
    """
    did, _, fragment = method.partition("#")
    if did.startswith("did:key:"):
        if fragment not in {"", did.removeprefix("did:key:")}:
            raise KeyUnknownError("key_absent", "the identifier has no such key")
        return key_of_multibase(did.removeprefix("did:key:"))
    if did.startswith("did:jwk:"):
        if fragment not in {"", "0"}:
            raise KeyUnknownError("key_absent", "the identifier has no such key")
        return key_of_jwk(_json_of(_unpadded(did.removeprefix("did:jwk:"))))
    if did.startswith("did:web:"):
        return _key_in(_did_document(did, fetcher), did, method)
    raise KeyUnknownError("did_method", "identifiers of this kind are not known here")


def key_of_multibase(text: str) -> PublicKey:
    """Return the key of a publicKeyMultibase (Multikey: Ed25519 or P-256)."""
    try:
        decoded = based58.b58decode(text[1:].encode("ascii")) if text.startswith("z") and len(text) < 100 else b""  # noqa: PLR2004
        if decoded.startswith(_ED25519):
            return Ed25519PublicKey.from_public_bytes(decoded.removeprefix(_ED25519))
        if decoded.startswith(_P256):
            return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decoded.removeprefix(_P256))
    except (ValueError, UnsupportedAlgorithm):
        pass
    raise KeyUnknownError("key_kind", "the key is of a kind that is not known here")


def key_of_jwk(jwk: Any) -> PublicKey:
    """Return the key of a JSON Web Key (RFC 7517)."""
    try:
        key = PyJWK.from_dict({name: value for name, value in jwk.items() if name not in {"d", "p", "q"}}).key
    except (PyJWTError, AttributeError, ValueError, TypeError, KeyError):
        key = None
    known = isinstance(key, (Ed25519PublicKey, RSAPublicKey))
    if not known and not (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        raise KeyUnknownError("key_kind", "the key is of a kind that is not known here")
    return cast("PublicKey", key)


def did_web_url(did: str) -> str:
    """Return the address of a did:web's document (did:web method specification)."""
    host, *path = (unquote(part) for part in did.removeprefix("did:web:").split(":"))
    folder = "/".join(path) or ".well-known"
    if not host or "/" in host or any(part in {"", ".", ".."} or "/" in part for part in path):
        raise KeyUnknownError("did_method", "the identifier is not well formed")
    return f"https://{host}/{folder}/did.json"


def _did_document(did: str, fetcher: Fetcher) -> Mapping[str, Any]:
    try:
        document = _json_of(fetcher.get(did_web_url(did)))
    except FetchError:
        raise KeyUnknownError("did_unreachable", "the issuer's keys could not be fetched") from None
    if not isinstance(document, dict) or document.get("id") != did:
        raise KeyUnknownError("did_unreachable", "the issuer's address holds another document")
    return document


def _key_in(document: Mapping[str, Any], did: str, name: str) -> PublicKey:
    """Return the key that the document lists for assertions under this name, or its only one for the DID alone."""
    methods = {_absolute(did, method.get("id")): method for method in _methods(document.get("verificationMethod"))}
    found: dict[str, Mapping[str, Any]] = {}
    for entry in _listed(document.get("assertionMethod")):
        method = methods.get(_absolute(did, entry)) if isinstance(entry, str) else entry
        if isinstance(method, dict):
            found[_absolute(did, method.get("id"))] = method
    method = found.get(name) if "#" in name else next(iter(found.values()), None) if len(found) == 1 else None
    if method is None or method.get("controller", did) != did or "revoked" in method:
        raise KeyUnknownError("key_absent", "the issuer names no such key for its credentials")
    if isinstance(method.get("publicKeyMultibase"), str):
        return key_of_multibase(method["publicKeyMultibase"])
    return key_of_jwk(method.get("publicKeyJwk"))


def _methods(value: Any) -> Iterator[Mapping[str, Any]]:
    return (method for method in _listed(value) if isinstance(method, dict))


def _listed(value: Any) -> list[Any]:
    return value[:_MAX_METHODS] if isinstance(value, list) else []


def _absolute(did: str, name: Any) -> str:
    text = name if isinstance(name, str) else ""
    return did + text if text.startswith("#") else text


def _json_of(data: bytes) -> Any:
    try:
        return parse_json(data, limit=1 << 20, several_lines=True)
    except StructureError:
        raise KeyUnknownError("did_unreachable", "what the issuer's address gave is no JSON") from None


def _unpadded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise KeyUnknownError("did_method", "the identifier is not well formed") from None


def raw_ed25519(key: PublicKey) -> bytes:
    """Return the 32 bytes of an Ed25519 key; raises `KeyUnknownError` "key_kind" for any other."""
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnknownError("key_kind", "the key is not of the kind that the proof needs")
    return key.public_bytes_raw()


__all__ = ["KeyUnknownError", "PublicKey", "did_web_url", "key_named", "key_of_jwk", "key_of_multibase", "raw_ed25519"]
