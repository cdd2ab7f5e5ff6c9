"""Dates as people type them into forms."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, Final

from portfolio.i18n import N_

_RUSSIAN: Final = re.compile(r"(\d{1,2})[./ ](\d{1,2})[./ ](\d{4})")
_OLDEST: Final = 120


def read_date(value: Any) -> date:
    """Return a day typed as 05.09.2010 or 2010-09-05; raises `ValueError` with a sentence for the reader."""
    text = str(value).strip()
    try:
        if found := _RUSSIAN.fullmatch(text):
            day, month, year = map(int, found.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(N_("Write the date as day, month and year, for example 05.09.2010.")) from None


def read_birth_date(value: Any) -> date:
    """Return a birth date: a day that is past, and not too long."""
    day, today = read_date(value), datetime.now(UTC).date()
    if not today.year - _OLDEST <= day.year or day > today:
        raise ValueError(N_("This cannot be a birth date. Look at the year."))
    return day
