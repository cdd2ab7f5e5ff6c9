"""The verdict on a credential: bytes, trust roots, facts of the chain and the time in, a report out.

Pure: no database, no web framework, no chain, no clock. The rules are `docs/spec/verdict.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from portfolio.credentials.bundles import read_bundle, usable_receipts
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import Custody, PairFacts, PairUnknown, Question, Receipt, TrustRoots
from portfolio.credentials.kinds import Place, kind_of
from portfolio.credentials.readings import Moment, Reading, foreign_receipts, read_pairs
from portfolio.credentials.report import (
    CHECK_NAMES,
    EXIT_CODES,
    EXIT_USAGE,
    Check,
    Note,
    Outcome,
    Report,
    Revocation,
    Verdict,
    moment,
)
from portfolio.credentials.sentences import MESSAGES
from portfolio.credentials.signing import SignedCredential, read_credential
from portfolio.credentials.statuslists import listed

__all__ = [
    "EXIT_CODES",
    "EXIT_USAGE",
    "MESSAGES",
    "Asked",
    "Check",
    "Note",
    "Outcome",
    "Report",
    "Revocation",
    "Verdict",
    "ask",
    "ask_about",
    "judge",
]

CLOCK_TOLERANCE: Final = 300
"""Seconds by which the signing instant may lie after the anchor or after the verifier's own clock."""

AWARD_DISTANCE: Final = 30
"""Days between the award's own date and the anchor beyond which the verdict says so."""

LIST_TOLERANCE: Final = 3600
"""Seconds that a status list may lag behind the register before the verdict says that they disagree."""

_UNREADABLE: Final = frozenset({"bom", "not_an_object", "not_json", "not_utf8", "too_deep", "too_large"})
"""Codes of `StructureError` that speak of the file, not of what stands in it."""

