"""Who holds the office of registrar now: a first word waits for the second only as long as its speaker holds it."""

from __future__ import annotations

from typing import ClassVar, Final

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from portfolio.errors import ConflictError
from portfolio.i18n import N_
from portfolio.people.models import Account

FIRST_WORD_GONE: Final = N_(
    "The registrar who spoke first holds this office no more, and the word does not count. "
    "Refuse or withdraw this: then it can begin anew."
)


class FirstWordGoneError(ConflictError):
    """The registrar who spoke first has lost the office, or closed the account, since."""

    code: ClassVar[str] = "first_word_gone"

    def __init__(self) -> None:
        super().__init__(FIRST_WORD_GONE)


def in_office() -> SelectOfScalar[str]:
    """Return the query of the accounts that are registrars now."""
    return select(Account.id).where(col(Account.is_registrar)).where(col(Account.closed_at).is_(None))
