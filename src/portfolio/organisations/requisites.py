"""Numbers by which the state knows an organisation: ИНН and ОГРН, by their check digits. Pure."""

from __future__ import annotations

from typing import Final

from stdnum.exceptions import ValidationError
from stdnum.ru import inn as inn_number
from stdnum.ru import ogrn as ogrn_number

from portfolio.i18n import N_

_OF_ONE_MAN: Final = 12  # digits of the ИНН of a person, who then has an ОГРНИП
_OGRNIP: Final = 15


def read_inn(value: str) -> str:
    """Return the digits of an ИНН; raises `ValueError` with a sentence for the reader."""
    digits = _digits(value)
    if len(digits) not in {10, 12}:
        raise ValueError(N_("An ИНН has 10 digits, that of an entrepreneur 12."))
    try:
        return str(inn_number.validate(digits))
    except ValidationError:
        raise ValueError(N_("The check digits of this ИНН do not match: one of its digits is wrong.")) from None


def read_ogrn(value: str) -> str:
    """Return the digits of an ОГРН or ОГРНИП; raises `ValueError` with a sentence for the reader."""
    digits = _digits(value)
    if len(digits) not in {13, _OGRNIP}:
        raise ValueError(N_("An ОГРН has 13 digits, an ОГРНИП 15."))
    try:
        return str(ogrn_number.validate(digits))
    except ValidationError:
        raise ValueError(N_("The check digit of this ОГРН does not match: one of its digits is wrong.")) from None


def belong_together(inn: str, ogrn: str) -> bool:
    """Tell whether both are of an organisation, or both of an entrepreneur."""
    return (len(inn) == _OF_ONE_MAN) == (len(ogrn) == _OGRNIP)


def _digits(value: str) -> str:
    text = "".join(value.split()).replace("-", "")
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(N_("Write digits only."))
    return text
