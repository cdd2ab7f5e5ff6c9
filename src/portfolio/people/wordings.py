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
from portfolio.i18n import N_, Language
from portfolio.people.consent import Purpose

NEWEST: Final[dict[Purpose, int]] = {**dict.fromkeys(Purpose, 1), Purpose.STORE: 2, Purpose.PUBLISH: 2}
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


TITLES: Final = {
    Purpose.STORE: N_("Keep what is added"),
    Purpose.SHARE: N_("Show chosen awards by a link"),
    Purpose.UNIVERSITY_ACCESS: N_("Open the portfolio to universities"),
    Purpose.PUBLISH: N_("A public page for everybody"),
    Purpose.TALENT_SEARCH: N_("Be found by skills"),
    Purpose.EVENT_NOTICES: N_("Letters about olympiads and contests"),
}
"""In the order of the page."""

IN_SHORT: Final = {
    Purpose.STORE: N_("Photos of awards and what is written in them are kept here, encrypted."),
    Purpose.SHARE: N_(
        "A link shows only what was chosen, only to those who were given it, and every look is written down."
    ),
    Purpose.UNIVERSITY_ACCESS: N_(
        "A university sees the portfolio only if it was opened to that very one, until its campaign ends."
    ),
    Purpose.PUBLISH: N_(
        "Anybody on the internet can see what is switched on for this page, each thing by itself. "
        "Without this nothing is public."
    ),
    Purpose.TALENT_SEARCH: N_(
        "Organisers of teams and camps find skills and field, but no name until an invitation is answered."
    ),
    Purpose.EVENT_NOTICES: N_("Letters about what suits these awards and this class; the address is given to nobody."),
}

AFTER_WITHDRAWAL: Final = {
    Purpose.STORE: N_(
        "After withdrawing nothing new can be added. What was added is destroyed after 30 days, "
        "unless you agree again. What organisations have confirmed stays."
    ),
    Purpose.SHARE: N_(
        "After withdrawing all links stop opening at once. Files already downloaded stay with those who have them."
    ),
    Purpose.UNIVERSITY_ACCESS: N_("After withdrawing no university sees anything any more, at once."),
    Purpose.PUBLISH: N_(
        "After withdrawing the public page is gone at once. What somebody copied cannot be taken back."
    ),
    Purpose.TALENT_SEARCH: N_("After withdrawing the portfolio is gone from the search at once."),
    Purpose.EVENT_NOTICES: N_("After withdrawing such letters come no more."),
}
