"""What each trusted pair says about a credential: its answers held against themselves, against the clock and receipts.

Pure: imports neither web3 nor a database. An answer that contradicts itself counts as no answer, never as a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from portfolio.credentials.facts import (
    CheckAnswer,
    PairFacts,
    PairUnknown,
    Question,
    Receipt,
    TrustedPair,
    TrustRoots,
    UnknownCode,
)
from portfolio.credentials.report import Note

MAX_LOCAL_FACTS_AGE: Final = 900
"""Seconds that stored answers of a chain without a maximum head age stay good; other chains use that age."""

_END_OF_CALENDAR: Final = 253_402_300_800
"""The year 10000 in unix seconds: no date can be shown from there on."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One point in block time at which a pair judged issuer, kind and key: an anchor's, or the head's."""

    pair: TrustedPair
    facts: PairFacts
    answer: CheckAnswer
    kind_bit: int
    receipt: Receipt | None = None
    """The counting receipt of this moment; None at the head."""

    @property
    def time(self) -> int:
        return self.answer.as_of

    @property
    def issuer(self) -> bool:
        return self.answer.issuer_known and self.answer.issuer_admitted

    @property
    def kind(self) -> bool:
        return bool(self.answer.kinds >> self.kind_bit & 1)

    @property
    def key(self) -> bool:
        return self.answer.key_known and self.answer.key_valid

    @property
    def passed(self) -> int:
        return self.issuer + self.kind + self.key

    @property
    def passes(self) -> bool:
        return self.issuer and self.kind and self.key

    @property
    def missing(self) -> int:
        """Blocks still wanted on top of the anchor's."""
        return max(0, self.pair.depth - (self.facts.head_number - self.answer.anchor_block))


@dataclass(frozen=True, slots=True)
class Reading:
    """A trusted pair's part in a verdict: either `unknown`, or a head and the moments of its counting receipts."""

    pair: TrustedPair
    unknown: UnknownCode | None = None
    head: Moment | None = None
    registered: tuple[Moment, ...] = ()
    warnings: tuple[Note, ...] = ()


def read_pairs(
    trust: TrustRoots,
    facts: Iterable[PairFacts | PairUnknown],
    question: Question,
    *,
    kind_bit: int,
    now: int,
) -> tuple[Reading, ...]:
    """Return one reading for each trusted pair, in their order; facts of pairs that are not trusted are left out."""
    told: dict[str, PairFacts | PairUnknown] = {}
    for fact in facts:
        told.setdefault(fact.pair, fact)
    return tuple(_read(pair, told.get(pair.name), question, kind_bit=kind_bit, now=now) for pair in trust.pairs)


def foreign_receipts(trust: TrustRoots, receipts: Sequence[Receipt]) -> tuple[Note, ...]:
    """Return a warning for each way in which receipts belong to no trusted pair (fault 120)."""
    codes: dict[str, None] = {}
    for receipt in receipts if trust.pairs else ():
        if any(pair.concerns(receipt) for pair in trust.pairs):
            continue
        same_chain = [pair for pair in trust.pairs if pair.chain_id == receipt.chain_id]
        same_genesis = [pair for pair in same_chain if pair.genesis_hash == receipt.genesis_hash]
        code = "receipt_contract" if same_genesis else "receipt_genesis" if same_chain else "receipt_chain"
        codes[code] = None
    return tuple(Note(code) for code in codes)


def _read(
    pair: TrustedPair, fact: PairFacts | PairUnknown | None, question: Question, *, kind_bit: int, now: int
) -> Reading:
    unknown = _why_unknown(pair, fact, question, now)
    if unknown is not None or not isinstance(fact, PairFacts):
        code = unknown or UnknownCode.NOT_ASKED
        return Reading(pair, unknown=code, warnings=(Note(f"pair_{code.value}", {"pair": pair.name}),))
    registered: list[Moment] = []
    warnings: dict[str, Note] = {}
    for receipt in question.receipts:
        if not pair.concerns(receipt):
            continue
        moment = Moment(pair, fact, fact.answers[receipt.root], kind_bit, receipt)
        if not moment.answer.anchored:
            warnings["receipt_absent"] = Note("receipt_absent", {"pair": pair.name})
            continue
        registered.append(moment)
        if not moment.passes:
            warnings["receipt_untimely"] = Note("receipt_untimely")
        if _hints_differ(moment, receipt):
            warnings["receipt_hints"] = Note("receipt_hints")
    head = Moment(pair, fact, fact.answers[""], kind_bit)
    return Reading(pair, head=head, registered=tuple(registered), warnings=tuple(warnings.values()))


def _why_unknown(
    pair: TrustedPair, fact: PairFacts | PairUnknown | None, question: Question, now: int
) -> UnknownCode | None:
    if fact is None:
        return UnknownCode.NOT_ASKED
    if isinstance(fact, PairUnknown):
        return UnknownCode(fact.code)
    if pair.max_head_age is not None and now - fact.head_time > pair.max_head_age:
        return UnknownCode.STALE_HEAD
    if now - fact.read_at > (MAX_LOCAL_FACTS_AGE if pair.max_head_age is None else pair.max_head_age):
        return UnknownCode.STALE_FACTS
    roots = [receipt.root for receipt in question.receipts if pair.concerns(receipt)]
    if not _is_consistent(fact, roots):
        return UnknownCode.BAD_ANSWER
    return None


def _is_consistent(facts: PairFacts, roots: Sequence[str]) -> bool:
    """Tell whether the answers can all be true of one block; a node that errs or lies clumsily is an outage.

    That block may lie behind the head, where a reader has followed the chain and seen that nothing since touches them.
    """
    if not {"", *roots} <= facts.answers.keys():
        return False
    head = facts.answers[""]
    if head.block_number > facts.head_number:
        return False
    if not 0 <= head.block_time <= facts.head_time < _END_OF_CALENDAR:
        return False
    if head.key_from > head.block_time or head.key_until > head.block_time:
        return False
    return all(
        _lasting(answer) == _lasting(head)
        and answer.proof_valid == (root != "")  # every proof that is asked about was computed here first
        and answer.as_of == (answer.anchor_time if answer.proof_valid and answer.anchored else answer.block_time)
        and (not answer.anchored or 0 < answer.anchor_block <= answer.block_number)
        and (not answer.anchored or 0 < answer.anchor_time <= answer.block_time)
        for root, answer in facts.answers.items()
        if root in {"", *roots}
    )


def _lasting(answer: CheckAnswer) -> tuple[object, ...]:
    """Return what does not depend on the receipt asked about."""
    return (
        answer.block_number,
        answer.block_time,
        answer.issuer_known,
        answer.name_now,
        answer.key_known,
        answer.custody,
        answer.key_from,
        answer.key_until,
        answer.revoked,
        answer.reason,
        answer.revoked_at,
    )


def _hints_differ(moment: Moment, receipt: Receipt) -> bool:
    transaction = moment.facts.transactions.get(receipt.root, receipt.transaction)
    return (
        receipt.block_number != moment.answer.anchor_block
        or receipt.block_time != moment.answer.anchor_time
        or receipt.transaction != transaction
    )
