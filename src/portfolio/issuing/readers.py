"""Readers of single columns: from a cell to the normalised value of a field or of a person's data. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from portfolio.credentials.kinds import Field, FieldType
from portfolio.credentials.values import FieldValue, ValueProblem, normalise
from portfolio.issuing.cells import Cell, Padded, text_of
from portfolio.issuing.dates import read_date
from portfolio.issuing.problems import CellError

Value = TypeVar("Value")

_REMEMBERED: Final = 4_096  # values of one column that are read once
_UNIT: Final = re.compile(r"(?<=[0-9])\s?(?:ак(?:ад)?\.?\s?)?(?:часов|часа|час|ч|hours|hour|h)\.?")
_THOUSANDS: Final = re.compile(r"(?<=[0-9]) (?=[0-9]{3}(?:[^0-9]|$))")
_SNILS_DIGITS: Final = 11
_FIRST_CHECKED: Final = 1_001_998  # numbers up to 001-001-998 have no check digits
_EMAIL: Final = re.compile(
    r"[^\s@\"(),:;<>\[\]\\]{1,64}@[^\s@\"(),:;<>\[\]\\.]{1,63}(?:\.[^\s@\"(),:;<>\[\]\\.]{1,63}){1,8}"
)


class Remembering(Generic[Value]):
    """Reads a cell once per different text or number: subjects, classes and dates repeat down a column."""

    def __init__(self, read: Callable[[Cell], Value]) -> None:
        self._read = read
        self._texts: dict[str, Value] = {}
        self._numbers: dict[float, Value] = {}

    def __call__(self, cell: Cell) -> Value:
        """Return what `read` returns; raises `CellError` as it does."""
        if type(cell) is str:
            return self._remembered(self._texts, cell)
        if type(cell) is float:
            return self._remembered(self._numbers, cell)
        return self._read(cell)

    def _remembered(self, known: dict[Value | str, Value] | dict[str, Value] | dict[float, Value], cell: Cell) -> Value:
        try:
            return known[cell]  # type: ignore[index]
        except KeyError:
            value = self._read(cell)
            if len(known) < _REMEMBERED:
                known[cell] = value  # type: ignore[index]
            return value


def read_value(field: Field, cell: Cell) -> FieldValue | None:
    """Return the normalised value of a field, None for an empty cell. Raises `CellError`."""
    text = _TEXT_OF[field.type](cell)
    if not text:
        return None
    try:
        return normalise(field, text)
    except ValueProblem as problem:
        raise CellError(problem.code, problem.message, **problem.data) from None


def _number_text(cell: Cell) -> str:
    """Return a number without the spaces between its thousands and without a unit of time behind it.

    Any other space is refused: "97 5" may be two numbers, or one that lost its comma.
    """
    text = _THOUSANDS.sub("", text_of(cell))
    unit = _UNIT.search(text)
    if unit and unit.end() == len(text):
        text = text[: unit.start()]
    if " " in text:
        raise CellError("spaces_in_number")
    return text


_TEXT_OF: Final[dict[FieldType, Callable[[Cell], str]]] = {
    FieldType.TEXT: text_of,
    FieldType.CHOICE: text_of,
    FieldType.DATE: read_date,
    FieldType.INTEGER: _number_text,
    FieldType.DECIMAL: _number_text,
}


def read_snils(cell: Cell) -> str | None:
    """Return the 11 digits of a СНИЛС whose check digits match; a number in a workbook gets its lost zeros back.

    Source: the algorithm of the Pension Fund (приказ об ведении индивидуального лицевого счёта): the sum of nine digits
    by weights 9 to 1, modulo 101, 100 counting as 00. Raises `CellError`.
    """
    text = text_of(cell)
    if not text:
        return None
    digits = text.removesuffix(".0").replace(" ", "").replace("-", "").replace("\u2013", "").replace("\u2011", "")
    if isinstance(cell, (float, int, Padded)):
        digits = digits.zfill(_SNILS_DIGITS)
    if len(digits) != _SNILS_DIGITS or not (digits.isascii() and digits.isdecimal()):
        raise CellError("bad_snils")
    total = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(9, 0, -1), strict=True))
    if int(digits[:9]) >= _FIRST_CHECKED and total % 101 % 100 != int(digits[9:]):
        raise CellError("snils_check_digits")
    return digits


def read_email(cell: Cell) -> str | None:
    """Return an e-mail address with its domain in lower case. Raises `CellError`."""
    text = text_of(cell)
    if not text:
        return None
    if not _EMAIL.fullmatch(text):
        raise CellError("bad_email")
    box, _, domain = text.rpartition("@")
    return f"{box}@{domain.lower()}"


def read_number(cell: Cell) -> str | None:
    """Return the issuer's own number of a person as text. Raises `CellError`."""
    text = text_of(cell)
    if len(text) > 60:  # noqa: PLR2004  # no number of a file is longer
        raise CellError("too_long", most=60)
    return text or None


def read_birth_date(cell: Cell) -> str | None:
    """Return YYYY-MM-DD. Raises `CellError`."""
    return read_date(cell) or None
