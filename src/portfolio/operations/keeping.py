"""Processes beside this one that are kept running: one that ends by itself is replaced, all are stopped together."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from portfolio.processes import end_with_parent

STOP_SECONDS: Final = 10
RESTART_SECONDS: Final = 1.0  # between an end and the next start; twice as long after each that ends soon
LONGEST_PAUSE: Final = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Role:
    """What some processes do: `portfolio` with `arguments`, `count` times, with these open files of ours."""

    name: str
    arguments: tuple[str, ...]
    count: int = 1
    descriptors: tuple[int, ...] = ()


@contextmanager
def running(role: Role) -> Iterator[None]:
    """Keep the processes of a role running for the length of the block; at its end they finish what is under way."""
    kept = [_Kept(role) for _ in range(role.count)]
    try:
        yield
    finally:
        for one in kept:
            one.leave()
        for one in kept:
            one.end()


class _Kept:
    """One process and the thread that replaces it."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._stopping = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name=f"keeper of a {role.name}", daemon=True)
        self._keeper.start()

    def leave(self) -> None:
        """Ask the process to end, and replace it no more."""
        self._stopping.set()
        self._process.terminate()

    def end(self) -> None:
        """Wait until it has ended; it is killed when it takes too long."""
        _await_end(self._process)
        self._keeper.join(STOP_SECONDS)
        self._process.terminate()  # one that was started in the meantime
        _await_end(self._process)

    def _keep(self) -> None:
        pause = RESTART_SECONDS
        while not self._stopping.is_set():
            begun = time.monotonic()
            code = self._process.wait()
            if self._stopping.is_set():
                return
            # Without a worker nothing is registered, sent or erased, and no page would say so.
            _log.error("a %s ended with %s and is started again", self._role.name, code)
            pause = RESTART_SECONDS if time.monotonic() - begun > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
            if not self._stopping.wait(pause):
                try:
                    self._process = self._start()
                except OSError:
                    _log.exception("a %s could not be started; tried again", self._role.name)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "portfolio.cli", *self._role.arguments],
            start_new_session=True,  # Ctrl-C reaches us, and we end it
            pass_fds=self._role.descriptors,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - only a prepared C function is called in the child
        )


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
