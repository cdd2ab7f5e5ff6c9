"""The texts that people consent to: one file a purpose and version, in both languages, never changed once it was used.

A consent keeps the version and the file's SHA-256, so that what was agreed to can be shown years later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

from portfolio.errors import NotFoundError
from portfolio.i18n import Language
from portfolio.people.consent import Purpose

NEWEST: Final[dict[Purpose, int]] = dict.fromkeys(Purpose, 1)
"""The version that is shown and agreed to now. A new text is a new file beside the old one."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One text; `paragraphs` by language."""

    purpose: Purpose
    version: int
    hash: bytes
    paragraphs: dict[Language, tuple[str, ...]]


def newest(purpose: Purpose) -> Wording:
    """Return the text that is agreed to now."""
    return wording(purpose, NEWEST[purpose])


@lru_cache(maxsize=64)
def wording(purpose: Purpose, version: int) -> Wording:
    """Return the text of a version; raises `NotFoundError` for one that never was."""
    file = resources.files("portfolio.people") / "texts" / str(int(version)) / f"{purpose.value}.txt"
    if not file.is_file():
        raise NotFoundError("there is no such text")
    content = file.read_bytes()
    paragraphs: dict[Language, tuple[str, ...]] = {}
    for part in content.decode("utf-8").split("\n== ")[1:]:
        language, _, text = part.partition("\n")
        spoken: Language = "en" if language.strip() == "en" else "ru"
        paragraphs[spoken] = tuple(" ".join(one.split()) for one in text.split("\n\n") if one.strip())
    return Wording(purpose, version, hashlib.sha256(content).digest(), paragraphs)
