"""What an uploaded file is, told by its content and never by its name: PDF, PNG or JPEG, whole and nothing besides.

Nothing is decoded here: only headers, chunk and segment frames are walked, so a small file cannot ask for much memory.
It stores nothing and knows no database.
"""

from __future__ import annotations

import re
import struct
import zlib
from enum import StrEnum

import filetype

from portfolio.errors import PortfolioError

MAX_SIZE = 20 * 1024 * 1024
"""Bytes of the largest document."""
MAX_SIDE = 20_000
"""Pixels of the longer side of a picture."""
MAX_PIXELS = 64_000_000
"""Pixels of a picture: A4 at 800 dpi, or what a good telephone takes; decoded it needs 256 MB at most (fault 80)."""

MAX_PIECES = 20_000
"""Chunks of a PNG or segments of a JPEG; encoders make a few thousand at most, an attacker millions of empty ones."""


class MediaType(StrEnum):
    """The types that are accepted; the value is the MIME type it is served with."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"


class UnsupportedMediaError(PortfolioError):
    """Not one of the accepted types."""

    status = 415
    code = "unsupported_media"


class DamagedMediaError(PortfolioError):
    """Begins like an accepted type and is not a whole file of it."""

    status = 422
    code = "damaged_media"


class MixedMediaError(PortfolioError):
    """A file that is also something else, or carries something that runs: faults 75 to 77."""

    status = 422
    code = "mixed_media"


class MediaTooLargeError(PortfolioError):
    status = 413
    code = "media_too_large"


def recognise(content: bytes) -> MediaType:
    """Return the type of an uploaded file.

    Raises MediaTooLargeError (bytes or pixels), UnsupportedMediaError, DamagedMediaError or MixedMediaError, each with
    a sentence for the person who uploaded it.
    """
    if len(content) > MAX_SIZE:
        raise MediaTooLargeError(f"The file is larger than {MAX_SIZE // 1024 // 1024} MB.", limit=MAX_SIZE)
    kind = filetype.guess(content[:8192])
    try:
        media_type = MediaType(kind.mime if kind else "")
    except ValueError:
        raise UnsupportedMediaError("Only PDF, PNG and JPEG files are accepted.") from None
    _CHECKS[media_type](content)
    _refuse_archive(content)
    return media_type


# --- every type -------------------------------------------------------------------------------------------------------

_ZIP_END = re.compile(rb"PK\x05\x06(?P<disk>..)(?P<directory_disk>..)(?P<here>..)(?P<total>..)", re.DOTALL)
_ZIP_END_REACH = 22 + 0xFFFF  # the end record stands at the end, before a comment of at most 65,535 bytes


def _refuse_archive(content: bytes) -> None:
    # A ZIP is read from its end, so anything may stand before it. Disks are numbered 0 in every ZIP since floppies; the
    # test on them keeps four chance bytes of a compressed picture from looking like an end record.
    for match in _ZIP_END.finditer(content, max(0, len(content) - _ZIP_END_REACH)):
        if match["disk"] == match["directory_disk"] == b"\0\0" and match["here"] == match["total"]:
            raise MixedMediaError("The file is also an archive. Save it again with the program that made it.")


# --- PDF --------------------------------------------------------------------------------------------------------------

_PDF_HEADER = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[\r\n \t]")
_PDF_END = re.compile(rb"startxref\s+\d+\s+%%EOF\s*\Z")
_PDF_TAIL = 2048
# What a browser that guesses types looks at; a longer reach would trip over bytes of compressed streams.
_HTML_AT_START = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|img|a |h1|p>|\?php)", re.IGNORECASE)
_HTML_ANYWHERE = re.compile(rb"<(?:!doctype html|script[\s>]|iframe[\s>])", re.IGNORECASE)
_SNIFFED = 1536


def _pdf_name(name: str) -> bytes:
    """A pattern of a PDF name; any letter may be written as # and two hexadecimal digits (ISO 32000-2, 7.3.5)."""
    letters = (rf"(?:{letter}|#{ord(letter):02x})" for letter in name)
    return ("/" + "".join(letters) + r"(?![A-Za-z0-9])").encode()


# ISO 32000-2, 12.6: actions that run or start something. Names inside compressed object streams are not seen.
_PDF_ACTIVE = re.compile(
    b"|".join(_pdf_name(name) for name in ("JavaScript", "Launch", "RichMedia", "XFA")), re.IGNORECASE
)


def _check_pdf(content: bytes) -> None:
    if not _PDF_HEADER.match(content):
        raise DamagedMediaError("The PDF does not begin as a PDF must. Save it again.")
    if not _PDF_END.search(content, max(0, len(content) - _PDF_TAIL)):
        raise DamagedMediaError("The PDF is cut off, or something was added behind its end. Save it again.")
    if _HTML_AT_START.search(content, 0, _SNIFFED) or _HTML_ANYWHERE.search(content):
        raise MixedMediaError("The PDF also holds a web page. Print it to PDF again.")
    if _PDF_ACTIVE.search(content):
        raise MixedMediaError("The PDF holds a script or starts a program. Print it to PDF again.")


# --- PNG (W3C PNG, third edition) -------------------------------------------------------------------------------------

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNK = re.compile(rb"[A-Za-z]{4}")


