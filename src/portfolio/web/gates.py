"""Room for few at once: work that would take threads or processor from everybody else waits in a short queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, TypeVar

import anyio
import anyio.to_thread

from portfolio.errors import UnavailableError

RETRY_AFTER: Final = 5
"""Seconds after which to ask again; a queue is short enough to have moved by then."""

T = TypeVar("T")


class BusyError(UnavailableError):
    """The queue is full; the answer says when to come again."""

    code: ClassVar[str] = "busy"


class Gate:
    """Threads of its own for one kind of work: `at_once` of them, and at most `waiting` who wait for one."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)
        self._room = at_once + waiting
        self._inside = 0  # counted here: between asking the limiter and waiting for it others pass

    def require_room(self) -> None:
        """Refuse with `BusyError` while the queue is full."""
        if self._inside >= self._room:
            raise BusyError("too many ask for this at the moment: ask again in a few seconds")

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done in a thread of this gate. Raises `BusyError`, and what `work` raises."""
        self.require_room()
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1
