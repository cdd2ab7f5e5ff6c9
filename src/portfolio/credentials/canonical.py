"""What is signed, to the byte: strict JSON, RDFC-1.0 N-Quads under packaged contexts, Ed25519 keys and signatures.

Pure: no database, no web framework, no chain; nothing is ever fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias

import based58
import orjson
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import BadSignatureError

from portfolio.credentials.characters import UNREADABLE, UNSPACED
from portfolio.errors import PortfolioError

ContextAt: TypeAlias = Callable[[str], Mapping[str, Any]]
"""Returns the context of a URL, or raises `StructureError` "unknown_context"."""

MAX_DOCUMENT: Final = 65_536
"""Bytes of JSON of one credential."""
MAX_DEPTH: Final = 16

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
"""The `@context` of every credential of version 1, exactly and in this order."""

_PINNED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        CONTEXTS[0]: (
            "credentials-v2.json",
            "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        ),
        # 1EdTech served two contents under this URL; this is the later, which only adds two terms never used here.
        CONTEXTS[1]: (
            "ob-v3p0-context-3.0.3.json",
            "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
        ),
    }
)

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_MULTIKEY_ED25519: Final = b"\xed\x01"  # the multicodec prefix of ed25519-pub as a varint
_BASE58BTC: Final = "z"
_GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_MAX_NUMBER: Final = 24  # characters; nothing we read needs more digits, and long ones cost quadratic time
_MAX_PATH: Final = 200  # characters; the names in it may be anybody's
_CONTROL_ESCAPES: Final = MappingProxyType(
    {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F) if code != ord("\n")} | {0x08: "\\b", 0x0C: "\\f"}
)
_RAW_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


class StructureError(PortfolioError):
    """Not exactly a document of the format: a stable `code`, the `path` where, and an English sentence."""

    status: ClassVar[int] = 422

    def __init__(self, code: str, path: str, message: str) -> None:
        path = path[:_MAX_PATH]
        super().__init__(message, path=path)
        self.code = code  # type: ignore[misc]  # here the code belongs to the finding, not to the class
        self.path = path


def parse_json(data: bytes, *, limit: int = MAX_DOCUMENT, several_lines: bool = False) -> Any:
    """Read JSON as every careful parser would, or not at all (RFC 8259, I-JSON).

    `several_lines`: texts may hold tabs and line ends, as those of others do; ours never.

    Raises `StructureError`: "too_large" (bytes), "bom", "not_utf8", "not_json", "duplicate_member", "bad_number" (NaN,
    Infinity, beyond a double, too many digits), "too_deep", "bad_character" (controls, noncharacters, lone surrogates).
    """
    if len(data) > limit:
        raise StructureError("too_large", "", "The file is larger than such a file can be")
    if data.startswith(b"\xef\xbb\xbf"):
        raise StructureError("bom", "", "The file starts with a byte order mark, which JSON does not allow")
    _require_shallow(data)
    try:
        text = data.decode("utf-8")
        value = _read_compact(data)
        if value is None:
            value = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise StructureError("not_utf8", "", "The file is not UTF-8 text") from None
    except json.JSONDecodeError:
        raise StructureError("not_json", "", "The file is not valid JSON") from None
    except RecursionError:
        raise StructureError("too_deep", "", "The JSON is nested too deeply") from None
    # Where no escape hides a character and the whole is printable, so is every text in it: only the depth is left.
    if "\\" in text or not text.replace("\n", "").isprintable() or not _is_shallow(value, MAX_DEPTH):
        _require_readable(value, "", 0, UNSPACED if several_lines else UNREADABLE)
    return value


def _read_compact(data: bytes) -> Any:
    """Return what JSON says that stands exactly as orjson writes it, as our own files do; None for any other.

    Written again and the same to the byte, it has no member twice and no number that reads otherwise elsewhere.
    """
    try:
        value = orjson.loads(data)
        return value if orjson.dumps(value) == data else None
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def _require_shallow(data: bytes) -> None:
    """Refuse deep nesting before the decoder recurses: its own limit is one that any library may raise."""
    if data.count(b"[") + data.count(b"{") <= _FEW_BRACKETS:
        return
    depth = 0
    for token in _BRACKETS.finditer(data):
        if token[0] in {b"[", b"{"}:
            depth += 1
            if depth > _FEW_BRACKETS:
                raise StructureError("too_deep", "", "The JSON is nested too deeply")
        elif token[0] in {b"]", b"}"}:
            depth -= 1


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StructureError("duplicate_member", "", "A JSON object has the same member twice")
    return members


def _number(text: str) -> int | float:
    number: int | float = 0
    if len(text) <= _MAX_NUMBER:
        number = float(text) if any(mark in text for mark in ".eE") else int(text)
        if abs(number) < float("inf"):
            return number
    raise StructureError("bad_number", "", "A number in the JSON is too long or too large")


def _constant(_: str) -> float:
    raise StructureError("bad_number", "", "NaN and Infinity are no JSON numbers")


_FEW_BRACKETS: Final = 400
# A string is taken whole, to its end or the file's, and never looked at again: linear for any input.
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[][{}]', re.DOTALL)
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_number, parse_int=_number, parse_constant=_constant
)


def _is_shallow(value: Any, depth: int) -> bool:
    """Tell whether containers are nested at most `depth` deep."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(depth):
        level = [
            member
            for container in level
            for member in (container.values() if isinstance(container, dict) else container)
            if isinstance(member, (dict, list))
        ]
        if not level:
            return True
    return not level


