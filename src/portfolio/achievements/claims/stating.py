"""What a holder says of an award: typed into the fields of its kind, normalised as an issuer's own would be. Pure.

So a claim that is confirmed becomes a credential without anybody typing it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson
from pydantic import create_model

from portfolio.achievements.claims.olympiads import level_of
from portfolio.credentials.kinds import ISSUED_KINDS, FieldType, Kind
from portfolio.credentials.kinds.declaration import Place
from portfolio.credentials.values import FieldValue, ValueProblem, normalise, normalise_name, normalise_text
from portfolio.i18n import N_
from portfolio.web.forms import Filled, Form

CLAIMED_KINDS: Final[Mapping[str, Kind]] = {
    code: kind for code, kind in ISSUED_KINDS.items() if all(one.type is not FieldType.MARKS for one in kind.fields)
}
"""Kinds that a holder may claim. A school certificate with all its marks comes from the school's own register."""

_ORGANISER_LENGTH: Final = 300
_NAMES: Final = {"holder_name", "organiser", *(one.name for kind in CLAIMED_KINDS.values() for one in kind.fields)}

ClaimForm: Final[type[Form]] = create_model(
    "ClaimForm",
    __base__=Form,
    **dict.fromkeys(sorted(_NAMES), (str | None, None)),  # type: ignore[call-overload]
)
"""The fields of all kinds, as typed; `stated_in` reads those of one kind."""

_SENTENCES: Final[Mapping[str, str]] = {
    "empty": N_("Fill this in."),
    "too_long": N_("This is too long."),
    "unknown_choice": N_("Choose one of the list."),
    "not_a_date": N_("Write the date as day, month and year, for example 05.09.2010."),
    "no_such_day": N_("The calendar has no such day."),
    "date_out_of_range": N_("Look at the year again."),
    "not_an_integer": N_("Write a whole number."),
    "not_a_number": N_("Write a number."),
    "too_small": N_("The number is too small."),
    "too_large": N_("The number is too large."),
    "control_character": N_("There is a sign in it that cannot be written. Type it by hand."),
    "direction_mark": N_("There is a sign in it that cannot be written. Type it by hand."),
}
_OTHERWISE: Final = N_("This cannot be right. Look it over.")


@dataclass(frozen=True, slots=True)
class Stated:
    """An award in the words of whoever claims it. `fields` are normal values of the kind."""

    kind: str
    holder_name: str
    organiser: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return it as canonical JSON: members in the order of their names."""
        said = {"kind": self.kind, "holder_name": self.holder_name, "organiser": self.organiser}
        return orjson.dumps({**said, "fields": dict(self.fields)}, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def of_json(cls, data: bytes) -> Stated:
        return cls(**orjson.loads(data))

    @property
    def title(self) -> str:
        return str(self.fields.get("title", ""))

    @property
    def award_date(self) -> str:
        """The ISO day of the award."""
        kind = ISSUED_KINDS[self.kind]
        awarded = kind.at(Place.AWARDED_DATE)
        return str(self.fields.get(awarded.name, "")) if awarded else ""


def stated_in(filled: Filled[Any], kind: Kind, *, today: date) -> Stated | None:
    """Read a form of one kind; what is wrong is put beside its field, and then None comes back."""
    values = {name: value.strip() for name, value in filled.values.items() if isinstance(value, str)}
    if kind.field("level") and not values.get("level"):
        values["level"] = level_of(values.get("title", "")) or ""
    fields = _fields(filled, kind, values)
    awarded = kind.at(Place.AWARDED_DATE)
    if awarded and str(fields.get(awarded.name, "")) > today.isoformat():
        filled.problem(awarded.name, N_("This day is still to come."))
    name, organiser = "", ""
    try:
        name = normalise_name(values.get("holder_name", ""))
    except ValueProblem as problem:
        filled.problem("holder_name", _SENTENCES.get(problem.code, _OTHERWISE))
    try:
        organiser = normalise_text(values.get("organiser", ""), max_length=_ORGANISER_LENGTH)
    except ValueProblem as problem:
        filled.problem("organiser", _SENTENCES.get(problem.code, _OTHERWISE))
    if filled.problems:
        return None
    return Stated(kind.code, name, organiser, fields)


def _fields(filled: Filled[Any], kind: Kind, values: Mapping[str, str]) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    for one in kind.fields:
        raw = values.get(one.name, "")
        if not raw and not one.required:
            continue
        try:
            fields[one.name] = normalise(one, raw)
        except ValueProblem as problem:
            filled.problem(one.name, _SENTENCES.get(problem.code, _OTHERWISE))
    return fields


def typed_of(stated: Stated) -> dict[str, str]:
    """Return what stands in the form for a claim that is looked at again."""
    said = {name: str(value) for name, value in stated.fields.items()}
    return {**said, "holder_name": stated.holder_name, "organiser": stated.organiser}
