"""All that an issuer says in one credential, valid by construction. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson

from portfolio.credentials.canonical import StructureError
from portfolio.credentials.kinds import KINDS, Kind
from portfolio.credentials.values import FieldValue, ValueProblem, normalise, normalise_name

_UUID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DID: Final = re.compile(r"did:web:[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:%3A[1-9][0-9]{0,4})?(?::[A-Za-z0-9._-]+)*")
_LIST: Final = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._-]+)+")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")
_FIRST_YEAR: Final = 1970  # before it there are no unix seconds
_MAX_IRI: Final = 255  # characters of a DID or of a status list's URL
_MAX_INDEX: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Statement:
    """All that an issuer says in one credential; always valid, for anything else raises `StructureError` when made.

    `fields` holds normal forms only (`values.py`); do not change the mapping afterwards. Instants are UTC with `Z` and
    whole seconds. `issuer_name` is signed because Open Badges asks for it and never shown: the registry gives names.
    """

    id: str
    subject_id: str
    issuer_did: str
    issuer_name: str
    holder_name: str
    kind: str
    valid_from: str
    valid_until: str | None
    status_list: str
    status_index: int
    fields: Mapping[str, FieldValue]

    def __post_init__(self) -> None:
        kind = KINDS.get(self.kind)
        if kind is None:
            raise StructureError("unknown_kind", "kind", "The kind of the credential is not known")
        _require_ids(self)
        _require_name(self.issuer_name, "issuer_name")
        _require_name(self.holder_name, "holder_name")
        _require_times(self)
        _require_fields(kind, self.fields)


def _require_ids(statement: Statement) -> None:
    if not _UUID.fullmatch(statement.id):
        raise StructureError("bad_id", "id", "The id of the credential is not a lower-case urn:uuid")
    if not _UUID.fullmatch(statement.subject_id):
        raise StructureError("bad_id", "subject_id", "The id of the holder is not a lower-case urn:uuid")
    if statement.id == statement.subject_id:
        raise StructureError("repeated_id", "subject_id", "The credential and its holder have the same id")
    if len(statement.issuer_did) > _MAX_IRI or not _DID.fullmatch(statement.issuer_did):
        raise StructureError("bad_did", "issuer_did", "The issuer is not named by a did:web in lower-case ASCII")
    if len(statement.status_list) > _MAX_IRI or not _LIST.fullmatch(statement.status_list):
        raise StructureError("bad_status", "status_list", "The status list is not an https address")
    if type(statement.status_index) is not int or not 0 <= statement.status_index <= _MAX_INDEX:
        raise StructureError("bad_status", "status_index", "The status index is not a number of a list's entry")


def _require_name(name: str, path: str) -> None:
    try:
        normal = normalise_name(name)
    except ValueProblem as problem:
        raise StructureError(f"value_{problem.code}", path, str(problem)) from None
    if normal != name:
        raise StructureError("not_normal", path, "A name is not in its normal form")


def _require_times(statement: Statement) -> None:
    if not is_instant(statement.valid_from):
        raise StructureError("bad_instant", "valid_from", "The signing instant is not UTC with Z and whole seconds")
    if statement.valid_until is None:
        return
    if not is_instant(statement.valid_until):
        raise StructureError("bad_instant", "valid_until", "The end of validity is not UTC with Z and whole seconds")
    if statement.valid_until < statement.valid_from:
        raise StructureError("bad_instant", "valid_until", "The end of validity lies before the signing instant")


def _require_fields(kind: Kind, fields: Mapping[str, FieldValue]) -> None:
    found = 0
    for field in kind.fields:
        value = fields.get(field.name)
        path = f"fields.{field.name}"
        if value is None:
            if field.required or field.name in fields:
                raise StructureError("missing_field", path, "A required field is missing")
            continue
        found += 1
        try:
            normal = normalise(field, value)
        except ValueProblem as problem:
            raise StructureError(f"value_{problem.code}", path, str(problem)) from None
        if type(normal) is not type(value) or normal != value:
            raise StructureError("not_normal", path, "A value is not in its normal form")
    if found != len(fields):
        raise StructureError("unknown_field", "fields", "There is a field that the kind does not have")


@lru_cache(maxsize=1024)
def is_instant(text: str) -> bool:
    """Tell whether text is YYYY-MM-DDTHH:MM:SSZ, a second that exists, from 1970 on; equal instants are equal texts."""
    if not _INSTANT.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).year >= _FIRST_YEAR
    except ValueError:
        return False


def statement_json(statement: Statement) -> bytes:
    """Write a statement as the JSON that is kept of a draft and travels to an issuer's own computer."""
    return orjson.dumps({name: getattr(statement, name) for name in Statement.__dataclass_fields__})


def statement_of(data: bytes) -> Statement:
    """Read what `statement_json` wrote."""
    values = orjson.loads(data)
    values["fields"] = {
        name: tuple(tuple(pair) for pair in value) if isinstance(value, list) else value
        for name, value in values["fields"].items()
    }
    return Statement(**values)
