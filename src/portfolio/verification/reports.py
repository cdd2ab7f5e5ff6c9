"""Reports about many documents as CSV, XLSX or JSON, written row by row; one that was broken off says so.

A report stands under its name only when it is whole; until then, and for good after Ctrl-C, its name has `.partial`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol, Self

import orjson

from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.verification.batch import Summary
from portfolio.verification.judging import Terms
from portfolio.verification.rows import COLUMNS, Row

REPORT_VERSION: Final = 1
SUFFIXES: Final = (".csv", ".xlsx", ".json")
PARTIAL: Final = N_("This report is partial: the run was broken off after %(total)s documents.")

# What a spreadsheet takes for a formula (OWASP ASVS 1.2.10), the full-width forms of the signs too.
_TRIGGER: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n]")
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_MAX_CELL: Final = 32_000  # characters; Excel's own limit is 32,767


class ReportFileError(PortfolioError):
    code = "report_file"


def harmless(value: str | int) -> str | int:
    """Return a cell that no spreadsheet runs: an apostrophe before what begins like a formula, controls replaced."""
    if isinstance(value, int):
        return value
    text = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value)[:_MAX_CELL]
    return f"'{text}" if _TRIGGER.match(text) else text


class _Writer(Protocol):
    def add(self, row: Row) -> None: ...
    def close(self, summary: Summary, partial: str | None) -> None: ...


class _Csv:
    """For Excel as Russian Windows has it: UTF-8 with a mark, `;`, lines ending in CR LF."""

    def __init__(self, path: Path, _terms: Terms) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";", quoting=csv.QUOTE_MINIMAL)
        self._writer.writerow(COLUMNS)

    def add(self, row: Row) -> None:
        self._writer.writerow([harmless(value) for value in row.values()])

    def close(self, _summary: Summary, partial: str | None) -> None:
        if partial:
            self._writer.writerow([partial])
        self._file.close()


class _Xlsx:
    """A workbook with the rows on one sheet and counts on another; cells are texts, never formulas."""

    def __init__(self, path: Path, _terms: Terms) -> None:
        from openpyxl import Workbook

        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet("report")
        self._sheet.freeze_panes = "A2"
        self._sheet.append(list(COLUMNS))

    def add(self, row: Row) -> None:
        self._sheet.append([harmless(value) for value in row.values()])

    def close(self, summary: Summary, partial: str | None) -> None:
        counts: Any = self._book.create_sheet("summary")
        for verdict, count in sorted(summary.counts.items()):
            counts.append([verdict, count])
        if partial:
            self._sheet.append([partial])
            counts.append([partial])
        self._book.save(self._path)


class _Json:
    """One object; rows stand in a list that is written as they come, the summary behind it."""

    def __init__(self, path: Path, terms: Terms) -> None:
        self._file: IO[bytes] = path.open("wb")
        head = {"version": REPORT_VERSION, "offline": terms.offline, "pairs": [pair.name for pair in terms.trust.pairs]}
        self._file.write(orjson.dumps(head)[:-1] + b',"rows":[')
        self._between = b"\n"

    def add(self, row: Row) -> None:
        self._file.write(self._between + orjson.dumps(dict(zip(COLUMNS, row.values(), strict=True)), default=str))
        self._between = b",\n"

    def close(self, summary: Summary, partial: str | None) -> None:
        tail = {"complete": partial is None, **summary_json(summary)}
        self._file.write(b"\n]," + orjson.dumps(tail)[1:] + b"\n")
        self._file.close()


_WRITERS: Final[dict[str, Callable[[Path, Terms], _Writer]]] = {".csv": _Csv, ".xlsx": _Xlsx, ".json": _Json}


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return counts by verdict, and the blocks at which the register was asked."""
    return {
        "total": summary.total,
        "counts": dict(sorted(summary.counts.items())),
        "exit_code": summary.exit_code,
        "end_checked": not summary.unchecked_end,
        "blocks": [{"pair": name, "number": head.number, "hash": head.hash} for name, head in summary.blocks],
    }


class ReportFile:
    """A report being written; leaving the `with` block by an exception leaves a partial one, marked as such."""

    def __init__(self, path: Path, terms: Terms, summary: Summary, *, translate: Callable[[str], str] = str) -> None:
        suffix = path.suffix.lower()
        if suffix not in _WRITERS:
            raise ReportFileError(f"{path.name}: the report must end in {', '.join(SUFFIXES)}")
        self.path = path
        self.partial_path = path.with_name(f"{path.stem}.partial{path.suffix}")
        self._summary = summary
        self._translate = translate
        try:
            self._writer = _WRITERS[suffix](self.partial_path, terms)
        except OSError as error:
            raise ReportFileError(f"{path} cannot be written: {error.strerror}") from None

    def add(self, row: Row) -> None:
        self._writer.add(row)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        partial = None if kind is None else self._translate(PARTIAL) % {"total": self._summary.total}
        self._writer.close(self._summary, partial)
        if kind is None:
            self.partial_path.replace(self.path)


def rows_json(rows: Sequence[Row], terms: Terms, summary: Summary) -> bytes:
    """Return the JSON report of few rows, for the terminal."""
    return orjson.dumps(
        {
            "version": REPORT_VERSION,
            "offline": terms.offline,
            "pairs": [pair.name for pair in terms.trust.pairs],
            "rows": [dict(zip(COLUMNS, row.values(), strict=True)) for row in rows],
            "complete": True,
            **summary_json(summary),
        },
        option=orjson.OPT_INDENT_2,
    )
