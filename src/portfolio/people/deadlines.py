"""How long the law gives (152-ФЗ, articles 14, 20 and 21), in days or in Russian working days: the tables of
`docs/spec/deadlines.md`. Pure: no database, no clock.

A term begins on the day after the event and ends with its last day (Civil Code, articles 191 and 194). Where that is a
day off it is not put off to the next working day, as article 193 would allow: an earlier day is never the wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from portfolio.i18n import DEFAULT_TIME_ZONE

if TYPE_CHECKING:
    from holidays import HolidayBase


@dataclass(frozen=True, slots=True)
class Term:
    """So many days, or working days of the five-day week."""

    article: str
    days: int
    working: bool


class Duty(StrEnum):
    """What has to be done within a term."""

    ANSWER = "answer"
    CORRECT = "correct"
    STOP = "stop"
    DESTROY = "destroy"
    ERASE = "erase"


TERMS: Final = {
    Duty.ANSWER: Term("14 (3), 20 (1), 20 (2)", 10, working=True),
    Duty.CORRECT: Term("20 (3), 21 (2)", 7, working=True),
    Duty.STOP: Term("21 (3)", 3, working=True),
    Duty.DESTROY: Term("21 (3)", 10, working=True),
    Duty.ERASE: Term("21 (5)", 30, working=False),
}


class Cause(StrEnum):
    """What stands in our tables and sets a duty going."""

    WRONG = "wrong"
    NOT_ME = "not_me"
    DISPUTE = "dispute"
    ERASURE = "erasure"


DUTIES: Final = {
    Cause.WRONG: Duty.CORRECT,
    Cause.NOT_ME: Duty.DESTROY,
    Cause.DISPUTE: Duty.ANSWER,
    Cause.ERASURE: Duty.ERASE,
}


class Stage(StrEnum):
    """How much of a term is gone."""

    FRESH = "fresh"
    HALF = "half"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Deadline:
    """From which day on half of a term is gone, and the last day on which the duty is done in time."""

    begun: date
    half: date
    due: date

    def stage(self, today: date) -> Stage:
        """Return how much is gone; overdue begins with the day after the last."""
        if today > self.due:
            return Stage.OVERDUE
        return Stage.HALF if today >= self.half else Stage.FRESH


def local_day(moment: datetime, time_zone: str = DEFAULT_TIME_ZONE) -> date:
    """Return the day of a moment where the duty is to be done."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


@lru_cache(maxsize=4096)
def deadline(duty: Duty, begun: date) -> Deadline:
    """Return when a duty that was set going on a day is half gone and due; half of an odd number is rounded up."""
    term = TERMS[duty]
    return Deadline(begun, _after(term, begun, (term.days + 1) // 2), _after(term, begun, term.days))


def deadline_of(cause: Cause, since: datetime, time_zone: str = DEFAULT_TIME_ZONE) -> Deadline:
    """Return when what began at a moment is half gone and due."""
    return deadline(DUTIES[cause], local_day(since, time_zone))


def is_working_day(day: date) -> bool:
    """Tell whether offices in Russia work: no week-end, public holiday or day off moved by the government."""
    return bool(_calendar(day.year).is_working_day(day))


def _after(term: Term, begun: date, days: int) -> date:
    if not term.working:
        return begun + timedelta(days=days)
    day = begun
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


@lru_cache(maxsize=64)
def _calendar(year: int) -> HolidayBase:
    """Return the days off of a year. For years whose moved days are not decreed yet it holds the law's own alone."""
    import holidays

    return holidays.country_holidays("RU", years=year, expand=False)
