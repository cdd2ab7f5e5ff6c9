"""What processes ask of the system: to end with their parent, and how many cores there are."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
# Elsewhere than on Linux a child outlives a parent that is killed.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Run in a child: ask Linux to end it as by SIGTERM should its parent be killed. Nothing happens elsewhere."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_pool_process_with_parent() -> None:
    """Run in a process of a `multiprocessing` pool: watch the parent and end when it is gone, however it went.

    It has to be watched: what the system offers ends a child with the *thread* that began it, and threads of a server
    come and go.
    """
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="watch of the parent", daemon=True).start()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
