"""From a table and a kind to rows that can be issued, and every problem as row, column, value and what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from portfolio.credentials.kinds import Field, FieldType, Kind, Place
from portfolio.credentials.values import FieldValue, ValueProblem, normalise
from portfolio.issuing.cells import Cell, as_shown, clean, is_blank, key
from portfolio.issuing.columns import Column, Mapped, kind_marks, label_of, letter_of, map_columns
from portfolio.issuing.footers import LeftOut, data_rows
from portfolio.issuing.holders import HolderReader, PersonColumns, Remark, cell_at
from portfolio.issuing.marks import read_mark
from portfolio.issuing.messages import MESSAGES
from portfolio.issuing.problems import CellError, Problem, Problems, Severity, shorten
from portfolio.issuing.readers import Remembering, read_value
from portfolio.issuing.repeats import refuse_repeats
from portfolio.issuing.report import Row, TableReport, preview_of
from portfolio.issuing.spreadsheets import Table
from portfolio.issuing.vocabulary import Target

__all__ = ["PersonColumns", "Row", "TableReport", "read_rows"]

_TAIL: Final = re.compile(r"[0-9]{1,15}\.0")
_ZEROS: Final = re.compile(r"0[0-9]{1,30}")
_SHORTEST_LIST: Final = (
    3  # numbers of a column that must all end in .0 before that is taken for another program's habit
)


def read_rows(
    table: Table, kind: Kind, *, defaults: Mapping[str, str] | None = None, locale: str = "ru"
) -> TableReport:
    """Read all rows of a table as credentials of a kind.

    `defaults` are values for the whole table by field name, used where the table has no such column; `locale` ("ru",
    "en") is the language of field names in problems. Nothing is raised: what is wrong stands in the report, whose
    `rows` are only those without an error, and none at all while the table as a whole has one.
    """
    problems = Problems()
    body = table.rows[table.header.end :]
    mapped = map_columns(table.header.cells, kind, rows=body, defaults=defaults or {}, locale=locale, problems=problems)
    _warn_of_hidden(table, mapped, problems)
    left_out: list[LeftOut] = []
    reader = _RowReader(table, kind, mapped, locale, problems)
    data = list(data_rows(table, mapped, left_out))
    if not data:
        problems.add("no_rows")
    table_is_bad = problems.errors > 0
    rows = [row for number, cells in data if (row := reader.read(number, cells)) is not None]
    refuse_repeats(rows, kind, problems)
    good = [row for row in rows if row.number not in problems.bad_rows]
    return TableReport(
        kind=kind.code,
        table=replace(table, rows=[]),
        columns=mapped.columns,
        constants=mapped.constants,
        missing=mapped.missing,
        rows=[] if table_is_bad else good,
        row_count=len(data),
        problems=sorted(problems.kept, key=lambda problem: problem.row or 0),
        problem_count=problems.total,
        error_count=problems.errors,
        left_out=left_out,
        preview=preview_of(data, mapped),
    )


def _warn_of_hidden(table: Table, mapped: Mapped, problems: Problems) -> None:
    below = [row for row in table.hidden_rows if row > table.header.numbers[-1]]
    if below:
        problems.warn("hidden_rows", count=len(below), first=below[0])
    hidden = [column.letter for column in mapped.read if column.index + 1 in table.hidden_columns]
    if hidden:
        problems.warn("hidden_columns", columns=", ".join(hidden))


class _RowReader:
    """Reads row after row; holds what is the same for all: the readers of the columns and the values for the whole
    table.
    """

    def __init__(self, table: Table, kind: Kind, mapped: Mapped, locale: str, problems: Problems) -> None:
        self._kind = kind
        self._places = {field.place: field.name for field in kind.fields}
        self._problems = problems
        self._locale = locale
        self._constants = mapped.constants
        self._headers = {column.target: column.header for column in mapped.read}
        self._holder = HolderReader(mapped)
        self._fields = [
            (column, field, _reader(table, column, field))
            for field in kind.fields
            if (column := mapped.of(field.name)) is not None
        ]
        subjects = {key(column.subject): column for column in reversed(mapped.marks)}  # twins are said for the table
        self._marks = [(column, Remembering(read_mark)) for column in mapped.marks if column in subjects.values()]
        self._marks_field = kind_marks(kind)
        self._padded = _columns_with_zeros(table, [column for column, field, _ in self._fields if _is_number(field)])
        self._named = frozenset(column.index for column in mapped.columns)
        self._is_text = table.delimiter is not None
        self._width = max(self._named, default=0) + 1
        self._stray_told = False

    def read(self, number: int, cells: Sequence[Cell]) -> Row | None:
        """Return the row, or None where it has an error; its problems are noted."""
        if len(cells) > len(self._named) and self._is_shifted(number, cells):
            return None
        remarks: list[Remark] = []
        name, person = self._holder.read(cells, remarks)
        fields = dict(self._constants)
        self._read_fields(number, cells, fields, remarks)
        self._read_marks(number, cells, fields, remarks)
        self._note(number, remarks)
        if number in self._problems.bad_rows or not name:
            return None
        self._compare(number, fields, person)
        return Row(number, name, person, fields)

    def _read_fields(
        self, number: int, cells: Sequence[Cell], fields: dict[str, FieldValue], remarks: list[Remark]
    ) -> None:
        for column, field, read in self._fields:
            cell = cells[column.index] if column.index < len(cells) else None
            try:
                value = read(cell)
            except CellError as error:
                remarks.append(Remark(column, cell, error.code, error.message, error.data))
                continue
            if value is not None:
                fields[field.name] = value
            elif field.required:
                self._problems.add("missing_value", row=number, column=column.header, field=column.label)
            if column in self._padded and isinstance(cell, float):
                remarks.append(Remark(column, cell, "zeros_lost", None, {}, is_doubt=True))

    def _read_marks(
        self, number: int, cells: Sequence[Cell], fields: dict[str, FieldValue], remarks: list[Remark]
    ) -> None:
        if self._marks_field is None or not self._marks:
            return
        marks: list[tuple[str, str]] = []
        refused = False
        for column, read in self._marks:
            cell = cell_at(cells, column)
            try:
                mark = read(cell)
            except CellError as error:
                remarks.append(Remark(column, cell, error.code, error.message, error.data))
                refused = True
                continue
            if mark:
                marks.append((column.subject, mark))
        label = label_of(self._marks_field.name, self._kind, self._locale)
        try:
            if marks:
                fields[self._marks_field.name] = normalise(self._marks_field, marks)
            elif self._marks_field.required and not refused:
                self._problems.add("missing_value", row=number, column=label, field=label)
        except ValueProblem as problem:
            message = MESSAGES.get(problem.code, problem.message)
            self._problems.put(Problem(problem.code, message, row=number, column=label, data=problem.data))

    def _note(self, number: int, remarks: list[Remark]) -> None:
        for remark in remarks:
            severity = Severity.WARNING if remark.is_doubt else Severity.ERROR
            message = remark.message or MESSAGES[remark.code]
            value = shorten(as_shown(remark.cell)) or None
            self._problems.put(
                Problem(remark.code, message, severity, number, remark.column.header, value, remark.data)
            )

    def _is_shifted(self, number: int, cells: Sequence[Cell]) -> bool:
        """Refuse a row of a text table with a cell beyond the names: a separator split a text, and all behind it moved.

        In a workbook, and under an empty name, such a cell is a note: told once and not read.
        """
        strays = [at for at, cell in enumerate(cells) if at not in self._named and not is_blank(cell)]
        if strays and self._is_text and strays[-1] >= self._width:
            self._problems.add("extra_cells", row=number, value=as_shown(cells[strays[-1]]))
            return True
        if strays and not self._stray_told:
            self._stray_told = True
            self._problems.warn("unheaded_cells", row=number, column_letter=letter_of(strays[0]))
        return False

    def _compare(self, number: int, fields: Mapping[str, FieldValue], person: PersonColumns) -> None:
        """Refuse values that are right one by one and cannot be true together."""
        start, end = self._at(fields, Place.ACTIVITY_START), self._at(fields, Place.ACTIVITY_END)
        if start and end and start > end:
            column = self._headers.get(self._places[Place.ACTIVITY_END])
            self._problems.add("period_reversed", row=number, column=column, value=end, start=start, end=end)
        awarded = self._at(fields, Place.AWARDED_DATE)
        if awarded and person.birth_date and awarded <= person.birth_date:
            self._problems.add(
                "awarded_before_birth", row=number, column=self._headers.get(Target.BIRTH_DATE), value=person.birth_date
            )
        score, maximum = fields.get("score"), fields.get("max_score")
        if isinstance(score, str) and isinstance(maximum, str) and float(score) > float(maximum):
            column = self._headers.get("score")
            self._problems.add(
                "score_above_maximum", row=number, column=column, value=score, score=score, maximum=maximum
            )

    def _at(self, fields: Mapping[str, FieldValue], place: Place) -> str:
        value = fields.get(self._places.get(place, ""))
        return value if isinstance(value, str) else ""


def _is_number(field: Field) -> bool:
    return field.place is Place.LICENSE_NUMBER


def _columns_with_zeros(table: Table, columns: Sequence[Column]) -> frozenset[Column]:
    """Return the columns in which some numbers are kept as text with zeros in front."""
    found = set()
    for column in columns:
        for _, cells in table.rows[table.header.end :]:
            cell = cell_at(cells, column)
            if isinstance(cell, str) and _ZEROS.fullmatch(cell.strip()):
                found.add(column)
                break
    return frozenset(found)


def _reader(table: Table, column: Column, field: Field) -> Callable[[Cell], FieldValue | None]:
    """Return the reader of a column. A text table all of whose numbers read "10.0" was written by a program that keeps
    whole numbers so; its texts ("10.0" for class 10) lose the tail like a workbook's numbers do.
    """
    if field.type is FieldType.TEXT and table.delimiter is not None and _all_have_tails(table, column):
        return Remembering(lambda cell: read_value(field, clean(as_shown(cell)).removesuffix(".0")))
    return Remembering(lambda cell: read_value(field, cell))


def _all_have_tails(table: Table, column: Column) -> bool:
    count = 0
    for _, cells in table.rows[table.header.end :]:
        cell = cell_at(cells, column)
        if is_blank(cell):
            continue
        if not isinstance(cell, str) or not _TAIL.fullmatch(cell.strip()):
            return False
        count += 1
    return count >= _SHORTEST_LIST
