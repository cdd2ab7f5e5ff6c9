"""What stands in a portfolio, each in the same few words whatever it is; how it is chosen, ordered, counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from portfolio.credentials.kinds import KINDS

CPD_KIND: Final = "cpd_certificate"
CPD_YEARS: Final = 3
"""Teachers have a right, and as a rule a duty, to further training every three years (273-ФЗ, article 47, part 5)."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of a portfolio. `what` is "credential", "claim" or "import"; `state` a word of that kind of thing.

    `day` is ISO or "". `printed_name` is the name on it where that is not the holder's present one.
    """

    id: str
    what: str
    state: str
    title: str
    issuer: str
    day: str
    kind: str = ""
    subject: str = ""
    level: str = ""
    degree: str = ""
    hours: int = 0
    printed_name: str = ""
    token: str = ""
    endorsed_by: str = ""
    hidden: bool = False
    position: int = 0
    group: str = ""
    words: str = ""

    @property
    def year(self) -> str:
        return self.day[:4]

    @property
    def is_confirmed(self) -> bool:
        """Whether an issuer here stands behind it now."""
        return self.what == "credential" and self.state in {"registered", "pending"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reader wants to see of a portfolio; "" is all."""

    kind: str = ""
    subject: str = ""
    year: str = ""

    def takes(self, thing: Thing) -> bool:
        return self.kind in {"", thing.kind} and self.subject in {"", thing.subject} and self.year in {"", thing.year}

    def __bool__(self) -> bool:
        return bool(self.kind or self.subject or self.year)


@dataclass(frozen=True, slots=True)
class Training:
    """Further training of a teacher: confirmed hours by year, those of the last three years, and when more is due."""

    hours: Sequence[tuple[str, int]]
    recent: int
    due: str
    is_due: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """How many things fall under one label: confirmed ones, and those only claimed."""

    label: str
    confirmed: int
    claimed: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; `name` is a year, a group's label, or "" for what has none."""

    name: str
    things: Sequence[Thing] = field(default_factory=tuple)


def ordered(things: Iterable[Thing]) -> list[Thing]:
    """Return what the holder placed first in his order, then the rest by day, the newest first."""
    return sorted(
        sorted(things, key=lambda thing: (thing.day, thing.id), reverse=True),
        key=lambda thing: thing.position or 1_000_000,
    )


def by_year(things: Iterable[Thing]) -> list[Section]:
    """Return sections by year, the newest first; what has no date stands last."""
    return _sections(sorted(ordered(things), key=lambda thing: thing.year, reverse=True), lambda thing: thing.year)


def by_group(things: Iterable[Thing]) -> list[Section]:
    """Return sections by the holder's own labels, in the order of the alphabet; what has none stands last."""
    rows = sorted(ordered(things), key=lambda thing: (thing.group == "", thing.group.casefold()))
    return _sections(rows, lambda thing: thing.group)


def _sections(things: Sequence[Thing], name_of: object) -> list[Section]:
    assert callable(name_of)
    found: dict[str, list[Thing]] = {}
    for thing in things:
        found.setdefault(name_of(thing), []).append(thing)
    return [Section(name, rows) for name, rows in found.items()]


def counted(things: Iterable[Thing], by: str) -> list[Counted]:
    """Count things by "year", "subject" or "level"; years in their order, the rest by number."""
    confirmed: Counter[str] = Counter()
    claimed: Counter[str] = Counter()
    for thing in things:
        label = str(getattr(thing, by))
        if not label or thing.what == "import":
            continue
        if thing.is_confirmed:
            confirmed[label] += 1
        elif thing.what == "claim" and thing.state != "declined":
            claimed[label] += 1
    labels = sorted({*confirmed, *claimed})
    if by != "year":
        labels.sort(key=lambda label: -(confirmed[label] + claimed[label]))
    return [Counted(label, confirmed[label], claimed[label]) for label in labels]


def training_of(things: Iterable[Thing], *, today: date) -> Training | None:
    """Return a teacher's further training from confirmed certificates; None for who has none."""
    certificates = [thing for thing in things if thing.kind == CPD_KIND and thing.is_confirmed and thing.day]
    if not certificates:
        return None
    hours: Counter[str] = Counter()
    for thing in certificates:
        hours[thing.year] += thing.hours
    since = _years_later(today.isoformat(), -CPD_YEARS)
    due = _years_later(max(thing.day for thing in certificates), CPD_YEARS)
    recent = sum(thing.hours for thing in certificates if thing.day > since)
    return Training(sorted(hours.items(), reverse=True), recent, due, due <= today.isoformat())


def _years_later(day: str, years: int) -> str:
    start = date.fromisoformat(day)
    try:
        return start.replace(year=start.year + years).isoformat()
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28).isoformat()


def level_text(code: str, language: str) -> str:
    """Return the words for the code of an olympiad's level."""
    one = KINDS["olympiad_award"].field("level")
    choice = one.choice(code) if one else None
    if choice is None:
        return code
    return choice.ru if language == "ru" else choice.en
