"""School marks as tables write them. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Final

from portfolio.issuing.cells import Cell, key, text_of
from portfolio.issuing.problems import CellError

PASSED: Final = "зачтено"
_SAMPLE: Final = 300  # cells of a column that are looked at
_MOSTLY: Final = 0.8
_WORDS: Final = {
    "отлично": "5", "отл": "5", "хорошо": "4", "хор": "4", "удовлетворительно": "3", "удовл": "3", "уд": "3",
    "неудовлетворительно": "2", "неуд": "2", "зачтено": PASSED, "зачет": PASSED, "зач": PASSED, "passed": PASSED,
}  # fmt: skip
_WITH_WORD: Final = re.compile(r"([2-5]) ([а-я]{2,20})")


def read_mark(cell: Cell) -> str:
    """Return "2" to "5" or "зачтено"; "" for an empty cell or a dash (not studied). Raises `CellError`.

    Read as well: 5.0, "5 (отлично)", "отлично", "зач."; a figure and a word that disagree are refused.
    """
    text = key(text_of(cell))
    if not text:
        return ""
    if len(text) == 1 and text in "2345":
        return text
    mark = _WORDS.get(text)
    found = _WITH_WORD.fullmatch(text)
    if found and _WORDS.get(found[2]) == found[1]:
        mark = found[1]
    if text in ("2 0", "3 0", "4 0", "5 0"):  # a number written as text by another program
        mark = text[0]
    if mark is None:
        raise CellError("bad_mark")
    return mark


def looks_like_marks(cells: Iterable[Cell]) -> bool:
    """Tell whether nearly all filled cells of a column are marks (and there is one at least)."""
    marks = others = 0
    for cell in itertools.islice(cells, _SAMPLE):
        try:
            marks += bool(read_mark(cell))
        except CellError:
            others += 1
    return marks > 0 and marks >= _MOSTLY * (marks + others)
