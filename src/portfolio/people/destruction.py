"""Proof of destruction, as order 179 of Roskomnadzor of 28.10.2022 wants it: an act, and an export of the journal.

Both know the person by the id alone. The act is written once, when an erasure ends; its SHA-256 stands in the audit
log's line of that end, and the log is chained and anchored, so that neither can be changed unseen afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import Any, Final

import orjson
from sqlmodel import Session, col, select

from portfolio.errors import NotFoundError
from portfolio.i18n import N_, gettext_for
from portfolio.people.deadlines import local_day
from portfolio.people.journal import hash_of_record, head_digest
from portfolio.people.models import AuditRecord, ErasureRequest

FINISH: Final = "erasure.finish"
KEPT_FOR: Final = timedelta(days=3 * 365 + 1)
"""Order 179, point 8: three years. Nothing here deletes them later either."""
PAGE: Final = 50
_FORM: Final = "portfolio/act-of-destruction/v1"

CATEGORIES: Final = {
    "profile": N_("Family name, first name, patronymic, date of birth"),
    "contact": N_("E-mail address"),
    "sign_in": N_("Means of signing in: fingerprint of the password, keys, codes, sessions"),
    "documents": N_("Pictures and files of documents"),
    "awards": N_("Awards, and what was written, asked and answered about them"),
    "sharing": N_("Pages, links and accesses given to others, and who used them"),
    "looks": N_("The list of who looked at the data"),
    "letters": N_("Letters to the person that were still here"),
}

CATEGORY_OF_TABLE: Final = {
    **dict.fromkeys(("accounttoken", "passkey", "recoverycode", "rescue", "signin"), "sign_in"),
    **dict.fromkeys(("claim", "dispute", "importedbadge", "objection", "portfolioitem"), "awards"),
    **dict.fromkeys(("accessgrant", "publicpage", "publicselection", "shareitem", "sharelink", "shareview"), "sharing"),
    "document": "documents",
    "accessrecord": "looks",
}
"""What the rows are that an erasure deletes, by table."""

REASONS: Final = {
    "own": N_("The person withdrew the consent and asked for erasure (152-ФЗ, article 21, part 5)"),
    "guardian": N_("The legal representative withdrew the consent and asked for erasure (152-ФЗ, article 21, part 5)"),
    "both": N_(
        "The person and the legal representative withdrew the consent and asked for erasure "
        "(152-ФЗ, article 21, part 5)"
    ),
    "again": N_("Erased again after a restore from a backup: the request had been carried out before"),
}
METHOD: Final = N_(
    "The person's key was overwritten, after which no copy of the encrypted data can be read; then files, texts and "
    "rows were deleted and overwritten, and the log of the database was emptied"
)
STAYS: Final = N_(
    "Without a name: fingerprint, issuer and place in the status list of documents issued; evidence of consents; this "
    "act and the journal. With their issuer: records that it keeps by law"
)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who answers for the data, and the information system that it was in: what an act says of them."""

    name: str
    address: str
    system: str


class ProofState(StrEnum):
    """What became of an act since it was written."""

    GOOD = "good"
    ACT_MISSING = "act_missing"
    ACT_ALTERED = "act_altered"
    LINE_ALTERED = "line_altered"
    LINE_MISSING = "line_missing"


@dataclass(frozen=True, slots=True)
class Act:
    """What an act says, in its own Russian words; "" for what it does not say, or not in words."""

    operator: str
    address: str
    subject: str
    system: str
    reason_code: str
    programme: str
    kept_until: str
    categories: str
    reason: str
    method: str
    stays: str


@dataclass(frozen=True, slots=True)
class Proof:
    """An act held against its line in the audit log; `anchor` is the first anchored line that covers it."""

    state: ProofState
    line: AuditRecord | None = None
    anchor: AuditRecord | None = None