Data = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A file that was read as a credential, and what to ask each trusted pair about it."""

    credential: SignedCredential
    question: Question
    signed_at: int
    valid_until: int | None
    warnings: tuple[Note, ...] = ()
    status_list: Mapping[str, Any] | None = None


def ask(bundle: bytes) -> Asked:
    """Read a bundle or a bare credential. Raises `StructureError`, which `judge` takes in place of the result."""
    found = read_bundle(bundle)
    return replace(ask_about(read_credential(found.credential), found.receipts), status_list=found.status_list)


def ask_about(credential: SignedCredential, receipts: Sequence[Receipt | Any]) -> Asked:
    """Prepare the question about a credential that was read already; `receipts` may be objects or their JSON."""
    usable, warnings = usable_receipts(receipts, credential.digest)
    question = Question(
        issuer_id=credential.issuer_id,
        public_key=credential.public_key,
        digest=credential.digest,
        receipts=usable,
    )
    valid_until = credential.statement.valid_until
    return Asked(
        credential=credential,
        question=question,
        signed_at=_seconds(credential.statement.valid_from),
        valid_until=None if valid_until is None else _seconds(valid_until),
        warnings=warnings,
    )


def judge(
    asked: Asked | StructureError,
    *,
    trust: TrustRoots,
    facts: Sequence[PairFacts | PairUnknown],
    now: int,
) -> Report:
    """Give the verdict.

    `facts` are the answers of the trusted pairs to `asked.question`, or why there are none; pairs not answered for
    count as unknown. `now` is the verifier's clock in unix seconds. Never raises, whatever a file or a chain may say.
    """
    if isinstance(asked, StructureError):
        return _unreadable(asked, now)
    kind_bit = kind_of(asked.credential.statement.kind).bit
    readings = read_pairs(trust, facts, asked.question, kind_bit=kind_bit, now=now)
    standing = _standing(readings)
    genuine = asked.credential.genuine
    revocation = _revocation(readings)
    checks = (
        Check("structure", Outcome.PASS, "structure_ok"),
        _check_signature(asked, standing, now, genuine=genuine),
        *_check_standing(standing),
        _check_anchor(standing),
        _check_revocation(revocation, standing),
        _check_expiry(asked, now),
    )
    warnings = [*asked.warnings, *foreign_receipts(trust, asked.question.receipts)]
    warnings += [note for reading in readings for note in reading.warnings]
    warnings += [] if trust.pairs else [Note("no_pairs")]
    warnings += _award_warning(asked, standing)
    warnings += _list_warning(asked, revocation, standing, now) if genuine else []
    return Report(
        verdict=_precedence(checks),
        checks=checks,
        warnings=tuple(warnings),
        notes=_notes(standing),
        statement=asked.credential.statement if genuine else None,
        digest=asked.credential.digest,
        revocation=revocation,
        read_at=min((reading.head.facts.read_at for reading in readings if reading.head is not None), default=None),
        checked_at=now,
        **_shown(standing),
    )


def _precedence(checks: Sequence[Check]) -> Verdict:
    """Apply the six rules of the protocol, in their order."""
    failed = {check.name for check in checks if check.outcome is Outcome.FAIL}
    if failed & {"structure", "signature", "issuer", "kind", "key"}:
        return Verdict.INVALID
    if "revocation" in failed:
        return Verdict.REVOKED
    if any(check.outcome is Outcome.UNKNOWN for check in checks):
        return Verdict.CANNOT_CHECK
    if "anchor" in failed:
        return Verdict.PENDING
    if "expiry" in failed:
        return Verdict.EXPIRED
    return Verdict.VALID


@dataclass(frozen=True, slots=True)
class _Standing:
    """The moment that decides issuer, kind and key (None while that is unknown), and what it was chosen from."""

    readings: tuple[Reading, ...]
    moment: Moment | None

    @property
    def registered(self) -> bool:
        return self.moment is not None and self.moment.receipt is not None

    @property
    def complete(self) -> bool:
        """Every trusted pair answered, and there is one."""
        return bool(self.readings) and all(reading.unknown is None for reading in self.readings)

    @property
    def counting(self) -> list[Moment]:
        return [found for reading in self.readings for found in reading.registered]


def _standing(readings: tuple[Reading, ...]) -> _Standing:
    """Choose the earliest anchor at which all pass, else a head at which all pass, else the best failure."""
    anchored = [found for reading in readings for found in reading.registered if found.passes]
    if anchored:
        return _Standing(readings, min(anchored, key=lambda found: found.time))
    heads = [reading.head for reading in readings if reading.head is not None]
    passing = [head for head in heads if head.passes]
    if passing:
        return _Standing(readings, passing[0])
    undecided = _Standing(readings, None)
    if not undecided.complete:
        return undecided  # a pair that did not answer might be the one where all pass
    return _Standing(readings, max(heads, key=lambda head: head.passed))


def _check_signature(asked: Asked, standing: _Standing, now: int, *, genuine: bool) -> Check:
    signed = {"signed_at": moment(asked.signed_at)}
    if not genuine:
        return Check("signature", Outcome.FAIL, "signature_wrong")
    if asked.signed_at > now + CLOCK_TOLERANCE:
        return Check("signature", Outcome.FAIL, "signature_in_future", signed)
    # While the anchor is pending only the clock counts: an idle chain's head may be older than a fresh signature (ADR).
    if standing.moment is not None and standing.registered and asked.signed_at > standing.moment.time + CLOCK_TOLERANCE:
        data = {**signed, "registered_at": moment(standing.moment.time)}
        return Check("signature", Outcome.FAIL, "signature_after_anchor", data)
    return Check("signature", Outcome.PASS, "signature_genuine")


def _check_standing(standing: _Standing) -> tuple[Check, Check, Check]:
    found = standing.moment
    if found is None:
        return (
            Check("issuer", Outcome.UNKNOWN, "issuer_unanswered"),
            Check("kind", Outcome.UNKNOWN, "kind_unanswered"),
            Check("key", Outcome.UNKNOWN, "key_unanswered"),
        )
    answer = found.answer
    as_of: Data = {"as_of_at": moment(found.time)}
    named: Data = {"issuer_name": answer.name_at_time or answer.name_now}
    if found.issuer:
        issuer = Check("issuer", Outcome.PASS, "issuer_admitted", named)
    elif answer.issuer_known:
        issuer = Check("issuer", Outcome.FAIL, "issuer_not_admitted", {**named, **as_of})
    else:
        issuer = Check("issuer", Outcome.FAIL, "issuer_absent")
    if found.kind:
        kind = Check("kind", Outcome.PASS, "kind_allowed")
    else:
        kind = Check("kind", Outcome.FAIL, "kind_not_allowed", as_of)
    return issuer, kind, _check_key(found)


def _check_key(found: Moment) -> Check:
    answer = found.answer
    if found.key:
        return Check("key", Outcome.PASS, "key_good")
    if not answer.key_known:
        return Check("key", Outcome.FAIL, "key_absent")
    if answer.key_until and found.time >= answer.key_until:
        return Check("key", Outcome.FAIL, "key_retired", {"until_at": moment(answer.key_until)})
    return Check("key", Outcome.FAIL, "key_purpose")


def _check_anchor(standing: _Standing) -> Check:
    passing = [found for found in standing.counting if found.passes]
    missing = min((found.missing for found in passing), default=None)
    if standing.moment is not None and missing is not None:
        block: Data = {"registered_at": moment(standing.moment.time), "block": standing.moment.answer.anchor_block}
        if missing == 0:
            return Check("anchor", Outcome.PASS, "anchor_final", block)
        if standing.complete:
            return Check("anchor", Outcome.FAIL, "anchor_shallow", {**block, "missing": missing})
    if not standing.complete:
        return Check("anchor", Outcome.UNKNOWN, "anchor_unanswered")
    if standing.counting:
        entered = min(found.time for found in standing.counting)
        return Check("anchor", Outcome.FAIL, "anchor_untimely", {"entered_at": moment(entered)})
    return Check("anchor", Outcome.FAIL, "anchor_pending")


def _revocation(readings: Sequence[Reading]) -> Revocation | None:
    found = [
        Revocation(reason=head.answer.reason, revoked_at=head.answer.revoked_at, pair=head.pair.name)
        for head in (reading.head for reading in readings)
        if head is not None and head.answer.revoked
    ]
    return min(found, key=lambda revocation: revocation.revoked_at, default=None)


def _check_revocation(revocation: Revocation | None, standing: _Standing) -> Check:
    if revocation is not None:
        data = {"revoked_at": moment(revocation.revoked_at)}
        return Check("revocation", Outcome.FAIL, f"revoked_{revocation.reason.name.lower()}", data)
    if not standing.complete:
        return Check("revocation", Outcome.UNKNOWN, "revocation_unanswered")
    heads = [reading.head.facts.head_time for reading in standing.readings if reading.head is not None]
    return Check("revocation", Outcome.PASS, "not_revoked", {"head_at": moment(min(heads))})


def _check_expiry(asked: Asked, now: int) -> Check:
    if asked.valid_until is None:
        return Check("expiry", Outcome.PASS, "expiry_none")
    data = {"until_at": moment(asked.valid_until)}
    if now > asked.valid_until:
        return Check("expiry", Outcome.FAIL, "expiry_over", data)
    return Check("expiry", Outcome.PASS, "expiry_ahead", data)


def _award_warning(asked: Asked, standing: _Standing) -> list[Note]:
    """Return the warning for an award dated long before or after its anchor; only signed values are compared."""
    if standing.moment is None or not standing.registered:
        return []
    statement = asked.credential.statement
    awarded = kind_of(statement.kind).at(Place.AWARDED_DATE)
    if awarded is None:
        return []  # a minimal form tells the year alone
    day = str(statement.fields[awarded.name])
    registered = datetime.fromtimestamp(standing.moment.time, tz=UTC).date()
    days = abs((registered - date.fromisoformat(day)).days)
    if days <= AWARD_DISTANCE:
        return []
    data: Data = {"award_on": day, "registered_at": moment(standing.moment.time), "days": days}
    return [Note("award_far", data)]


def _list_warning(asked: Asked, revocation: Revocation | None, standing: _Standing, now: int) -> list[Note]:
    """Return the warning for a status list that says otherwise than the register; it decides nothing."""
    if revocation is None and not standing.complete:
        return []
    found = listed(asked.status_list, asked.credential.statement, now=now)
    if found is None or found.revoked == (revocation is not None):
        return []
    if revocation is not None and found.signed_at <= revocation.revoked_at + LIST_TOLERANCE:
        return []  # signed before the revocation, or too shortly after it to hold it
    return [Note("status_list_disagrees")]


def _notes(standing: _Standing) -> tuple[Note, ...]:
    found = standing.moment
    if found is None:
        return ()
    notes = []
    if found.pair.local:
        notes.append(Note("test_chain", {"pair": found.pair.name}))
    if found.facts.sources <= 1:
        notes.append(Note("one_source"))
    if found.answer.key_known and found.answer.custody is Custody.HOSTED:
        notes.append(Note("hosted_custody"))
    if found.answer.issuer_known and found.answer.name_now != (found.answer.name_at_time or found.answer.name_now):
        notes.append(Note("name_changed", {"name_now": found.answer.name_now}))
    if found.issuer and not found.facts.answers[""].issuer_admitted:
        notes.append(Note("issuer_now_suspended"))
    return tuple(notes)


def _shown(standing: _Standing) -> dict[str, Any]:
    """Return what a report shows from the chain; every value is the chain's, none the file's."""
    found = standing.moment
    if found is None:
        return {}
    answer = found.answer
    shown: dict[str, Any] = {"pair": found.pair.name, "local_chain": found.pair.local, "sources": found.facts.sources}
    if answer.issuer_known:
        shown |= {"issuer_name": answer.name_at_time or answer.name_now, "issuer_name_now": answer.name_now}
    if answer.key_known:
        shown["custody"] = answer.custody.name.lower()
    if found.receipt is not None:
        shown |= {"registered_at": found.time, "block_number": answer.anchor_block}
        shown["transaction"] = found.facts.transactions.get(found.receipt.root)
    return shown


def _unreadable(error: StructureError, now: int) -> Report:
    unreached = tuple(Check(name, Outcome.UNKNOWN, "not_reached") for name in CHECK_NAMES[1:])
    return Report(
        verdict=Verdict.INVALID,
        checks=(Check("structure", Outcome.FAIL, _structure_code(error), {"reason": error.code}), *unreached),
        checked_at=now,
    )


def _structure_code(error: StructureError) -> str:
    if error.code in {"bundle_version", "unknown_version", "unknown_context", "unknown_kind"}:
        return "structure_version"
    return "structure_unreadable" if error.code in _UNREADABLE else "structure_altered"


def _seconds(instant: str) -> int:
    """Return the unix time of an instant; a `Statement` holds only instants that exist."""
    return int(datetime.fromisoformat(instant).timestamp())
