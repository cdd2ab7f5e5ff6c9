"""Whether a name that somebody typed from a paper is the holder's (pure)."""

from __future__ import annotations

import re
from typing import Final

from portfolio.credentials.values import fold

_APOSTROPHES: Final = re.compile("['’ʼʹ`´]")
_BETWEEN: Final = re.compile(r"[^\w]+")
_PLAIN: Final = str.maketrans("ғәөүұһңҗқҡҙҫ", "гаоуухнжккзс", "ӏ")
"""Letters of the peoples of Russia as they are typed on a Russian keyboard."""


def is_named(holder: str, typed: str) -> bool:
    """Tell whether what was typed is a part of the holder's name, word by word.

    Case, ё, apostrophes, commas and hyphens are free, and a letter such as ә may be typed as the Russian а. A single
    letter counts only as the whole family name.
    """
    words, name = _words(typed), _words(holder)
    if not words or not set(words) <= set(name):
        return False
    return max(map(len, words)) > 1 or words == name[:1]


def _words(name: str) -> list[str]:
    plain = _APOSTROPHES.sub("", fold(name)).translate(_PLAIN)
    return _BETWEEN.sub(" ", plain).split()
