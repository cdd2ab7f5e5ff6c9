"""Normalised values of credential fields: what people write in, the one form that is signed out. Pure.

A signed value must be its own normal form, so that equal awards have equal bytes and nothing hides in spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from portfolio.credentials.characters import DIRECTIONS, INVISIBLE, UNSPACED
from portfolio.credentials.kinds import Choice, Field, FieldType
from portfolio.errors import JsonValue

FieldValue: TypeAlias = str | int | tuple[tuple[str, str], ...]
"""TEXT, DECIMAL ("97.5"), DATE ("2026-11-22"), YEAR ("2026") and CHOICE (its code) are str; INTEGER is int; MARKS are
pairs of subject and mark."""

MAX_NAME: Final = 200
"""Characters of a holder's or an issuer's name."""
MAX_ROWS: Final = 50
"""Rows of MARKS; with the limits of the texts it keeps the longest credential below 64 KB (`test_signing.py`)."""
MAX_SUBJECT: Final = 120
MAX_MARK: Final = 30
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,15}(?:[.,]0{1,6})?")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]{1,6})?")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}|2100")
_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_RUSSIAN_DATE: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")


class ValueProblem(Exception):  # noqa: N818 - a finding about one cell, collected rather than thrown at a user
    """A value that a field cannot hold.

    `code` is stable. `message` is an English sentence with %(name)s places (the gettext id), `data` fills them; neither
    repeats the value.
    """

    def __init__(self, code: str, message: str, **data: JsonValue) -> None:
        super().__init__(message % data)
        self.code = code
        self.message = message
        self.data = data


def normalise(field: Field, raw: Any) -> FieldValue:
    """Return the normal form of what a person, a table or an API gave for `field`.

    `raw` may be text, a number or a date as Python or a spreadsheet has it; for MARKS a mapping or pairs. Raises
    `ValueProblem`, with code "empty" for None and for text of nothing but space. Normalising a normal form again
    changes nothing.
    """
    return _NORMALISERS[field.type](field, raw)


def normalise_text(raw: Any, *, max_length: int) -> str:
    """Return text in NFC, trimmed, with single spaces and without invisible characters.

    Raises `ValueProblem` "empty", "not_text", "control_character", "direction_mark" or "too_long" (in characters).
    """
    text = _text_of(raw)
    if not text.isprintable():  # true of nearly all text, and far faster than looking for what is not
        text = _printable(text)
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if not text:
        raise ValueProblem("empty", "The value is missing")
    if len(text) > max_length:
        raise ValueProblem("too_long", "The text is longer than %(most)s characters", most=max_length)
    return text


def normalise_name(raw: Any) -> str:
    """Return the name of a holder or an issuer in its normal form; raises `ValueProblem` as `normalise_text` does."""
    return normalise_text(raw, max_length=MAX_NAME)


def fold(text: str) -> str:
    """Return text as choices are compared: case, ё and е, spaces around and a final full stop make no difference."""
    return " ".join(text.casefold().replace("ё", "е").split()).rstrip(".")


def _text_of(raw: Any) -> str:
    if raw is None:
        raise ValueProblem("empty", "The value is missing")
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal)):
        raise ValueProblem("not_text", "The value is not text")
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)  # spreadsheets keep 10 as 10.0
    return str(raw)


def _printable(text: str) -> str:
    if UNSPACED.search(text):
        raise ValueProblem("control_character", "The text holds a character that cannot be written")
    if DIRECTIONS.search(text):
        raise ValueProblem("direction_mark", "The text holds a mark that turns the direction of writing")
    return INVISIBLE.sub("", text)


def _text(field: Field, raw: Any) -> str:
    return normalise_text(raw, max_length=field.max_length)


def _integer(field: Field, raw: Any) -> int:
    text = _text_of(raw)
    text = "".join(text.split())
    if not text:
        raise ValueProblem("empty", "The value is missing")
    if not _INTEGER.fullmatch(text):
        raise ValueProblem("not_an_integer", "The value is not a whole number")
    number = int(text.replace(",", ".").partition(".")[0])
    _require_range(field, Decimal(number))
    return number


def _decimal(field: Field, raw: Any) -> str:
    text = "".join(_text_of(raw).split())
    if not text:
        raise ValueProblem("empty", "The value is missing")
    if not _DECIMAL.fullmatch(text):
        raise ValueProblem("not_a_number", "The value is not a number with at most six decimal places")
    number = Decimal(text.replace(",", "."))
    _require_range(field, number)
    digits = f"{number:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits if number else "0"  # not "-0"


def _require_range(field: Field, number: Decimal) -> None:
    if field.minimum is not None and number < field.minimum:
        raise ValueProblem("too_small", "The number is below %(least)s", least=field.minimum)
    if field.maximum is not None and number > field.maximum:
        raise ValueProblem("too_large", "The number is above %(most)s", most=field.maximum)


def _date(field: Field, raw: Any) -> str:  # noqa: ARG001 - one signature for all types
    day = raw.date() if isinstance(raw, datetime) else raw
    if not isinstance(day, date):
        day = _day_of(_text_of(raw).strip())
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        data = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise ValueProblem("date_out_of_range", "The year is not between %(first)s and %(last)s", **data)
    return day.isoformat()


def _year(field: Field, raw: Any) -> str:  # noqa: ARG001 - one signature for all types
    text = _text_of(raw).strip()
    if not text:
        raise ValueProblem("empty", "The value is missing")
    if not _YEAR.fullmatch(text):
        data = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise ValueProblem("date_out_of_range", "The year is not between %(first)s and %(last)s", **data)
    return text


@lru_cache(maxsize=1024)  # the rows of a table share their dates
def _day_of(text: str) -> date:
    if not text:
        raise ValueProblem("empty", "The value is missing")
    found = _ISO_DATE.fullmatch(text)
    if found:
        year, month, day = found.groups()
    else:
        found = _RUSSIAN_DATE.fullmatch(text)
        if not found:
            raise ValueProblem("not_a_date", "The value is not a date such as 31.12.2026 or 2026-12-31")
        day, month, year = found.groups()
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueProblem("no_such_day", "The calendar has no such day") from None


def _choice(field: Field, raw: Any) -> str:
    if isinstance(raw, str) and field.choice(raw) is not None:
        return raw
    text = normalise_text(raw, max_length=field.max_length)
    code = _spellings(field.choices).get(fold(text))
    if code is None:
        known = ", ".join(choice.ru for choice in field.choices)
        raise ValueProblem("unknown_choice", "The value is none of: %(known)s", known=known)
    return code


@lru_cache(maxsize=64)
def _spellings(choices: tuple[Choice, ...]) -> Mapping[str, str]:
    """Map every way to write a choice to its code; the first choice wins where two share a spelling."""
    found: dict[str, str] = {}
    for choice in choices:
        for spelling in (choice.code, choice.ru, choice.en, *choice.synonyms):
            found.setdefault(fold(spelling), choice.code)
    return MappingProxyType(found)


def _marks(field: Field, raw: Any) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - one signature for all types
    rows: list[tuple[str, str]] = []
    seen: set[str] = set()
    for subject, mark in _pairs(raw):
        if mark is None or (isinstance(mark, str) and not mark.strip()):
            continue  # a subject that was not taught to this pupil
        row = (normalise_text(subject, max_length=MAX_SUBJECT), normalise_text(mark, max_length=MAX_MARK))
        if fold(row[0]) in seen:
            raise ValueProblem("repeated_subject", "A subject has two marks")
        seen.add(fold(row[0]))
        rows.append(row)
    if not rows:
        raise ValueProblem("empty", "The value is missing")
    if len(rows) > MAX_ROWS:
        raise ValueProblem("too_many_rows", "There are more than %(most)s marks", most=MAX_ROWS)
    return tuple(rows)


def _pairs(raw: Any) -> Iterable[tuple[Any, Any]]:
    if raw is None:
        return ()
    if isinstance(raw, Mapping):
        return raw.items()
    if isinstance(raw, (str, bytes)) or not isinstance(raw, Iterable):
        raise ValueProblem("not_marks", "The value is no list of subjects and marks")
    pairs = [tuple(row) if isinstance(row, (list, tuple)) else () for row in raw]
    if any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004
        raise ValueProblem("not_marks", "The value is no list of subjects and marks")
    return [(pair[0], pair[1]) for pair in pairs]


_NORMALISERS: Final[Mapping[FieldType, Callable[[Field, Any], FieldValue]]] = MappingProxyType(
    {
        FieldType.TEXT: _text,
        FieldType.INTEGER: _integer,
        FieldType.DECIMAL: _decimal,
        FieldType.DATE: _date,
        FieldType.YEAR: _year,
        FieldType.CHOICE: _choice,
        FieldType.MARKS: _marks,
    }
)
