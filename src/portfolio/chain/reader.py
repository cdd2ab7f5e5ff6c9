"""Asks trusted pairs everything a verdict needs, at one block, and follows their heads; needs no web3 and no database.

An outage, a wrong network or nonsense gives `PairUnknown`; nothing here raises for what a node does.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portfolio.chain.abi import credential_registry, issuer_registry
from portfolio.chain.answers import Block, block_of, logs_of
from portfolio.chain.bulk import FEW, ManyReader, check_data, view_call
from portfolio.chain.client import Chain, ChainClient, RpcCall
from portfolio.chain.errors import BadAnswerError, ChainMismatchError, NodeRefusedError, RpcRefusal
from portfolio.chain.proving import contract_calls, granted, network_calls, require_contracts, require_network
from portfolio.chain.registry import occurrence, view_answer
from portfolio.credentials.facts import (
    CheckAnswer,
    Custody,
    PairFacts,
    PairUnknown,
    Question,
    Reason,
    TrustedPair,
    UnknownCode,
)
from portfolio.credentials.trust import node_of
from portfolio.errors import UnavailableError

MAX_STEPS: Final = 64
MAX_RECEIPTS: Final = 16
_NO_ROOT: Final = bytes(32)
_CALLS_PER_BATCH: Final = 100
_CODE_TRUSTED_FOR: Final = 300.0
_TIMEOUT: Final = 5.0


@dataclass(frozen=True, slots=True)
class Head:
    """A block that a node called its newest; time in unix seconds."""

    number: int
    hash: str
    time: int


@dataclass(frozen=True, slots=True)
class Touched:
    """What the events after an earlier head were about. `everything` after a reorganisation or when it is not known."""

    head: Head
    issuers: frozenset[bytes] = frozenset()
    digests: frozenset[bytes] = frozenset()
    roots: frozenset[str] = frozenset()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to ask about one root: the data of the check, and root and block of the event to look up."""

    root: str
    check: bytes
    event: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    head: Block
    answers: list[dict[str, CheckAnswer]]
    transactions: list[dict[str, str]]


