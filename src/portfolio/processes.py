"""What a process asks of the system about its parent."""

from __future__ import annotations

import ctypes
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
# Elsewhere than on Linux a child outlives a parent that is killed.
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


def end_with_parent() -> None:
    """Run in a child: ask Linux to end it as by SIGTERM should its parent be killed. Nothing happens elsewhere."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