def _require_readable(value: Any, path: str, depth: int, unreadable: re.Pattern[str]) -> None:
    if isinstance(value, str):
        if not value.isprintable() and unreadable.search(value):
            raise StructureError("bad_character", path, "A text holds a character that must not be in it")
    elif isinstance(value, (dict, list)):
        if depth == MAX_DEPTH:
            raise StructureError("too_deep", path, "The JSON is nested too deeply")
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            _require_readable(name if isinstance(name, str) else "", path, depth, unreadable)
            _require_readable(member, f"{path}.{name}" if path else str(name), depth + 1, unreadable)


def written_alike(given: Any, expected: Any) -> bool:
    """Tell at once that two documents are equal, numbers by type too; False only says that they must be looked through.

    JSON of sorted members is the same exactly for the same values.
    """
    try:
        return orjson.dumps(given, option=orjson.OPT_SORT_KEYS) == orjson.dumps(expected, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, or half of a surrogate pair
        return False


def canonical_document(document: Mapping[str, Any], *, context_at: ContextAt | None = None) -> bytes:
    """Return the RDFC-1.0 N-Quads of a JSON-LD document as UTF-8, every line ending in LF (the slow path, some 5 ms).

    Only the two packaged contexts can be named, or those of `context_at`; any other raises `StructureError`
    "unknown_context". Terms that no context defines leave no trace here: that is why `openbadges.extract` is strict.
    Source: W3C RDF Dataset Canonicalization 1.0.
    """
    from pyld import jsonld  # loads slowly, and only shapes not seen before need it

    loader = context_loader(context_at or packaged_context)
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": loader}
    try:
        quads: str = jsonld.normalize(dict(document), options)
    except jsonld.JsonLdError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, StructureError):
            cause = cause.__cause__
        if cause is not None:
            raise cause from None
        raise StructureError("not_json_ld", "", "The document is not JSON-LD under its contexts") from error
    if _RAW_CONTROL.search(quads):  # PyLD leaves controls raw where the canonical form escapes them
        lines = quads.translate(_CONTROL_ESCAPES).split("\n")[:-1]
        quads = "\n".join(sorted(lines)) + "\n"
    return quads.encode("utf-8")


def canonical_options(proof_options: Mapping[str, Any], contexts: Sequence[str]) -> bytes:
    """Return the N-Quads of proof options (a proof without `proofValue`) under the document's contexts.

    Source: W3C Data Integrity EdDSA Cryptosuites 1.0, eddsa-rdfc-2022 proof configuration.
    """
    return canonical_document({"@context": list(contexts), **proof_options})


