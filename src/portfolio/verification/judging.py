"""Judges sources for somebody who runs the command: by his own trust roots and nodes, without a database.

Many at once are read first, then asked about together, then judged; the verdict itself is `credentials.verdict`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from portfolio.chain.reader import Head, PairReader
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import PairFacts, PairUnknown, TrustRoots
from portfolio.credentials.links import short_code
from portfolio.credentials.report import CHECK_NAMES, Check, Outcome, Report, Verdict
from portfolio.credentials.verdict import Asked, ask, judge
from portfolio.verification.fetching import LinkError, LinkNotFollowedError, fetch
from portfolio.verification.inputs import InputError, read_input
from portfolio.verification.pasted import PublicLink, foreign_host, link_in
from portfolio.verification.remarks import Remark
from portfolio.verification.sources import Kind, Source, read_source

log = logging.getLogger(__name__)

_TIMEOUT = 15.0  # seconds for a node's answer to a few hundred questions
_LINKS_AT_ONCE = 8

Pins = Mapping[str, Head | PairUnknown]
"""By pair: the block to read at, or why there is none."""


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a user has his documents judged; `rpc` instead of the nodes of the trust roots."""

    trust: TrustRoots
    rpc: tuple[str, ...] = ()
    offline: bool = False
    public_url: str = ""
    """The service whose links are followed wherever it is; others must be public (fault 100). Empty: none is known."""
    warns: bool = True
    """Whether links to another service are warned of (fault 112): only of use where the user said which is his."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one source: a report, or the code of the refusal; the short code is of document or QR code."""

    report: Report
    refusal: str | None = None
    remarks: tuple[Remark, ...] = ()
    short_code: str | None = None


@dataclass(slots=True)
class _Read:
    """A source on its way: `asked` is what it holds, `finding` stands once nothing more is to be asked."""

    asked: Asked | StructureError | None = None
    finding: Finding | None = None
    link: PublicLink | None = None
    photographed: bool = False
    remarks: list[Remark] = field(default_factory=list)