def write_act(request: ErasureRequest, *, operator: Operator) -> str:
    """Return the act on a finished erasure, with everything that point 3 of the order asks for but the signature."""
    assert request.finished_at is not None
    counts = {name: int(count) for name, _, count in (item.partition(":") for item in request.steps.split(",") if item)}
    categories = list(request.plan.get("categories", ["profile"]))
    if counts.get("letters", 0) + counts.get("outbox", 0):
        categories.append("letters")
    reason, translate = _reason(request), gettext_for("ru")
    act = {
        "form": _FORM,
        "act": request.id,
        "operator": {"name": operator.name, "address": operator.address},
        "subject": request.person_id,
        "categories": categories,
        "system": operator.system,
        "reason": reason,
        "asked_at": request.asked_at.isoformat(),
        "keys_destroyed_at": request.started_at.isoformat() if request.started_at else None,
        "finished_at": request.finished_at.isoformat(),
        "destroyed": counts,
        "programme": f"portfolio {version('portfolio')}",
        "kept_until": local_day(request.finished_at + KEPT_FOR).isoformat(),
        "in_russian": {
            "categories": [translate(CATEGORIES[code]) for code in categories],
            "reason": translate(REASONS[reason]),
            "method": translate(METHOD),
            "stays": translate(STAYS),
        },
    }
    return orjson.dumps(act, option=orjson.OPT_INDENT_2).decode()


def _reason(request: ErasureRequest) -> str:
    if request.by_person_at and request.by_guardian_at:
        return "both"
    if request.by_person_at or request.by_guardian_at:
        return "own" if request.by_person_at else "guardian"
    return "again"


def digest_of(act: str) -> str:
    """Return what the audit log holds of an act."""
    return hashlib.sha256(act.encode()).hexdigest()


def finished_erasures(session: Session, *, before: str = "", limit: int = PAGE) -> list[ErasureRequest]:
    """Return erasures that ended, the newest first; `before` is the id of the last one seen."""
    wanted = select(ErasureRequest).where(col(ErasureRequest.finished_at).is_not(None))
    last = session.get(ErasureRequest, before) if before else None
    if last is not None and last.finished_at is not None:
        earlier = col(ErasureRequest.finished_at) < last.finished_at
        same = (col(ErasureRequest.finished_at) == last.finished_at) & (col(ErasureRequest.id) < last.id)
        wanted = wanted.where(earlier | same)
    order = (col(ErasureRequest.finished_at).desc(), col(ErasureRequest.id).desc())
    return list(session.exec(wanted.order_by(*order).limit(limit)))


def finished_erasure(session: Session, *, request_id: str) -> ErasureRequest:
    """Return one erasure that ended. Raises `NotFoundError`."""
    request = session.get(ErasureRequest, request_id)
    if request is None or request.act is None:
        raise NotFoundError("there is no such act")
    return request


def act_of(request: ErasureRequest) -> Act | None:
    """Return what an act says, or None for one that is not of the form which this version writes."""
    act = _table(_loaded(request))
    if act.get("form") != _FORM:
        return None
    operator, said = _table(act.get("operator")), _table(act.get("in_russian"))
    categories = said.get("categories")
    return Act(
        operator=_words(operator.get("name")),
        address=_words(operator.get("address")),
        subject=_words(act.get("subject")),
        system=_words(act.get("system")),
        reason_code=_words(act.get("reason")),
        programme=_words(act.get("programme")),
        kept_until=_words(act.get("kept_until")),
        categories="; ".join(map(_words, categories)) if isinstance(categories, list) else "",
        reason=_words(said.get("reason")),
        method=_words(said.get("method")),
        stays=_words(said.get("stays")),
    )


def _loaded(request: ErasureRequest) -> Any:
    try:
        return orjson.loads(request.act or "")
    except orjson.JSONDecodeError:
        return None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def states_of(session: Session, *, requests: Sequence[ErasureRequest]) -> dict[str, ProofState]:
    """Hold acts against their lines of the audit log, in one query; without the lines around them."""
    rows = session.exec(
        select(AuditRecord)
        .where(AuditRecord.act == FINISH)
        .where(col(AuditRecord.subject).in_([request.id for request in requests]))
        .order_by(col(AuditRecord.number))
    )
    lines = {row.subject: row for row in rows}
    return {request.id: _state(request, lines.get(request.id)) for request in requests}


