"""One pass over a worksheet's XML for what its values do not tell: formulas, errors, formats, hidden rows, size.

A sheet with one cell in the farthest corner is refused here, before a reader makes room for all cells between. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from portfolio.issuing.cells import Broken, Cell, Formula, Padded, Percentage
from portfolio.issuing.formats.limits import MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_FORMULAS, MAX_ROWS, MAX_TEXT
from portfolio.issuing.formats.packages import parser
from portfolio.issuing.problems import TableError

_CHUNK: Final = 1 << 18
_COLUMN: Final = re.compile(r"[A-Z]{1,3}")
_ZEROS: Final = re.compile(r"0{2,40}")
_BUILT_IN_PERCENT: Final = {9: "0%", 10: "0.00%"}  # ECMA-376 part 1, 18.8.30


@dataclass(slots=True)
class SheetScan:
    """What one pass found. Rows and columns count from 0; `special` holds cells whose value must not be taken as it
    is.
    """

    special: dict[int, dict[int, Cell]] = field(default_factory=dict)  # row -> column -> cell
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    last_row: int = -1
    last_column: int = -1
    cells: int = 0
    formulas: int = 0


def formats_of(styles: bytes) -> dict[str, str]:
    """Return the cell styles (number as text) whose number format shows other digits: zeros in front, or percent."""
    codes: dict[int, str] = dict(_BUILT_IN_PERCENT)
    formats: dict[str, str] = {}
    inside = False
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside, count
        local = name.rpartition(":")[2]
        if local == "numFmt":
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif local == "cellXfs":
            inside = True
        elif local == "xf" and inside:
            code = codes.get(int(attributes.get("numFmtId", "0")), "")
            if _ZEROS.fullmatch(code) or "%" in code:
                formats[str(count)] = code
            count += 1

    def end(name: str) -> None:
        nonlocal inside
        if name.rpartition(":")[2] == "cellXfs":
            inside = False

    if styles:
        reader = parser()
        reader.StartElementHandler = start
        reader.EndElementHandler = end
        reader.Parse(styles, True)
    return formats


def string_lengths(strings: bytes) -> list[int]:
    """Return the length in characters of every shared string; raises `TableError` for one beyond a cell's limit."""
    lengths: list[int] = []
    length = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal length
        if name.rpartition(":")[2] == "si":
            length = 0

    def end(name: str) -> None:
        if name.rpartition(":")[2] == "si":
            if length > MAX_CELL:
                raise TableError("bomb")
            lengths.append(length)

    def text(data: str) -> None:
        nonlocal length
        length += len(data)

    if strings:
        reader = parser()
        reader.StartElementHandler, reader.EndElementHandler, reader.CharacterDataHandler = start, end, text
        reader.Parse(strings, True)
    return lengths


def scan_sheet(content: bytes, *, lengths: list[int], formats: Mapping[str, str]) -> SheetScan:
    """Scan a worksheet; raises `TableError` beyond the limits, and where rows and cells contradict each other."""
    scanner = _Scanner(lengths, formats)
    reader = parser()
    reader.StartElementHandler = scanner.start
    reader.EndElementHandler = scanner.end
    reader.CharacterDataHandler = scanner.text
    for at in range(0, len(content), _CHUNK):
        reader.Parse(content[at : at + _CHUNK], False)
    reader.Parse(b"", True)
    return scanner.scan


_Starts: TypeAlias = "dict[str, Callable[[dict[str, str]], None] | None]"


