"""What a declaration of a credential kind consists of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class FieldType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    YEAR = "year"
    CHOICE = "choice"
    MARKS = "marks"


class Place(Enum):
    """Where a field stands in the document of Open Badges 3.0; `openbadges.py` knows what each means.

    Everything but `RESULT` holds at most one field of a kind.
    """

    ACHIEVEMENT_NAME = "achievement.name"
    FIELD_OF_STUDY = "achievement.fieldOfStudy"
    SPECIALIZATION = "achievement.specialization"
    AWARDED_DATE = "awardedDate"
    LICENSE_NUMBER = "licenseNumber"
    CREDITS_EARNED = "creditsEarned"
    ACTIVITY_START = "activityStartDate"
    ACTIVITY_END = "activityEndDate"
    ROLE = "role"
    TERM = "term"
    RESULT = "result"
    MARKS = "result of a row"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a closed list. `code` is the normalised value, `ru` is what is signed; synonyms as in `Field`."""

    code: str
    ru: str
    en: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind. `synonyms` are further table headers, in lower case, with ё written as е."""

    name: str
    ru: str
    en: str
    type: FieldType
    place: Place
    required: bool = False
    choices: tuple[Choice, ...] = ()
    synonyms: tuple[str, ...] = ()
    max_length: int = 300  # characters of a TEXT
    minimum: int | None = None  # of an INTEGER or DECIMAL
    maximum: int | None = None

    def choice(self, code: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of credential.

    `bit` is its place in the contract's mask of kinds and never becomes another's. `achievement_type` is the one signed
    field that says the kind, hence unique. `natural_key` names what makes two table rows of one issuer the same
    credential; "holder_name" may be among them. `description` and `criteria` are signed with every credential.
    `minimal` names the fields that its minimal form keeps (`minimal_forms.py`); `minimal_of` is set on such a form.
    `statutory`: the law obliges its issuer to keep a register of them, whatever the holder consents to.
    """

    code: str
    version: int
    bit: int
    ru: str
    en: str
    achievement_type: str
    description: str
    criteria: str
    fields: tuple[Field, ...]
    natural_key: tuple[str, ...]
    minimal: tuple[str, ...] = ()
    minimal_of: str | None = None
    statutory: bool = False

    @property
    def signed_version(self) -> str:
        """What a credential of this kind says in `achievement.version`; the form is a part of it."""
        return f"{self.version}-minimal" if self.minimal_of else str(self.version)

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def at(self, place: Place) -> Field | None:
        """Return the first field at a place."""
        return next((field for field in self.fields if field.place is place), None)


def words(text: str) -> tuple[str, ...]:
    """Split "a | b | c", the compact way to write synonyms."""
    return tuple(word.strip() for word in text.split("|"))
