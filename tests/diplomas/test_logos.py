"""Logos: only pixels are kept, whatever the file also was; too large or foreign ones are refused."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import pytest
from PIL import Image, PngImagePlugin
from sqlmodel import Session

from portfolio.errors import PortfolioError
from portfolio.organisations.logos import LARGEST_SIDE, MAX_BYTES, logo_svg, set_logo
from portfolio.organisations.models import Logo, Organisation
from portfolio.organisations.service import organisation_by_slug
from service_world import Service


def png(width: int = 40, height: int = 20, *, mode: str = "RGBA", **how: object) -> bytes:
    output = io.BytesIO()
    Image.new(mode, (width, height), "green").save(output, "PNG", **how)
    return output.getvalue()


@pytest.fixture
def session(service: Service) -> Iterator[Session]:
    with service.portfolio.database.write() as opened:
        yield opened


def school(session: Session) -> Organisation:
    return organisation_by_slug(session, slug="school")


def keep(session: Session, service: Service, content: bytes) -> Logo:
    return set_logo(session, organisation=school(session), content=content, clock=service.portfolio.clock)


def test_what_a_file_tells_besides_its_pixels_is_not_kept(session: Session, service: Service) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "a person")
    logo = keep(session, service, png(pnginfo=notes, icc_profile=b"profile"))
    assert b"a person" not in logo.png
    with Image.open(io.BytesIO(logo.png)) as picture:
        assert picture.info == {}
        assert picture.size == (40, 20) == (logo.width, logo.height)


def test_a_photograph_is_turned_upright_and_its_exif_forgotten(session: Session, service: Service) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Maker"
    output = io.BytesIO()
    Image.new("CMYK", (40, 20), "green").save(output, "JPEG", exif=exif)
    logo = keep(session, service, output.getvalue())
    assert (logo.width, logo.height) == (20, 40)
    assert b"Maker" not in logo.png


def test_a_large_logo_is_made_smaller_and_the_new_one_takes_the_place_of_the_old(
    session: Session, service: Service
) -> None:
    keep(session, service, png())
    logo = keep(session, service, png(3000, 1000))
    assert (logo.width, logo.height) == (LARGEST_SIDE, LARGEST_SIDE // 3)
    svg = logo_svg(session, organisation_id=school(session).id)
    assert svg
    assert f'width="{LARGEST_SIDE}"' in svg
    assert "data:image/png;base64," in svg
    assert svg.count("href") == 1


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 60 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 15_000, 4_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "unsupported_media"),
        (b"%PDF-1.7\n1 0 obj\nendobj\nstartxref\n0\n%%EOF\n", "unsupported_media"),
        (b"GIF89a" + bytes(20), "unsupported_media"),
        (b"", "unsupported_media"),
        (png()[:-20], "damaged_media"),
        (png() + b"<script>", "mixed_media"),
        (bytes(MAX_BYTES + 1), "bad_logo"),
        (bomb(), "bad_logo"),
    ],
)
@pytest.mark.fault(75, 80)
def test_other_files_are_refused(session: Session, service: Service, content: bytes, code: str) -> None:
    with pytest.raises(PortfolioError) as refused:
        keep(session, service, content)
    assert refused.value.code == code
    assert session.get(Logo, school(session).id) is None


def test_a_png_that_pillow_cannot_decode_is_refused(session: Session, service: Service) -> None:
    broken = bytearray(bomb())
    broken[16:24] = struct.pack(">II", 40, 20)
    header = bytes(broken[12:29])
    broken[29:33] = struct.pack(">I", zlib.crc32(header))
    with pytest.raises(PortfolioError) as refused:
        keep(session, service, bytes(broken))
    assert refused.value.code == "bad_logo"
