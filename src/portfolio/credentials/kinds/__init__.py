"""The kinds of credential, one declaration a file: fields, labels, natural key and place in the Open Badges document.

Pure: imports nothing but errors. To add a kind, write its file and list it here with the next free bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from portfolio.credentials.kinds.course_completion import COURSE_COMPLETION
from portfolio.credentials.kinds.cpd_certificate import CPD_CERTIFICATE
from portfolio.credentials.kinds.declaration import Choice, Field, FieldType, Kind, Place
from portfolio.credentials.kinds.diploma import DIPLOMA
from portfolio.credentials.kinds.minimal_forms import minimal_form
from portfolio.credentials.kinds.olympiad_award import OLYMPIAD_AWARD
from portfolio.credentials.kinds.participation import PARTICIPATION
from portfolio.credentials.kinds.school_certificate import SCHOOL_CERTIFICATE
from portfolio.errors import PortfolioError

__all__ = ["ISSUED_KINDS", "KINDS", "Choice", "Field", "FieldType", "Kind", "Place", "UnknownKindError", "kind_of"]

ISSUED_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            OLYMPIAD_AWARD,
            DIPLOMA,
            SCHOOL_CERTIFICATE,
            CPD_CERTIFICATE,
            PARTICIPATION,
            COURSE_COMPLETION,
        )
    }
)
"""What an issuer is admitted for and issues, by code."""

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {kind.code: kind for full in ISSUED_KINDS.values() for kind in (full, minimal_form(full))}
)
"""Everything that a credential may be: each kind, and its minimal form that is signed with it."""


class UnknownKindError(PortfolioError):
    status: ClassVar[int] = 404
    code: ClassVar[str] = "unknown_kind"


def kind_of(code: str) -> Kind:
    """Return the kind with this code. Raises `UnknownKindError`."""
    kind = KINDS.get(code)
    if kind is None:
        raise UnknownKindError(f"There is no credential kind {code!r}: use one of {', '.join(KINDS)}", kind=code)
    return kind
