"""Invented reports, one of each verdict and some more: for the preview of the pages, their tests and pictures of them.

Nobody in them exists; they are made by hand and not by `judge`, so that a page can be drawn without chain or key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from portfolio.credentials.facts import Reason
from portfolio.credentials.report import CHECK_NAMES, Check, Note, Outcome, Report, Revocation, Verdict
from portfolio.credentials.statement import Statement

REGISTERED: Final = "2026-11-22T10:00:05Z"
REGISTERED_AT: Final = int(datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC).timestamp())
CHECKED_AT: Final = int(datetime(2026, 11, 24, 6, 41, 10, tzinfo=UTC).timestamp())
ISSUER: Final = "Региональный центр одарённых детей «Созвездие»"
TOKEN: Final = "Vt4mYwq1o7cX2kLr9sBdHe5A"  # noqa: S105  an example of a link, it opens nothing
LINKS: Final[Mapping[str, str]] = {
    "page": f"https://portfolio.example/v/{TOKEN}",
    "bundle": f"/c/{TOKEN}.json",
    "pdf": f"/c/{TOKEN}.pdf",
    "qr_svg": f"/v/{TOKEN}/qr.svg",
    "qr_png": f"/v/{TOKEN}/qr.png",
}
CONTACT: Final = "olimp@sozvezdie.example"


@dataclass(frozen=True, slots=True)
class Sample:
    """A report and what else the page of it is given."""

    report: Report
    stored_at: datetime | None = None
    last_verdict: Verdict | None = None
    contact: str | None = CONTACT


OLYMPIAD: Final = Statement(
    id="urn:uuid:6f2f5f4e-3c1b-4a53-9d7e-0b3f6f1f9a01",
    subject_id="urn:uuid:8a1f1f5e-77aa-4f0e-8f3b-2f4c5d6e7f80",
    issuer_did="did:web:portfolio.example:issuers:sozvezdie",
    issuer_name=ISSUER,
    holder_name="Ахметзянова-Белоусова Гөлнара Рөстәм кызы",
    kind="olympiad_award",
    valid_from="2026-11-22T10:00:00Z",
    valid_until=None,
    status_list="https://portfolio.example/status/sozvezdie/1",
    status_index=4711,
    fields={
        "title": "Всероссийская олимпиада школьников по математике",
        "level": "vsosh_regional",
        "subject": "Математика",
        "grade": "10А",
        "degree": "prize_winner",
        "score": "27.5",
        "max_score": "35",
        "award_date": "2026-11-15",
        "registration_number": "РЭ-77-М-000412",
    },
)
CPD: Final = replace(
    OLYMPIAD,
    kind="cpd_certificate",
    holder_name="Петрова Ольга Николаевна",
    valid_from="2023-11-20T09:30:00Z",
    valid_until="2026-11-20T20:59:59Z",
    fields={
        "title": "Цифровая образовательная среда: инструменты учителя",
        "hours": 36,
        "start_date": "2023-11-01",
        "end_date": "2023-11-18",
        "city": "Казань",
        "award_date": "2023-11-20",
        "registration_number": "ПК-2023-0196",
    },
)
SCHOOL: Final = replace(
    OLYMPIAD,
    kind="school_certificate",
    holder_name="Иванов Пётр Сергеевич",
    fields={
        "title": "Аттестат о среднем общем образовании",
        "level": "secondary",
        "honours": "honours",
        "school_year": "2025/2026",
        "marks": (
            ("Русский язык", "5 (отлично)"),
            ("Литература", "5 (отлично)"),
            ("Математика", "5 (отлично)"),
            ("Информатика", "5 (отлично)"),
            ("Физика", "4 (хорошо)"),
            ("Иностранный язык (английский)", "5 (отлично)"),
        ),
        "award_date": "2026-06-25",
        "registration_number": "07724001234567",
    },
)

_PASSING: Final = (
    Check("structure", Outcome.PASS, "structure_ok"),
    Check("signature", Outcome.PASS, "signature_genuine"),
    Check("issuer", Outcome.PASS, "issuer_admitted", {"issuer_name": ISSUER}),
    Check("kind", Outcome.PASS, "kind_allowed"),
    Check("key", Outcome.PASS, "key_good"),
    Check("anchor", Outcome.PASS, "anchor_final", {"registered_at": REGISTERED, "block": 18}),
    Check("revocation", Outcome.PASS, "not_revoked", {"head_at": "2026-11-24T06:41:00Z"}),
    Check("expiry", Outcome.PASS, "expiry_none"),
)
_NOTES: Final = (
    Note("test_chain", {"pair": "local"}),
    Note("one_source"),
    Note("hosted_custody"),
)


def _checks(**changed: tuple[Outcome, str, Mapping[str, str | int]]) -> tuple[Check, ...]:
    return tuple(Check(check.name, *changed[check.name]) if check.name in changed else check for check in _PASSING)


def _report(verdict: Verdict, **changes: Any) -> Report:
    shown: dict[str, Any] = {
        "checks": _PASSING,
        "notes": _NOTES,
        "statement": OLYMPIAD,
        "digest": bytes.fromhex("5d1f0c9be2a84f6d") * 4,
        "registered_at": REGISTERED_AT,
        "block_number": 18,
        "transaction": "0x" + "9c41d2e7" * 8,
        "issuer_name": ISSUER,
        "issuer_name_now": ISSUER,
        "custody": "hosted",
        "pair": "local",
        "local_chain": True,
        "sources": 1,
        "read_at": CHECKED_AT - 4,
        "checked_at": CHECKED_AT,
    }
    return Report(verdict=verdict, **{**shown, **changes})


def _revoked(reason: Reason) -> Report:
    at = "2026-11-23T15:20:00Z"
    check = (Outcome.FAIL, f"revoked_{reason.name.lower()}", {"revoked_at": at})
    moment = int(datetime(2026, 11, 23, 15, 20, tzinfo=UTC).timestamp())
    return _report(
        Verdict.REVOKED,
        checks=_checks(revocation=check),
        revocation=Revocation(reason=reason, revoked_at=moment, pair="local"),
    )


def _unanswered() -> Report:
    return _report(
        Verdict.CANNOT_CHECK,
        checks=_checks(
            issuer=(Outcome.UNKNOWN, "issuer_unanswered", {}),
            kind=(Outcome.UNKNOWN, "kind_unanswered", {}),
            key=(Outcome.UNKNOWN, "key_unanswered", {}),
            anchor=(Outcome.UNKNOWN, "anchor_unanswered", {}),
            revocation=(Outcome.UNKNOWN, "revocation_unanswered", {}),
        ),
        warnings=(Note("pair_unreachable", {"pair": "local"}),),
        notes=(),
        registered_at=None,
        block_number=None,
        transaction=None,
        issuer_name=None,
        issuer_name_now=None,
        custody=None,
        pair=None,
        local_chain=False,
        sources=0,
        read_at=None,
    )


def _unreadable() -> Report:
    unreached = tuple(Check(name, Outcome.UNKNOWN, "not_reached") for name in CHECK_NAMES[1:])
    structure = Check("structure", Outcome.FAIL, "structure_unreadable")
    return Report(verdict=Verdict.INVALID, checks=(structure, *unreached), checked_at=CHECKED_AT)


def _forged() -> Report:
    return _report(
        Verdict.INVALID,
        checks=_checks(
            key=(Outcome.FAIL, "key_absent", {}),
            anchor=(
                Outcome.FAIL,
                "anchor_untimely",
                {"entered_at": REGISTERED},
            ),
        ),
        registered_at=None,
        block_number=None,
        transaction=None,
        custody=None,
        notes=_NOTES[:2],
    )


def _on_a_real_chain() -> Report:
    """A certificate of a national register: own key, three sources, renamed issuer, award long before the entry."""
    renamed = "Центр выявления и поддержки одарённых детей «Созвездие»"
    apart: Mapping[str, str | int] = {"award_on": "2026-06-25", "registered_at": REGISTERED, "days": 150}
    return _report(
        Verdict.VALID,
        statement=SCHOOL,
        notes=(Note("name_changed", {"name_now": renamed}),),
        warnings=(Note("award_far", apart),),
        issuer_name_now=renamed,
        custody="own",
        pair="consortium",
        local_chain=False,
        sources=3,
        block_number=1_204_118,
    )


SAMPLES: Final[Mapping[str, Sample]] = {
    "valid": Sample(_report(Verdict.VALID)),
    "valid-own-key": Sample(_on_a_real_chain(), contact="+7 (843) 123-45-67"),
    "valid-stored": Sample(
        _report(Verdict.VALID, read_at=CHECKED_AT - 600), stored_at=datetime.fromtimestamp(CHECKED_AT - 600, tz=UTC)
    ),
    "pending": Sample(
        _report(
            Verdict.PENDING,
            checks=_checks(anchor=(Outcome.FAIL, "anchor_pending", {})),
            registered_at=None,
            block_number=None,
            transaction=None,
        )
    ),
    "expired": Sample(
        _report(
            Verdict.EXPIRED,
            statement=CPD,
            checks=_checks(expiry=(Outcome.FAIL, "expiry_over", {"until_at": "2026-11-20T20:59:59Z"})),
        )
    ),
    "revoked": Sample(_revoked(Reason.ISSUED_IN_ERROR)),
    "superseded": Sample(_revoked(Reason.SUPERSEDED)),
    "invalid": Sample(_forged()),
    "unreadable": Sample(_unreadable(), contact=None),
    "cannot-check": Sample(
        _unanswered(), stored_at=datetime(2026, 11, 22, 20, 15, tzinfo=UTC), last_verdict=Verdict.VALID
    ),
}