class PairReader:
    """Reads one trusted pair from every node of its `rpc_urls`; may be shared by threads.

    The first node that answers is believed; the others are asked at the same block, counted as sources where they say
    the same, and make everything unknown where they say something else (a node that lies about state, fault 128).
    """

    def __init__(
        self, pair: TrustedPair, chains: Sequence[Chain], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.pair = pair
        self._chains = tuple(chains)
        self._monotonic = monotonic
        # Code and registrars cannot change while chain id and block 0 stay, so they are proved now and then only.
        self._proved_at: dict[str, float] = {}
        self._many = ManyReader()

    @classmethod
    def of(cls, pair: TrustedPair, *, rpc_urls: Sequence[str] | None = None, timeout: float = _TIMEOUT) -> PairReader:
        """A reader over HTTP; `rpc_urls` instead of the pair's own, `timeout` in seconds for each node.

        A node that is named twice, whatever the spelling, is asked once: it is one source.
        """
        nodes: dict[str, str] = {}
        for url in rpc_urls or pair.rpc_urls:
            nodes.setdefault(node_of(url), url)
        return cls(pair, [ChainClient(url, timeout=timeout) for url in nodes.values()])

    def read_facts(self, question: Question, *, now: int) -> PairFacts | PairUnknown:
        """Answer one question; `now` in unix seconds."""
        return self.read_many([question], now=now)[0]

    def read_many(
        self, questions: Sequence[Question], *, now: int, at: str | None = None
    ) -> list[PairFacts | PairUnknown]:
        """Answer many questions at one block, in as few requests as possible; `at` a block hash, else the newest."""
        first: _Reading | None = None
        unknown: PairUnknown | None = None
        sources = 0
        for chain in self._chains:
            found = self._read_or_not(chain, questions, first.head.hash if first else at, now)
            if isinstance(found, PairUnknown):
                unknown = unknown or found
            elif first is None:
                first, sources = found, 1
            elif found.answers == first.answers:
                sources += 1
            else:
                return [self._unknown(UnknownCode.BAD_ANSWER, "two nodes answer differently")] * len(questions)
        if first is None:
            missing = self._unknown(UnknownCode.UNREACHABLE, "no node is configured for this pair")
            return [unknown or missing] * len(questions)
        return [
            PairFacts(
                pair=self.pair.name,
                head_number=first.head.number,
                head_hash=first.head.hash,
                head_time=first.head.time,
                read_at=now,
                sources=sources,
                answers=answers,
                transactions=transactions,
            )
            for answers, transactions in zip(first.answers, first.transactions, strict=True)
        ]

    def pin(self, *, now: int) -> Head | PairUnknown:
        """Return the newest block, for `read_many` to be asked at more than once, or why there is none to read at."""
        unknown: PairUnknown | None = None
        for chain in self._chains:
            found = self._read_or_not(chain, [], None, now)
            if not isinstance(found, PairUnknown):
                return Head(found.head.number, found.head.hash, found.head.time)
            unknown = unknown or found
        return unknown or self._unknown(UnknownCode.UNREACHABLE, "no node is configured for this pair")

    def stands(self, head: Head) -> bool | None:
        """Tell whether a block is on the chain still; None where no node can tell."""
        for chain in self._chains:
            with contextlib.suppress(UnavailableError):
                found = chain.block(head.number)
                return found is not None and found.hash == head.hash
        return None

    def touched_since(self, head: Head | None) -> Touched:
        """What changed after `head` (None: nothing is known yet). Raises UnavailableError when no node can tell."""
        trouble: UnavailableError | None = None
        for chain in self._chains:
            try:
                return self._touched(chain, head)
            except UnavailableError as error:
                trouble = trouble or error
        raise trouble or UnavailableError("no node is configured for this pair")

    def _read_or_not(
        self, chain: Chain, questions: Sequence[Question], at: str | None, now: int
    ) -> _Reading | PairUnknown:
        try:
            reading = self._read(chain, questions, at)
        except ChainMismatchError as error:
            self._proved_at.pop(chain.address, None)
            return self._unknown(UnknownCode(error.what), error.message)
        except (BadAnswerError, NodeRefusedError) as error:
            return self._unknown(UnknownCode.BAD_ANSWER, error.message)
        except UnavailableError as error:
            return self._unknown(UnknownCode.UNREACHABLE, error.message)
        age, limit = now - reading.head.time, self.pair.max_head_age
        if limit is not None and age > limit:
            detail = f"the newest block at {chain.address} is {age} seconds old, more than {limit}"
            return self._unknown(UnknownCode.STALE_HEAD, detail, head_time=reading.head.time)
        return reading

    def _read(self, chain: Chain, questions: Sequence[Question], at: str | None) -> _Reading:
        """Read at a node; once more, from a new head and with the code proved, if the first answer makes no sense.

        A reorganisation between head and answers, a balancer in front of unequal nodes and a chain that was reset all
        look like nonsense at first.
        """
        try:
            return self._read_once(chain, questions, at)
        except (BadAnswerError, NodeRefusedError):
            self._proved_at.pop(chain.address, None)
            return self._read_once(chain, questions, at)

    def _read_once(self, chain: Chain, questions: Sequence[Question], at: str | None) -> _Reading:
        head = require_network(chain, self.pair, chain.batch(network_calls(self.pair, at=at)))
        asked = [list(self._asked(question, head)) for question in questions]
        told = self._answers(chain, head, [one for of_question in asked for one in of_question])
        # Credentials of one issuer under one root get the very same answers: each is read once.
        known: dict[Any, CheckAnswer] = {}
        reading = _Reading(head, [], [])
        for of_question in asked:
            checks, transactions = {}, {}
            for one in of_question:
                answer = told[one.check]
                if not isinstance(answer, str) or answer not in known:
                    known[answer if isinstance(answer, str) else ""] = _check(chain, answer, head)
                checks[one.root] = known[answer]
                if one.event is not None and (transaction := told[one.event]):
                    transactions[one.root] = transaction
            reading.answers.append(checks)
            reading.transactions.append(transactions)
        return reading

    def _answers(self, chain: Chain, head: Block, asked: Sequence[_Asked]) -> dict[Any, Any]:
        """Ask each check and each event once; few together with what proves the contracts, many on their own."""
        registry = self.pair.credential_registry
        proof = [] if self._is_proved(chain) else contract_calls(self.pair, head.hash)
        checks = list(dict.fromkeys(one.check for one in asked))
        events = list(dict.fromkeys(one.event for one in asked if one.event is not None))
        plain = [] if len(checks) > FEW else [view_call(registry, head.hash, check) for check in checks]
        answers = iter(_in_batches(chain, [*proof, *plain, *map(self._event_call, events)]))
        if proof:
            require_contracts(chain, self.pair, [next(answers) for _ in proof])
            self._proved_at[chain.address] = self._monotonic()
        told: dict[Any, Any] = dict(zip(checks, answers)) if plain else {}  # noqa: B905  the events follow
        told |= {event: _transaction(answer) for event, answer in zip(events, answers, strict=True)}
        if not plain:
            told.update(self._many.read(chain, registry, head.hash, checks))
        return told

    def _is_proved(self, chain: Chain) -> bool:
        proved_at = self._proved_at.get(chain.address)
        return proved_at is not None and self._monotonic() - proved_at < _CODE_TRUSTED_FOR

    def _asked(self, question: Question, head: Block) -> Iterator[_Asked]:
        """For each root to ask about: the check, and where its receipt says so the block that should hold the event."""
        yield _Asked("", self._check_data(question, _NO_ROOT, ()))
        concerned = [receipt for receipt in question.receipts if self.pair.concerns(receipt)]
        for receipt in concerned[:MAX_RECEIPTS]:
            if len(receipt.proof) > MAX_STEPS:
                continue
            proof = [bytes.fromhex(step[2:]) for step in receipt.proof]
            event = (receipt.root, receipt.block_number) if 0 <= receipt.block_number <= head.number else None
            yield _Asked(receipt.root, self._check_data(question, bytes.fromhex(receipt.root[2:]), proof), event)

    def _check_data(self, question: Question, root: bytes, proof: Sequence[bytes]) -> bytes:
        return check_data(question.issuer_id, question.public_key, question.digest, root, proof)

    def _event_call(self, event: tuple[str, int]) -> RpcCall:
        root, number = event
        topics = [credential_registry().topic("Anchored"), root]
        block = hex(number)
        where = {"address": self.pair.credential_registry, "topics": topics, "fromBlock": block, "toBlock": block}
        return "eth_getLogs", [where]

    def _touched(self, chain: Chain, since: Head | None) -> Touched:
        earlier: list[RpcCall] = [("eth_getBlockByNumber", [hex(since.number), False])] if since else []
        network = network_calls(self.pair)
        answers = chain.batch([*network, *earlier])
        newest = require_network(chain, self.pair, answers[: len(network)])
        head = Head(newest.number, newest.hash, newest.time)
        if since is None:
            return Touched(head, everything=True)
        known = granted(chain, answers[-1])
        if known is None or block_of(known).hash != since.hash:
            return Touched(head, everything=True)  # reorganised away, or this node is behind
        if head.number == since.number:
            return Touched(head)
        return self._events(chain, since, head)

    def _events(self, chain: Chain, since: Head, head: Head) -> Touched:
        logs = chain.logs(
            addresses=[self.pair.issuer_registry, self.pair.credential_registry],
            topics=[],
            first=since.number + 1,
            last=head.number,
        )
        issuers, digests, roots = set(), set(), set()
        for log in logs:
            of_credentials = log.address == self.pair.credential_registry
            found = occurrence(credential_registry() if of_credentials else issuer_registry(), log)
            if found is None:
                continue
            if found.event == "Anchored":
                roots.add("0x" + found.values["root"].hex())
            elif found.event == "Revoked":
                digests.add(found.values["digest"])
            elif "issuerId" in found.values:
                issuers.add(found.values["issuerId"])
        return Touched(head, frozenset(issuers), frozenset(digests), frozenset(roots))

    def _unknown(self, code: UnknownCode, detail: str, *, head_time: int | None = None) -> PairUnknown:
        return PairUnknown(pair=self.pair.name, code=code, detail=detail, head_time=head_time)


def _in_batches(chain: Chain, calls: Sequence[RpcCall]) -> Iterator[Any]:
    for start in range(0, len(calls), _CALLS_PER_BATCH):
        yield from chain.batch(calls[start : start + _CALLS_PER_BATCH])


def _check(chain: Chain, answer: Any, head: Block) -> CheckAnswer:
    """Decode a `CheckResult` and see that it speaks of the block asked about."""
    (fields,) = credential_registry().answer("check", view_answer(chain.address, answer))
    names = CheckAnswer.__dataclass_fields__
    values = dict(zip(names, fields, strict=True))
    try:
        values |= {"custody": Custody(values["custody"]), "reason": Reason(values["reason"])}
    except ValueError:
        raise BadAnswerError("the credential registry answered a custody or reason that does not exist") from None
    checked = CheckAnswer(**values)
    if (checked.block_number, checked.block_time) != (head.number, head.time):
        raise BadAnswerError(f"{chain.address} answered for block {checked.block_number}, not for {head.number}")
    return checked


def _transaction(answer: Any) -> str | None:
    """The transaction of the one event in its block; only for people, hence missing where a node is unwilling."""
    if isinstance(answer, RpcRefusal):
        return None
    logs = logs_of(answer)
    return logs[0].transaction if len(logs) == 1 else None
