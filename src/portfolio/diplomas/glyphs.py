"""Which characters the shipped fonts can draw; a paper that needs another is refused with the name of the field."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from portfolio.credentials.kinds import KINDS
from portfolio.credentials.statement import Statement
from portfolio.diplomas.fonts import FOLDER
from portfolio.errors import PortfolioError

_NEVER_DRAWN: Final = frozenset({0x00AD, 0x034F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF})
"""Default-ignorable characters (Unicode) that may stand in a signed text and leave no ink."""


class MissingGlyphError(PortfolioError):
    """A text holds a character that the fonts of diplomas cannot draw. It names field and code point, not the text."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "missing_glyph"


@cache
def drawable() -> frozenset[int]:
    """Return the code points that both styles of a text find: the regular and the bold fallback cover the same."""
    from fontTools.ttLib import TTFont

    covers = []
    for path in sorted(FOLDER.glob("NotoSerif-*.ttf")):
        with TTFont(path, lazy=True) as font:
            covers.append(frozenset(font.getBestCmap()))
    own = []
    for path in sorted(FOLDER.glob("PT*.ttf")):
        with TTFont(path, lazy=True) as font:
            own.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*covers) | frozenset.intersection(*own) | _NEVER_DRAWN


def require_drawable(statement: Statement, *, issuer: str) -> None:
    """Raise `MissingGlyphError` for the first character that no font has."""
    known = drawable()
    for field, label, text in _texts(statement, issuer):
        for sign in text:
            if ord(sign) not in known:
                point = f"U+{ord(sign):04X}"
                raise MissingGlyphError(
                    f"the field {label} holds the character {point}, which the fonts of diplomas cannot print: "
                    "issue a corrected credential without it",
                    field=field,
                    character=point,
                )


def _texts(statement: Statement, issuer: str) -> Iterator[tuple[str, str, str]]:
    yield "holder_name", "holder_name", statement.holder_name
    yield "issuer", "issuer", issuer
    for field in KINDS[statement.kind].fields:
        value = statement.fields.get(field.name)
        if isinstance(value, tuple):
            for pair in value:
                for text in pair:
                    yield field.name, field.name, text
        elif isinstance(value, str):
            yield field.name, field.name, value
