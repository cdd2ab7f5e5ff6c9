"""School marks as tables write them. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Final

from portfolio.issuing.cells import Cell, text_of
from portfolio.issuing.problems import CellError

PASSED: Final = "зачтено"
_SAMPLE: Final = 300  # cells of a column that are looked at
_MOSTLY: Final = 0.8
_WORDS: Final = {
    "отлично": "5", "отл": "5", "хорошо": "4", "хор": "4", "удовлетворительно": "3", "удовл": "3", "уд": "3",
    "неудовлетворительно": "2", "неуд": "2", "зачтено": PASSED, "зачет": PASSED, "зач": PASSED, "passed": PASSED,
}  # fmt: skip
_FIGURE: Final = re.compile(r"([2-5])(?:[.,]0)?")
_WITH_WORD: Final = re.compile(r"([2-5])\s?[(—–-]?\s?([а-я]{2,20})\.?\)?")


def read_mark(cell: Cell) -> str:
    """Return "2" to "5" or "зачтено"; "" for an empty cell or a dash (not studied). Raises `CellError`.

    Read as well: 5.0, "5 (отлично)", "отлично", "зач."; a figure and a word that disagree are refused.
    """
    text = text_of(cell).casefold().replace("ё", "е")
    if not text:
        return ""
    if figure := _FIGURE.fullmatch(text):
        return figure[1]
    if word := _WORDS.get(text.rstrip(".")):
        return word
    found = _WITH_WORD.fullmatch(text)
    if found and _WORDS.get(found[2]) == found[1]:
        return found[1]
    raise CellError("bad_mark")


def looks_like_marks(cells: Iterable[Cell]) -> bool:
    """Tell whether nearly all filled cells of a column are marks (and there is one at least)."""
    marks = others = 0
    for cell in itertools.islice(cells, _SAMPLE):
        try:
            marks += bool(read_mark(cell))
        except CellError:
            others += 1
    return marks > 0 and marks >= _MOSTLY * (marks + others)
