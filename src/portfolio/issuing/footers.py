"""Rows that are no data: totals, signatures, headings, numbered columns, column names repeated on each page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from portfolio.errors import JsonValue
from portfolio.issuing.cells import Cell, as_shown, clean, is_blank, key
from portfolio.issuing.columns import Mapped
from portfolio.issuing.headers import Merged
from portfolio.issuing.problems import shorten
from portfolio.issuing.spreadsheets import Table
from portfolio.issuing.vocabulary import NAMES, Target

_TOTALS: Final = frozenset(
    ["итого", "всего", "итог", "итоги", "подытог", "total", "totals", "sum", "subtotal", "среднее"]
)
_TOTAL_STARTS: Final = ("средний балл", "в том числе", "всего участников", "количество участников")
_TOTAL_BEGINNINGS: Final = tuple({word[:3] for word in (*_TOTALS, *_TOTAL_STARTS)})
_SIGNERS: Final = frozenset(
    (
        "председатель", "сопредседатель", "секретарь", "директор", "ректор", "проректор", "декан", "жюри", "подпись",
        "подписи", "мп", "исполнитель", "исполнил", "исполнила", "ответственный", "ответственная", "руководитель",
        "заместитель", "зам", "начальник", "завуч", "методист", "координатор", "организатор", "составил", "составила",
        "проверил", "проверила", "утверждаю", "утверждено", "согласовано", "примечание", "примечания", "chair",
        "chairman", "signature", "signed", "note", "notes",
    )
)  # fmt: skip
_SIGNER_STARTS: Final = (
    "м п", "член жюри", "члены жюри", "дата составления", "дата заполнения", "классный руководитель", "главный судья",
    "head of",
)  # fmt: skip
_LINE: Final = re.compile("_{3,}")  # where a signature goes
_WIDE: Final = 3  # columns over which a heading between rows is merged


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was not read as data; `reason` is "footer", "heading", "column_names" or "column_numbers"."""

    row: int
    reason: str
    text: str

    def to_json(self) -> dict[str, JsonValue]:
        return {"row": self.row, "reason": self.reason, "text": self.text}


def data_rows(table: Table, mapped: Mapped, left_out: list[LeftOut]) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Yield the rows below the header that are data, and list in `left_out` those that are not.

    Rows without anything but a number in the № column are blank forms and pass silently.
    """
    judge = _Judge(table, mapped)
    for number, cells in table.rows[table.header.end :]:
        if judge.is_blank(cells):
            continue
        reason = judge.reason(number, cells)
        if reason is None:
            yield number, cells
        else:
            text = " ".join(clean(as_shown(cell)) for cell in cells if not is_blank(cell))
            left_out.append(LeftOut(number, reason, shorten(text)))


class _Judge:
    """Decides row by row; remembers whether a footer has begun, and takes up data again when a full row follows."""

    def __init__(self, table: Table, mapped: Mapped) -> None:
        self._read = tuple(column.index for column in mapped.read)
        self._names = tuple(column.index for column in mapped.columns if column.target in NAMES)
        self._counters = frozenset(column.index for column in mapped.columns if column.target == Target.COUNTER)
        self._header = frozenset(key(cell.last) for cell in table.header.cells) - {""}
        self._name_headers = frozenset(
            clean(cell.last).casefold() for cell in table.header.cells if cell.index in self._names
        )
        self._wide = _wide_rows(table.merged)
        self._first = table.header.end < len(table.rows) and table.rows[table.header.end][0]
        self._in_footer = False

    def is_blank(self, cells: Sequence[Cell]) -> bool:
        return all(is_blank(cell) or self._counts(index, cell) for index, cell in enumerate(cells))

    def _counts(self, index: int, cell: Cell) -> bool:
        return index in self._counters and clean(as_shown(cell)).rstrip(".").isdecimal()

    def reason(self, number: int, cells: Sequence[Cell]) -> str | None:
        if number == self._first and _numbers_columns(cells):
            return "column_numbers"
        filled = sum(1 for index in self._read if index < len(cells) and not is_blank(cells[index]))
        named = any(index < len(cells) and not is_blank(cells[index]) for index in self._names)
        if named and self._is_full(cells, filled) and not self._starts_with_total(cells):
            self._in_footer = False
            return "column_names" if self._names_names(cells) and self._repeats_header(cells) else None
        if self._is_footer(cells, filled=filled, named=named):
            self._in_footer = True
            return "footer"
        if self._repeats_header(cells):
            return "column_names"
        return "heading" if self._is_heading(number, cells, named=named) else None

    def _is_full(self, cells: Sequence[Cell], filled: int) -> bool:
        """Tell whether a row with a name is data; in a table of names alone only a signature is not."""
        if len(self._read) == 1:
            return not self._starts_with_signer(cells)
        return filled > 1 and filled * 2 >= len(self._read)

    def _is_footer(self, cells: Sequence[Cell], *, filled: int, named: bool) -> bool:
        if self._starts_with_total(cells):
            return True
        if any(isinstance(cell, str) and _LINE.search(cell) for cell in cells):
            return True
        few = filled <= 1 or filled * 2 < len(self._read)
        return (few and self._starts_with_signer(cells)) or (self._in_footer and (few or not named))

    def _starts_with_total(self, cells: Sequence[Cell]) -> bool:
        text = self._first_text(cells).casefold()
        if not text.startswith(_TOTAL_BEGINNINGS):
            return False
        first = key(text)
        return first.split(" ", 1)[0] in _TOTALS or first.startswith(_TOTAL_STARTS)

    def _starts_with_signer(self, cells: Sequence[Cell]) -> bool:
        first = key(self._first_text(cells))
        return first.split(" ", 1)[0] in _SIGNERS or first.startswith(_SIGNER_STARTS)

    def _first_text(self, cells: Sequence[Cell]) -> str:
        """Return a row's first cell but for its number, clean; "" where that is no text."""
        for index, cell in enumerate(cells):
            if not is_blank(cell) and not self._counts(index, cell):
                return clean(cell) if isinstance(cell, str) else ""
        return ""

    def _names_names(self, cells: Sequence[Cell]) -> bool:
        """Tell whether the name columns hold their own names; asked of every row, so it looks at one or two cells."""
        named = (cells[index] for index in self._names if index < len(cells))
        return any(isinstance(cell, str) and clean(cell).casefold() in self._name_headers for cell in named)

    def _repeats_header(self, cells: Sequence[Cell]) -> bool:
        texts = {key(cell) for cell in cells if isinstance(cell, str)} - {""}
        return len(texts) > 1 and texts <= self._header

    def _is_heading(self, number: int, cells: Sequence[Cell], *, named: bool) -> bool:
        """A heading ("9 класс") stands alone in its row: across merged columns, or where no name belongs."""
        filled = [cell for cell in cells if not is_blank(cell)]
        if len(filled) != 1 or not isinstance(filled[0], str):
            return False
        return number in self._wide or not named or any(letter.isdecimal() for letter in filled[0])


def _wide_rows(merged: Merged) -> frozenset[int]:
    return frozenset(
        row for row, ranges in merged.items() if any(right - left + 1 >= _WIDE for left, right in ranges.items())
    )


def _numbers_columns(cells: Sequence[Cell]) -> bool:
    """Tell whether a row numbers the columns (1, 2, 3, ...), as official forms do below the column names."""
    numbers = [as_shown(cell).strip() for cell in cells if not is_blank(cell)]
    return len(numbers) >= _WIDE and numbers == [str(number) for number in range(1, len(numbers) + 1)]
