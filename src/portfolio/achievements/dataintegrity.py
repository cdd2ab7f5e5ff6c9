"""Data Integrity proofs of documents from elsewhere: eddsa-rdfc-2022 over packaged contexts. Pure: nothing is fetched.

A signature covers RDF, not JSON; `covers_all` tells whether all that the JSON says is in the RDF.
Sources: W3C VC Data Integrity 1.0, Data Integrity EdDSA Cryptosuites 1.0.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

from portfolio.achievements.contexts import known_context
from portfolio.credentials.canonical import (
    StructureError,
    base58_of,
    canonical_document,
    context_loader,
    signing_input,
    verify_signature,
)

SUITE: Final = "eddsa-rdfc-2022"
MAX_ALIKE: Final = 6
"""Blank nodes that their own statements do not tell apart: canonicalisation may take factorial time in their number."""
MAX_NODES: Final = 200
"""Objects of one document, and members of one list: PyLD takes time by the square of either."""
MAX_VALUES: Final = 2000
"""Values of all kinds of one document."""
MAX_CONTEXTS: Final = 10
"""Contexts that one document names, in whatever places."""

_BLANK: Final = re.compile(r"_:\w+")
_PLACES: Final = 3  # for blank nodes in a statement: subject, object and graph
_ONE_AT_A_TIME: Final = threading.Lock()  # PyLD keeps the interpreter busy, and checks of our own need it too


def is_supported(proof: Mapping[str, Any]) -> bool:
    """Tell whether a proof is of the one kind that is checked here."""
    return proof.get("type") == "DataIntegrityProof" and proof.get("cryptosuite") == SUITE


def canonical_quads(document: Mapping[str, Any]) -> bytes:
    """Return the RDFC-1.0 N-Quads of a stranger's document, in bounded time.

    Raises `StructureError` for a context that is not packaged, for what is no JSON-LD, "too_many_nodes" or
    "too_entangled".
    """
    _require_small(document)
    with _ONE_AT_A_TIME:
        _require_distinct(document)
        return canonical_document(document, context_at=known_context)


def signed_message(document: Mapping[str, Any], proof: Mapping[str, Any], *, quads: bytes | None = None) -> bytes:
    """Return the 64 bytes that a proof of this kind signs for a document (without its proof).

    `quads` are those of the document, where they are known. Raises as `canonical_quads`.
    """
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    return signing_input(
        canonical_quads({**options, "@context": document.get("@context")}),
        canonical_quads(document) if quads is None else quads,
    )


def is_signed(document: Mapping[str, Any], proof: Mapping[str, Any], public_key: bytes, *, quads: bytes) -> bool:
    """Tell whether the signature fits; `quads` are those of the document.

    Raises as `canonical_quads`, and for a `proofValue` that is none.
    """
    value = proof.get("proofValue")
    if not isinstance(value, str):
        raise StructureError("bad_multibase", "proof.proofValue", "The proof has no value")
    return verify_signature(public_key, signed_message(document, proof, quads=quads), base58_of(value, "proofValue"))


def covers_all(document: Mapping[str, Any]) -> bool:
    """Tell whether the document is the compact form of its own RDF: nothing is aliased, hidden or left unsigned.

    For a document that has `canonical_quads`. Order in arrays and arrays of one count for nothing, as in RDF. Keywords
    of JSON-LD and a second description of the credential itself could move what is signed to where nobody reads it, so
    neither may be there.
    """
    from pyld import jsonld

    contexts = document.get("@context")
    named = all(isinstance(one, str) for one in (contexts if isinstance(contexts, list) else [contexts]))
    if not named or not _is_plainly_written(document, document.get("id"), top=True):
        return False

    options = {"documentLoader": context_loader(known_context)}
    try:
        with _ONE_AT_A_TIME:
            again = jsonld.compact(
                jsonld.expand(dict(document), options), {"@context": document.get("@context")}, options
            )
    except jsonld.JsonLdError:
        return False
    return bool(_plain(again) == _plain(document))


def _is_plainly_written(value: Any, own_id: Any, *, top: bool = False) -> bool:
    if isinstance(value, list):
        return all(_is_plainly_written(member, own_id) for member in value)
    if not isinstance(value, Mapping):
        return True
    keywords = {name for name in value if name.startswith("@")} - ({"@context"} if top else set())
    if keywords or (not top and own_id is not None and value.get("id") == own_id and len(value) > 1):
        return False
    return all(_is_plainly_written(member, own_id) for name, member in value.items() if name != "@context")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items() if name != "@context"}
    if isinstance(value, list):
        members = [_plain(member) for member in value]
        return members[0] if len(members) == 1 else sorted(members, key=_order)
    return value


def _order(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _require_small(document: Mapping[str, Any]) -> None:
    """Refuse documents that PyLD would be at for long, before it sees them."""
    nodes = values = contexts = longest = 0
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        values += 1
        if isinstance(value, Mapping):
            nodes += 1
            contexts += len(value["@context"]) if isinstance(value.get("@context"), list) else "@context" in value
            waiting.extend(value.values())
        elif isinstance(value, list):
            longest = max(longest, len(value))
            waiting.extend(value)
        if max(nodes, longest) > MAX_NODES or values > MAX_VALUES or contexts > MAX_CONTEXTS:
            raise StructureError("too_many_nodes", "", "The document has more parts than are looked into")


def _require_distinct(document: Mapping[str, Any]) -> None:
    """Refuse graphs made to be slow: nearly all real ones tell their blank nodes apart by their own statements."""
    from pyld import jsonld

    options = {"format": "application/n-quads", "documentLoader": context_loader(known_context)}
    try:
        quads: str = jsonld.to_rdf(dict(document), options)
    except jsonld.JsonLdError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, StructureError):
            cause = cause.__cause__
        raise cause or StructureError("not_json_ld", "", "The document is not JSON-LD under its contexts") from None
    about: dict[str, list[str]] = defaultdict(list)
    for line in quads.splitlines():
        nodes = set(_BLANK.findall(line))
        if len(nodes) > _PLACES:  # a text full of what looks like nodes
            raise StructureError("too_entangled", "", "The document has a text that looks like a graph")
        for node in nodes:
            parts = re.split(rf"({_BLANK.pattern})", line)
            renamed = ["_:a" if part == node else "_:z" if _BLANK.fullmatch(part) else part for part in parts]
            about[node].append("".join(renamed))
    hashes = Counter(sha256("\n".join(sorted(lines)).encode()).digest() for lines in about.values())
    if sum(count for count in hashes.values() if count > 1) > MAX_ALIKE:
        raise StructureError("too_entangled", "", "The document has too many nodes that cannot be told apart")
