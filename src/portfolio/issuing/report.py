"""What was read of a table: the columns found, the rows that can be issued, the problems, and a preview. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from portfolio.credentials.values import FieldValue
from portfolio.errors import JsonValue
from portfolio.issuing.cells import Cell, as_shown, clean
from portfolio.issuing.columns import Column, Mapped
from portfolio.issuing.footers import LeftOut
from portfolio.issuing.holders import PersonColumns, cell_at
from portfolio.issuing.problems import Problem, Severity, shorten
from portfolio.issuing.spreadsheets import Table

_PREVIEW: Final = 5  # rows by which a person sees whether the file was read rightly


@dataclass(frozen=True, slots=True)
class Row:
    """A row without an error: its number as in the file (from 1), the name to sign, the person, normalised fields."""

    number: int
    holder_name: str
    person: PersonColumns
    fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """The first rows as a person sees them, under the names of the columns that are read."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableReport:
    """Everything about a table but the table: `table` keeps how it was read, without its rows.

    `row_count` counts the data rows, good and bad. Of very many problems only the first are in `problems`;
    `problem_count` and `error_count` count all.
    """

    kind: str
    table: Table
    columns: tuple[Column, ...]
    constants: Mapping[str, FieldValue]
    missing: tuple[str, ...]
    rows: list[Row]
    row_count: int
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    error_count: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    preview: tuple[PreviewRow, ...] = ()

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity is Severity.WARNING]

    @property
    def unknown_columns(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns if column.target is None)

    @property
    def footers_left_out(self) -> list[LeftOut]:
        return [row for row in self.left_out if row.reason == "footer"]

    def to_json(self) -> dict[str, JsonValue]:
        """Return the report (not the rows) as JSON-able values. It holds personal data: only for the uploader."""
        return {
            "kind": self.kind,
            "encoding": self.table.encoding,
            "delimiter": self.table.delimiter,
            "sheet": self.table.sheet,
            "header_rows": list(self.table.header.numbers),
            "columns": [column.to_json() for column in self.columns],
            "unknown_columns": list(self.unknown_columns),
            "missing": list(self.missing),
            "row_count": self.row_count,
            "good_rows": len(self.rows),
            "problem_count": self.problem_count,
            "error_count": self.error_count,
            "problems": [problem.to_json() for problem in self.problems],
            "left_out": [row.to_json() for row in self.left_out],
            "preview": [{"row": row.number, "cells": dict(row.cells)} for row in self.preview],
        }


def preview_of(data: Sequence[tuple[int, Sequence[Cell]]], mapped: Mapped) -> tuple[PreviewRow, ...]:
    """Return the first data rows as written."""
    return tuple(
        PreviewRow(
            number,
            {column.header: shorten(clean(as_shown(cell_at(cells, column)))) for column in mapped.read},
        )
        for number, cells in data[:_PREVIEW]
    )
