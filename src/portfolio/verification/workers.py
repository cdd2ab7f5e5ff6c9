"""The processes that judge a batch: replaced when one is killed, so that a document takes no other's row with it."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from portfolio.i18n import Language, gettext_for
from portfolio.processes import end_pool_process_with_parent
from portfolio.verification.judging import Finding, Judge, Pins, Terms, unchecked
from portfolio.verification.remarks import Remark
from portfolio.verification.rows import Row, row_of
from portfolio.verification.sources import Source

_MAX_DEATHS: Final = 64
"""After so many dead processes nothing is halved any more to find whose fault it is: the machine itself may be ill."""


def judged(judge: Judge, chunk: Sequence[Source], first: int, pins: Pins, language: Language) -> list[Row]:
    """Return the rows of some sources, of which the first has the number `first`."""
    findings = judge.judge(chunk, pins)
    translate = gettext_for(language)
    return [
        row_of(first + place, source, finding, translate)
        for place, (source, finding) in enumerate(zip(chunk, findings, strict=True))
    ]


class Workers:
    """Processes that judge; they start at the first work, and anew after one of them was killed."""

    def __init__(self, terms: Terms, language: Language, processes: int) -> None:
        self._terms = terms
        self._language: Language = language
        self._processes = processes
        self._all: ProcessPoolExecutor | None = None
        self._one: ProcessPoolExecutor | None = None
        self._deaths = 0

    def submit(self, chunk: Sequence[Source], first: int, pins: Pins) -> Future[list[Row]]:
        """Give some sources to whichever process is free; where it is killed, `alone` can tell more."""
        self._close_one()
        for _ in range(2):
            self._all = self._all or self._pool(self._processes)
            try:
                return self._all.submit(_in_worker, chunk, first, dict(pins))
            except BrokenProcessPool:
                self._close_all()
        lost: Future[list[Row]] = Future()
        lost.set_exception(BrokenProcessPool())
        return lost

    def alone(self, chunk: Sequence[Source], first: int, pins: Pins) -> list[Row]:
        """Return the rows of sources during which a process was killed, judged by one that has nothing else to do.

        Never by this one, which would be killed in its turn. Where that dies too, each half is judged by itself, until
        the document is found at which it does; its row is CANNOT_CHECK.
        """
        self._close_all()
        self._one = self._one or self._pool(1)
        try:
            return self._one.submit(_in_worker, chunk, first, dict(pins)).result()
        except BrokenProcessPool:
            self._close_one()
        self._deaths += 1
        if len(chunk) == 1 or self._deaths > _MAX_DEATHS:
            finding = Finding(unchecked(), remarks=(Remark("process_died"),))
            translate = gettext_for(self._language)
            return [row_of(first + place, source, finding, translate) for place, source in enumerate(chunk)]
        half = len(chunk) // 2
        return [*self.alone(chunk[:half], first, pins), *self.alone(chunk[half:], first + half, pins)]

    def close(self) -> None:
        """End all processes; waits for what they are at."""
        self._close_all()
        self._close_one()

    def _close_all(self) -> None:
        if self._all is not None:
            self._all.shutdown(cancel_futures=True)
        self._all = None

    def _close_one(self) -> None:
        if self._one is not None:
            self._one.shutdown(cancel_futures=True)
        self._one = None

    def _pool(self, processes: int) -> ProcessPoolExecutor:
        # Forked workers need no two seconds of imports; but threads would be copied in whatever state they are.
        forked = sys.platform == "linux" and threading.active_count() == 1
        context = multiprocessing.get_context("fork" if forked else "spawn")
        return ProcessPoolExecutor(
            processes, mp_context=context, initializer=_start, initargs=(self._terms, self._language)
        )


_worker: Mapping[str, object] = {}


def _start(terms: Terms, language: Language) -> None:
    """Make a worker's own judge once; the terminal's Ctrl-C is the parent's to answer, and without one it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_pool_process_with_parent()
    global _worker  # noqa: PLW0603  the one state of a worker process, set before it gets work
    _worker = {"judge": Judge(terms), "language": language}


def _in_worker(chunk: Sequence[Source], first: int, pins: Pins) -> list[Row]:
    judge, language = _worker["judge"], _worker["language"]
    assert isinstance(judge, Judge)
    return judged(judge, chunk, first, pins, "ru" if language == "ru" else "en")
