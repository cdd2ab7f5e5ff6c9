"""Numbers that people tell each other: the first twelve digits of a row's id, enough to find it, too many to guess."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from sqlmodel import Session, SQLModel, col, select

M = TypeVar("M", bound=SQLModel)

LENGTH: Final = 13
"""Of a number as it is shown: twelve hexadecimal digits (48 random bits) and a hyphen."""
_NUMBER: Final = re.compile("[0-9a-f]{12,32}")
# A Russian keyboard has letters that look like these.
_LOOK_ALIKES: Final = str.maketrans("авсе", "abce")


def number_of(row_id: str) -> str:
    """Return the number of a row, e.g. "4f7a91bc-0d1e"."""
    return row_id[:LENGTH]


def find_by_number(session: Session, model: type[M], typed: str) -> M | None:
    """Return the row that a number or a whole id names, or None. The caller counts the attempts."""
    digits = re.sub(r"[\s\-–№#]", "", typed.casefold()).translate(_LOOK_ALIKES)
    if not _NUMBER.fullmatch(digits):
        return None
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    beginning = "-".join(part for part in parts if part)
    column = col(model.id)  # type: ignore[attr-defined]
    rows = session.exec(select(model).where(column.startswith(beginning)).limit(2)).all()
    return rows[0] if len(rows) == 1 else None
