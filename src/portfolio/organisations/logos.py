"""Logos of organisations: an uploaded picture is decoded and encoded anew, so that only its pixels are kept."""

from __future__ import annotations

import base64
import io

from PIL import Image, ImageOps
from sqlmodel import Session

from portfolio.documents.media import MediaType, UnsupportedMediaError, recognise
from portfolio.errors import PortfolioError
from portfolio.jobs import Clock
from portfolio.organisations.models import Logo, Organisation

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
"""Pixels of an uploaded logo; decoded it needs 100 MB at most."""
LARGEST_SIDE = 900
"""Pixels kept of the longer side: 300 dpi on 76 mm of paper."""
_FORMATS = {MediaType.PNG: "PNG", MediaType.JPEG: "JPEG"}


class BadLogoError(PortfolioError):
    status = 422
    code = "bad_logo"


def set_logo(session: Session, *, organisation: Organisation, content: bytes, clock: Clock) -> Logo:
    """Keep a PNG or JPEG as the organisation's logo, in place of the one before.

    Raises `BadLogoError` for what is too large or cannot be decoded, and the refusals of `documents.media.recognise`
    (`UnsupportedMediaError` for SVG, which may hold scripts and addresses).
    """
    picture = _decoded(content)
    output = io.BytesIO()
    picture.save(output, "PNG", optimize=True)
    logo = session.get(Logo, organisation.id) or Logo(
        organisation_id=organisation.id, png=b"", width=0, height=0, changed_at=clock()
    )
    logo.png, logo.width, logo.height, logo.changed_at = output.getvalue(), picture.width, picture.height, clock()
    session.add(logo)
    session.flush()
    return logo


def logo_of(session: Session, *, organisation_id: str) -> Logo | None:
    """Return the logo, or None."""
    return session.get(Logo, organisation_id)


def logo_svg(session: Session, *, organisation_id: str) -> str | None:
    """Return the logo as an SVG document around its PNG, which is text and so travels as JSON; None without one."""
    logo = session.get(Logo, organisation_id)
    if logo is None:
        return None
    data = base64.b64encode(logo.png).decode()
    size = f'width="{logo.width}" height="{logo.height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {logo.width} {logo.height}">'
        f'<image {size} href="data:image/png;base64,{data}"/></svg>'
    )


def _decoded(content: bytes) -> Image.Image:
    if len(content) > MAX_BYTES:
        raise BadLogoError(f"a logo has at most {MAX_BYTES // 1024 // 1024} MB", limit=MAX_BYTES)
    media = recognise(content)
    if media not in _FORMATS:
        raise UnsupportedMediaError("A logo is a PNG or a JPEG picture.")
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[media]]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise BadLogoError("the logo has too many pixels: save it smaller", limit=MAX_PIXELS)
            picture = ImageOps.exif_transpose(opened)
            picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
            mode = "RGBA" if picture.has_transparency_data else "RGB"
            plain = Image.new(mode, picture.size)  # a new picture has none of the file's text, profile or time
            plain.paste(picture.convert(mode))
            return plain
    except (OSError, SyntaxError, ValueError):
        raise BadLogoError("the picture cannot be read: save it again as PNG") from None
