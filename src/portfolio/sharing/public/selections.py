"""What is chosen for a public page, field by field, and what two sides have in common. Values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from portfolio.sharing.models import FormShown

_NOTHING: Final[Mapping[str, FormShown]] = MappingProxyType({})


class NameShown(StrEnum):
    """How the name stands on the page, from the least to the most."""

    NONE = "none"
    SHORT = "short"
    FULL = "full"


NAMES: Final = tuple(NameShown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be shown; at first nothing.

    `school` is an organisation's id; `documents` are ids of full forms with the form to show; `indexed`: search
    engines may find the page.
    """

    name: NameShown = NameShown.NONE
    school: str | None = None
    birth_year: bool = False
    words: str = ""
    documents: Mapping[str, FormShown] = field(default_factory=lambda: _NOTHING)
    indexed: bool = False

    @property
    def shows_something(self) -> bool:
        """Whether there would be anything to see; being found is not."""
        return bool(
            self.name is not NameShown.NONE or self.school or self.birth_year or self.words or len(self.documents)
        )

    def stored(self) -> dict[str, Any]:
        """Return all but the words, as JSON keeps it."""
        return {
            "name": self.name.value,
            "school": self.school,
            "birth_year": self.birth_year,
            "documents": {credential_id: form.value for credential_id, form in self.documents.items()},
            "indexed": self.indexed,
        }


def read_selection(stored: Mapping[str, Any], *, words: str) -> Selection:
    """Return what `Selection.stored` wrote."""
    return Selection(
        name=NameShown(stored["name"]),
        school=stored["school"],
        birth_year=stored["birth_year"],
        words=words,
        documents={credential_id: FormShown(form) for credential_id, form in stored["documents"].items()},
        indexed=stored["indexed"],
    )


def common_to(selections: Sequence[Selection]) -> Selection:
    """Return what all of them show, each field in the lesser of its forms; of none: nothing.

    Words and schools are common only where they are the same.
    """
    if not selections:
        return Selection()
    first, *others = selections
    return Selection(
        name=min((one.name for one in selections), key=NAMES.index),
        school=first.school if all(one.school == first.school for one in others) else None,
        birth_year=all(one.birth_year for one in selections),
        words=first.words if all(one.words == first.words for one in others) else "",
        documents={
            credential_id: FormShown.FULL
            if all(one.documents[credential_id] is FormShown.FULL for one in selections)
            else FormShown.MINIMAL
            for credential_id in first.documents
            if all(credential_id in one.documents for one in others)
        },
        indexed=all(one.indexed for one in selections),
    )


def name_as(name: str, shown: NameShown) -> str:
    """Return a name as it is shown: "Сидорова Анна Олеговна" is in short "Анна С."; one word alone its first letter."""
    if shown is NameShown.FULL:
        return name
    family, *given = name.split()
    if shown is NameShown.NONE:
        return ""
    return f"{given[0]} {family[0]}." if given else f"{family[0]}."