class _Scanner:
    """Handlers of one pass: where the present cell stands and what it holds.

    Of the ends of elements only that of `sheetData` is looked at: a cell ends where the next one starts, and the space
    between elements that then counts as its text changes nothing. What stands outside `sheetData` holds no cells
    (but elements of the same names, such as the formulas of conditional formats).
    """

    def __init__(self, lengths: list[int], formats: Mapping[str, str]) -> None:
        self.scan = SheetScan()
        self._lengths = lengths
        self._formats = formats
        self._row = self._column = -1
        self._row_digits: str | None = None
        self._columns: dict[str, int] = {}
        self._attributes: dict[str, str] = {}
        self._value = ""
        self._formula = self._filled = self._inside = False
        self._characters = 0
        self._data_name = ""  # of sheetData, with its prefix
        self._starts: _Starts = {"col": self._start_column}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        try:
            handler = self._starts[name]
        except KeyError:
            local = name.rpartition(":")[2]
            if local == "sheetData" and not self._data_name:
                self._start_data(name)
                return
            handler = self._starts[name] = self._starts.get(local)
        if handler is not None:
            handler(attributes)

    def end(self, name: str) -> None:
        if name == self._data_name:
            self.end_cell()
            self._starts = {}

    def text(self, data: str) -> None:
        if self._inside:
            self._value += data
            if len(self._value) > 2 * MAX_CELL:
                raise TableError("bomb")

    def _start_data(self, name: str) -> None:
        self._data_name = name
        self._starts = {
            "c": self._start_cell, "row": self._start_row, "f": self._start_formula, "v": self._start_value,
            "t": self._start_value, "is": self._start_value,
        }  # fmt: skip

    def _start_row(self, attributes: dict[str, str]) -> None:
        self.end_cell()
        self._row_digits = attributes.get("r")
        row = self._row + 1 if self._row_digits is None else int(self._row_digits) - 1
        if row <= self._row:
            raise TableError("damaged")
        self._row, self._column = row, -1
        if attributes.get("hidden") in ("1", "true"):
            self.scan.hidden_rows.append(row)

    def _start_column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes["min"]) - 1, int(attributes["max"])
            self.scan.hidden_columns.extend(range(first, min(last, MAX_COLUMNS)))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if self._filled:
            self.end_cell()
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else self._column_of(reference)
        if column <= self._column or self._row < 0:
            raise TableError("damaged")
        self._column = column
        self._attributes = attributes
        self._value = ""
        self._inside = False

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        row = reference[len(letters) :]
        if row != self._row_digits and (self._row_digits is not None or row != str(self._row + 1)):
            raise TableError("damaged")
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = _column_number(letters)
        return column

    def _start_formula(self, _: dict[str, str]) -> None:
        self._formula = self._filled = True
        self._inside = False

    def _start_value(self, _: dict[str, str]) -> None:
        self._filled = self._inside = True

    def end_cell(self) -> None:
        """Judge the cell that ends here, if it holds anything."""
        if not self._filled:
            return
        scan = self.scan
        scan.cells += 1
        scan.last_row = self._row
        scan.last_column = max(scan.last_column, self._column)
        kind, value = self._attributes.get("t", "n"), self._value
        self._check_limits(int(value) if kind == "s" else None)
        if self._formula:
            self._count_formula()
        elif kind == "e":
            self._mark(Broken(value.strip()[:20]))
        elif kind == "n" and self._formats:
            shown = _shown(value.strip(), self._formats.get(self._attributes.get("s", ""), ""))
            if shown is not None:
                self._mark(shown)
        self._formula = self._filled = self._inside = False

    def _mark(self, cell: Cell) -> None:
        self.scan.special.setdefault(self._row, {})[self._column] = cell

    def _count_formula(self) -> None:
        self.scan.formulas += 1
        if self.scan.formulas > MAX_FORMULAS:
            raise TableError("too_many_formulas", limit=MAX_FORMULAS)
        self._mark(Formula())

    def _check_limits(self, shared: int | None) -> None:
        scan = self.scan
        if scan.last_row >= MAX_ROWS:
            raise TableError("too_many_rows", limit=MAX_ROWS)
        if scan.last_column >= MAX_COLUMNS:
            raise TableError("too_many_columns", limit=MAX_COLUMNS)
        if scan.cells > MAX_CELLS or (scan.last_row + 1) * (scan.last_column + 1) > 2 * MAX_CELLS:
            raise TableError("too_many_cells", limit=MAX_CELLS)
        if shared is None:
            length = len(self._value)
        elif 0 <= shared < len(self._lengths):
            length = self._lengths[shared]
        else:
            raise TableError("damaged")
        self._characters += length
        if self._characters > MAX_TEXT or length > MAX_CELL:
            raise TableError("bomb")


def _column_number(letters: str) -> int:
    if not _COLUMN.fullmatch(letters):
        raise TableError("damaged")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _shown(value: str, code: str) -> Cell:
    """Return what a person sees of a number under a format of zeros or of percent; None where it is as stored."""
    if not code:
        return None
    if _ZEROS.fullmatch(code):
        whole = value.removesuffix(".0")
        return Padded(whole.zfill(len(code))) if whole.isdecimal() and len(whole) < len(code) else None
    try:
        return Percentage(f"{float(value) * 100:.10g}%")
    except ValueError:
        return None
