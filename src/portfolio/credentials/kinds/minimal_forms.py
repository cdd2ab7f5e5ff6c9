"""The minimal form of a kind: a second, smaller credential signed with the full one, for showing less. Pure.

It keeps the holder's name, a few fields and the year instead of the day. Its bit is the full kind's: who may issue the
one may issue the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portfolio.credentials.kinds.declaration import Field, FieldType, Kind, Place

AWARD_YEAR: Final = "award_year"


def minimal_form(kind: Kind) -> Kind:
    """Return the minimal form of a kind."""
    kept = tuple(field for field in kind.fields if field.name in kind.minimal)
    year = Field(AWARD_YEAR, "Год", "Year", FieldType.YEAR, Place.RESULT, required=True)
    return Kind(
        code=f"{kind.code}_minimal",
        version=kind.version,
        bit=kind.bit,
        ru=f"{kind.ru} (краткая форма)",
        en=f"{kind.en} (short form)",
        achievement_type=kind.achievement_type,
        description=kind.description,
        criteria=kind.criteria,
        fields=(*kept, year),
        natural_key=kind.natural_key,
        minimal_of=kind.code,
        statutory=kind.statutory,
    )


def minimal_values(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the minimal form of a full credential says, from its normalised values."""
    awarded = kind.at(Place.AWARDED_DATE)
    if awarded is None:
        raise ValueError(f"{kind.code} is a minimal form itself")
    kept = {name: values[name] for name in kind.minimal if name in values}
    return {**kept, AWARD_YEAR: str(values[awarded.name])[:4]}
