"""The content of single cells: what a cell may hold, its text as it will be signed, and its key for comparing. Pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final, TypeAlias

from portfolio.credentials.characters import UNSPACED
from portfolio.issuing.problems import CellError


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell whose value is computed; its last value is not taken, because nobody typed it."""

    def __str__(self) -> str:
        return "="


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell in which Excel shows an error, for example #REF!."""

    error: str

    def __str__(self) -> str:
        return self.error


@dataclass(frozen=True, slots=True)
class Padded:
    """A number that Excel shows with leading zeros (number format 0000): `text` is what a person sees."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Percentage:
    """A number that Excel shows times 100 with a percent sign: signing 0.975 where a person sees 97.5 % would
    mislead.
    """

    text: str

    def __str__(self) -> str:
        return self.text


Plain: TypeAlias = "str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None"
Cell: TypeAlias = "Plain | Formula | Broken | Padded | Percentage"

_SHARED_LENGTH: Final = 60
_SHARED_TEXTS: Final = 20_000
EXACT: Final = 10**15  # Excel keeps 15 digits of a number
# Characters that take no place and change nothing: zero-width spaces and joiners, marks of direction, BOM, soft hyphen.
_INVISIBLE: Final = re.compile("[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]")
# What no signed text may hold, marks that turn the direction of writing, and the sign of a character lost on the way.
_FORBIDDEN: Final = re.compile(f"{UNSPACED.pattern}|[\u034f\u061c\u202a-\u202e\u2066-\u2069\ufff9-\ufffd]")
# Text that people write to say "nothing": dashes of all kinds.
_DASHES: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_NOT_LETTERS: Final = re.compile(r"[^\w№]+|_")
_SCIENTIFIC: Final = re.compile(r"[0-9](?:[.,][0-9]{0,20})?[eEеЕ]\+[0-9]{1,3}")
_LOOK_ALIKES: Final = str.maketrans("aceopxykmthb", "асеорхукмтнв")
_CYRILLIC: Final = re.compile("[а-я]")


def clean(text: str) -> str:
    """Return text in NFC without invisible characters, trimmed, with single spaces; letters stay as written."""
    if not text.isprintable():  # so are all invisible characters and all spaces but the ordinary one
        text = _INVISIBLE.sub("", text)
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell holds nothing that a person could see."""
    if not isinstance(cell, str):
        return cell is None
    return not cell or (not cell[0].isalnum() and not clean(cell))


def as_shown(cell: Cell) -> str:
    """Return what a cell holds for a message or a preview; never raises."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, dt.date):
        timed = isinstance(cell, dt.datetime) and (cell.hour or cell.minute or cell.second)
        return cell.strftime("%d.%m.%Y %H:%M" if timed else "%d.%m.%Y")
    return "" if cell is None else str(cell)


def text_of(cell: Cell) -> str:
    """Return a cell's text, clean; "" for an empty one, and for dashes that stand for nothing.

    Whole numbers lose the ".0" that a workbook gives them. Raises `CellError` for what is no text: formulas, errors,
    dates in a column of text (Excel makes them of "10-1" and "12.05"), times, percentages, numbers that lost digits.
    """
    if isinstance(cell, str):
        return _text(cell)
    if cell is None:
        return ""
    if isinstance(cell, Padded):
        return cell.text
    if isinstance(cell, (float, int)) and not isinstance(cell, bool):
        if not abs(cell) < EXACT:  # infinity and NaN too
            raise CellError("digits_lost")
        return _number(cell)
    if isinstance(cell, dt.date):
        raise CellError("date_in_text", date=as_shown(cell))
    raise _no_text(cell)


def _no_text(cell: Cell) -> CellError:
    if isinstance(cell, Formula):
        return CellError("formula")
    if isinstance(cell, Broken):
        return CellError("excel_error", error=cell.error)
    if isinstance(cell, Percentage):
        return CellError("percentage", shown=cell.text)
    return CellError("wrong_cell")


def _text(raw: str) -> str:
    found = _FORBIDDEN.search(raw)
    if found:
        raise CellError("bad_character", character=f"U+{ord(found.group()):04X}")
    text = clean(raw)
    if text.startswith("="):
        raise CellError("formula")
    if text.startswith("#") and text.rstrip("!?").replace("/", "").isupper():
        raise CellError("excel_error", error=text)
    if len(text) <= 1 and text in _DASHES:
        return ""
    if _SCIENTIFIC.fullmatch(text):
        raise CellError("digits_lost")
    return text


def _number(value: float) -> str:
    """Write a number as Excel shows it: at most 15 digits, so that 0.1 + 0.2 is 0.3; never with an exponent."""
    if not abs(value) < EXACT:
        return str(value)
    if value == int(value):
        return str(int(value))
    return f"{value:.15f}".rstrip("0") if abs(value) < 1e-4 else f"{value:.15g}"  # noqa: PLR2004  # where "g" turns to exponents


def share(shared: dict[str, str], text: str) -> str:
    """Return the one copy of a short text: subjects, dates and degrees occur a thousand times in a table."""
    if len(text) > _SHARED_LENGTH:
        return text
    return shared.setdefault(text, text) if len(shared) < _SHARED_TEXTS else shared.get(text, text)


def key(text: str) -> str:
    """Return what is compared when column names, choices or persons are: letters and digits, lower case, ё as е.

    Latin look-alikes typed among Cyrillic letters count as Cyrillic. Only for comparing: values keep what was written.
    """
    folded = clean(text).casefold().replace("ё", "е")
    words = _NOT_LETTERS.sub(" ", folded).split()
    return " ".join(word.translate(_LOOK_ALIKES) if _CYRILLIC.search(word) else word for word in words)
