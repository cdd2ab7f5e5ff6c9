"""Verifies credentials from elsewhere as far as can be: Open Badges 2.0 and 3.0, VC 2.0 and 1.1; JSON, JWT, PNG, SVG.

The outcome is an `ImportReport`, never one of our verdicts: our registry says nothing of issuers elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from portfolio.achievements.baked import unbaked
from portfolio.achievements.contexts import VC_1, VC_2
from portfolio.achievements.findings import Claims, ImportCheck, ImportReport
from portfolio.achievements.hosted import verify_hosted, verify_signed
from portfolio.achievements.reading import check_time, claims_of, host_of, identity, listed, types_of
from portfolio.achievements.securing import Secured, Token, check_proof, check_token, token_of
from portfolio.achievements.statuses import check_status
from portfolio.credentials.bundles import BUNDLE_TYPE
from portfolio.credentials.canonical import StructureError, parse_json
from portfolio.credentials.report import Outcome
from portfolio.credentials.signing import read_credential
from portfolio.errors import PortfolioError
from portfolio.fetching import Fetcher, LimitedFetcher

MAX_IMPORT: Final = 4 * 1024 * 1024
"""Bytes of a file; pictures are mostly picture."""
MAX_TEXT: Final = 256 * 1024
"""Bytes of the credential itself."""


class NotACredentialError(PortfolioError):
    """Nothing in the file is a credential of a form that is known here."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not_a_credential"


class OurOwnError(PortfolioError):
    """A credential of ours: its verdict is the registry's, and no other is given."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "our_own"


def verify_import(data: bytes, *, fetcher: Fetcher, now: datetime) -> ImportReport:
    """Verify a file from elsewhere; fetches at most a few public documents through `fetcher`.

    Raises `NotACredentialError` for anything that is no credential, `OurOwnError` for a credential of ours.
    """
    if len(data) > MAX_IMPORT:
        raise NotACredentialError("the file is larger than a credential can be")
    limited = LimitedFetcher(fetcher)
    try:
        raw = unbaked(data).strip()
        if raw.startswith(b"{"):
            return _verify_json(parse_json(raw, limit=MAX_TEXT, several_lines=True), limited, now)
        text = raw[: MAX_TEXT + 1].decode("ascii", "replace")
        if host_of(text):
            return verify_hosted({"id": text}, fetcher=limited, now=now)
        return _verify_token(token_of(text[:MAX_TEXT]), limited, now)
    except StructureError as error:
        raise NotACredentialError(
            "the file holds no credential of a form that is known here", reason=error.code
        ) from None


def _verify_json(document: Mapping[str, Any], fetcher: Fetcher, now: datetime) -> ImportReport:
    _refuse_ours(document)
    if "Assertion" in types_of(document):
        return verify_hosted(document, fetcher=fetcher, now=now)
    form = _form(document)
    return _report(form, check_proof(document, fetcher=fetcher), fetcher, now)


def _verify_token(token: Token, fetcher: Fetcher, now: datetime) -> ImportReport:
    if "Assertion" in types_of(token.payload):
        return verify_signed(token, fetcher=fetcher, now=now)
    inner = token.payload.get("vc")
    if not isinstance(inner, Mapping):
        document: Mapping[str, Any] = token.payload
    else:  # VC 1.1: what the token's own claims say stands for members of the credential
        claims = {"nbf": "nbf", "exp": "exp", "iss": "issuer", "jti": "id"}
        document = {
            **{member: token.payload[name] for name, member in claims.items() if name in token.payload},
            **inner,
        }
    form = _form(document)
    return _report(form, check_token(token, document, fetcher=fetcher), fetcher, now)


def _refuse_ours(document: Mapping[str, Any]) -> None:
    if document.get("type") == BUNDLE_TYPE:
        raise OurOwnError("this is a file of our own kind: check it as such")
    try:
        read_credential(document)
    except StructureError:
        return
    raise OurOwnError("this is a credential of our own kind: check it as such")


def _report(form: str, secured: Secured, fetcher: Fetcher, now: datetime) -> ImportReport:
    checks = [_form_check(secured.document), secured.content, secured.signature, secured.issuer]
    checks.append(check_time(secured.document, now=now))
    report = ImportReport(format=form, secured_by=secured.secured_by, checks=(), checked_at=now)
    if any(check.outcome is Outcome.FAIL for check in checks[:-1]):
        checks.append(ImportCheck("status", Outcome.UNKNOWN, "status_not_reached"))
        return replace(report, checks=tuple(checks), claims=Claims())
    checks.append(check_status(secured.document, fetcher=fetcher, now=now))
    believed = secured.content.outcome is Outcome.PASS and secured.signature.outcome is Outcome.PASS
    return replace(report, checks=tuple(checks), claims=claims_of(secured.document) if believed else Claims())


def _form(document: Mapping[str, Any]) -> str:
    contexts = [one for one in listed(document.get("@context")) if isinstance(one, str)]
    if not contexts or contexts[0] not in {VC_1, VC_2} or "VerifiableCredential" not in types_of(document):
        raise NotACredentialError("the file holds no credential of a form that is known here", reason="context")
    if types_of(document) & {"OpenBadgeCredential", "AchievementCredential"}:
        return "open-badges-3.0"
    return "vc-2.0" if contexts[0] == VC_2 else "vc-1.1"


def _form_check(document: Mapping[str, Any]) -> ImportCheck:
    whole = bool(identity(document.get("issuer"))) and bool(listed(document.get("credentialSubject")))
    return ImportCheck("form", Outcome.PASS, "form_known") if whole else ImportCheck("form", Outcome.FAIL, "form_wrong")
