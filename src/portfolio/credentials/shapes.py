"""Canonical N-Quads and JSON by shape: JSON-LD is expanded once for each shape, then values are filled into the result.

Pure. Credentials of one batch share their shape, and expansion is nearly all the time that RDFC-1.0 takes here. It
holds for three reasons, and `test_shapes.py` compares the bytes with those of `canonical_document`:
- every node has an id but one, whose label is `_:c14n0` whatever it says;
- texts and numbers stand behind a subject and predicate of their own, so they never decide the order of lines; of the
  ids, only those of credential and holder can come in either order, and each order is a shape of its own;
- values are escaped and joined with the parts between them, so nothing inside them is looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import orjson

from portfolio.credentials.canonical import CONTEXTS, canonical_document, canonical_options
from portfolio.credentials.kinds import KINDS, FieldType, Kind
from portfolio.credentials.openbadges import document_of, slots_of
from portfolio.credentials.statement import Statement

CRYPTOSUITE: Final = "eddsa-rdfc-2022"

_MARKED_IRIS: Final = {
    "id": "urn:uuid:slot%sx",
    "subject_id": "urn:uuid:slot%sx",
    "issuer_did": "did:web:slot%sx",
    "status_list": "https://slot%sx.invalid/list",
}
_FIRST_NUMBER: Final = 900_000_000


@dataclass(frozen=True, slots=True)
class _Template:
    """The parts of a text between its slots; `pick` takes values and parts in the order of the text."""

    parts: tuple[bytes, ...]
    pick: Callable[[Sequence[bytes]], tuple[bytes, ...]]

    def fill(self, values: Sequence[bytes]) -> bytes:
        return b"".join(self.pick((*values, *self.parts)))


@dataclass(frozen=True, slots=True)
class _Shape:
    quads: _Template
    document: _Template


def canonical_statement(statement: Statement) -> bytes:
    """Return the canonical N-Quads of `compose(statement)`: what `canonical_document` gives, a hundred times faster."""
    shape, values = _shape_of(statement)
    return shape.quads.fill(values)


def written_statement(statement: Statement) -> bytes:
    """Return `compose(statement)` as compact JSON."""
    shape, values = _shape_of(statement)
    return shape.document.fill(values)


def proof_options(*, created: str, verification_method: str) -> dict[str, str]:
    """Return the one proof of a credential without its `proofValue`."""
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
    }


@lru_cache(maxsize=1024)
def canonical_proof(*, created: str, verification_method: str) -> bytes:
    """Return the canonical N-Quads of `proof_options(...)` under the contexts of a credential."""
    return _options_template().fill([created.encode(), verification_method.encode()])


def _shape_of(statement: Statement) -> tuple[_Shape, list[bytes]]:
    slots = slots_of(statement)
    shape = _shape(statement.kind, tuple(slots), credential_first=statement.id < statement.subject_id)
    return shape, [_escaped(value) if isinstance(value, str) else b"%d" % value for value in slots.values()]


@lru_cache(maxsize=1024)
def _shape(kind_code: str, slots: tuple[str, ...], *, credential_first: bool) -> _Shape:
    kind = KINDS[kind_code]
    markers = {slot: _marker(kind, slot, number) for number, slot in enumerate(slots)}
    if (markers["id"] < markers["subject_id"]) != credential_first:
        markers["id"], markers["subject_id"] = markers["subject_id"], markers["id"]
    document = document_of(kind, markers)
    texts = [str(marker) for marker in markers.values()]
    return _Shape(_template(canonical_document(document), texts), _template(orjson.dumps(document), texts))


@lru_cache(maxsize=1)
def _options_template() -> _Template:
    markers = ["slot0000x", "did:web:slot0001x"]
    options = proof_options(created=markers[0], verification_method=markers[1])
    return _template(canonical_options(options, CONTEXTS), markers)


def _marker(kind: Kind, slot: str, number: int) -> Any:
    """Return a value of the slot's sort that occurs nowhere else. Values of credentials never meet these markers."""
    field = kind.field(slot.removeprefix("field-"))
    if field is not None and field.type is FieldType.INTEGER:
        return _FIRST_NUMBER + number
    return _MARKED_IRIS.get(slot, "slot%sx") % f"{number:04d}"


def _template(data: bytes, markers: Sequence[str]) -> _Template:
    pieces = re.split("(" + "|".join(map(re.escape, markers)) + ")", data.decode("utf-8"))
    parts = tuple(piece.encode("utf-8") for piece in pieces[::2])
    places = [markers.index(marker) for marker in pieces[1::2]]
    if set(places) != set(range(len(markers))):
        raise RuntimeError("A value would not be signed: no context defines its term")
    order = [len(markers)]
    for number, place in enumerate(places, start=1):
        order += [place, len(markers) + number]
    return _Template(parts, itemgetter(*order))


def _escaped(value: str) -> bytes:
    """Escape as canonical N-Quads and JSON alike do; controls, where they differ, are in no statement."""
    if '"' in value or "\\" in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return value.encode("utf-8")
