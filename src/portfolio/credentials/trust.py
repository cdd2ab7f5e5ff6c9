"""The trust roots file: which contract pairs a verifier believes, read and written strictly; errors name the field.

Pure: imports neither web3 nor a database. The format is `docs/spec/verdict.md`, "Trust roots".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from portfolio.credentials.facts import Checkpoint, TrustedPair, TrustRoots
from portfolio.errors import PortfolioError

TRUST_VERSION: Final = 1

MAX_INTEGER: Final = 2**53 - 1
"""Beyond this a JSON number is no longer the same in every language (RFC 8259, section 6)."""

_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.IGNORECASE)
_URL: Final = re.compile(r"https?://\S+")
_USUAL_PORTS: Final = {"http": 80, "https": 443}
_OPTIONAL: Final = frozenset({"depth", "max_head_age", "checkpoints", "rpc_urls", "local"})


class TrustFileError(PortfolioError):
    """The trust roots file cannot be used; `data["field"]` names the place."""

    code: ClassVar[str] = "trust_file"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"Trust roots, {field}: {expected}", field=field)


def load_trust(text: str | bytes) -> TrustRoots:
    """Read a trust roots file. Raises `TrustFileError` with the first field that is wrong."""
    try:
        document = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise TrustFileError("the file", "is not JSON") from error
    top = _object(
        document, "the file", required=frozenset({"version", "pairs"}), allowed=frozenset({"version", "pairs"})
    )
    if _integer(top["version"], "version") != TRUST_VERSION:
        raise TrustFileError("version", f"must be {TRUST_VERSION}; this program knows no other")
    pairs = tuple(_pair(value, f"pairs[{index}]") for index, value in enumerate(_list(top["pairs"], "pairs")))
    for index, pair in enumerate(pairs):
        earlier = pairs[:index]
        if any(pair.name == other.name for other in earlier):
            raise TrustFileError(f"pairs[{index}].name", "is used twice")
        if any(_same_contract(pair, other) for other in earlier):
            raise TrustFileError(f"pairs[{index}].credential_registry", "is listed twice for one chain")
    return TrustRoots(pairs)


def dump_trust(trust: TrustRoots) -> str:
    """Write trust roots so that `load_trust` gives the same back."""
    return json.dumps({"version": TRUST_VERSION, "pairs": [asdict(pair) for pair in trust.pairs]}, indent=2) + "\n"


def _pair(value: Any, path: str) -> TrustedPair:
    names = frozenset(field.name for field in fields(TrustedPair))
    item = _object(value, path, required=names - _OPTIONAL, allowed=names)
    local = _boolean(item.get("local", False), f"{path}.local")
    return TrustedPair(
        name=_text(item["name"], f"{path}.name"),
        chain_id=_integer(item["chain_id"], f"{path}.chain_id"),
        genesis_hash=_hash(item["genesis_hash"], f"{path}.genesis_hash"),
        issuer_registry=_address(item["issuer_registry"], f"{path}.issuer_registry"),
        credential_registry=_address(item["credential_registry"], f"{path}.credential_registry"),
        issuer_registry_code_hash=_hash(item["issuer_registry_code_hash"], f"{path}.issuer_registry_code_hash"),
        credential_registry_code_hash=_hash(
            item["credential_registry_code_hash"], f"{path}.credential_registry_code_hash"
        ),
        registrars=_registrars(item["registrars"], f"{path}.registrars"),
        depth=_integer(item.get("depth", 0), f"{path}.depth"),
        max_head_age=_head_age(item.get("max_head_age"), f"{path}.max_head_age", local=local),
        checkpoints=_checkpoints(item.get("checkpoints", []), f"{path}.checkpoints"),
        rpc_urls=_urls(item.get("rpc_urls", []), f"{path}.rpc_urls"),
        local=local,
    )


def _registrars(value: Any, path: str) -> tuple[str, ...]:
    found = tuple(_address(item, f"{path}[{index}]") for index, item in enumerate(_list(value, path)))
    if len(set(found)) != len(found):
        raise TrustFileError(path, "names one registrar twice")
    if not found:
        raise TrustFileError(path, "must name the registrars of this pair")
    return found


def _checkpoints(value: Any, path: str) -> tuple[Checkpoint, ...]:
    found = []
    for index, item in enumerate(_list(value, path)):
        place = f"{path}[{index}]"
        names = frozenset({"number", "hash"})
        checkpoint = _object(item, place, required=names, allowed=names)
        number = _integer(checkpoint["number"], f"{place}.number")
        found.append(Checkpoint(number, _hash(checkpoint["hash"], f"{place}.hash")))
    return tuple(found)


def _head_age(value: Any, path: str, *, local: bool) -> int | None:
    if value is not None:
        return _integer(value, path)
    if not local:
        # Without it, a node that stopped years ago would still answer "not revoked".
        raise TrustFileError(path, "must be a number of seconds; only a local chain may go without")
    return None


def node_of(url: str) -> str:
    """Return the address of a node as it is compared: two spellings of one URL give the same text.

    Letter case of scheme and host, the usual port, a slash at the end, the fragment and the user's name say nothing of
    which node it is. A text that is no URL comes back as it stands.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    at = "" if port in {None, _USUAL_PORTS.get(scheme)} else f":{port}"
    asked = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{host}{at}{parts.path.rstrip('/')}{asked}"


def _urls(value: Any, path: str) -> tuple[str, ...]:
    urls = _list(value, path)
    for index, url in enumerate(urls):
        if not isinstance(url, str) or not _URL.fullmatch(url):
            raise TrustFileError(f"{path}[{index}]", "must be an http or https address")
    return tuple(urls)


def _object(value: Any, path: str, *, required: frozenset[str], allowed: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TrustFileError(path, "must be an object")
    for name in sorted(required - value.keys()):
        raise TrustFileError(_member(path, name), "is missing")
    for name in sorted(value.keys() - allowed):
        raise TrustFileError(_member(path, name), "is not known")
    return value


def _member(path: str, name: str) -> str:
    return name if path == "the file" else f"{path}.{name}"


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise TrustFileError(path, "must be a list")
    return value


def _integer(value: Any, path: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise TrustFileError(path, "must be a whole number, not negative")
    return value


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise TrustFileError(path, "must be true or false")
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TrustFileError(path, "must be a text that is not empty")
    return value


def _hash(value: Any, path: str) -> str:
    return _hex(value, path, _HASH, "must be 0x and 64 hex digits")


def _address(value: Any, path: str) -> str:
    return _hex(value, path, _ADDRESS, "must be 0x and 40 hex digits")


def _hex(value: Any, path: str, pattern: re.Pattern[str], expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise TrustFileError(path, expected)
    return value.lower()


def _no_duplicates(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items):
        names = [name for name, _ in items]
        raise TrustFileError(next(name for name in names if names.count(name) > 1), "is given twice")
    return found


def _same_contract(one: TrustedPair, other: TrustedPair) -> bool:
    return (one.chain_id, one.genesis_hash, one.credential_registry) == (
        other.chain_id,
        other.genesis_hash,
        other.credential_registry,
    )
