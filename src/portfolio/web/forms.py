"""Forms of pages: read once into a pydantic model, with what was typed kept and a problem beside each field.

Problems are English sentences of the catalogue; templates translate them. Files are read by the route itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.web.uploads import read_body

MAX_FORM: Final = 64 * 1024
MAX_FIELDS: Final = 200

M = TypeVar("M", bound=BaseModel)

_SENTENCES: Final[Mapping[str, str]] = {
    "missing": N_("Fill this in."),
    "string_too_short": N_("Fill this in."),
    "string_too_long": N_("This is too long."),
    "enum": N_("Choose one of the list."),
    "literal_error": N_("Choose one of the list."),
    "date_from_datetime_parsing": N_("Write the date as day, month and year, for example 05.09.2010."),
    "date_parsing": N_("Write the date as day, month and year, for example 05.09.2010."),
    "int_parsing": N_("Write a whole number."),
    "extra_forbidden": N_("This field is not known here."),
}
_OTHERWISE: Final = N_("This cannot be right. Look it over.")


class Form(BaseModel):
    """Base of every form: unknown fields are refused, spaces around a text are not part of it, blank is absent."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=5000)


class MalformedFormError(PortfolioError):
    status = 400
    code = "malformed_form"


@dataclass(slots=True)
class Filled(Generic[M]):
    """What came from a form. `form` is None exactly while there are problems; `problems[""]` is of the form as a
    whole.
    """

    values: dict[str, Any]
    problems: dict[str, str] = field(default_factory=dict)
    read: M | None = None

    @property
    def form(self) -> M:
        """The form; only to be asked for when `ok`."""
        assert self.read is not None
        return self.read

    @property
    def ok(self) -> bool:
        return self.read is not None and not self.problems

    def problem(self, field_name: str, sentence: str) -> None:
        """Say what is wrong with a field ("" for the form): an English sentence of the catalogue."""
        self.problems.setdefault(field_name, sentence)

    @classmethod
    def empty(cls, **values: Any) -> Filled[M]:
        """Return a form that was not sent yet, with what stands in it at first."""
        return cls(values)


def fill(model: type[M], pairs: Mapping[str, Any]) -> Filled[M]:
    """Read sent values into a model; blank ones count as absent."""
    values = dict(pairs)
    filled: Filled[M] = Filled(values)
    try:
        filled.read = model.model_validate({name: value for name, value in values.items() if value not in ("", [])})
    except ValidationError as error:
        for item in error.errors():
            name = str(item["loc"][0]) if item["loc"] else ""
            said = str(item["ctx"]["error"]) if item["type"] == "value_error" else _SENTENCES.get(item["type"])
            filled.problem(name if name in model.model_fields else "", said or _OTHERWISE)
    return filled


def form_of(model: type[M]) -> Any:
    """Make a dependency out of a model: it reads an urlencoded form into a `Filled[M]`."""
    several = {name for name, info in model.model_fields.items() if "list" in str(info.annotation)}

    async def read(request: Request) -> Filled[M]:
        return fill(model, _pairs(await read_body(request, limit=MAX_FORM), several))

    return Depends(read)


def _pairs(body: bytes, several: set[str]) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise MalformedFormError("the form could not be read: send it again") from None
    values: dict[str, Any] = {name: [] for name in several}
    for name, value in pairs:
        if "\0" in value:
            raise MalformedFormError("the form could not be read: send it again")
        if name in several:
            values[name].append(value)
        elif name in values:
            raise MalformedFormError("a field of the form was sent twice")
        else:
            values[name] = value
    return values
