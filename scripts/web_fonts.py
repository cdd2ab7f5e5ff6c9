"""Make the fonts of the pages: small WOFF2 files with the letters of all languages of Russia, from the diplomas' ones.

Needs the package `brotli` beside fontTools (`pip install brotli`); what it writes is kept in the repository.
The licence of PT Sans and PT Serif lets anybody change and serve them, under another name and with its text beside.

python scripts/web_fonts.py
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

PACKAGE: Final = Path(__file__).resolve().parent.parent / "src" / "portfolio"
SOURCES: Final = PACKAGE / "diplomas" / "fonts"
TARGET: Final = PACKAGE / "web" / "static" / "fonts"
LICENCE: Final = "LICENSE-PT.txt"

FONTS: Final = {
    "PTS55F.ttf": ("sans-regular.woff2", "Portfolio Sans", "Regular"),
    "PTS75F.ttf": ("sans-bold.woff2", "Portfolio Sans", "Bold"),
    "PTF75F.ttf": ("serif-bold.woff2", "Portfolio Serif", "Bold"),
}

LETTERS: Final = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    0x301,  # the stress mark
    *range(0x400, 0x530),  # Cyrillic with its supplement: Tatar, Bashkir, Yakut, Chuvash, Komi, Ossetic and the others
    *range(0x2010, 0x2016),
    *range(0x2018, 0x201F),
    *(ord(sign) for sign in "•…‰′″₽№←↑→↓−×"),
)

_FAMILY, _STYLE, _UNIQUE, _FULL, _POSTSCRIPT = 1, 2, 3, 4, 6
_KEPT_NAMES: Final = (0, 7, 13, 14)  # copyright, trademark, licence and its address
_OTHER_FAMILY_NAMES: Final = (16, 17, 18, 20, 21, 22)


def make(source: Path, target: Path, family: str, style: str) -> None:
    """Write one font. Hinting is dropped: screens of today do without, and it is half of the size."""
    options = Options()
    options.flavor = "woff2"
    options.hinting = False
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "lnum", "tnum"]
    options.name_IDs = [_FAMILY, _STYLE, _UNIQUE, _FULL, _POSTSCRIPT, *_KEPT_NAMES]
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    whole = f"{family} {style}"
    names = {
        _FAMILY: family,
        _STYLE: style,
        _UNIQUE: whole,
        _FULL: whole,
        _POSTSCRIPT: whole.replace(" ", "-"),
    }
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    for number in _OTHER_FAMILY_NAMES:
        font["name"].removeNames(nameID=number)
    font.flavor = options.flavor
    font.save(target)


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SOURCES / LICENCE, TARGET / LICENCE)
    for source, (name, family, style) in FONTS.items():
        make(SOURCES / source, TARGET / name, family, style)
        print(f"{name}: {(TARGET / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
