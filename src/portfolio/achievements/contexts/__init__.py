"""JSON-LD contexts that credentials from elsewhere may name, by hash; nothing is ever fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from portfolio.credentials.canonical import CONTEXTS, packaged_context

CLR_CONTEXT: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
VC_1: Final = "https://www.w3.org/2018/credentials/v1"
VC_2: Final = CONTEXTS[0]

_PINNED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        VC_1: (
            "credentials-v1.json",
            "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8",
        ),
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": (
            "ob-v3p0-context-3.0.1.json",
            "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571",
        ),
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": (
            "ob-v3p0-context-3.0.2.json",
            "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
        ),
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": (
            "ob-v3p0-extensions.json",
            "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
        ),
        "https://w3id.org/security/data-integrity/v2": (
            "security-data-integrity-v2.json",
            "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        ),
        CLR_CONTEXT: (
            "clr-v2p0-context-2.0.1.json",
            "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6",
        ),
    }
)


@lru_cache(maxsize=len(_PINNED) + len(CONTEXTS))
def known_context(url: str) -> Mapping[str, Any]:
    """Return a packaged context; raises `StructureError` "unknown_context" for any other URL."""
    if url not in _PINNED:
        return packaged_context(url)
    name, digest = _PINNED[url]
    data = files(__package__).joinpath(name).read_bytes()
    if sha256(data).hexdigest() != digest:
        raise RuntimeError(f"{name} in the package is not the pinned file: install portfolio again")
    context: Mapping[str, Any] = json.loads(data)
    return context
