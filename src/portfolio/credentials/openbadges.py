"""A statement as an Open Badges 3.0 document and back; the only form that a credential of version 1 may have.

Pure. `extract` accepts exactly what `compose` makes of some statement, so nothing that was not understood is ever shown
and no two documents say the same. Sources: Open Badges 3.0, Verifiable Credentials 2.0, Bitstring Status List 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from portfolio.credentials.canonical import CONTEXTS, StructureError, written_alike
from portfolio.credentials.kinds import KINDS, Field, FieldType, Kind, Place
from portfolio.credentials.statement import Statement
from portfolio.credentials.values import MAX_ROWS, FieldValue

__all__ = ["Statement", "compose", "document_of", "extract", "slots_of"]

_ACHIEVEMENT_TYPES: Final = frozenset(kind.achievement_type for kind in KINDS.values())
_BY_TYPE_AND_VERSION: Final[Mapping[tuple[str, str], Kind]] = MappingProxyType(
    {(kind.achievement_type, kind.signed_version): kind for kind in KINDS.values()}
)


def _slots_in(members: Mapping[Place, str]) -> Mapping[str, Mapping[str, str]]:
    """Return by kind the slots that stand in one object of the document, and as which of its members."""
    return MappingProxyType(
        {
            kind.code: {f"field-{field.name}": members[field.place] for field in kind.fields if field.place in members}
            for kind in KINDS.values()
        }
    )


ACHIEVEMENT_MEMBERS: Final[Mapping[Place, str]] = MappingProxyType(
    {
        Place.ACHIEVEMENT_NAME: "name",
        Place.FIELD_OF_STUDY: "fieldOfStudy",
        Place.SPECIALIZATION: "specialization",
    }
)
SUBJECT_MEMBERS: Final[Mapping[Place, str]] = MappingProxyType(
    {
        Place.ACTIVITY_START: "activityStartDate",
        Place.ACTIVITY_END: "activityEndDate",
        Place.CREDITS_EARNED: "creditsEarned",
        Place.LICENSE_NUMBER: "licenseNumber",
        Place.ROLE: "role",
        Place.TERM: "term",
    }
)
_IN_ACHIEVEMENT: Final = _slots_in(ACHIEVEMENT_MEMBERS)
_IN_SUBJECT: Final = _slots_in(SUBJECT_MEMBERS)
_DAY_START: Final = "T00:00:00Z"  # Open Badges has no dates, only instants
_RESULTS: Final = ("credentialSubject", "result")
_DESCRIPTIONS: Final = ("credentialSubject", "achievement", "resultDescription")
_UNORDERED: Final = frozenset({".".join(_RESULTS), ".".join(_DESCRIPTIONS)})
_MEMBERS_OF_STATEMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "subject_id": "credentialSubject.id",
        "issuer_did": "issuer.id",
        "issuer_name": "issuer.name",
        "holder_name": "credentialSubject.identifier[0].identityHash",
        "valid_from": "validFrom",
        "valid_until": "validUntil",
        "status_list": "credentialStatus.statusListCredential",
        "status_index": "credentialStatus.statusListIndex",
    }
)


def compose(statement: Statement) -> dict[str, Any]:
    """Return the unsigned JSON document of a statement."""
    return document_of(KINDS[statement.kind], slots_of(statement))


def extract(document: Any) -> Statement:
    """Return the statement of an unsigned document.

    Raises `StructureError` unless composing that statement gives the document again, value for value and type for type;
    only the order of `result` and `resultDescription` is free.
    """
    if not isinstance(document, dict):
        raise StructureError("not_an_object", "", "The credential is not a JSON object")
    if document.get("@context") != list(CONTEXTS):
        raise StructureError(
            "unknown_context", "@context", "The contexts are not those of a credential of this version"
        )
    kind = _kind_of(document)
    try:
        statement = _Reader(document, kind).statement()
    except StructureError as error:
        raise StructureError(error.code, _member_of(kind, error.path), error.message) from None
    expected = compose(statement)
    if not written_alike(document, expected):
        _require_same(document, expected, "")
    return statement


def slots_of(statement: Statement) -> dict[str, Any]:
    """Return every value of the document that differs from credential to credential, by the name of its slot.

    The names depend on the statement's kind, which fields it has, whether it expires and how many marks it holds, on
    nothing else: they are the statement's shape (`shapes.py`).
    """
    slots: dict[str, Any] = {
        "id": statement.id,
        "subject_id": statement.subject_id,
        "issuer_did": statement.issuer_did,
        "issuer_name": statement.issuer_name,
        "holder_name": statement.holder_name,
        "valid_from": statement.valid_from,
        "status_list": statement.status_list,
        "status_index": str(statement.status_index),
    }
    if statement.valid_until is not None:
        slots["valid_until"] = statement.valid_until
    fields = statement.fields
    for name, slot, signed in _SIGNED[statement.kind]:
        value = fields.get(name)
        if isinstance(value, tuple):
            for number, (subject, mark) in enumerate(value, start=1):
                slots[f"row-{number}"], slots[f"mark-{number}"] = subject, mark
        elif value is not None:
            slots[slot] = signed(value)
    return slots


def document_of(kind: Kind, slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return the unsigned document of a kind with its slots filled."""
    document: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": slots["id"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": kind.ru,
        "issuer": {"id": slots["issuer_did"], "type": "Profile", "name": slots["issuer_name"]},
        "validFrom": slots["valid_from"],
    }
    if "valid_until" in slots:
        document["validUntil"] = slots["valid_until"]
    awarded = kind.at(Place.AWARDED_DATE)
    if awarded is not None:
        document["awardedDate"] = slots[f"field-{awarded.name}"]
    document["credentialSubject"] = _subject(kind, slots)
    document["credentialStatus"] = {
        "id": f"{slots['status_list']}#{slots['status_index']}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": slots["status_index"],
        "statusListCredential": slots["status_list"],
    }
    return document


