"""Whether a credential from elsewhere was taken back: every entry of its `credentialStatus` is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from portfolio.achievements.findings import ImportCheck, worst
from portfolio.achievements.reading import CLOCK_TOLERANCE, first_object, identity, listed, time_of, types_of
from portfolio.achievements.securing import check_proof, check_token, json_object, token_of
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.report import Outcome
from portfolio.credentials.statuslists import LIST_LENGTH, bit_at, decode_bits
from portfolio.fetching import Fetcher, FetchError

MAX_AGE: Final = timedelta(days=7)
"""Of a list that does not say until when it is in force."""
MAX_ENTRIES: Final = 8
"""Of one credential; each is a list to fetch and to check."""

_TAKEN_BACK: Final = frozenset({"revocation", "suspension"})


class _UnknownError(Exception):
    """Why an entry says nothing; its argument is the code."""


def check_status(document: Mapping[str, Any], *, fetcher: Fetcher, now: datetime) -> ImportCheck:
    """Look at every entry; one that is set decides, then one that is unknown (faults 123, 124). Never raises."""
    entries = listed(document.get("credentialStatus"))
    if not entries:
        return _found(Outcome.PASS, "none")
    if len(entries) > MAX_ENTRIES:
        return _found(Outcome.UNKNOWN, "unknown_kind")
    return worst([_entry(entry, identity(document.get("issuer")), fetcher, now) for entry in entries])


def _entry(entry: Any, issuer: str, fetcher: Fetcher, now: datetime) -> ImportCheck:
    try:
        is_set = _is_set(entry, issuer, fetcher, now)
    except _UnknownError as unknown:
        return _found(Outcome.UNKNOWN, str(unknown))
    except StructureError:
        return _found(Outcome.UNKNOWN, "unknown_kind")
    return _found(Outcome.FAIL, "set") if is_set else _found(Outcome.PASS, "clear")


def _is_set(entry: Any, issuer: str, fetcher: Fetcher, now: datetime) -> bool:
    if not isinstance(entry, Mapping) or types_of(entry) != {"BitstringStatusListEntry"}:
        raise _UnknownError("unknown_kind")
    purpose = entry.get("statusPurpose")
    if purpose not in _TAKEN_BACK or entry.get("statusSize", 1) != 1:
        raise _UnknownError("unknown_kind")
    bits = _bits(_list_at(entry.get("statusListCredential"), issuer, fetcher, now), purpose)
    return bit_at(bits, _index(entry))


def _index(entry: Mapping[str, Any]) -> int:
    text = entry.get("statusListIndex")
    if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 12:  # noqa: PLR2004
        return int(text)
    raise _UnknownError("unknown_kind")


def _list_at(url: Any, issuer: str, fetcher: Fetcher, now: datetime) -> Mapping[str, Any]:
    """Return the list that an address holds, once it is known to be the issuer's and in force."""
    try:
        body = fetcher.get(url) if isinstance(url, str) else b""
    except FetchError:
        raise _UnknownError("unreachable") from None
    if body.lstrip().startswith(b"{"):
        secured = check_proof(json_object(body), fetcher=fetcher)
    else:
        token = token_of(body.decode("ascii", "replace").strip())
        vc = token.payload.get("vc")
        secured = check_token(token, vc if isinstance(vc, Mapping) else token.payload, fetcher=fetcher)
    document = secured.document
    if not secured.holds or identity(document.get("issuer")) != issuer or document.get("id", url) != url:
        raise _UnknownError("unproved")
    if "BitstringStatusListCredential" not in types_of(document):
        raise _UnknownError("unknown_kind")
    _require_in_force(document, now)
    return document


def _require_in_force(document: Mapping[str, Any], now: datetime) -> None:
    begun = time_of(document.get("validFrom"))
    until = time_of(document.get("validUntil")) if "validUntil" in document else None
    if "validUntil" in document and until is None:
        raise _UnknownError("stale")
    if begun is not None and begun > now + CLOCK_TOLERANCE:
        raise _UnknownError("stale")
    if until is None and begun is not None:
        until = begun + MAX_AGE
    if until is None or until < now:
        raise _UnknownError("stale")


def _bits(document: Mapping[str, Any], purpose: str) -> bytes:
    subject = first_object(document.get("credentialSubject"))
    encoded = subject.get("encodedList")
    if purpose not in listed(subject.get("statusPurpose")) or not isinstance(encoded, str):
        raise _UnknownError("unknown_kind")
    bits = decode_bits(encoded)
    if 8 * len(bits) < LIST_LENGTH:
        raise _UnknownError("unknown_kind")
    return bits


def _found(outcome: Outcome, code: str) -> ImportCheck:
    return ImportCheck("status", outcome, f"status_{code}")
