"""Fields that forms about people share, each with the sentence that a mistake gets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from portfolio.credentials.values import ValueProblem, normalise_name
from portfolio.i18n import N_
from portfolio.people.accounts import BadAddressError, normalise_address, strong_enough
from portfolio.web.dates import read_birth_date

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 500


def _name(value: str) -> str:
    try:
        return normalise_name(value)
    except ValueProblem:
        raise ValueError(N_("Write the name with letters, as it stands in the passport.")) from None


def _address(value: str) -> str:
    try:
        return normalise_address(value)
    except BadAddressError as error:
        raise ValueError(error.message) from None


def _reason(value: str) -> str:
    said = " ".join(value.split())
    if sum(letter.isalnum() for letter in said) < SHORTEST_REASON:
        raise ValueError(N_("Say it in a sentence that others understand later."))
    if len(said) > LONGEST_REASON:
        raise ValueError(N_("This is too long."))
    return said


PersonName: TypeAlias = Annotated[str, AfterValidator(_name)]
"""A person's name, normalised."""

BirthDate: TypeAlias = Annotated[date, BeforeValidator(read_birth_date)]
"""A birth date as people type it."""

EmailAddress: TypeAlias = Annotated[str, AfterValidator(_address)]
"""An e-mail address as it is compared."""

NewPassword: TypeAlias = Annotated[str, AfterValidator(strong_enough)]
"""A password that may be set."""

Reason: TypeAlias = Annotated[str, AfterValidator(_reason)]
"""Why somebody decides about another: a sentence, as one line."""
