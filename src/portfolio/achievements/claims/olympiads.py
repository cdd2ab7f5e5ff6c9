"""The olympiads that a holder may pick from instead of typing: a small table, in `olympiads.json`. Pure.

Levels of the list of РСОШ change with every school year, so what the table says is only a first value in the form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from portfolio.credentials.values import fold


@dataclass(frozen=True, slots=True)
class KnownOlympiad:
    """An olympiad; `level` is a code of the field `level` of an olympiad award, None where the paper must say it."""

    title: str
    level: str | None
    subjects: tuple[str, ...]


@cache
def known_olympiads() -> tuple[KnownOlympiad, ...]:
    """Return the table."""
    source = resources.files("portfolio.achievements.claims") / "olympiads.json"
    rows = json.loads(source.read_text("utf-8"))["olympiads"]
    return tuple(KnownOlympiad(row["title"], row["level"], tuple(row["subjects"])) for row in rows)


@cache
def subjects() -> tuple[str, ...]:
    """Return every subject of the table once, in the order of the alphabet."""
    return tuple(sorted({subject for olympiad in known_olympiads() for subject in olympiad.subjects}))


def level_of(title: str) -> str | None:
    """Return the level of a known olympiad, None where the title or its level is not known."""
    wanted = fold(title)
    return next((one.level for one in known_olympiads() if fold(one.title) == wanted), None)
