"""Which column of a table is which field of a kind: claims settled, defaults read, what is missing said once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portfolio.credentials.kinds import Field, FieldType, Kind
from portfolio.credentials.values import FieldValue
from portfolio.errors import JsonValue
from portfolio.issuing.cells import Cell, clean, key
from portfolio.issuing.headers import HeaderCell
from portfolio.issuing.marks import looks_like_marks
from portfolio.issuing.problems import CellError, Problems
from portfolio.issuing.readers import read_value
from portfolio.issuing.vocabulary import NAMES, Target, is_subject, may_be_subject, target_of, words_of

_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    Target.FULL_NAME: ("Фамилия, имя, отчество", "Full name"),
    Target.LAST_NAME: ("Фамилия", "Family name"),
    Target.FIRST_NAME: ("Имя", "Given name"),
    Target.PATRONYMIC: ("Отчество", "Patronymic"),
    Target.BIRTH_DATE: ("Дата рождения", "Date of birth"),
    Target.SNILS: ("СНИЛС", "SNILS"),
    Target.NUMBER: ("Номер у выдавшей организации", "Issuer's own number"),
    Target.EMAIL: ("Электронная почта", "E-mail"),
    Target.COUNTER: ("№", "No."),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A named column: `target` is a field's name, a `Target`, or None for a column that is not read."""

    index: int
    header: str
    subject: str
    target: str | None
    label: str

    @property
    def letter(self) -> str:
        return letter_of(self.index)

    def to_json(self) -> dict[str, JsonValue]:
        return {"column": self.letter, "header": self.header, "field": self.target, "label": self.label}


@dataclass(frozen=True, slots=True)
class Mapped:
    """All named columns, the values given for the whole table, and the required fields that neither covers."""

    columns: tuple[Column, ...]
    constants: Mapping[str, FieldValue]
    missing: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the names of columns that are not read."""
        return tuple(column.header for column in self.columns if column.target is None)

    def of(self, target: str) -> Column | None:
        return next((column for column in self.columns if column.target == target), None)

    @property
    def marks(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.target == Target.MARK)

    @property
    def read(self) -> tuple[Column, ...]:
        """Return the columns that are read: neither unknown nor a counter."""
        return tuple(column for column in self.columns if column.target not in (None, Target.COUNTER))


def letter_of(index: int) -> str:
    """Return a column's name in Excel: 0 -> A, 25 -> Z, 26 -> AA."""
    letters = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        letters = chr(ord("A") + rest) + letters
        index -= 1
    return letters


def map_columns(
    header: Sequence[HeaderCell],
    kind: Kind,
    *,
    rows: Sequence[tuple[int, Sequence[Cell]]],
    defaults: Mapping[str, str],
    locale: str,
    problems: Problems,
) -> Mapped:
    """Settle which column is which; notes two columns for one field, missing required ones, and bad defaults."""
    claims = _claims(header, kind)
    marks = kind_marks(kind)
    columns = []
    for cell in header:
        target = claims.get(cell.index)
        if target is None and marks is not None:
            target = _mark_target(cell, rows, problems)
        columns.append(Column(cell.index, cell.text, clean(cell.last), target, _label(target, kind, cell, locale)))
        if cell.formula:
            problems.add("formula_header", column=cell.text)
    _refuse_twins(columns, problems)
    constants = _constants(kind, defaults, {column.target for column in columns}, locale, problems)
    missing = _missing(kind, columns, constants, defaults, locale)
    for label in missing:
        problems.add("missing_column", field=label)
    return Mapped(tuple(columns), constants, missing)


def kind_marks(kind: Kind) -> Field | None:
    """Return the field of a kind that takes all its columns of marks."""
    return next((field for field in kind.fields if field.type is FieldType.MARKS), None)


