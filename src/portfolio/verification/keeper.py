"""Keeps what the chain said about a digest for as long as nothing on the chain touches it, and stores it for an outage.

The facts about a credential are a function of the chain's state. A watch follows the head: as long as the node answers
and no event names a credential's issuer, digest or root, the facts read earlier are the facts of the new head too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson

from portfolio.chain.reader import Head, PairReader, Touched
from portfolio.credentials.facts import (
    PairFacts,
    PairUnknown,
    Question,
    TrustRoots,
    UnknownCode,
    dump_facts,
    load_facts,
)
from portfolio.db import Database
from portfolio.errors import UnavailableError
from portfolio.jobs import Clock
from portfolio.verification.models import StoredFacts

log = logging.getLogger(__name__)

KEPT_AT_MOST = 50_000
STRIPES = 256
RELIED_ON = 600.0  # seconds


@dataclass(slots=True)
class _Kept:
    question: Question
    facts: tuple[PairFacts, ...]
    read_at: float


@dataclass(frozen=True, slots=True)
class Found:
    """Facts to judge by, and what was last known should they be unknown."""

    facts: tuple[PairFacts | PairUnknown, ...]
    stored: tuple[PairFacts, ...] = ()
    stored_at: datetime | None = None


class FactsKeeper:
    """Answers questions about credentials from memory where that is right, else from the chain, else from the
    database.
    """

    def __init__(
        self, *, trust: TrustRoots, readers: Mapping[str, PairReader], database: Database, clock: Clock, max_age: int
    ) -> None:
        self.trust = trust
        self._readers = readers
        self._database = database
        self._clock = clock
        self._max_age = max_age
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._heads: dict[str, Head] = {}
        self._seen_at: dict[str, float] = {}
        self._lock = threading.Lock()
        self._stripes = [threading.Lock() for _ in range(STRIPES)]
        self._generation = 0
        self._unstored: dict[bytes, tuple[tuple[PairFacts, ...], datetime]] = {}

    @property
    def generation(self) -> int:
        """Grows whenever something that was kept may have changed; pages made before are then made anew."""
        return self._generation

    def find(self, question: Question, *, keep: bool = True) -> Found:
        """Return the facts for a question; an outage gives `PairUnknown` and, beside it, what was stored.

        With `keep` false (a file that anybody may send) nothing of it stays in memory or in the database.
        """
        kept = self._from_memory(question)
        if kept is not None:
            return Found(kept)
        # One reader per digest: a hundred visitors of one link ask the chain once (fault 153).
        with self._stripes[question.digest[0]]:
            kept = self._from_memory(question)
            if kept is not None:
                return Found(kept)
            return self._read(question, keep=keep)

    def _from_memory(self, question: Question) -> tuple[PairFacts, ...] | None:
        with self._lock:
            kept = self._kept.get(question.digest)
            if kept is None or kept.question != question or not self.is_fresh:
                return None
            if time.monotonic() - kept.read_at > RELIED_ON:
                return None  # whatever events a node may have kept from us, nothing is believed for long
            self._kept.move_to_end(question.digest)
            return tuple(self._at_present(facts) for facts in kept.facts)

    @property
    def is_fresh(self) -> bool:
        """Tell whether every pair answered within the maximum age of facts."""
        oldest = min((self._seen_at.get(name, 0.0) for name in self._readers), default=0.0)
        return time.monotonic() - oldest < self._max_age

    def _head_of(self, pair: str) -> int:
        head = self._heads.get(pair)
        return head.number if head else 0

    def _at_present(self, facts: PairFacts) -> PairFacts:
        head = self._heads.get(facts.pair)
        if head is None or head.number <= facts.head_number:
            return facts
        return replace(
            facts,
            head_number=head.number,
            head_hash=head.hash,
            head_time=head.time,
            read_at=int(self._clock().timestamp()),
        )

    def _read(self, question: Question, *, keep: bool) -> Found:
        if self._seen_at and not self.is_fresh:
            # The watch knows that a node is out of reach: no visitor waits for it to time out again.
            return self._from_store(question, self._out_of_reach())
        before = self._generation
        now = int(self._clock().timestamp())
        facts = tuple(reader.read_facts(question, now=now) for reader in self._readers.values())
        known = tuple(pair for pair in facts if isinstance(pair, PairFacts))
        if len(known) == len(facts) and not keep:
            return Found(facts)
        if len(known) == len(facts):
            with self._lock:
                # A node behind a balancer may lag behind the one that the watch asked: its facts are not of the head.
                fresh = all(pair.head_number >= self._head_of(pair.pair) for pair in known)
                if before == self._generation and fresh:
                    self._kept[question.digest] = _Kept(question, known, time.monotonic())
                    while len(self._kept) > KEPT_AT_MOST:
                        self._kept.popitem(last=False)
                self._unstored[question.digest] = (known, self._clock())
            return Found(facts)
        return self._from_store(question, facts)

    def _out_of_reach(self) -> tuple[PairUnknown, ...]:
        return tuple(PairUnknown(pair=name, code=UnknownCode.UNREACHABLE) for name in self._readers)

    def _from_store(self, question: Question, facts: tuple[PairFacts | PairUnknown, ...]) -> Found:
        stored, stored_at = self._stored(question.digest)
        if stored_at is not None and (self._clock() - stored_at).total_seconds() <= self._max_age:
            return Found(stored)
        return Found(facts, stored, stored_at)

    def store(self) -> None:
        """Write down what was read since the last time, in one transaction; no visitor waits for it."""
        with self._lock:
            unstored, self._unstored = self._unstored, {}
        if not unstored:
            return
        with self._database.write() as session:
            for digest, (facts, read_at) in unstored.items():
                session.merge(
                    StoredFacts(
                        digest=digest,
                        facts=orjson.dumps([dump_facts(pair) for pair in facts]).decode(),
                        read_at=read_at,
                    )
                )

    def _stored(self, digest: bytes) -> tuple[tuple[PairFacts, ...], datetime | None]:
        with self._database.read() as session:
            row = session.get(StoredFacts, digest)
        if row is None:
            return (), None
        facts = (load_facts(value) for value in orjson.loads(row.facts))
        return tuple(pair for pair in facts if isinstance(pair, PairFacts)), row.read_at

    def watch_once(self) -> None:
        """Follow every pair's head by one step; forget what the events since then touched."""
        for name, reader in self._readers.items():
            try:
                touched = reader.touched_since(self._heads.get(name))
            except UnavailableError as error:
                log.info("register %s: %s", name, error.code)
                continue
            with self._lock:
                self._forget(touched, first=name not in self._heads)
                self._heads[name] = touched.head
                self._seen_at[name] = time.monotonic()

    def _forget(self, touched: Touched, *, first: bool) -> None:
        if touched.everything or first:
            self._kept.clear()
            self._generation += 1
            return
        if not (touched.issuers or touched.digests or touched.roots):
            return
        self._generation += 1
        doomed = [
            digest
            for digest, kept in self._kept.items()
            if digest in touched.digests
            or kept.question.issuer_id in touched.issuers
            or any(receipt.root in touched.roots for receipt in kept.question.receipts)
        ]
        for digest in doomed:
            del self._kept[digest]

    def watch(self, stop: threading.Event, *, interval: float = 1.0) -> None:
        """Follow the heads until told to stop; the body of a thread."""
        while not stop.is_set():
            try:
                self.watch_once()
                self.store()
            except Exception as error:  # noqa: BLE001  the watch must outlive any one bad answer
                log.warning("the watch of the registers stumbled: %s", type(error).__name__)
            stop.wait(interval)


def unix(moment: datetime) -> int:
    """Return whole unix seconds of an aware datetime."""
    return int(moment.astimezone(UTC).timestamp())