def proof_of(session: Session, *, request: ErasureRequest, anchored: Collection[bytes]) -> Proof:
    """Hold one act against its line, and the lines from there to the next anchored head against each other.

    `anchored` are the digests of heads that were anchored. Where none follows yet, all lines up to the end are held.
    """
    rows = [line for line in lines_of(session, request_id=request.id) if line.act == FINISH]
    state = _state(request, rows[-1] if rows else None)
    if state is ProofState.LINE_MISSING:
        return Proof(state)
    line = rows[-1]
    anchor = session.exec(
        select(AuditRecord)
        .where(col(AuditRecord.number) >= line.number)
        .where(col(AuditRecord.anchored_at).is_not(None))
        .order_by(col(AuditRecord.number))
        .limit(1)
    ).first()
    # A line that says that it was anchored, with a head that never was, is one written anew.
    is_true = anchor is None or head_digest(anchor.hash) in anchored
    if not is_true or not _hangs_together(session, line, anchor):
        return Proof(ProofState.LINE_ALTERED, line)
    return Proof(state, line, anchor)


def _hangs_together(session: Session, first: AuditRecord, last: AuditRecord | None) -> bool:
    """Recompute the lines after one, up to another or the end; tells whether each follows the one before it."""
    after = select(AuditRecord).where(col(AuditRecord.number) > first.number).order_by(col(AuditRecord.number))
    if last is not None:
        after = after.where(col(AuditRecord.number) <= last.number)
    before, number = first.hash, first.number
    for row in session.exec(after.execution_options(yield_per=1000)):
        if row.before != before or row.number != number + 1 or hash_of_record(row) != row.hash:
            return False
        before, number = row.hash, row.number
    return True


def lines_of(session: Session, *, request_id: str) -> list[AuditRecord]:
    """Return the audit log's lines about one erasure, the oldest first."""
    wanted = select(AuditRecord).where(AuditRecord.subject == request_id).order_by(col(AuditRecord.number))
    return list(session.exec(wanted))


def export_of(session: Session, *, request: ErasureRequest, proof: Proof) -> bytes:
    """Return the export of the journal (point 5 of the order) as JSON, with the act word for word."""
    act = _table(_loaded(request))
    lines = [
        {
            "number": line.number,
            "at": line.at.isoformat(),
            "actor": line.actor,
            "act": line.act,
            "subject": line.subject,
            "detail": line.detail,
            "before": line.before.hex(),
            "hash": line.hash.hex(),
        }
        for line in lines_of(session, request_id=request.id)
    ]
    said = _table(act.get("in_russian"))
    content = {
        "form": "portfolio/journal-of-destruction/v1",
        **{name: act.get(name) for name in ("act", "subject", "categories", "system", "reason", "finished_at")},
        "in_russian": {name: said.get(name) for name in ("categories", "reason")},
        "journal": lines,
        "anchored": {"line": proof.anchor.number, "head": proof.anchor.hash.hex()} if proof.anchor else None,
        "state": proof.state.value,
        "act_text": request.act,
        "act_sha256": digest_of(request.act or ""),
        "how_to_check": "act_sha256 is the SHA-256 of act_text in UTF-8 and the detail of the line erasure.finish; "
        "a line's hash is the SHA-256 of [number, at, actor, act, subject, detail, before] as JSON without spaces",
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def verify_acts(session: Session) -> Iterator[tuple[str, ProofState]]:
    """Yield the erasures whose act is not as the audit log says that it was written, by id; a lost row among them."""
    lines = {
        line.subject: line
        for line in session.exec(select(AuditRecord).where(AuditRecord.act == FINISH).order_by(col(AuditRecord.number)))
    }
    for request in session.exec(select(ErasureRequest).where(col(ErasureRequest.finished_at).is_not(None))):
        state = _state(request, lines.pop(request.id, None))
        if state is not ProofState.GOOD:
            yield request.id, state
    for request_id in sorted(lines):
        yield request_id, ProofState.ACT_MISSING


def _state(request: ErasureRequest, line: AuditRecord | None) -> ProofState:
    if line is None:
        return ProofState.LINE_MISSING
    if hash_of_record(line) != line.hash:
        return ProofState.LINE_ALTERED
    return ProofState.GOOD if digest_of(request.act or "") == line.detail else ProofState.ACT_ALTERED
