"""One line of a report about many documents: what a person needs to decide, and no more of the holder than his name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from portfolio.credentials.facts import Reason
from portfolio.credentials.report import Outcome, Report, Translate, Verdict, moment
from portfolio.i18n import printable
from portfolio.verification import inputs, remarks
from portfolio.verification.judging import Finding
from portfolio.verification.remarks import Remark
from portfolio.verification.sources import Source

_DAY = 10  # characters of an ISO date


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was found for one source; texts are empty where nothing is known.

    `code` is the refusal's, or that of the first check that did not pass; `message` its sentence.
    """

    row: int
    source: str
    place: str
    verdict: str
    code: str = ""
    message: str = ""
    holder: str = ""
    issuer: str = ""
    kind: str = ""
    title: str = ""
    awarded: str = ""
    registration_number: str = ""
    registered_at: str = ""
    valid_until: str = ""
    revoked: str = ""
    short_code: str = ""
    register: str = ""
    sources: int = 0
    warnings: str = ""

    def values(self) -> list[str | int]:
        """Return the values in the order of `COLUMNS`."""
        return [getattr(self, name) for name in COLUMNS]


COLUMNS = tuple(field.name for field in fields(Row))


def row_of(number: int, source: Source, finding: Finding, translate: Translate = str) -> Row:
    """Return the line of a report for one source."""
    report = finding.report
    code, message = _why(finding, translate)
    row = Row(
        row=number,
        source=printable(source.name),
        place=printable(source.place),
        verdict=report.verdict.value,
        code=code,
        message=message,
        issuer=report.issuer_name or "",
        registered_at=moment(report.registered_at) if report.registered_at is not None else "",
        revoked=_revoked(report),
        short_code=finding.short_code or "",
        register=report.pair or "",
        sources=report.sources,
        warnings=" ".join([*(note.code for note in report.warnings), *(remark.code for remark in finding.remarks)]),
    )
    return row if report.statement is None else replace(row, **_signed(report))


def uncertain(row: Row, code: str, translate: Translate = str) -> Row:
    """Return a row whose answers cannot be relied on after all, for a reason of `remarks`.

    What failed of itself, without the chain, stays.
    """
    if row.verdict == Verdict.INVALID and not row.register:
        return row
    message = Remark(code).text(translate)
    return replace(row, verdict=Verdict.CANNOT_CHECK.value, code=code, message=message)


def _why(finding: Finding, translate: Translate) -> tuple[str, str]:
    if finding.refusal is not None:
        sentence = inputs.MESSAGES.get(finding.refusal) or remarks.MESSAGES[finding.refusal]
        return finding.refusal, translate(sentence)
    report = finding.report
    if report.verdict is Verdict.VALID:
        return "", ""
    outcome = Outcome.UNKNOWN if report.verdict is Verdict.CANNOT_CHECK else Outcome.FAIL
    check = next((check for check in report.checks if check.outcome is outcome), None)
    if check is None or check.code == "not_reached":
        first = finding.remarks[0] if finding.remarks else None
        return (first.code, first.text(translate)) if first else ("", "")
    return check.code, check.text(translate)


def _revoked(report: Report) -> str:
    if report.revocation is None:
        return ""
    return f"{Reason(report.revocation.reason).name.lower()} {moment(report.revocation.revoked_at)}"


def _signed(report: Report) -> dict[str, Any]:
    statement = report.statement
    if statement is None:
        return {}
    values = statement.fields
    return {
        "holder": statement.holder_name,
        "kind": statement.kind,
        "title": str(values.get("title", "")),
        "awarded": str(values.get("award_date", values.get("award_year", "")))[:_DAY],
        "registration_number": str(values.get("registration_number", "")),
        "valid_until": statement.valid_until or "",
    }
