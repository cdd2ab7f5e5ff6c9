"""Excel workbooks (XLSX): the visible sheet that holds a table, read by calamine after `packages` checked it. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from portfolio.issuing.cells import Cell, is_blank, share
from portfolio.issuing.formats.limits import HEADER_WITHIN, MAX_COLUMNS
from portfolio.issuing.formats.packages import Package, Sheet, open_package
from portfolio.issuing.formats.sheet_scan import SheetScan, formats_of, scan_sheet, string_lengths
from portfolio.issuing.headers import Merged, find_header
from portfolio.issuing.problems import TableError


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The filled rows of a sheet with their numbers from 1, its merged ranges, and what is hidden (also from 1)."""

    rows: list[tuple[int, tuple[Cell, ...]]]
    sheet: str
    merged: Merged
    hidden_rows: tuple[int, ...]
    hidden_columns: tuple[int, ...]


def read_workbook(content: bytes, *, sheet: str | None) -> SheetTable:
    """Read the sheet named, or the one visible sheet that has a row of column names. Raises `TableError`.

    Several such sheets are refused: issuing a part of a workbook by accident must not look like success.
    """
    package = open_package(content)
    chosen = _chosen(package, sheet)
    scans = _scanned(package, chosen)
    tables = [table for table in _read(package, chosen, scans) if table.rows]
    if not tables:
        raise TableError("no_sheet")
    if len(tables) == 1:
        return tables[0]
    with_names = [table for table in tables if _has_header(table)]
    if len(with_names) > 1:
        raise TableError("which_sheet", sheets=", ".join(table.sheet for table in with_names))
    return with_names[0] if with_names else tables[0]


def _has_header(table: SheetTable) -> bool:
    return find_header(table.rows[: HEADER_WITHIN + 3], merged=table.merged) is not None


def _chosen(package: Package, sheet: str | None) -> tuple[Sheet, ...]:
    if sheet is None:
        return package.sheets
    chosen = tuple(one for one in package.sheets if one.name.strip().casefold() == sheet.strip().casefold())
    if not chosen:
        names = ", ".join(one.name for one in package.sheets)
        raise TableError("unknown_sheet", sheet=sheet[:60], sheets=names)
    return chosen[:1]


def _scanned(package: Package, sheets: tuple[Sheet, ...]) -> list[SheetScan]:
    """Scan the sheets before any reader makes room for their cells, and drop those that are not asked for."""
    try:
        formats = formats_of(package.styles)
        lengths = string_lengths(package.strings)
        scans = [scan_sheet(package.parts[one.part], lengths=lengths, formats=formats) for one in sheets]
    except (expat.ExpatError, ValueError, KeyError):
        raise TableError("damaged") from None
    kept = {one.part for one in sheets}
    for one in package.sheets:
        if one.part not in kept:
            package.parts.pop(one.part, None)
    return scans


def _read(package: Package, sheets: tuple[Sheet, ...], scans: list[SheetScan]) -> list[SheetTable]:
    """Let calamine read a package of exactly the parts scanned."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(package.repacked()))
        package.parts.clear()
        return [_read_sheet(book, scan, one) for one, scan in zip(sheets, scans, strict=True)]
    except CalamineError:
        raise TableError("damaged") from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of the Rust library; its class cannot be imported
            raise TableError("damaged") from None
        raise


def _read_sheet(book: Any, scan: SheetScan, sheet: Sheet) -> SheetTable:
    opened = book.get_sheet_by_name(sheet.name)
    merged: dict[int, dict[int, int]] = {}
    for (top, left), (_, right) in opened.merged_cell_ranges or ():
        if right > left and top <= scan.last_row:
            merged.setdefault(top + 1, {})[left] = min(right, MAX_COLUMNS)
    return SheetTable(
        rows=list(_rows(opened, scan)),
        sheet=sheet.name,
        merged=merged,
        hidden_rows=tuple(row + 1 for row in scan.hidden_rows),
        hidden_columns=tuple(column + 1 for column in scan.hidden_columns),
    )


def _rows(opened: Any, scan: SheetScan) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Join calamine's values (which begin at the first filled column) with the special cells of the scan."""
    indent: list[Cell] = [None] * (opened.start[1] if opened.start else 0)
    values = opened.iter_rows() if opened.start else iter(())
    shared: dict[str, str] = {}
    special = scan.special
    for row in range(scan.last_row + 1):
        cells = indent + [_plain(cell, shared) for cell in next(values, ())]
        for column, cell in special.get(row, {}).items():
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = cell
        while cells and is_blank(cells[-1]):
            cells.pop()
        if cells:
            yield row + 1, tuple(cells)


def _plain(value: Any, shared: dict[str, str]) -> Cell:
    """Hold texts that occur often once; calamine's empty text is no cell."""
    if isinstance(value, str):
        return share(shared, value) if value else None
    plain: Cell = value
    return plain
