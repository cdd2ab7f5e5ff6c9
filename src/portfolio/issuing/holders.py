"""The holder of a row: name in one column or three, and the data by which one issuer tells people apart. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from portfolio.credentials.values import MAX_NAME
from portfolio.errors import JsonValue
from portfolio.issuing.cells import Cell, text_of
from portfolio.issuing.columns import Column, Mapped
from portfolio.issuing.names import Name, doubts, name_of_full, name_of_parts
from portfolio.issuing.problems import CellError
from portfolio.issuing.readers import Remembering, read_birth_date, read_email, read_number, read_snils
from portfolio.issuing.vocabulary import Target


@dataclass(frozen=True, slots=True)
class PersonColumns:
    """What a row says of its holder. Only the name is ever signed."""

    last_name: str
    first_name: str
    patronymic: str | None = None
    birth_date: str | None = None  # YYYY-MM-DD
    snils: str | None = None  # 11 digits
    number: str | None = None  # the issuer's own number of this person
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one cell of a row: an error, or a doubt that leaves the row good."""

    column: Column
    cell: Cell
    code: str
    message: str | None
    data: dict[str, JsonValue]
    is_doubt: bool = False


_DATA: Final[tuple[tuple[Target, Callable[[Cell], str | None]], ...]] = (
    (Target.SNILS, read_snils),
    (Target.NUMBER, read_number),
    (Target.EMAIL, read_email),
)


class HolderReader:
    """Reads the holder of each row of one table."""

    def __init__(self, mapped: Mapped) -> None:
        self._full = mapped.of(Target.FULL_NAME)
        self._last = mapped.of(Target.LAST_NAME)
        self._first = mapped.of(Target.FIRST_NAME)
        self._is_named = self._full is not None or (self._last is not None and self._first is not None)
        self._patronymic = mapped.of(Target.PATRONYMIC)
        readers: list[tuple[Column | None, Callable[[Cell], str | None]]] = [
            (mapped.of(Target.BIRTH_DATE), Remembering(read_birth_date)),
            *((mapped.of(target), read) for target, read in _DATA),
        ]
        self._data = [(column, read) for column, read in readers if column is not None]

    def read(self, cells: Sequence[Cell], remarks: list[Remark]) -> tuple[str, PersonColumns]:
        """Return the full name and the parts; what is wrong goes to `remarks`, and its place stays empty."""
        name = self._name(cells, remarks)
        values: dict[str, str | None] = {}
        for column, read in self._data:
            cell = cell_at(cells, column)
            try:
                values[str(column.target).removeprefix("person.")] = read(cell)
            except CellError as error:
                remarks.append(Remark(column, cell, error.code, error.message, error.data))
        if name is None:
            return "", PersonColumns("", "", **values)
        return name.full, PersonColumns(name.last, name.first, name.patronymic, **values)

    def _name(self, cells: Sequence[Cell], remarks: list[Remark]) -> Name | None:
        column = self._full or self._last or self._first
        if column is None or not self._is_named:
            return None  # said once for the table
        try:
            name = self._of_one(cells) if self._full else self._of_parts(cells)
        except _CellAtError as error:
            remarks.append(Remark(error.column, cell_at(cells, error.column), *error.what))
            return None
        except CellError as error:
            remarks.append(Remark(column, cell_at(cells, column), error.code, error.message, error.data))
            return None
        remarks.extend(
            Remark(column, name.full, doubt.code, None, dict(doubt.data), is_doubt=True) for doubt in doubts(name)
        )
        return name

    def _of_one(self, cells: Sequence[Cell]) -> Name:
        """A column of the patronymic may stand beside one of family and given name."""
        full, patronymic = _text_at(cells, self._full), _text_at(cells, self._patronymic)
        if full and patronymic and patronymic not in full.split():
            full = f"{full} {patronymic}"
        return name_of_full(_short(full))

    def _of_parts(self, cells: Sequence[Cell]) -> Name:
        last, first = _raw_at(cells, self._last), _raw_at(cells, self._first)
        return name_of_parts(_short(last), _short(first), _short(_text_at(cells, self._patronymic)))


class _CellAtError(Exception):
    """A name's cell that cannot be read, with its own column: the name may stand in three."""

    def __init__(self, column: Column, error: CellError) -> None:
        super().__init__(error.code)
        self.column = column
        self.what = (error.code, error.message, error.data)


def cell_at(cells: Sequence[Cell], column: Column) -> Cell:
    """Return a row's cell in a column; rows end with their last filled cell."""
    return cells[column.index] if column.index < len(cells) else None


def _text_at(cells: Sequence[Cell], column: Column | None) -> str:
    if column is None:
        return ""
    try:
        return text_of(cell_at(cells, column))
    except CellError as error:
        raise _CellAtError(column, error) from None


def _raw_at(cells: Sequence[Cell], column: Column | None) -> str:
    """Return the text of a cell, a dash as a dash: it says that there is no such part of the name."""
    text = _text_at(cells, column)
    cell = cell_at(cells, column) if column else None
    return "-" if not text and isinstance(cell, str) and cell.strip() else text


def _short(text: str) -> str:
    if len(text) > MAX_NAME:
        raise CellError("too_long", most=MAX_NAME)
    return text