def _subject(kind: Kind, slots: Mapping[str, Any]) -> dict[str, Any]:
    results, descriptions = _results(kind, slots)
    # The schema of 1EdTech closes IdentityObject to an `id`: this is the one blank node, so always `_:c14n0`.
    identity = {"type": "IdentityObject", "hashed": False, "identityHash": slots["holder_name"], "identityType": "name"}
    subject = {
        "id": slots["subject_id"],
        "type": "AchievementSubject",
        "identifier": [identity],
        **{member: slots[slot] for slot, member in _IN_SUBJECT[kind.code].items() if slot in slots},
        "achievement": {
            "id": f"{slots['id']}#achievement",
            "type": "Achievement",
            "achievementType": kind.achievement_type,
            "version": kind.signed_version,
            "inLanguage": "ru",
            "description": kind.description,
            "criteria": {"id": f"{slots['id']}#criteria", "narrative": kind.criteria},
            **{member: slots[slot] for slot, member in _IN_ACHIEVEMENT[kind.code].items() if slot in slots},
        },
    }
    if results:
        subject["achievement"]["resultDescription"] = descriptions
        subject["result"] = results
    return subject


def _results(kind: Kind, slots: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    results, descriptions = [], []

    def add(result_id: str, description_id: str, name: str, result_type: str, value: str) -> None:
        results.append({"id": result_id, "type": "Result", "resultDescription": description_id, "value": value})
        descriptions.append(
            {"id": description_id, "type": "ResultDescription", "name": name, "resultType": result_type}
        )

    this = slots["id"]
    for field in kind.fields:
        slot = f"field-{field.name}"
        if field.place is Place.RESULT and slot in slots:
            about = f"urn:portfolio:field:v{kind.version}:{kind.code}:{field.name}"
            result_type = "RawScore" if field.type is FieldType.DECIMAL else "Result"
            add(f"{this}#result-{field.name}", about, field.ru, result_type, slots[slot])
    number = 1
    while f"row-{number}" in slots:
        row, mark = f"row-{number}", f"mark-{number}"
        add(f"{this}#{mark}", f"{this}#{row}", slots[row], "Result", slots[mark])
        number += 1
    return results, descriptions


def _signer_of(field: Field) -> Callable[[Any], str | int]:
    """Return what turns a normal form into what is written in the document; `_unsigned` is the way back."""
    if field.type is FieldType.CHOICE:
        return {choice.code: choice.ru for choice in field.choices}.__getitem__
    if field.type is FieldType.INTEGER:
        return int
    if field.type is FieldType.DATE:
        return lambda day: f"{day}{_DAY_START}"
    return str


_SIGNED: Final = MappingProxyType(
    {
        kind.code: tuple((field.name, f"field-{field.name}", _signer_of(field)) for field in kind.fields)
        for kind in KINDS.values()
    }
)


def _kind_of(document: Mapping[str, Any]) -> Kind:
    path = ("credentialSubject", "achievement")
    achievement_type = _text_at(document, *path, "achievementType")
    if achievement_type not in _ACHIEVEMENT_TYPES:
        raise StructureError("unknown_kind", ".".join((*path, "achievementType")), "The kind is not known")
    kind = _BY_TYPE_AND_VERSION.get((achievement_type, _text_at(document, *path, "version")))
    if kind is None:
        raise StructureError("unknown_version", ".".join((*path, "version")), "The version of the kind is not known")
    return kind


class _Reader:
    """Reads the slots of a document of a known kind; what it does not look at, comparing finds."""

    def __init__(self, document: Mapping[str, Any], kind: Kind) -> None:
        self._document = document
        self._kind = kind
        self._id = _text_at(document, "id")
        self._results = _by_id(document, *_RESULTS)
        self._descriptions = _by_id(document, *_DESCRIPTIONS)

    def statement(self) -> Statement:
        document = self._document
        index = _text_at(document, "credentialStatus", "statusListIndex")
        if not re.fullmatch(r"0|[1-9][0-9]{0,9}", index):
            raise StructureError("bad_status", "credentialStatus.statusListIndex", "The status index is not a number")
        values = ((field, self._value(field)) for field in self._kind.fields)
        return Statement(
            id=self._id,
            subject_id=_text_at(document, "credentialSubject", "id"),
            issuer_did=_text_at(document, "issuer", "id"),
            issuer_name=_text_at(document, "issuer", "name"),
            holder_name=self._holder_name(),
            kind=self._kind.code,
            valid_from=_text_at(document, "validFrom"),
            valid_until=_text_at(document, "validUntil") if "validUntil" in document else None,
            status_list=_text_at(document, "credentialStatus", "statusListCredential"),
            status_index=int(index),
            fields={field.name: value for field, value in values if value is not None},
        )

    def _holder_name(self) -> str:
        identities = _at(self._document, "credentialSubject", "identifier")
        if not isinstance(identities, list) or len(identities) != 1:
            raise StructureError(
                "wrong_value", "credentialSubject.identifier", "There is not exactly one holder's name"
            )
        return _text_at(identities[0], "identityHash", under="credentialSubject.identifier[0]")

    def _value(self, field: Field) -> FieldValue | None:
        if field.place is Place.MARKS:
            return self._rows() or None
        if field.place is Place.RESULT:
            result = self._results.get(f"{self._id}#result-{field.name}")
            if result is None:
                return None
            return _unsigned(field, _text_at(result, "value", under=".".join(_RESULTS)), f"fields.{field.name}")
        path = _path_of(field.place)
        holder = _at(self._document, *path[:-1])
        if not isinstance(holder, dict) or path[-1] not in holder:
            return None  # a required field that is absent is refused by Statement
        return _unsigned(field, holder[path[-1]], ".".join(path))

    def _rows(self) -> tuple[tuple[str, str], ...]:
        rows = []
        for number in range(1, MAX_ROWS + 1):
            row = self._descriptions.get(f"{self._id}#row-{number}")
            mark = self._results.get(f"{self._id}#mark-{number}")
            if row is None or mark is None:
                break
            subject = _text_at(row, "name", under=".".join(_DESCRIPTIONS))
            rows.append((subject, _text_at(mark, "value", under=".".join(_RESULTS))))
        return tuple(rows)


def _member_of(kind: Kind, path: str) -> str:
    """Return where in the document stands what `path` names in a statement; other paths stay."""
    field = kind.field(path.removeprefix("fields."))
    if field is None or not path.startswith("fields."):
        return _MEMBERS_OF_STATEMENT.get(path, path)
    return ".".join(_RESULTS if field.place in (Place.RESULT, Place.MARKS) else _path_of(field.place))


@lru_cache(maxsize=len(Place))
def _path_of(place: Place) -> tuple[str, ...]:
    if place in ACHIEVEMENT_MEMBERS:
        return ("credentialSubject", "achievement", ACHIEVEMENT_MEMBERS[place])
    if place in SUBJECT_MEMBERS:
        return ("credentialSubject", SUBJECT_MEMBERS[place])
    return ("awardedDate",)


def _unsigned(field: Field, value: Any, path: str) -> FieldValue:
    """Return the normal form of a value as it is written in the document."""
    if field.type is FieldType.INTEGER:
        if type(value) is not int:
            raise StructureError("wrong_type", path, "A number is not written as a whole number")
        return value
    if not isinstance(value, str):
        raise StructureError("wrong_type", path, "A value is not a text")
    if field.type is FieldType.CHOICE:
        code = next((choice.code for choice in field.choices if choice.ru == value), None)
        if code is None:
            raise StructureError("value_unknown_choice", path, "A value is none of the field's list")
        return code
    if field.type is FieldType.DATE:
        return value.removesuffix(_DAY_START)
    return value


def _at(value: Any, *path: str, under: str = "") -> Any:
    for depth, member in enumerate(path):
        if not isinstance(value, dict) or member not in value:
            where = _join(under, ".".join(path[: depth + 1]))
            raise StructureError("missing_member", where, "A member of the document is missing")
        value = value[member]
    return value


def _text_at(value: Any, *path: str, under: str = "") -> str:
    text = _at(value, *path, under=under)
    if not isinstance(text, str):
        raise StructureError("wrong_type", _join(under, ".".join(path)), "A member of the document is not a text")
    return text


def _by_id(document: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """Return the objects of an optional list by their ids."""
    holder = _at(document, *path[:-1])
    members = holder.get(path[-1], []) if isinstance(holder, dict) else None
    if not isinstance(members, list):
        raise StructureError("wrong_type", ".".join(path), "A member of the document is not a list")
    where = ".".join(path)
    found = {_text_at(member, "id", under=f"{where}[{number}]"): member for number, member in enumerate(members)}
    if len(found) != len(members):
        raise StructureError("repeated_id", where, "Two results or their descriptions have the same id")
    return found


def _require_same(given: Any, expected: Any, path: str) -> None:
    """Raise `StructureError` at the first place where a document is not the expected one, numbers by type too."""
    if type(given) is not type(expected):
        raise StructureError("wrong_type", path, "A member of the document is of another type")
    if isinstance(expected, dict):
        _require_same_members(given, expected, path)
    elif isinstance(expected, list):
        if len(given) != len(expected):
            raise StructureError("wrong_length", path, "A list of the document has members too many or too few")
        if path in _UNORDERED:
            expected = _in_order_of(given, expected)
        for number, (one, other) in enumerate(zip(given, expected, strict=True)):
            _require_same(one, other, f"{path}[{number}]")
    elif given != expected:
        raise StructureError("wrong_value", path, "A member of the document has another value than it must have")


def _require_same_members(given: Mapping[str, Any], expected: Mapping[str, Any], path: str) -> None:
    for name in given:
        if name not in expected:
            raise StructureError("unexpected_member", _join(path, name), "There is a member that must not be there")
    for name, value in expected.items():
        if name not in given:
            raise StructureError("missing_member", _join(path, name), "A member of the document is missing")
        _require_same(given[name], value, _join(path, name))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _in_order_of(given: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the expected results in the order of the given ones; what has no counterpart meets the wrong one."""
    places = {member["id"]: place for place, member in enumerate(given)}  # `_by_id` has seen that each has an id
    return sorted(expected, key=lambda member: places.get(member["id"], len(given)))
