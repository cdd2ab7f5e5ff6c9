"""What consent allows: ages, capacities, purposes. Pure: values in, decision out; one condition per line."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What a consent is given to, each by itself (152-ФЗ, articles 9 and 10.1)."""

    STORE = "store"
    PUBLISH = "publish"
    SHARE = "share"
    UNIVERSITY_ACCESS = "university_access"
    TALENT_SEARCH = "talent_search"
    EVENT_NOTICES = "event_notices"


class Capacity(StrEnum):
    """In which capacity somebody consents."""

    SELF = "self"
    GUARDIAN = "guardian"