def _claims(header: Sequence[HeaderCell], kind: Kind) -> dict[int, str]:
    """Return the targets by column index; a column whose name only hints gives way to one that says it outright."""
    words = words_of(kind)
    found = [(cell.index, target_of(cell.keys, words)) for cell in header]
    claims = [(index, *claim) for index, claim in found if claim is not None]
    outright = {target for _, target, strong in claims if strong}
    if outright & {Target.LAST_NAME, Target.FIRST_NAME}:
        outright |= NAMES
    if Target.FULL_NAME in outright:
        outright |= NAMES
    return {index: target for index, target, strong in claims if strong or target not in outright}


def _mark_target(cell: HeaderCell, rows: Sequence[tuple[int, Sequence[Cell]]], problems: Problems) -> str | None:
    if is_subject(key(cell.last)):
        return Target.MARK
    values = (cells[cell.index] for _, cells in rows if cell.index < len(cells))
    if any(not may_be_subject(one) for one in cell.keys) or not looks_like_marks(values):
        return None
    problems.warn("taken_as_mark", column=cell.text, header=cell.text)
    return Target.MARK


def _label(target: str | None, kind: Kind, cell: HeaderCell, locale: str) -> str:
    if target is None:
        return ""
    if target == Target.MARK:
        return clean(cell.last)
    return label_of(target, kind, locale)


def label_of(target: str, kind: Kind, locale: str) -> str:
    """Return what a field or a `Target` is called, in Russian or English."""
    field = kind.field(target)
    russian, english = (field.ru, field.en) if field else _LABELS[target]
    return english if locale.startswith("en") else russian


def _refuse_twins(columns: Iterable[Column], problems: Problems) -> None:
    claimed: dict[str, list[Column]] = {}
    for column in columns:
        if column.target == Target.MARK:
            claimed.setdefault(f"mark {key(column.subject)}", []).append(column)
        elif column.target in (Target.LAST_NAME, Target.FULL_NAME):
            claimed.setdefault("name", []).append(column)
        elif column.target is not None and column.target != Target.COUNTER:
            claimed.setdefault(column.target, []).append(column)
    for twins in claimed.values():
        if len(twins) > 1:
            names = ", ".join(f"{column.letter} “{column.header}”" for column in twins)
            problems.add("two_columns", columns=names, field=twins[0].label)


def _constants(
    kind: Kind, defaults: Mapping[str, str], targets: set[str | None], locale: str, problems: Problems
) -> dict[str, FieldValue]:
    """Read the values given for the whole table, each used only where the table has no such column."""
    constants: dict[str, FieldValue] = {}
    for name, raw in defaults.items():
        field = kind.field(name)
        if field is None or field.type is FieldType.MARKS:
            problems.add("unknown_default", value=raw, name=name[:60])
            continue
        label = label_of(name, kind, locale)
        if name in targets:
            problems.warn("default_not_used", value=raw, field=label)
            continue
        try:
            value = read_value(field, raw)
        except CellError as error:
            problems.add("bad_default", value=raw, field=label, problem=error.message % error.data)
            continue
        if value is not None:
            constants[name] = value
    return constants


def _missing(
    kind: Kind,
    columns: Sequence[Column],
    constants: Mapping[str, FieldValue],
    defaults: Mapping[str, str],
    locale: str,
) -> tuple[str, ...]:
    targets = {column.target for column in columns}
    missing = _missing_names(targets)
    for field in kind.fields:
        covered = field.name in targets or field.name in constants or bool(defaults.get(field.name, "").strip())
        if field.type is FieldType.MARKS:
            covered = Target.MARK in targets
        if field.required and not covered:
            missing.append(field.name)
    return tuple(label_of(target, kind, locale) for target in missing)


def _missing_names(targets: set[str | None]) -> list[str]:
    """A name stands in one column, or in two or three of which the family and the given name must be there."""
    if Target.FULL_NAME in targets:
        return []
    parts = [Target.LAST_NAME, Target.FIRST_NAME]
    absent = [str(part) for part in parts if part not in targets]
    return [str(Target.FULL_NAME)] if len(absent) == len(parts) else absent
