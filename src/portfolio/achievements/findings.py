"""What was found out about a credential from elsewhere. A type of its own: it is never one of our verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from portfolio.achievements.sentences import MESSAGES, VERDICTS
from portfolio.credentials.report import Outcome

REPORT_VERSION: Final = 1


class ImportVerdict(StrEnum):
    """How far a credential from elsewhere is borne out; our registry says nothing of its issuer in any case."""

    CONFIRMED = "confirmed"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REFUTED = "refuted"
    CANNOT_CHECK = "cannot_check"

    @property
    def message(self) -> str:
        return VERDICTS[self.value]


CHECK_NAMES: Final = ("form", "content", "signature", "issuer", "time", "status")


@dataclass(frozen=True, slots=True)
class ImportCheck:
    """One line of the report; `name` is one of `CHECK_NAMES`, `code` one of `sentences.MESSAGES`."""

    name: str
    outcome: Outcome
    code: str

    @property
    def message(self) -> str:
        return MESSAGES[self.code]

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "outcome": self.outcome.value, "code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Claims:
    """What the credential says, as far as it is signed or was fetched from its issuer: all of it the issuer's word."""

    issuer: str | None = None
    issuer_name: str | None = None
    achievement: str | None = None
    recipient: str | None = None
    issued_at: str | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of one import. `format` is "open-badges-2.0", "open-badges-3.0", "vc-2.0" or "vc-1.1"."""

    format: str
    secured_by: str
    checks: tuple[ImportCheck, ...]
    claims: Claims = field(default_factory=Claims)
    checked_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def verdict(self) -> ImportVerdict:
        """The first that fits: something refutes it, it is taken back, something is unknown, it is over."""
        failed = {check.name for check in self.checks if check.outcome is Outcome.FAIL}
        ahead = any(check.code == "time_ahead" for check in self.checks)
        if ahead or failed & {"form", "content", "signature", "issuer"}:
            return ImportVerdict.REFUTED
        if "status" in failed:
            return ImportVerdict.REVOKED
        if any(check.outcome is Outcome.UNKNOWN for check in self.checks):
            return ImportVerdict.CANNOT_CHECK
        return ImportVerdict.EXPIRED if failed else ImportVerdict.CONFIRMED

    def check(self, name: str) -> ImportCheck:
        return next(check for check in self.checks if check.name == name)

    def to_json(self) -> dict[str, Any]:
        """Return the stable JSON form; personal values stand only in `claims`."""
        claims: Mapping[str, Any] = {name: getattr(self.claims, name) for name in Claims.__dataclass_fields__}
        return {
            "type": "imported",
            "version": REPORT_VERSION,
            "verdict": self.verdict.value,
            "message": self.verdict.message,
            "format": self.format,
            "secured_by": self.secured_by,
            "checks": [check.to_json() for check in self.checks],
            "claims": dict(claims),
            "checked_at": self.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def worst(checks: Sequence[ImportCheck]) -> ImportCheck:
    """Return a failed check before an unknown one before a passed one."""
    order = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS)
    return min(checks, key=lambda check: order.index(check.outcome))
