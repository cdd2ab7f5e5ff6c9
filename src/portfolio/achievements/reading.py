"""Reads members of documents that nobody vouches for: whatever stands there, texts, lists and times come out. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from portfolio.achievements.findings import Claims, ImportCheck
from portfolio.credentials.characters import DIRECTIONS, INVISIBLE, UNREADABLE
from portfolio.credentials.report import Outcome

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_SHOWN: Final = 300  # characters of a text that is shown
_HIDDEN: Final = re.compile(f"{UNREADABLE.pattern}|{DIRECTIONS.pattern}|{INVISIBLE.pattern}")


def listed(value: Any) -> list[Any]:
    """Return a list of what may be one thing, several or none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def first_object(value: Any) -> Mapping[str, Any]:
    """Return the first object among what may be one or several, an empty one where there is none."""
    return next((member for member in listed(value) if isinstance(member, Mapping)), {})


def identity(value: Any) -> str:
    """Return the id of something that may be an object or its id alone."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""


def types_of(document: Mapping[str, Any]) -> set[str]:
    """Return the texts of `type`."""
    return {name for name in listed(document.get("type")) if isinstance(name, str)}


def host_of(url: str) -> str:
    """Return the lower-case host of an https address, an empty text for anything else."""
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:
        return ""
    return (host or "") if scheme == "https" else ""


def time_of(value: Any) -> datetime | None:
    """Return an instant with its zone (RFC 3339, or unix seconds as JWTs have them); None for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is not None and found.tzinfo is not None else None


def check_time(document: Mapping[str, Any], *, now: datetime) -> ImportCheck:
    """Check all the dates that the formats know; a date that cannot be read is unknown, never ignored."""
    starts = [document[name] for name in ("validFrom", "issuanceDate", "issuedOn", "nbf") if name in document]
    ends = [document[name] for name in ("validUntil", "expirationDate", "expires", "exp") if name in document]
    begun, over = [time_of(value) for value in starts], [time_of(value) for value in ends]
    if any(moment is not None and moment > now + CLOCK_TOLERANCE for moment in begun):
        return ImportCheck("time", Outcome.FAIL, "time_ahead")
    if any(moment is not None and moment < now for moment in over):
        return ImportCheck("time", Outcome.FAIL, "time_over")
    if None in begun or None in over or not begun:
        return ImportCheck("time", Outcome.UNKNOWN, "time_unclear")
    return ImportCheck("time", Outcome.PASS, "time_good")


def claims_of(document: Mapping[str, Any], *, achievement: Any = None, issuer: Any = None) -> Claims:
    """Return what to show; call it only for what is signed or was fetched from the issuer."""
    subject = first_object(document.get("credentialSubject"))
    achievement = achievement or subject.get("achievement") or {}
    issuer = issuer or document.get("issuer")
    return Claims(
        issuer=_shown(identity(issuer)),
        issuer_name=_shown(first_object(issuer).get("name")),
        achievement=_shown(first_object(achievement).get("name") or document.get("name")),
        recipient=_recipient(document, subject),
        issued_at=_shown(document.get("validFrom") or document.get("issuanceDate") or document.get("issuedOn")),
        expires_at=_shown(document.get("validUntil") or document.get("expirationDate") or document.get("expires")),
    )


def _recipient(document: Mapping[str, Any], subject: Mapping[str, Any]) -> str | None:
    """Return a name that is said openly; addresses and hashes of them are not shown."""
    for one in (*listed(subject.get("identifier")), document.get("recipient")):
        if isinstance(one, Mapping) and one.get("identityType", one.get("type")) == "name":
            return _shown(one.get("identityHash", one.get("identity")))
    return _shown(subject.get("name"))


def _shown(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("@value")
    if not isinstance(value, str):
        return None
    return _HIDDEN.sub("", " ".join(value[:_SHOWN].split())) or None
