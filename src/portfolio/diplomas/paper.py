"""What stands on a diploma: a signed statement put into the words of its kind. Pure: no database, no Typst."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from portfolio.credentials.kinds import KINDS, Field, FieldType, Kind, Place
from portfolio.credentials.statement import Statement
from portfolio.credentials.values import FieldValue, fold
from portfolio.diplomas import wording
from portfolio.diplomas.wording import Wording
from portfolio.i18n import format_day, format_decimal

LONG_WORD: Final = 24
"""Letters of a word from which on it may be broken anywhere: no name needs it, and nothing may leave the page."""
_LONG: Final = re.compile(rf"[^\s-]{{{LONG_WORD},}}")  # behind a hyphen a line may break anyway
_BREAK: Final = "\u200b"  # zero width space
_ELSEWHERE: Final = frozenset({"title", "award_date", "registration_number"})


@dataclass(frozen=True, slots=True)
class Replaced:
    """The paper that a corrected one replaces: number and ISO day may be empty, the short code never is."""

    number: str
    day: str
    code: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What a paper shows besides the signed statement.

    `issuer` is the name the registry gives; `logo` an SVG text; `link` what the QR code holds; `host` where the service
    answers; `duplicate_on` the ISO day of a duplicate.
    """

    issuer: str
    code: str
    link: str
    host: str
    logo: str | None = None
    pending: bool = False
    replaces: Replaced | None = None
    duplicate_on: str | None = None


def paper_of(statement: Statement, copy: Copy) -> dict[str, Any]:
    """Return the values of a paper as JSON-able data for a design; every one of them is plain text."""
    kind = KINDS[statement.kind]
    words = wording.wording_of(kind)
    fields = statement.fields
    day = str(fields.get("award_date") or "")
    subheading = words.subheadings.get(str(fields.get(words.told_by) or ""), words.subheading)
    return {
        "document_title": f"{words.heading}: {statement.holder_name}",
        "document_description": f"{kind.ru}. {copy.issuer}",
        "heading": words.heading,
        "subheading": subheading + _honours(fields.get("honours")),
        "before": words.before,
        "holder": breakable(statement.holder_name),
        "after": words.after,
        "title": breakable(_title(words, subheading, str(fields.get("title") or ""))),
        "rows": [[label, breakable(value)] for label, value in _rows(kind, words, statement)],
        "marks": [[breakable(subject), breakable(mark)] for subject, mark in _marks(kind, statement)],
        "marks_heading": words.marks_heading,
        "number_label": wording.NUMBER,
        "number": breakable(str(fields.get("registration_number") or "")),
        "date_label": wording.DATE,
        "date": format_day(day, "ru") if day else "",
        "issuer": breakable(copy.issuer),
        "logo": copy.logo,
        "link": copy.link,
        "code": copy.code,
        "duplicate": wording.DUPLICATE if copy.duplicate_on else "",
        "notes": _notes(kind, copy),
        "how_to_check": list(wording.how_to_check(copy.host)),
    }


def breakable(text: str) -> str:
    """Return text with invisible places to break overlong words at, and none between № and its number."""
    return _LONG.sub(lambda word: _BREAK.join(word[0]), text.replace("№ ", "№\u00a0"))


def _title(words: Wording, subheading: str, title: str) -> str:
    """Return the title unless the heading says the very same already."""
    said = f"{words.heading} {subheading}".strip()
    return "" if fold(title) in {fold(said), fold(f"{said} {wording.HONOURS}")} else title


def _honours(value: FieldValue | None) -> str:
    return f" {wording.HONOURS}" if value == "honours" else ""


def _rows(kind: Kind, words: Wording, statement: Statement) -> list[tuple[str, str]]:
    """Return the remaining values with their labels, in the order of the kind; what belongs together in one row."""
    fields = dict(statement.fields)
    told = {*_ELSEWHERE, "honours"}
    if str(fields.get(words.told_by) or "") in words.subheadings:
        told.add(words.told_by)
    rows: list[tuple[str, str]] = []
    for field in kind.fields:
        value = fields.get(field.name)
        if value is None or field.name in told or field.place is Place.MARKS:
            continue
        if field.name == "start_date" and "end_date" in fields:
            rows.append((wording.PERIOD, f"{_shown(field, value)} — {_shown(field, fields['end_date'])}"))
            told.add("end_date")
        elif field.name == "score" and "max_score" in fields:
            most = kind.field("max_score") or field
            rows.append((wording.RESULT, f"{_shown(field, value)} из {_shown(most, fields['max_score'])}"))
            told.add("max_score")
        else:
            rows.append((field.ru, _shown(field, value)))
    return rows


def _marks(kind: Kind, statement: Statement) -> tuple[tuple[str, str], ...]:
    field = kind.at(Place.MARKS)
    value = statement.fields.get(field.name) if field else None
    return value if isinstance(value, tuple) else ()


def _shown(field: Field, value: FieldValue) -> str:
    text = str(value)
    if field.type is FieldType.CHOICE:
        choice = field.choice(text)
        return choice.ru if choice else text
    if field.type is FieldType.DATE:
        return format_day(text, "ru")
    if field.type is FieldType.DECIMAL:
        return format_decimal(text, "ru")
    return text


def _notes(kind: Kind, copy: Copy) -> list[str]:
    notes = []
    if copy.duplicate_on:
        notes.append(wording.duplicate_note(format_day(copy.duplicate_on, "ru")))
    if copy.replaces:
        day = format_day(copy.replaces.day, "ru") if copy.replaces.day else ""
        note = wording.replaces_note(number=copy.replaces.number, day=day, code=copy.replaces.code)
        notes.append(breakable(note))
    if kind.minimal_of:
        notes.append(wording.SHORT_FORM)
    if copy.pending:
        notes.append(wording.PENDING)
    return notes
