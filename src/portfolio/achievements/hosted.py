"""Open Badges 2.0: assertions that their issuer keeps at an address, and assertions signed as JWS.

Source: Open Badges 2.0, Verification. What an address gives is believed for what belongs to its own host alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from portfolio.achievements.dids import KeyUnknownError, PublicKey, key_of_jwk
from portfolio.achievements.findings import Claims, ImportCheck, ImportReport
from portfolio.achievements.reading import check_time, claims_of, first_object, host_of, identity, listed
from portfolio.achievements.securing import Token, check_signature, json_object, same_json
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.report import Outcome
from portfolio.fetching import Fetcher, FetchError

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
FORMAT = "open-badges-2.0"


class _UnreachableError(Exception):
    """A document of the issuer could not be had."""


def verify_hosted(assertion: Mapping[str, Any], *, fetcher: Fetcher, now: datetime) -> ImportReport:
    """Verify an assertion by what its own address says. Never raises."""
    url = identity(assertion)
    try:
        kept = _document(url, fetcher)
        badge = _document(kept.get("badge"), fetcher)
        issuer = _profile(badge.get("issuer"), fetcher)
    except _UnreachableError:
        return _unreachable(assertion, now)
    if identity(kept) != url or not (same_json(kept, assertion) or assertion.keys() == {"id"}):
        content = ImportCheck("content", FAIL, "content_differs")
    else:
        content = ImportCheck("content", PASS, "content_covered")
    whose = _hosted_by(url, issuer)
    revoked = kept.get("revoked") is True
    return ImportReport(
        format=FORMAT,
        secured_by="hosted",
        checks=(
            ImportCheck("form", PASS, "form_known"),
            content,
            ImportCheck("signature", PASS, "signature_hosted"),
            whose,
            check_time(kept, now=now),
            ImportCheck("status", FAIL, "status_set") if revoked else ImportCheck("status", PASS, "status_clear"),
        ),
        claims=claims_of(kept, achievement=badge, issuer=issuer) if whose.outcome is PASS else Claims(),
        checked_at=now,
    )


def verify_signed(token: Token, *, fetcher: Fetcher, now: datetime) -> ImportReport:
    """Verify a signed assertion by the key that its issuer names. Never raises."""
    assertion = token.payload
    creator = first_object(assertion.get("verification", assertion.get("verify"))).get("creator")
    try:
        badge = _document(assertion.get("badge"), fetcher)
        issuer = _profile(badge.get("issuer"), fetcher)
        names = [identity(key) for key in listed(issuer.get("publicKey"))]
        creator = creator if isinstance(creator, str) else next(iter(names), "")
        key = _key(_document(creator, fetcher))
    except (_UnreachableError, KeyUnknownError):
        return _unreachable(assertion, now, secured_by="jws")
    named = creator in names
    signature = check_signature(token, key)
    return ImportReport(
        format=FORMAT,
        secured_by="jws",
        checks=(
            ImportCheck("form", PASS, "form_known"),
            ImportCheck("content", PASS, "content_covered"),
            signature,
            ImportCheck("issuer", PASS, "issuer_key") if named else ImportCheck("issuer", FAIL, "issuer_other"),
            check_time(assertion, now=now),
            _revocation_list(assertion, issuer, fetcher),
        ),
        claims=claims_of(assertion, achievement=badge, issuer=issuer)
        if signature.outcome is PASS and named
        else Claims(),
        checked_at=now,
    )


def _unreachable(assertion: Mapping[str, Any], now: datetime, *, secured_by: str = "hosted") -> ImportReport:
    return ImportReport(
        format=FORMAT,
        secured_by=secured_by,
        checks=(
            ImportCheck("form", PASS, "form_known"),
            ImportCheck("content", UNKNOWN, "content_uncovered"),
            ImportCheck("signature", UNKNOWN, "signature_not_checked"),
            ImportCheck("issuer", UNKNOWN, "issuer_unreachable"),
            check_time(assertion, now=now),
            ImportCheck("status", UNKNOWN, "status_not_reached"),
        ),
        checked_at=now,
    )


def _document(named: Any, fetcher: Fetcher) -> Mapping[str, Any]:
    """Return a document given whole, or what its address holds."""
    if isinstance(named, Mapping):
        return named
    try:
        return json_object(fetcher.get(named if isinstance(named, str) else ""))
    except (FetchError, StructureError):
        raise _UnreachableError from None


def _profile(named: Any, fetcher: Fetcher) -> Mapping[str, Any]:
    """Return the issuer's profile from its own address: what a badge says of its issuer proves nothing."""
    url = identity(named)
    profile = _document(url, fetcher)
    if identity(profile) != url or not host_of(url):
        raise _UnreachableError
    return profile


def _hosted_by(url: str, issuer: Mapping[str, Any]) -> ImportCheck:
    """Tell whether an assertion's address is one of the issuer's (Open Badges 2.0, VerificationObject)."""
    rule = issuer.get("verification")
    rule = rule if isinstance(rule, Mapping) else {}
    origins = [one for one in listed(rule.get("allowedOrigins")) if isinstance(one, str)] or [host_of(identity(issuer))]
    starts = [one for one in listed(rule.get("startsWith")) if isinstance(one, str)]
    ours = host_of(url) in origins and (not starts or url.startswith(tuple(starts)))
    return ImportCheck("issuer", PASS, "issuer_host") if ours else ImportCheck("issuer", FAIL, "issuer_other")


def _key(document: Mapping[str, Any]) -> PublicKey:
    pem = document.get("publicKeyPem")
    if not isinstance(pem, str):
        return key_of_jwk(document.get("publicKeyJwk"))
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        raise KeyUnknownError("key_kind", "the key cannot be read") from None
    if not isinstance(key, PublicKey):
        raise KeyUnknownError("key_kind", "the key is of a kind that is not known here")
    return key


def _revocation_list(assertion: Mapping[str, Any], issuer: Mapping[str, Any], fetcher: Fetcher) -> ImportCheck:
    if "revocationList" not in issuer:
        return ImportCheck("status", PASS, "status_none")
    try:
        revoked = _document(issuer["revocationList"], fetcher).get("revokedAssertions")
    except _UnreachableError:
        return ImportCheck("status", UNKNOWN, "status_unreachable")
    ids = {identity(one) for one in listed(revoked)}
    uids = {one.get("uid") for one in listed(revoked) if isinstance(one, Mapping) and isinstance(one.get("uid"), str)}
    is_listed = identity(assertion) in ids - {""} or assertion.get("uid") in uids
    return ImportCheck("status", FAIL, "status_set") if is_listed else ImportCheck("status", PASS, "status_clear")
