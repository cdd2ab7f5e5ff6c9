"""Dates as tables write them, read only where they can mean one day. Pure; knows no clock."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from portfolio.issuing.cells import Cell, text_of
from portfolio.issuing.problems import CellError

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
_CLEAR_DAY: Final = 12  # a number above it is a day, not a month
_TIME: Final = re.compile(r"[t ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?")
_YEAR_WORD: Final = re.compile(r"\s?(?:года?|г)\.?")
_NUMBERS: Final = re.compile(r"([0-9]{1,2})\s?([./-])\s?([0-9]{1,2})\s?\2\s?([0-9]{4}|[0-9]{2})")
_ISO: Final = re.compile(r"([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2})")
_WORDS: Final = re.compile(r"[«\"“”]?([0-9]{1,2})[»\"“”]?\s([а-яё]{3,8})\.?\s([0-9]{4})")
_MONTHS: Final = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")


def read_date(cell: Cell) -> str:
    """Return a cell's date as YYYY-MM-DD, "" for an empty cell; raises `CellError` where it can mean two days or none.

    Read: dates of Excel, dd.mm.yyyy (also with one digit, hyphens, or slashes where the day is above 12), yyyy-mm-dd,
    "12 мая 2024 г.". Refused: two-digit years, 05/06/2024, plain numbers, days that do not exist.
    """
    if isinstance(cell, dt.datetime):
        return _in_range(cell.date())
    if isinstance(cell, dt.date):
        return _in_range(cell)
    text = text_of(cell)
    if not text:
        return ""
    if isinstance(cell, (int, float)) or text.isdecimal():
        raise CellError("date_is_number")
    return _in_range(_parse(text.casefold()))


def _parse(text: str) -> dt.date:
    text = _without_tail(_without_tail(text, _YEAR_WORD), _TIME)
    found = _NUMBERS.fullmatch(text)
    if found:
        return _of_numbers(found)
    found = _ISO.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[3]), int(found[4]))
    found = _WORDS.fullmatch(text)
    if found:
        for number, month in enumerate(_MONTHS, start=1):
            if found[2].startswith(month):
                return _day(int(found[3]), number, int(found[1]))
    raise CellError("bad_date")


def _without_tail(text: str, tail: re.Pattern[str]) -> str:
    found = re.search(rf"(?:{tail.pattern})$", text)
    return text[: found.start()] if found else text


def _of_numbers(found: re.Match[str]) -> dt.date:
    day, month, year = int(found[1]), int(found[3]), found[4]
    if len(year) == 2:  # noqa: PLR2004
        raise CellError("two_digit_year")
    if found[2] == "/" and day <= _CLEAR_DAY and day != month:
        raise CellError("ambiguous_date")
    return _day(int(year), month, day)


def _day(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise CellError("no_such_day") from None


def _in_range(day: dt.date) -> str:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellError("date_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    return day.isoformat()
