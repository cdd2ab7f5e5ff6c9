"""Whether a name that somebody typed from a paper is the holder's (pure)."""

from __future__ import annotations

from portfolio.credentials.values import fold


def is_named(holder: str, typed: str) -> bool:
    """Tell whether what was typed is a part of the holder's name, word by word; case, ё and hyphens are free."""
    words = _words(typed)
    return bool(words) and max(map(len, words)) > 1 and words <= _words(holder)


def _words(name: str) -> set[str]:
    return set(fold(name).replace("-", " ").split())
