"""What consent allows: ages, capacities, purposes. Pure: values in, decision out; one condition per line.

The same rules stand as a table in `docs/spec/consent.md`; a test compares every cell. Source: 152-ФЗ, articles 6, 9
and 10.1; Civil Code, articles 21, 26 and 28 (under 14 a legal representative acts, 14 to 17 with his assent, from 18
alone).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

DEFAULT_ZONE: Final = "Europe/Moscow"
OWN_WORD_FROM: Final = 14
ADULT_FROM: Final = 18


class Purpose(StrEnum):
    """What a consent is given to, each by itself (152-ФЗ, articles 9 and 10.1)."""

    STORE = "store"
    PUBLISH = "publish"
    SHARE = "share"
    UNIVERSITY_ACCESS = "university_access"
    TALENT_SEARCH = "talent_search"
    EVENT_NOTICES = "event_notices"


IN_USE: Final = frozenset({Purpose.STORE, Purpose.SHARE, Purpose.UNIVERSITY_ACCESS, Purpose.PUBLISH})
"""Purposes that something here rests on. A consent to another would have no real purpose (152-ФЗ, article 5): it is not
asked for, and one that was given earlier can be seen and withdrawn.
"""


class Capacity(StrEnum):
    """In which capacity somebody consents."""

    SELF = "self"
    GUARDIAN = "guardian"


class Basis(StrEnum):
    """On what a record rests: an issuer's statutory register is a legal basis of its own, for storing alone."""

    CONSENT = "consent"
    STATUTE = "statute"


class Age(StrEnum):
    """The bands between which the rules change. Unknown: the person never said when he was born."""

    CHILD = "under 14"
    MINOR = "14 to 17"
    ADULT = "18 and over"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Given:
    """A standing consent as the rules see it.

    `age` is the person's when it was given; `is_guardian_now`: whoever gave it is an active guardian at present.
    """

    capacity: Capacity
    age: Age
    is_guardian_now: bool = False


def age_of(birth_date: str | None, at: datetime, *, zone: str = DEFAULT_ZONE) -> Age:
    """Return the band at a moment; it changes at the local midnight with which the birthday begins.

    `birth_date` is an ISO day; one that is absent, unreadable or ahead is unknown.
    """
    years = years_of(birth_date, at, zone=zone)
    if years is None:
        return Age.UNKNOWN
    if years < OWN_WORD_FROM:
        return Age.CHILD
    if years < ADULT_FROM:
        return Age.MINOR
    return Age.ADULT


def years_of(birth_date: str | None, at: datetime, *, zone: str = DEFAULT_ZONE) -> int | None:
    """Return the full years at a moment, or None. Born on 29 February, one is a year older on 1 March."""
    try:
        born = date.fromisoformat(birth_date or "")
    except ValueError:
        return None
    today = at.astimezone(ZoneInfo(zone)).date()
    if born > today:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def counts(given: Given, *, age: Age) -> bool:
    """Tell whether a standing consent still has force, now that the person is of this age."""
    if given.capacity is Capacity.SELF:
        return age is not Age.CHILD and given.age is not Age.CHILD
    if age is Age.ADULT:
        return False
    return given.is_guardian_now


def is_allowed(purpose: Purpose, *, age: Age, by_person: bool, by_guardian: bool, basis: Basis = Basis.CONSENT) -> bool:
    """Tell whether a purpose is allowed, from whose consents to it have force."""
    if purpose is Purpose.STORE and basis is Basis.STATUTE:
        return True
    if age is Age.CHILD:
        return by_guardian
    if age is Age.ADULT:
        return by_person
    # Between 14 and 17, and while nobody knows how old he is: both.
    return by_person and by_guardian


def deciders(age: Age) -> frozenset[Capacity]:
    """Return whose consent is needed at this age; these may give it."""
    if age is Age.CHILD:
        return frozenset({Capacity.GUARDIAN})
    if age is Age.ADULT:
        return frozenset({Capacity.SELF})
    return frozenset(Capacity)


def may_be_guarded(age: Age) -> bool:
    """Tell whether guardians have any right at this age; at 18 guardianship ends by itself."""
    return age is not Age.ADULT


def may_dismiss_guardian(capacity: Capacity, *, age: Age) -> bool:
    """Tell whether the person himself may end a guardianship: from 14. A guardian may always lay down his own."""
    return capacity is Capacity.SELF and age in {Age.MINOR, Age.ADULT}
