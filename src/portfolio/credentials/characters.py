"""Which characters no signed text and no JSON we read may hold. Pure.

Libraries canonicalise controls and noncharacters differently (`docs/spec/credential.md`), so a signature of one fails
in another; text without them has one canonical form everywhere.
"""

from __future__ import annotations

import re
from typing import Final

_NONCHARACTERS: Final = "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))

UNREADABLE: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
"""A control character (tab and line ends too), half of a surrogate pair or a noncharacter."""

UNSPACED: Final = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]"
)
"""The same without the five controls that a table may use as space: tab, LF, CR and NEL."""

DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of writing, with which a name can be made to look like another."""

INVISIBLE: Final = re.compile("[\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb]")
"""Characters that nobody sees: texts that differ only by them look alike, so they are taken out of what is entered."""