def signing_input(options_quads: bytes, document_quads: bytes) -> bytes:
    """Return the 64 bytes that are signed: SHA-256 of the options, then SHA-256 of the document."""
    return sha256(options_quads).digest() + sha256(document_quads).digest()


@lru_cache(maxsize=len(_PINNED))
def packaged_context(url: str) -> Mapping[str, Any]:
    """Return a context from the package.

    Raises `StructureError` for any other URL and RuntimeError when the file is not the one that was pinned.
    """
    pinned = _PINNED.get(url)
    if pinned is None:
        raise StructureError("unknown_context", "@context", "The document names a context that is not in the package")
    name, digest = pinned
    data = files(__package__).joinpath("contexts", name).read_bytes()
    if sha256(data).hexdigest() != digest:
        raise RuntimeError(f"{name} in the package is not the pinned file: install portfolio again")
    context: Mapping[str, Any] = json.loads(data)
    return context


def context_loader(context_at: ContextAt) -> Callable[[str, Mapping[str, Any]], dict[str, Any]]:
    """Return a document loader for PyLD that knows contexts by URL and fetches nothing."""

    def load(url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": context_at(url),
        }

    return load


@lru_cache(maxsize=1024)
def multibase_of(key: bytes) -> str:
    """Return the publicKeyMultibase ("z6Mk...") of 32 raw bytes. Source: W3C Controlled Identifiers, Multikey."""
    if len(key) != KEY_BYTES:
        raise ValueError("An Ed25519 public key has 32 bytes")
    return _BASE58BTC + based58.b58encode(_MULTIKEY_ED25519 + key).decode("ascii")


def key_of(multibase: str) -> bytes:
    """Return the 32 bytes of a publicKeyMultibase. Raises `StructureError` for anything but an Ed25519 key."""
    decoded = base58_of(multibase, "verificationMethod")
    key = decoded.removeprefix(_MULTIKEY_ED25519)
    if len(decoded) != len(_MULTIKEY_ED25519) + KEY_BYTES or len(key) != KEY_BYTES:
        raise StructureError("bad_key", "proof.verificationMethod", "The proof does not name an Ed25519 key")
    return key


def base58_of(multibase: str, member: str) -> bytes:
    """Decode base58btc multibase. Raises `StructureError` unless encoding the bytes gives the very text again."""
    most = 128
    if multibase.startswith(_BASE58BTC) and len(multibase) <= most and multibase.isascii():
        try:
            decoded: bytes = based58.b58decode(multibase[1:].encode("ascii"))
        except ValueError:
            decoded = b""
        if decoded and based58.b58encode(decoded).decode("ascii") == multibase[1:]:
            return decoded
    raise StructureError("bad_multibase", f"proof.{member}", "A member of the proof is not base58 multibase")


@lru_cache(maxsize=4096)
def is_good_public_key(key: bytes) -> bool:
    """Tell whether a key is the canonical encoding of a non-identity point of the prime-order subgroup.

    Libraries disagree about signatures under any other key: under a small-order one a signature fits every message.
    """
    return len(key) == KEY_BYTES and crypto_core_ed25519_is_valid_point(key)


def is_good_signature_form(signature: bytes) -> bool:
    """Tell whether R is a canonical point of the prime-order subgroup and S < L, without checking the signature."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    r_point, scalar = signature[:KEY_BYTES], signature[KEY_BYTES:]
    return int.from_bytes(scalar, "little") < _GROUP_ORDER and crypto_core_ed25519_is_valid_point(r_point)


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether an Ed25519 signature (RFC 8032) is good under the strict rules that all libraries agree on.

    libsodium computes S*B - h*A, compares its encoding with R byte for byte and refuses S >= L; A being of prime order,
    R is then canonical and of prime order too, so `is_good_signature_form` need not be asked again.
    """
    if not is_good_public_key(public_key) or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True