class Judge:
    """Judges by fixed terms; keeps its connections."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        rpc = terms.rpc or None
        self._readers = {pair.name: PairReader.of(pair, rpc_urls=rpc, timeout=_TIMEOUT) for pair in terms.trust.pairs}

    def pins(self) -> Pins:
        """Choose for each pair the newest block, or say why it cannot be read; offline there is nothing to choose."""
        if self.terms.offline:
            return {}
        now = int(time.time())
        return {name: reader.pin(now=now) for name, reader in self._readers.items()}

    def standing(self, pins: Pins) -> bool | None:
        """Tell whether all chosen blocks are still on their chains; None where a node does not answer."""
        found = [self._readers[name].stands(head) for name, head in pins.items() if isinstance(head, Head)]
        return False if False in found else None if None in found else True

    def judge(self, sources: Sequence[Source], pins: Pins | None = None) -> list[Finding]:
        """Judge sources in order, at the blocks of `pins` where given. Never raises for what a source holds."""
        reads = self._read_all(sources)
        open_reads = [read for read in reads if isinstance(read.asked, Asked)]
        now = int(time.time())
        told = self._facts([read.asked for read in open_reads if isinstance(read.asked, Asked)], pins, now)
        for read, facts in zip(open_reads, told, strict=True):
            read.finding = self._found(read, facts, now)
        return [read.finding or self._found(read, (), now) for read in reads]

    def _facts(self, asked: Sequence[Asked], pins: Pins | None, now: int) -> list[tuple[PairFacts | PairUnknown, ...]]:
        if self.terms.offline or not asked:
            return [()] * len(asked)
        questions = [one.question for one in asked]
        by_pair: list[list[PairFacts | PairUnknown]] = []
        for name, reader in self._readers.items():
            pin = None if pins is None else pins[name]
            if isinstance(pin, PairUnknown):
                by_pair.append([pin] * len(questions))
            else:
                by_pair.append(reader.read_many(questions, now=now, at=pin.hash if pin else None))
        return [tuple(of_pairs) for of_pairs in zip(*by_pair, strict=True)] if by_pair else [()] * len(asked)

    def _read_all(self, sources: Sequence[Source]) -> list[_Read]:
        if sum(source.kind is Kind.LINK for source in sources) > 1:
            with ThreadPoolExecutor(_LINKS_AT_ONCE) as pool:
                return list(pool.map(self._read, sources))
        return [self._read(source) for source in sources]

    def _read(self, source: Source) -> _Read:
        read = _Read()
        try:
            data = self._bytes(source, read)
            if data is not None:
                read.asked = ask(data)
        except StructureError as error:
            read.asked = error
        except InputError as error:
            read.finding = Finding(unchecked(), refusal=error.code, remarks=tuple(read.remarks))
        except LinkNotFollowedError:
            read.finding = self._without_document(read, Remark("link_not_followed"))
        except LinkError as error:
            status = error.data.get("status")
            silent = Remark("link_refused", {"status": int(str(status))}) if status else Remark("link_silent")
            read.finding = self._without_document(read, silent)
        except Exception as error:  # noqa: BLE001  one document's fault, ours or a library's, must not stop the others
            log.error("a fault at one document: %s", type(error).__name__)  # noqa: TRY400  its text may hold a name
            read.finding = Finding(unchecked(), refusal="fault", remarks=(Remark("fault"),))
        return read

    def _bytes(self, source: Source, read: _Read) -> bytes | None:
        """Return the bundle of a source; None, with the finding set, where it would have to be fetched and may not."""
        if source.kind is Kind.LINK:
            return self._linked(source.name, read, typed=source.typed)
        found = read_input(read_source(source))
        if isinstance(found, PublicLink):
            read.photographed = True
            return self._linked(found.url, read, typed=False)
        return found.data

    def _linked(self, url: str, read: _Read, *, typed: bool) -> bytes | None:
        read.link = link_in(url)
        expected = self.terms.public_url
        host = foreign_host(url, public_url=expected) if expected and self.terms.warns and read.link else None
        if host is not None:
            read.remarks.append(Remark("foreign_host", {"host": host, "expected": expected}))
        if self.terms.offline:
            read.finding = self._without_document(read, Remark("offline_link"))
            return None
        found = read_input(fetch(url, typed=typed, public_url=expected))
        if isinstance(found, PublicLink):
            raise InputError("file_unknown")  # a link to a picture of a link
        return found.data

    def _without_document(self, read: _Read, why: Remark) -> Finding:
        """Return the finding for a link that could not be followed: the short code, and what it is worth."""
        code = read.link.short_code if read.link else None
        remarks = [why, *read.remarks]
        remarks += [Remark("short_code", {"short_code": code})] if code else []
        remarks += [Remark("qr_alone")] if read.photographed else []
        return Finding(unchecked(), remarks=tuple(remarks), short_code=code)

    def _found(self, read: _Read, facts: Sequence[PairFacts | PairUnknown], now: int) -> Finding:
        asked = read.asked
        if asked is None:
            raise ValueError("a source without finding and without document")
        report = judge(asked, trust=self.terms.trust, facts=facts, now=now)
        if isinstance(asked, StructureError):
            return Finding(report, remarks=tuple(read.remarks))
        found = short_code(asked.credential.digest)
        wanted = read.link.short_code if read.link else None
        if wanted is not None and wanted != found:
            read.remarks.append(Remark("short_code_differs", {"short_code": wanted, "found": found}))
        if self.terms.offline and report.verdict is Verdict.CANNOT_CHECK:
            read.remarks += self._offline(asked)
        return Finding(report, remarks=tuple(read.remarks), short_code=found)

    def _offline(self, asked: Asked) -> list[Remark]:
        proofs = [
            Remark("offline_proof", {"root": receipt.root, "pair": pair.name})
            for receipt in asked.question.receipts
            for pair in self.terms.trust.pairs
            if pair.concerns(receipt)
        ]
        return [*(proofs or [Remark("offline_no_proof")]), Remark("offline")]


def unchecked() -> Report:
    """Return the report on what could not even be looked at: it is neither good nor bad."""
    checks = tuple(Check(name, Outcome.UNKNOWN, "not_reached") for name in CHECK_NAMES)
    return Report(verdict=Verdict.CANNOT_CHECK, checks=checks, checked_at=int(time.time()))
