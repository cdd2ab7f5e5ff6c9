"""Thousands of documents in bounded memory: stretches of the list at one block each, judged by several processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from portfolio.chain.reader import Head
from portfolio.credentials.report import EXIT_CODES, Verdict
from portfolio.i18n import Language, gettext_for
from portfolio.processes import cores
from portfolio.verification.judging import Judge, Pins, Terms
from portfolio.verification.rows import Row, uncertain
from portfolio.verification.sources import Source
from portfolio.verification.workers import Workers, judged

STRETCH: Final = 10_000
"""Documents that are judged at one block: more would keep rows waiting, and nodes forget the state of old blocks."""

_CHUNK: Final = 256
_ALONE: Final = 2 * _CHUNK
"""Up to this many are judged by this process: starting others takes a second."""

_PRECEDENCE: Final = (1, 3, 2, 0)
"""Exit codes, the worst first: a bad document, then one that could not be checked, then one that is not final yet."""


@dataclass(slots=True)
class Summary:
    """What a run found in all; `blocks` are those it was judged at."""

    counts: Counter[str] = field(default_factory=Counter)
    blocks: list[tuple[str, Head]] = field(default_factory=list)
    unchecked_end: bool = False

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def exit_code(self) -> int:
        """The worst exit code of any document; that of CANNOT_CHECK where there was none."""
        codes = {EXIT_CODES[Verdict(verdict)] for verdict in self.counts}
        return next((code for code in _PRECEDENCE if code in codes), EXIT_CODES[Verdict.CANNOT_CHECK])


def verify_sources(
    sources: Iterable[Source],
    terms: Terms,
    *,
    summary: Summary,
    language: Language = "en",
    processes: int | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[Row]:
    """Yield one row for each source, in order, and count them in `summary`.

    A stretch is judged at one block of each pair, and its rows are given once that block was seen to stand still; if it
    does not, the stretch is judged once more, and what then remains is CANNOT_CHECK. `advance` is told how many more
    are done. One process for each processor; with `processes` 1, or few sources, this one alone.
    """
    judge = Judge(terms)
    wanted = processes or cores()
    rest = iter(sources)
    stretch = list(islice(rest, STRETCH))
    alone = wanted == 1 or len(stretch) <= _ALONE
    with nullcontext() if alone else closing(Workers(terms, language, wanted)) as workers:
        number = 1
        while stretch:
            for row in _settled(stretch, number, judge, workers, language, summary, advance):
                summary.counts[row.verdict] += 1
                yield row
            number += len(stretch)
            stretch = list(islice(rest, STRETCH))


def _settled(
    stretch: Sequence[Source],
    first: int,
    judge: Judge,
    workers: Workers | None,
    language: Language,
    summary: Summary,
    advance: Callable[[int], None],
) -> list[Row]:
    pins = judge.pins()
    rows = _rows(stretch, first, judge, workers, pins, language, advance)
    stands = judge.standing(pins)
    if stands is False:
        pins = judge.pins()
        rows = _rows(stretch, first, judge, workers, pins, language, lambda _: None)
        stands = judge.standing(pins)
    if stands is False:
        rows = [uncertain(row, "reorganised", gettext_for(language)) for row in rows]
    summary.unchecked_end |= stands is None
    summary.blocks += [(name, head) for name, head in pins.items() if isinstance(head, Head)]
    return rows


def _rows(
    stretch: Sequence[Source],
    first: int,
    judge: Judge,
    workers: Workers | None,
    pins: Pins,
    language: Language,
    advance: Callable[[int], None],
) -> list[Row]:
    chunks = [(start, stretch[start : start + _CHUNK]) for start in range(0, len(stretch), _CHUNK)]
    rows: list[Row] = []
    if workers is None:
        for start, chunk in chunks:
            rows += judged(judge, chunk, first + start, pins, language)
            advance(len(chunk))
        return rows
    waiting = [workers.submit(chunk, first + start, pins) for start, chunk in chunks]
    try:
        for (start, chunk), future in zip(chunks, waiting, strict=True):
            try:
                rows += future.result()
            except BrokenProcessPool:
                # A process that was killed (by want of memory, say) takes nobody's row with it.
                rows += workers.alone(chunk, first + start, pins)
            advance(len(chunk))
    finally:
        for future in waiting:
            future.cancel()
    return rows
