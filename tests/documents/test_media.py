"""Files made here by Pillow, pikepdf and by hand: the good ones pass, each way of being two things at once does not."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portfolio.documents.media import (
    MAX_SIZE,
    DamagedMediaError,
    MediaTooLargeError,
    MediaType,
    MixedMediaError,
    UnsupportedMediaError,
    recognise,
)
from portfolio.errors import PortfolioError


def image(kind: str, *, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = io.BytesIO()
    picture = Image.effect_noise(size, 60).convert("RGB")
    picture.save(out, kind, **options)
    return out.getvalue()


def pdf(*, change: Callable[[pikepdf.Pdf], None] = lambda _: None, **options: object) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    change(document)
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def archive(prefix: bytes = b"", comment: bytes = b"") -> bytes:
    out = io.BytesIO(prefix)
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("payload.js", "alert(1)" * 100)
        made.comment = comment
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header_only_png(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


PNG, JPEG, PDF = image("PNG"), image("JPEG"), pdf()
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF_JS = b"GIF89a/*" + bytes(300) + b"*/=1;alert(1)"
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"

GOOD = {
    "png": (PNG, MediaType.PNG),
    "png grey": (image("PNG", optimize=True), MediaType.PNG),
    "jpeg": (JPEG, MediaType.JPEG),
    "jpeg progressive": (image("JPEG", progressive=True, quality=95), MediaType.JPEG),
    "jpeg with exif": (image("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"), MediaType.JPEG),
    "jpeg with restarts": (image("JPEG", restart_marker_blocks=1, size=(300, 200)), MediaType.JPEG),
    "jpeg with a second picture, as telephones make": (JPEG + b"\0\0" + image("JPEG", size=(8, 8)), MediaType.JPEG),
    "jpeg of several pictures": (image("MPO", save_all=True, append_images=[Image.new("RGB", (5, 5))]), MediaType.JPEG),
    "pdf": (PDF, MediaType.PDF),
    "pdf 1.4": (pdf(force_version="1.4", object_stream_mode=pikepdf.ObjectStreamMode.disable), MediaType.PDF),
    "pdf 2.0": (pdf(force_version="2.0"), MediaType.PDF),
    "pdf linearized": (pdf(linearize=True), MediaType.PDF),
    "pdf with line ends behind": (PDF + b"\r\n\n", MediaType.PDF),
}


@pytest.mark.parametrize("name", GOOD)
def test_ordinary_files_are_recognised(name: str) -> None:
    content, media_type = GOOD[name]
    assert recognise(content) is media_type


def page() -> bytes:
    """A4 at 300 dpi, mostly white, as a scanner makes it."""
    out = io.BytesIO()
    Image.new("RGB", (2480, 3508), "white").save(out, "PNG", dpi=(300, 300))
    return out.getvalue()


def test_a_scan_as_telephones_and_scanners_make_is_accepted() -> None:
    assert recognise(image("JPEG", size=(4960, 7016), quality=60)) is MediaType.JPEG
    assert recognise(page()) is MediaType.PNG


OTHER_TYPES = {
    "nothing": b"",
    "text": "Диплом победителя".encode(),
    "svg": SVG,
    "html": HTML,
    "gif": image("GIF"),
    "gif and script": GIF_JS,
    "webp": image("WEBP"),
    "tiff": image("TIFF"),
    "bmp": image("BMP"),
    "zip": archive(),
    "executable": b"\x7fELF" + bytes(500),
    "moving png": image("PNG", save_all=True, append_images=[Image.new("RGB", (40, 30), c) for c in ("red", "blue")]),
}


@pytest.mark.fault(75, 76)
@pytest.mark.parametrize("name", OTHER_TYPES)
def test_other_types_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedMediaError):
        recognise(OTHER_TYPES[name])


def js_action(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def launch_action(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))


def xfa_form(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(XFA=document.make_stream(b"<xdp/>"), Fields=pikepdf.Array())


PLAIN = {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "compress_streams": False}
POLYGLOTS = {
    "png and zip": archive(PNG),
    "jpeg and zip": archive(JPEG),
    "pdf and zip, end kept": PDF[: PDF.rindex(b"startxref")] + archive() + PDF[PDF.rindex(b"startxref") :],
    "pdf inside a zip's comment": archive(comment=PDF),
    "png and html": PNG + HTML,
    "jpeg and html": JPEG + HTML,
    "pdf and html behind": PDF + HTML,
    "html before pdf": HTML + PDF,
    "junk before pdf": b"\n" + PDF,
    "html in the pdf's first comment": PDF.replace(b"\n", b"\n%" + HTML + b"\n", 1),
    "script deep in a pdf": pdf(change=lambda d: d.make_stream(b"x"), **PLAIN).replace(
        b"startxref", b"% <script>alert(1)</script>\nstartxref"
    ),
    "png behind a line end": b"\n" + PNG,
    "two pngs": PNG + PNG,
    "jpeg and php": JPEG + b"<?php system($_GET[0]); ?>",
    "jpeg and executable": JPEG + b"MZ" + bytes(64),
    "pdf with script": pdf(change=js_action, **PLAIN),
    "pdf with a script's name written otherwise": pdf(change=js_action, **PLAIN).replace(
        b"/JavaScript", b"/J#61v#61Script"
    ),
    "pdf that starts a program": pdf(change=launch_action, **PLAIN),
    "pdf with an XFA form": pdf(change=xfa_form, **PLAIN),
}


@pytest.mark.fault(75, 77, 78)
@pytest.mark.parametrize("name", POLYGLOTS)
def test_a_file_that_is_two_things_is_refused(name: str) -> None:
    with pytest.raises((MixedMediaError, DamagedMediaError, UnsupportedMediaError)):
        recognise(POLYGLOTS[name])


@pytest.mark.fault(75)
@pytest.mark.parametrize("content", [PNG, JPEG, PDF], ids=["png", "jpeg", "pdf"])
def test_every_truncation_is_refused(content: bytes) -> None:
    for end in range(len(content.rstrip()) - 1):
        with pytest.raises(PortfolioError):
            recognise(content[:end])


@pytest.mark.fault(75)
@given(prefix=st.binary(min_size=1, max_size=20), suffix=st.binary(min_size=1, max_size=60))
@pytest.mark.parametrize("content", [PNG, JPEG, PDF], ids=["png", "jpeg", "pdf"])
def test_anything_before_or_behind_is_refused(content: bytes, prefix: bytes, suffix: bytes) -> None:
    with pytest.raises(PortfolioError):
        recognise(prefix + content)
    if suffix.strip(b"\0\t\n\x0b\x0c\r "):
        with pytest.raises(PortfolioError):
            recognise(content + suffix)


@settings(max_examples=300)
@given(data=st.data(), head=st.sampled_from([PNG[:33], JPEG[:20], PDF[:9], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]))
def test_hostile_bytes_are_refused_and_nothing_else_happens(data: st.DataObject, head: bytes) -> None:
    """Random tails behind real heads: a refusal with a sentence is the only possible outcome."""
    with pytest.raises(PortfolioError):
        recognise(head + data.draw(st.binary(max_size=300)))


@given(position=st.integers(0, len(PNG) - 1), bit=st.integers(0, 7))
def test_a_png_with_any_bit_flipped_is_refused(position: int, bit: int) -> None:
    changed = bytearray(PNG)
    changed[position] ^= 1 << bit
    with pytest.raises(PortfolioError):
        recognise(bytes(changed))


@pytest.mark.fault(80)
@pytest.mark.parametrize(
    ("width", "height"), [(50_000, 50_000), (65_500, 1), (1, 20_001), (2**31 - 1, 2**31 - 1), (8001, 8000)]
)
def test_a_pixel_flood_is_refused_before_anything_is_decoded(width: int, height: int) -> None:
    content = header_only_png(width, height)
    tracemalloc.start()
    with pytest.raises(MediaTooLargeError):
        recognise(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.fault(80)
def test_a_jpeg_that_claims_too_many_pixels_is_refused_also_in_its_second_picture() -> None:
    at = JPEG.index(b"\xff\xc0") + 5
    flood = JPEG[:at] + struct.pack(">HH", 50_000, 50_000) + JPEG[at + 4 :]
    for content in (flood, JPEG + flood):
        with pytest.raises(MediaTooLargeError):
            recognise(content)
    empty = JPEG[:at] + struct.pack(">HH", 0, 40) + JPEG[at + 4 :]
    with pytest.raises(DamagedMediaError):
        recognise(empty)


def test_the_largest_file_passes_and_one_byte_more_does_not() -> None:
    filler = MAX_SIZE - len(PNG)
    body = PNG[:-12] + chunk(b"teSt", bytes(filler - 12)) + PNG[-12:]
    assert len(body) == MAX_SIZE
    assert recognise(body) is MediaType.PNG
    with pytest.raises(MediaTooLargeError):
        recognise(body + b"\0")


def test_every_refusal_is_quick_even_for_the_largest_file() -> None:
    hostile = [
        b"\xff\xd8" + b"\xff" * (MAX_SIZE - 2),
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * ((MAX_SIZE - 2) // 4),
        JPEG[:-2] + b"\xff\x00" * ((MAX_SIZE - len(JPEG)) // 2),
        b"%PDF-1.7\n" + b"startxref 1 " * ((MAX_SIZE - 9) // 12),
        b"%PDF-1.7\n" + b" " * (MAX_SIZE - 9),
        b"%PDF-1.7\n" + b"<" * (MAX_SIZE - 9),
        b"%PDF-1.7\n" + b"/J" * ((MAX_SIZE - 9) // 2),
        b"\x89PNG\r\n\x1a\n" + PNG[8:33] + chunk(b"tEXt", b"") * ((MAX_SIZE - 33) // 12),
        PNG[:33] + b"PK\x05\x06" * ((MAX_SIZE - 33) // 4),
    ]
    for content in hostile:
        assert len(content) <= MAX_SIZE
        started = time.process_time()
        with pytest.raises(PortfolioError):
            recognise(content)
        assert time.process_time() - started < 2


def test_chance_bytes_of_compression_are_not_taken_for_an_archive() -> None:
    picture = PNG[:-12] + chunk(b"teSt", b"PK\x05\x06" + bytes(range(1, 30))) + PNG[-12:]
    assert recognise(picture) is MediaType.PNG
