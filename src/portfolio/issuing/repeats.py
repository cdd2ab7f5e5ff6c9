"""Rows of one table that stand for the same credential. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from portfolio.credentials.kinds import Kind
from portfolio.credentials.values import FieldValue
from portfolio.issuing.problems import Problems
from portfolio.issuing.report import Row

NaturalKey: TypeAlias = "tuple[FieldValue | None, ...]"


def natural_key(row: Row, kind: Kind) -> NaturalKey:
    """Return what makes two rows the same credential: the kind's natural key, the holder by name and personal data.

    The same rule as `credentials.service` applies to what was issued before; ё and е, capitals and small are alike.
    """
    parts: list[FieldValue | None] = []
    for name in kind.natural_key:
        if name == "holder_name":
            folded = row.holder_name.casefold().replace("ё", "е")
            parts += [folded, row.person.birth_date, row.person.number, row.person.snils]
        else:
            parts.append(row.fields.get(name))
    return tuple(parts)


def refuse_repeats(rows: Sequence[Row], kind: Kind, problems: Problems) -> None:
    """Note a row that repeats another, and both rows of two that contradict each other: nobody can tell which is
    right.
    """
    seen: dict[NaturalKey, Row] = {}
    for row in rows:
        other = seen.setdefault(natural_key(row, kind), row)
        if other is row:
            continue
        if (other.holder_name, other.fields) == (row.holder_name, row.fields):
            problems.add("duplicate_row", row=row.number, value=row.holder_name, other=other.number)
            continue
        problems.add("conflicting_row", row=row.number, value=row.holder_name, other=other.number)
        if other.number not in problems.bad_rows:
            problems.add("conflicting_row", row=other.number, value=other.holder_name, other=row.number)
