"""What a verification found: the verdict, its checks and what to show beside them (`docs/spec/verdict.md`).

Pure: imports neither web3 nor a database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from portfolio.credentials.facts import Reason
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.sentences import MESSAGES, VERDICTS

REPORT_VERSION: Final = 1


class Verdict(StrEnum):
    VALID = "VALID"
    PENDING = "PENDING"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    INVALID = "INVALID"
    CANNOT_CHECK = "CANNOT_CHECK"

    @property
    def message(self) -> str:
        """The headline, an English sentence and gettext id."""
        return VERDICTS[self.value]


EXIT_CODES: Final[Mapping[Verdict, int]] = {
    Verdict.VALID: 0,
    Verdict.INVALID: 1,
    Verdict.REVOKED: 1,
    Verdict.EXPIRED: 1,
    Verdict.PENDING: 2,
    Verdict.CANNOT_CHECK: 3,
}
EXIT_USAGE: Final = 64


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105  an outcome, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


CHECK_NAMES: Final = ("structure", "signature", "issuer", "kind", "key", "anchor", "revocation", "expiry")

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Note:
    """A warning, or something to know: a stable code and what its sentence needs."""

    code: str
    data: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The English sentence, unfilled: the gettext id."""
        return MESSAGES[self.code]

    def text(self, translate: Translate = str) -> str:
        """Return the sentence in a language with its dates and names filled in. Plain text: escape it in HTML."""
        return translate(self.message) % self.data

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.text(), "data": dict(self.data)}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. `name` is one of `CHECK_NAMES`; code, data and sentence are as in `Note`."""

    name: str
    outcome: Outcome
    code: str
    data: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return MESSAGES[self.code]

    def text(self, translate: Translate = str) -> str:
        return translate(self.message) % self.data

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "outcome": self.outcome.value, **Note(self.code, self.data).to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """The earliest revocation that any trusted pair knows."""

    reason: Reason
    revoked_at: int
    pair: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one verification.

    `statement` is there only when structure and signature are good: nothing else about a person is ever shown. Names of
    the issuer, custody, block and transaction come from the chain, never from the file.
    """

    verdict: Verdict
    checks: tuple[Check, ...]
    warnings: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()
    statement: Statement | None = None
    digest: bytes | None = None
    registered_at: int | None = None
    block_number: int | None = None
    transaction: str | None = None
    issuer_name: str | None = None
    issuer_name_now: str | None = None
    custody: str | None = None
    pair: str | None = None
    local_chain: bool = False
    sources: int = 0
    revocation: Revocation | None = None
    read_at: int | None = None
    checked_at: int

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    def check(self, name: str) -> Check:
        """Return the check of that name; every report has each of `CHECK_NAMES` once."""
        return next(check for check in self.checks if check.name == name)

    def to_json(self) -> dict[str, Any]:
        """Return the stable JSON form; personal values stand only in `credential`."""
        return {
            "version": REPORT_VERSION,
            "verdict": self.verdict.value,
            "message": self.verdict.message,
            "checks": [check.to_json() for check in self.checks],
            "warnings": [note.to_json() for note in self.warnings],
            "notes": [note.to_json() for note in self.notes],
            "credential": None if self.statement is None else statement_json(self.statement),
            "digest": None if self.digest is None else "0x" + self.digest.hex(),
            "issuer": {"name": self.issuer_name, "name_now": self.issuer_name_now, "custody": self.custody},
            "anchor": {
                "registered_at": _moment_or_none(self.registered_at),
                "block_number": self.block_number,
                "transaction": self.transaction,
            },
            "revocation": self._revocation_json(),
            "chain": {"pair": self.pair, "local": self.local_chain, "sources": self.sources},
            "read_at": _moment_or_none(self.read_at),
            "checked_at": moment(self.checked_at),
        }

    def _revocation_json(self) -> dict[str, Any] | None:
        if self.revocation is None:
            return None
        return {
            "reason": self.revocation.reason.name.lower(),
            "revoked_at": moment(self.revocation.revoked_at),
            "pair": self.revocation.pair,
        }


def statement_json(statement: Statement) -> dict[str, Any]:
    """Return the signed values that may be shown; the signed issuer name is left out, the registry's counts."""
    return {
        "id": statement.id,
        "issuer": statement.issuer_did,
        "subject_id": statement.subject_id,
        "holder_name": statement.holder_name,
        "kind": statement.kind,
        "valid_from": statement.valid_from,
        "valid_until": statement.valid_until,
        "fields": {name: _plain(value) for name, value in statement.fields.items()},
    }


@lru_cache(maxsize=4096)
def moment(seconds: int) -> str:
    """Return a unix time as "2026-11-22T10:00:00Z"; one that no calendar holds as its number."""
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _moment_or_none(seconds: int | None) -> str | None:
    return None if seconds is None else moment(seconds)


def _plain(value: Any) -> Any:
    return [list(row) for row in value] if isinstance(value, tuple) else value
