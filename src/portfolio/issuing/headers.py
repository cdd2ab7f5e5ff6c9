"""Finding the row, or the rows, of column names in a table that has titles above and merged cells among them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from portfolio.issuing.cells import Cell, Formula, as_shown, clean, is_blank, key
from portfolio.issuing.formats.limits import HEADER_WITHIN
from portfolio.issuing.vocabulary import is_known, is_name

Rows: TypeAlias = Sequence[tuple[int, Sequence[Cell]]]
Merged: TypeAlias = Mapping[int, Mapping[int, int]]
"""Cells merged over several columns: row number -> first column -> last column."""

_NOTHING_MERGED: Final[Merged] = MappingProxyType({})

_MOST_ROWS: Final = 3  # rows of one header
_ENOUGH: Final = 3  # known names that make a header even without the holder's name, so that its absence can be reported
_LONGEST: Final = 200  # characters of a column name


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A column's name. `keys` are what to look it up by, best first; `last` is the lowest of several rows."""

    index: int
    text: str
    last: str
    keys: tuple[str, ...]
    formula: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The row or rows of column names: their numbers, the named columns, and where in the rows given they stand."""

    numbers: tuple[int, ...]
    cells: tuple[HeaderCell, ...]
    first: int
    end: int


def known_names(texts: Iterable[str]) -> int:
    """Count the different column names among texts."""
    found = {key(text) for text in texts if text and len(text) <= _LONGEST}
    return sum(is_known(text) for text in found)


def most_known_names(rows: Iterable[Sequence[str]]) -> int:
    """Return the largest number of column names in one row."""
    return max((known_names(row) for row in rows), default=0)


def find_header(rows: Rows, *, merged: Merged = _NOTHING_MERGED) -> Header | None:
    """Return the header: the first row (with those that continue it) that knows most column names, or None.

    Row numbers in `merged` are those of `rows` (from 1), its columns count from 0.
    """
    best: Header | None = None
    best_rank: tuple[bool, int] = (False, 0)
    for first in range(min(len(rows), HEADER_WITHIN)):
        header = _header_at(rows, first, merged)
        rank = _rank(header)
        shorter = best is not None and header.end == best.end and len(header.numbers) < len(best.numbers)
        if rank > best_rank or (rank == best_rank and shorter):
            best, best_rank = header, rank
    if best is None or not (best_rank[0] or best_rank[1] >= _ENOUGH):
        return None
    return best


def _rank(header: Header) -> tuple[bool, int]:
    known = {text for cell in header.cells for text in cell.keys[-1:] if any(is_known(one) for one in cell.keys)}
    return any(is_name(text) for cell in header.cells for text in cell.keys), len(known)


def _header_at(rows: Rows, first: int, merged: Merged) -> Header:
    levels = [_Level.of(rows[first], merged)]
    end = first + 1
    while end < len(rows) and len(levels) < _MOST_ROWS and rows[end][0] == rows[end - 1][0] + 1:
        if not _continues(rows[end][1], levels[-1]):
            break
        levels.append(_Level.of(rows[end], merged))
        end += 1
    formulas = {
        index for at in range(first, end) for index, cell in enumerate(rows[at][1]) if isinstance(cell, Formula)
    }
    return Header(tuple(rows[at][0] for at in range(first, end)), _named(levels, formulas), first, end)


@dataclass(frozen=True, slots=True)
class _Level:
    """One row of a header: its texts, and for each column the column whose text spreads over it (-1 for none)."""

    texts: list[str]
    owners: list[int]
    is_merged: bool

    @classmethod
    def of(cls, row: tuple[int, Sequence[Cell]], merged: Merged) -> _Level:
        """Merged ranges say how far a name spreads; without them (CSV) it spreads over the empty cells to its right."""
        number, cells = row
        texts = [clean(as_shown(cell))[:_LONGEST] for cell in cells]
        ranges = merged.get(number, {})
        texts += [""] * (max(ranges.values(), default=-1) + 1 - len(texts))
        owners: list[int] = []
        owner = -1
        for index, text in enumerate(texts):
            owner = index if text else owner
            reach = ranges.get(owner, owner) if ranges else len(texts)
            owners.append(owner if index <= reach else -1)
        return cls(texts, owners, bool(ranges))

    def text(self, index: int) -> str:
        return self.texts[index] if index < len(self.texts) else ""

    def spread(self, index: int) -> str:
        """Return the text that spreads over a column."""
        owner = self.owner(index)
        return self.texts[owner] if owner >= 0 else ""

    def owner(self, index: int) -> int:
        """Rows end with their last filled cell: without merged ranges its text spreads on beyond."""
        if index < len(self.owners):
            return self.owners[index]
        return -1 if self.is_merged or not self.owners else self.owners[-1]


def _continues(cells: Sequence[Cell], above: _Level) -> bool:
    """Tell whether a row continues the header above it, or is data already.

    It does if it holds only text, and only under names that spread over several columns, or under none. A row that
    stands wholly under one spread text does not: that text is a title.
    """
    filled = [index for index, cell in enumerate(cells) if not is_blank(cell)]
    if not filled or not all(isinstance(cells[index], str) for index in filled):
        return False
    if any(clean(str(cells[index])).isdecimal() for index in filled):
        return False
    owners = [above.owner(index) for index in range(max(len(cells), len(above.owners)))]
    covered = all(owners[index] < 0 or owners.count(owners[index]) > 1 for index in filled)
    return covered and len({owner for owner in owners if owner >= 0}) > 1


def _named(levels: list[_Level], formulas: set[int]) -> tuple[HeaderCell, ...]:
    named = []
    for index in range(max(len(level.texts) for level in levels)):
        texts: list[str] = []
        for depth, level in enumerate(levels):
            deeper = any(lower.text(index) for lower in levels[depth + 1 :])
            text = level.spread(index) if deeper else level.text(index)
            if text and text not in texts:
                texts.append(text)
        if texts:
            keys = tuple(dict.fromkeys((key(" ".join(texts)), key(texts[-1]))))
            named.append(HeaderCell(index, " / ".join(texts), texts[-1], keys, index in formulas))
    return tuple(named)
