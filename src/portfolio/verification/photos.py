"""The text of a QR code in a picture from a telephone or scanner; pixels are counted before any decoding."""

from __future__ import annotations

import io
from typing import Final

import zxingcpp
from PIL import Image

from portfolio.documents.media import MediaTooLargeError, recognise
from portfolio.errors import PortfolioError
from portfolio.verification.inputs import InputError
from portfolio.verification.pasted import link_in

MAX_PIXELS: Final = 64_000_000
"""A page scanned at 800 dpi; in shades of grey it needs 64 MB."""
UPLOADED_PIXELS: Final = 25_000_000
"""What the page takes: the largest photos of usual telephones."""

_SIDE: Final = 4096  # JPEGs decode at a half, a quarter, ... of their size: more pixels find no more codes


def code_in(data: bytes, *, max_pixels: int = MAX_PIXELS) -> str:
    """Return the text of the QR code in a PNG or JPEG picture.

    Other codes beside it (a school's advertisement) are left aside where exactly one holds a link of a register.
    Raises `InputError`: damaged, too many pixels, no code, several.
    """
    picture = _grey(data, max_pixels)
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    texts = list(dict.fromkeys(code.text for code in found if code.valid and code.text))
    if not texts:
        raise InputError("photo_without_code")
    links = [text for text in texts if link_in(text) is not None]
    meant = links or texts
    if len(meant) > 1:
        raise InputError("photo_several_codes")
    return meant[0]


def _grey(data: bytes, max_pixels: int) -> Image.Image:
    try:
        recognise(data)  # walks headers only: a small file that claims to be huge goes no further (fault 80)
    except MediaTooLargeError:
        raise InputError("photo_too_large") from None
    except PortfolioError:
        raise InputError("photo_damaged") from None
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > max_pixels:
                raise InputError("photo_too_large")
            picture.draft("L", (_SIDE, _SIDE))
            return picture.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InputError("photo_damaged") from None
