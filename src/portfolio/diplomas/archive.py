"""Thousands of papers as one ZIP, written while they are made: order kept, memory flat, work stopped when nobody reads.

Papers are set in a pool of processes, for one process sets one page at a time.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from zipstream import ZipStream

from portfolio.diplomas.pdf import DiplomaError, leave_interrupts_to_the_parent, make_pdf
from portfolio.diplomas.service import LeftOut, Order
from portfolio.errors import UnavailableError
from portfolio.processes import cores

AHEAD: Final = 4
"""Papers under way for each process: they bound the memory."""
AT_ONCE: Final = 2
"""Archives that one process makes at the same time; the next is asked to come again."""
LIST_NAME: Final = "diplomas.csv"

_SLOTS: Final = threading.BoundedSemaphore(AT_ONCE)
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_LONGEST: Final = 60  # characters of a part of a file's name


class TooManyArchivesError(UnavailableError):
    code = "too_many_archives"


def stream(orders: Iterable[Order | LeftOut], *, names: bool = False, processes: int | None = None) -> Iterator[bytes]:
    """Return the ZIP in pieces: a PDF for each order, in their order, and at the end a list of all rows.

    Files are named by row and registration number (else short code), with `names` by the holder's name too. Closing the
    iterator stops the work. Raises `TooManyArchivesError` at the first piece.
    """
    if not _SLOTS.acquire(blocking=False):
        raise TooManyArchivesError("too many archives are being made at the moment: ask again in a minute")
    try:
        yield from _stream(orders, names=names, processes=processes or cores())
    finally:
        _SLOTS.release()


def _stream(orders: Iterable[Order | LeftOut], *, names: bool, processes: int) -> Iterator[bytes]:
    archive = ZipStream()
    rows: list[tuple[str, str, str, str]] = []
    pool = _Pool(processes)
    try:
        for order, made in _in_order(pool, orders, window=processes * AHEAD):
            pdf = pool.result(order, made)
            if isinstance(order, LeftOut) or pdf is None:
                reason = order.reason if isinstance(order, LeftOut) else DiplomaError.code
                rows.append((_row(order.row), "", "", reason))
                continue
            name = file_name(order, names=names)
            rows.append((_row(order.row), name, order.code, ""))
            archive.add(pdf, name)
            yield from archive.file()
        archive.add(_list(rows), LIST_NAME)
        yield from archive.finalize()
    finally:
        pool.close()


class _Pool:
    """A pool of processes, and a new one when one of them died: the system kills what takes too much memory."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        # Not fork: the server has threads, and a forked child inherits their locks as they stand.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._processes, mp_context=context, initializer=leave_interrupts_to_the_parent)

    def submit(self, order: Order) -> Future[bytes]:
        try:
            return _submit(self._pool, order)
        except BrokenProcessPool:
            self.close()
            self._pool = self._new()
            return _submit(self._pool, order)

    def result(self, order: Order | LeftOut, made: Future[bytes] | None) -> bytes | None:
        """Return the PDF, or None where there is none: of those that died together each is tried once more."""
        try:
            return _result(made)
        except BrokenProcessPool:
            if isinstance(order, LeftOut):
                return None
        try:
            return _result(self.submit(order))
        except BrokenProcessPool:
            return None

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: _Pool, orders: Iterable[Order | LeftOut], *, window: int
) -> Iterator[tuple[Order | LeftOut, Future[bytes] | None]]:
    """Keep `window` papers under way, and return them in the order they were asked for."""
    waiting: deque[tuple[Order | LeftOut, Future[bytes] | None]] = deque()
    for order in orders:
        made = pool.submit(order) if isinstance(order, Order) else None
        waiting.append((order, made))
        if len(waiting) >= window:
            yield waiting.popleft()
    yield from waiting


def _result(made: Future[bytes] | None) -> bytes | None:
    """Return the PDF, or None where there is none to make or it cannot be set: one row must not spoil the others."""
    try:
        return made.result() if made else None
    except DiplomaError:
        return None


def file_name(order: Order, *, names: bool) -> str:
    """Return the name of a paper's file: letters, digits, hyphen and full stop only."""
    parts = [_row(order.row), order.number or order.code]
    if names:
        parts.append(order.holder)
    safe = [_UNSAFE.sub("-", part).strip("-.")[:_LONGEST] for part in parts]
    return "_".join(part for part in safe if part) + ".pdf"


def _row(row: int | None) -> str:
    return "" if row is None else f"{row:05d}"


def _list(rows: list[tuple[str, str, str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(("row", "file", "short_code", "left_out_because"))
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _submit(pool: ProcessPoolExecutor, order: Order) -> Future[bytes]:
    # What a process is sent must lie in a module that it imports quickly: `pdf` and not this one.
    return pool.submit(make_pdf, order.paper, bundle=order.bundle, design=order.design, signed_at=order.signed_at)
