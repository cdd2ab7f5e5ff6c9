"""Text tables (CSV, TSV): encoding and delimiter found, records read by the csv module. Pure."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from portfolio.issuing.cells import share
from portfolio.issuing.formats import charsets
from portfolio.issuing.formats.limits import MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_ROWS
from portfolio.issuing.headers import known_names, most_known_names
from portfolio.issuing.problems import TableError

_DELIMITERS: Final = (";", "\t", ",")
_HEAD: Final = 200  # records by which the delimiter is chosen
_SEPARATOR_LINE: Final = re.compile(r"\s{0,3}sep=([;,\t])\s{0,3}", re.IGNORECASE)  # a hint for Excel in the first line
_SPLIT: Final = re.compile(r"[;,\t\r\n]")
_MARKUP: Final = re.compile(r"\s{0,20}<(?:!doctype|\?xml|html|table|head|body|meta|style|script)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextTable:
    """The records of a text table with their numbers (from 1, blank lines counted, a quoted newline not)."""

    rows: list[tuple[int, tuple[str, ...]]]
    encoding: str
    delimiter: str


def read_text_table(content: bytes, *, encoding: str | None) -> TextTable:
    """Read CSV or TSV; raises `TableError` where encoding, quoting or size forbid it."""
    found = charsets.encoding_of(content, asked=encoding, headers_in=_names_in)
    head = _decoded(content[: charsets.SAMPLE], found)
    if "\x00" in head:
        raise TableError("binary")
    if _MARKUP.match(head):
        raise TableError("web_page")
    delimiter = _delimiter(head)
    with io.TextIOWrapper(io.BytesIO(content), encoding=found, newline="") as lines:
        rows = list(_records(lines, delimiter))
    return TextTable(rows, charsets.label(found), delimiter)


def decoded_text(content: bytes) -> str:
    """Return a text whose encoding is found as that of a table; raises `TableError` where it is none."""
    found = charsets.encoding_of(content, asked=None, headers_in=_names_in)
    text = content.decode(found, errors="replace").removeprefix("\ufeff")
    if "\x00" in text:
        raise TableError("binary")
    return text


def _decoded(sample: bytes, encoding: str) -> str:
    return sample.decode(encoding, errors="ignore").removeprefix("\ufeff")


def _names_in(text: str) -> int:
    """Count the column names in a sample that may have been decoded wrongly."""
    return known_names(_SPLIT.split(text)[:2000])


def _delimiter(head: str) -> str:
    """Choose the delimiter under which most column names appear; on a tie the one that most lines agree on."""
    first_line = head.partition("\n")[0]
    hint = _SEPARATOR_LINE.fullmatch(first_line.rstrip("\r"))
    if hint:
        return hint[1]
    return max(_DELIMITERS, key=lambda delimiter: _fitness(head, delimiter))


def _fitness(head: str, delimiter: str) -> tuple[int, int]:
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):  # what was read until then still tells
        rows.extend(itertools.islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), _HEAD))
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return most_known_names(rows), max((width * count for width, count in widths.items()), default=0)


def _records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    shared: dict[str, str] = {}
    cells = count = start = 0
    try:
        for number, record in enumerate(reader, start=1):
            start = reader.line_num
            if number == 1 and _is_hint(record):
                continue
            while record and not record[-1]:
                record.pop()
            if not record:
                continue
            count += 1
            cells += len(record)
            _check_size(count, len(record), cells)
            yield number, tuple([share(shared, cell) for cell in record])
    except csv.Error as error:
        if "field larger" in str(error):
            raise TableError("cell_too_long", line=start + 1, limit=MAX_CELL) from None
        raise TableError("quotes", line=start + 1) from None


def _is_hint(record: list[str]) -> bool:
    """Tell whether a record is the line "sep=;" that tells Excel the delimiter."""
    return bool(record) and record[0].strip().casefold() == "sep=" and not any(record[1:])


def _check_size(count: int, width: int, cells: int) -> None:
    if count > MAX_ROWS:
        raise TableError("too_many_rows", limit=MAX_ROWS)
    if width > MAX_COLUMNS:
        raise TableError("too_many_columns", limit=MAX_COLUMNS)
    if cells > MAX_CELLS:
        raise TableError("too_many_cells", limit=MAX_CELLS)
