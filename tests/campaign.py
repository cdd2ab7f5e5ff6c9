"""How hard tests of races and guesses press: a little in every run, a lot in `make soak`."""

from __future__ import annotations

import os

RACERS = int(os.environ.get("RACERS", "8"))
"""Threads that act on one thing at the same moment."""
RACES = int(os.environ.get("RACES", "5"))
"""How often they meet."""
GUESSES = int(os.environ.get("GUESSES", "2000"))
"""Random secrets tried at one door."""
