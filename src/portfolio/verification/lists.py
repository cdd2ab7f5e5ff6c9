"""Lists of what is to be checked: a column of links or file names in TXT, CSV or XLSX, or bundles in JSON Lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from portfolio.credentials.bundles import MAX_BUNDLE
from portfolio.errors import PortfolioError
from portfolio.issuing.formats.delimited import decoded_text, read_text_table
from portfolio.issuing.formats.limits import MAX_BYTES
from portfolio.issuing.formats.workbooks import read_workbook
from portfolio.verification.inputs import InputError

_FILE: Final = re.compile(r"[^:*?\"<>|]{1,255}\.(?:json|pdf|png|jpe?g)", re.IGNORECASE)
_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_SAMPLE: Final = 500  # rows by which the column is chosen
_HEADINGS: Final = 3  # rows without a link or file that may stand above the first


def column_of(path: Path) -> list[tuple[int, str]]:
    """Return number in the file (from 1) and text of each cell that names a link or file, of a TXT, CSV or XLSX file.

    The column is the one with most of them. Rows above the first are headings; a later cell that names neither is
    given nevertheless, so that it gets its line in the report; empty ones are left out. Raises `InputError`.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError("file_too_large")
        content = path.read_bytes()
    except OSError:
        raise InputError("file_unreadable") from None
    try:
        rows = _rows(path, content)
    except PortfolioError:
        raise InputError("list_unreadable") from None
    texts = [(number, [str(cell).strip() for cell in cells]) for number, cells in rows]
    place = _best_column([cells for _, cells in texts[:_SAMPLE]])
    cells = [(number, row[place]) for number, row in texts if len(row) > place and row[place]]
    first = next((index for index, (_, cell) in enumerate(cells) if _names_source(cell)), len(cells))
    return cells[first:] if first <= _HEADINGS else cells


def _rows(path: Path, content: bytes) -> Sequence[tuple[int, Sequence[object]]]:
    if content.startswith(b"PK"):
        return read_workbook(content, sheet=None).rows
    if path.suffix.lower() == ".txt":
        lines = decoded_text(content).splitlines()
        return [(number, [line]) for number, line in enumerate(lines, start=1)]
    return read_text_table(content, encoding=None).rows


def _best_column(rows: list[list[str]]) -> int:
    width = max((len(row) for row in rows), default=0)
    counts = [sum(len(row) > place and _names_source(row[place]) for row in rows) for place in range(width)]
    if not any(counts):
        raise InputError("list_without_sources")
    return counts.index(max(counts))


def _names_source(cell: str) -> bool:
    return bool(_LINK.fullmatch(cell) or _FILE.fullmatch(cell))


def is_link(cell: str) -> bool:
    """Tell a cell that holds a web address from one that names a file."""
    return _LINK.fullmatch(cell) is not None


def lines_of(path: Path) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and length in bytes of each line of a JSON Lines file that is not blank, unread.

    A line too long for a bundle has its whole length, and is refused where it is read.
    """
    number = start = 0
    with path.open("rb") as file:
        while chunk := file.readline(MAX_BUNDLE + 2):
            length, is_blank = len(chunk), not chunk.strip()
            while not chunk.endswith(b"\n") and (chunk := file.readline(MAX_BUNDLE)):
                length += len(chunk)
            number += 1
            if not is_blank:
                yield number, start, length
            start += length


def read_line(path: Path, start: int, length: int) -> bytes:
    """Return one line of a JSON Lines file. Raises `InputError`."""
    if length > MAX_BUNDLE + 2:
        raise InputError("line_too_long")
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length).strip()
    except OSError:
        raise InputError("file_unreadable") from None