def _check_png(content: bytes) -> None:
    if not content.startswith(_PNG_SIGNATURE):
        raise DamagedMediaError("The picture does not begin as a PNG must. Save it again.")
    position = len(_PNG_SIGNATURE)
    kinds: list[bytes] = []
    while not kinds or kinds[-1] != b"IEND":
        if len(kinds) == MAX_PIECES:
            raise _too_many_pieces()
        kind, data = _png_chunk(content, position)
        if not kinds:
            _check_png_header(kind, data)
        if kind in (b"acTL", b"fcTL"):
            raise UnsupportedMediaError("Moving pictures are not accepted.")
        kinds.append(kind)
        position += 12 + len(data)
    if position != len(content):
        raise MixedMediaError("Something was added behind the end of the picture. Save it again.")
    if b"IDAT" not in kinds:
        raise DamagedMediaError("The picture holds no pixels.")


def _png_chunk(content: bytes, position: int) -> tuple[bytes, memoryview]:
    if position + 12 > len(content):
        raise DamagedMediaError("The picture is cut off. Save it again.")
    (length,) = struct.unpack_from(">I", content, position)
    kind = content[position + 4 : position + 8]
    end = position + 8 + length
    if not _PNG_CHUNK.fullmatch(kind) or end + 4 > len(content):
        raise DamagedMediaError("The picture is damaged. Save it again.")
    body = memoryview(content)
    if zlib.crc32(body[position + 4 : end]) != int.from_bytes(body[end : end + 4], "big"):
        raise DamagedMediaError("The picture is damaged. Save it again.")
    return kind, body[position + 8 : end]


def _check_png_header(kind: bytes, data: memoryview) -> None:
    if kind != b"IHDR" or len(data) != 13:  # noqa: PLR2004  width, height, depth, colour, compression, filter, interlace
        raise DamagedMediaError("The picture does not begin as a PNG must. Save it again.")
    _check_pixels(*struct.unpack_from(">II", data))


# --- JPEG (ITU-T T.81) ------------------------------------------------------------------------------------------------

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the C-row but for DHT, JPG and DAC
# Inside scan data FF is followed by 00 or a restart marker; the first other byte is a marker. FF may fill before one.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FILL = re.compile(rb"\xff*")
_PADDING = re.compile(rb"\0*")


def _check_jpeg(content: bytes) -> None:
    # Telephones put further whole pictures behind the first (CIPA MPF, gain maps): nothing but pictures may follow.
    position = 0
    while position < len(content):
        if content[position : position + 2] != b"\xff\xd8":
            raise MixedMediaError("Something was added behind the end of the picture. Save it again.")
        position = _end_of_jpeg(content, position + 2)
        position = _skipped(_PADDING, content, position)


def _end_of_jpeg(content: bytes, position: int) -> int:
    """Walk the segments from behind SOI; return the place behind EOI."""
    has_frame = False
    for _ in range(MAX_PIECES):
        marker, position = _jpeg_marker(content, position)
        if marker == _EOI:
            if not has_frame:
                raise DamagedMediaError("The picture holds no pixels.")
            return position
        end = _end_of_segment(content, position)
        if marker in _FRAMES:
            if end - position < 8:  # noqa: PLR2004  length, precision, height, width, components
                raise DamagedMediaError("The picture is damaged. Save it again.")
            height, width = struct.unpack_from(">HH", content, position + 3)
            _check_pixels(width, height)
            has_frame = True
        position = _end_of_scan(content, end) if marker == _SOS else end
    raise _too_many_pieces()


def _jpeg_marker(content: bytes, position: int) -> tuple[int, int]:
    if content[position : position + 1] != b"\xff":
        raise DamagedMediaError("The picture is damaged. Save it again.")
    position = _skipped(_FILL, content, position)
    if position >= len(content):
        raise DamagedMediaError("The picture is cut off. Save it again.")
    marker = content[position]
    if marker in (0x00, 0x01, _SOI) or 0xD0 <= marker < _SOI:  # noqa: PLR2004  stuffing, TEM, RST0 to RST7
        raise DamagedMediaError("The picture is damaged. Save it again.")
    return marker, position + 1


def _skipped(pattern: re.Pattern[bytes], content: bytes, position: int) -> int:
    match = pattern.match(content, position)
    return match.end() if match else position


def _end_of_segment(content: bytes, position: int) -> int:
    length = int.from_bytes(content[position : position + 2], "big")
    if length < 2 or position + length > len(content):  # noqa: PLR2004  the length counts its own two bytes
        raise DamagedMediaError("The picture is cut off. Save it again.")
    return position + length


def _end_of_scan(content: bytes, position: int) -> int:
    match = _MARKER_IN_SCAN.search(content, position)
    if match is None:
        raise DamagedMediaError("The picture is cut off. Save it again.")
    return match.start()


def _too_many_pieces() -> DamagedMediaError:
    return DamagedMediaError("The picture is in too many pieces. Save it again.")


def _check_pixels(width: int, height: int) -> None:
    if width == 0 or height == 0:
        raise DamagedMediaError("The picture has no size.")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise MediaTooLargeError(
            "The picture has too many pixels. Save it smaller.", width=width, height=height, limit=MAX_PIXELS
        )


_CHECKS = {MediaType.PDF: _check_pdf, MediaType.PNG: _check_png, MediaType.JPEG: _check_jpeg}
