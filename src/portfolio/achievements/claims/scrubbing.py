"""What is kept of an uploaded file: a picture's pixels and nothing else; a PDF as it is, or not at all.

Runs as a process of its own (`python -m`), with little memory and time, so that a file made to break a decoder takes
nothing with it. Imports no slice: it is started for every upload.
"""

from __future__ import annotations

import io
import resource
import sys
from typing import Any, Final

MEMORY: Final = 1024 * 1024 * 1024
"""Bytes of address space; the largest picture that is let in needs 256 MB decoded."""
SECONDS: Final = 20
REFUSED: Final = 3
"""The exit status when the file is refused; the reason, one of `uploads.REFUSALS`, stands in the output then."""

LONGEST_SIDE: Final = 4096
"""Pixels kept of the longer side: an A4 page at 350 dpi. What most telephones take fits and is not scaled, which would
cost more than all the rest; JPEGs that are larger decode at half their size."""
_QUALITY: Final = 86
_MAX_OBJECTS: Final = 50_000
_MAX_PAGES: Final = 40

# ISO 32000-2: what runs, starts, sends, or leads out of the document (12.6.4), forms of Adobe's (12.7.8), media.
_ACTIVE_KEYS: Final = frozenset({"/JS", "/JavaScript", "/AA", "/XFA", "/RichMediaContent", "/RichMediaSettings"})
_ACTIVE_ACTIONS: Final = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/GoToR",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/RichMediaExecute",
        "/GoTo3DView",
        "/ResetForm",
        "/SetOCGState",
    }
)
_FILE_KEYS: Final = frozenset({"/EmbeddedFiles", "/EF", "/EmbeddedFile"})


class RefusedError(Exception):
    """A reason for which the file is not kept."""


def scrubbed_picture(content: bytes, kind: str) -> bytes:
    """Return a picture encoded anew as JPEG: turned as it was taken, without place, device, profile or time.

    `kind` is "PNG" or "JPEG". Raises `RefusedError`.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as opened:
            if kind == "PNG" and getattr(opened, "is_animated", False):
                raise RefusedError("moving")
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture = ImageOps.exif_transpose(opened)
            picture = _plain(picture)
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            output = io.BytesIO()
            picture.save(output, "JPEG", quality=_QUALITY)
            return output.getvalue()
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, Image.DecompressionBombError):
        raise RefusedError("damaged_picture") from None


def _plain(picture: Any) -> Any:
    """Return a new picture of the same pixels on white, so that nothing of the file's own information goes with it."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    shown = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        shown.paste(layer, mask=layer.getchannel("A"))
    else:
        shown.paste(picture.convert("RGB"))
    return shown


def check_pdf(content: bytes) -> None:
    """Look through all objects of a PDF, packed ones too; raises `RefusedError` for what is more than pages."""
    import pikepdf

    from portfolio.documents.pdf import limit_pdf_reading

    limit_pdf_reading()
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as opened:
            if opened.is_encrypted:
                raise RefusedError("encrypted_pdf")
            if len(opened.pages) > _MAX_PAGES or len(opened.objects) > _MAX_OBJECTS:
                raise RefusedError("long_pdf")
            for number, found in enumerate(opened.objects):
                if number > _MAX_OBJECTS:
                    raise RefusedError("long_pdf")
                _check(found, 0)
    except pikepdf.PasswordError:
        raise RefusedError("encrypted_pdf") from None
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise RefusedError("damaged_pdf") from None


def _check(found: Any, depth: int) -> None:
    """Look at one object and at what lies in it directly; what it only refers to has its own turn."""
    import pikepdf

    if depth > 32:  # noqa: PLR2004  no honest object is nested so deep
        raise RefusedError("damaged_pdf")
    if isinstance(found, pikepdf.Array):
        for part in found:
            if isinstance(part, pikepdf.Array | pikepdf.Dictionary) and not part.is_indirect:
                _check(part, depth + 1)
        return
    if isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        _check_members(found, depth)


def _check_members(found: Any, depth: int) -> None:
    import pikepdf

    keys = set(found.keys())
    if keys & _FILE_KEYS or str(found.get("/Type")) == "/EmbeddedFile":
        raise RefusedError("files_in_pdf")
    if keys & _ACTIVE_KEYS or str(found.get("/S")) in _ACTIVE_ACTIONS or str(found.get("/Subtype")) == "/RichMedia":
        raise RefusedError("active_pdf")
    opening = found.get("/OpenAction")
    # Word processors name the first page there; only that is harmless.
    if isinstance(opening, pikepdf.Dictionary) and str(opening.get("/S")) != "/GoTo":
        raise RefusedError("active_pdf")
    for key in keys:
        part = found[key]
        if isinstance(part, pikepdf.Array | pikepdf.Dictionary) and not part.is_indirect:
            _check(part, depth + 1)


def main() -> int:
    """Read a file from the input, write what is kept of it; the first argument says what it is."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        if sys.argv[1] == "PDF":
            check_pdf(content)
        else:
            content = scrubbed_picture(content, sys.argv[1])
    except RefusedError as refused:
        sys.stdout.write(str(refused))
        return REFUSED
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
