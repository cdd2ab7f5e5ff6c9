"""What can be wrong with a table: the refusal of a whole file, and the problems of single rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from portfolio.errors import JsonValue, PortfolioError
from portfolio.issuing.messages import MESSAGES, REFUSALS

LIMIT = 5_000  # problems that are kept; more are counted, and their rows still left out
SHOWN = 120  # characters of a cell's value that a problem repeats


class Severity(StrEnum):
    ERROR = "error"  # the row is not issued
    WARNING = "warning"  # the row is issued; a person should look


class TableError(PortfolioError):
    """The file is no table that can be read. `reason` is stable; `template` is the gettext id of the sentence.

    The sentence may name sheets, lines and sizes, never a person.
    """

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not_a_table"

    def __init__(self, reason: str, **data: JsonValue) -> None:
        self.reason = reason
        self.template = REFUSALS[reason]
        super().__init__(self.template % data, reason=reason, **data)


class CellError(Exception):
    """A cell that cannot be read as what its column holds; becomes a Problem where row and column are known."""

    def __init__(self, code: str, message: str | None = None, **data: JsonValue) -> None:
        super().__init__(code)
        self.code = code
        self.message = MESSAGES.get(code) or message or code
        self.data = data


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `row` is counted as in the file from 1, None for the table as a whole.

    `message` is an English sentence with %(name)s places (the gettext id), `data` fills them; `value` is what the
    file says, shortened. Row, column, value and data may hold personal data: only for whoever uploaded the table.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    row: int | None = None
    column: str | None = None
    value: str | None = None
    data: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the English sentence with its places filled."""
        return self.message % self.data

    def to_json(self) -> dict[str, JsonValue]:
        """Return the problem as JSON-able values, `text` included."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "data": dict(self.data),
            "text": self.text,
        }


@dataclass(slots=True)
class Problems:
    """Collects problems: all rows with an error are known, but only the first `LIMIT` problems are kept."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0
    errors: int = 0
    bad_rows: set[int] = field(default_factory=set)

    def put(self, problem: Problem) -> None:
        """Note a problem; an error makes its row a bad one."""
        self.total += 1
        if problem.severity is Severity.ERROR:
            self.errors += 1
            if problem.row is not None:
                self.bad_rows.add(problem.row)
        if len(self.kept) < LIMIT:
            self.kept.append(problem)

    def add(
        self, code: str, *, row: int | None = None, column: str | None = None, value: str = "", **data: JsonValue
    ) -> None:
        """Note an error of `MESSAGES`."""
        self.put(Problem(code, MESSAGES[code], Severity.ERROR, row, column, shorten(value) or None, data))

    def warn(
        self, code: str, *, row: int | None = None, column: str | None = None, value: str = "", **data: JsonValue
    ) -> None:
        """Note what a person should look at; the row stays good."""
        self.put(Problem(code, MESSAGES[code], Severity.WARNING, row, column, shorten(value) or None, data))


def shorten(value: str) -> str:
    """Return at most `SHOWN` characters of a value, with an ellipsis where it was longer."""
    return value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
