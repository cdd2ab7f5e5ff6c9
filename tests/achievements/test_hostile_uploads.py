"""Files made to do harm (faults 75 to 80): each is refused with a sentence, fast, and leaves nothing behind."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image
from pupils import claimed, picture, pupil_with_consent, upload
from sqlmodel import select

from people_world import World
from portfolio.achievements.claims.uploads import scrub
from portfolio.documents.models import Document
from portfolio.errors import PortfolioError


def pdf(change: Callable[[pikepdf.Pdf], None] | None = None, **more: object) -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        if change:
            change(made)
        output = io.BytesIO()
        # In an object stream, where nobody who reads the bytes sees a name.
        made.save(output, object_stream_mode=pikepdf.ObjectStreamMode.generate, **more)  # type: ignore[arg-type]
        return output.getvalue()


def action(kind: str, **more: object) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=pikepdf.Name("/" + kind), **more)  # type: ignore[arg-type]


def opening(made: pikepdf.Pdf) -> None:
    made.Root.OpenAction = action("JavaScript", JS="app.alert(1)")


def launching(made: pikepdf.Pdf) -> None:
    made.pages[0].Annots = made.make_indirect(
        pikepdf.Array(
            [pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, A=action("Launch", F="x"))]
        )
    )


def submitting(made: pikepdf.Pdf) -> None:
    made.pages[0].AA = pikepdf.Dictionary(O=action("URI", URI="https://evil.example"))


def named_scripts(made: pikepdf.Pdf) -> None:
    script = pikepdf.Array([pikepdf.String("a"), action("JavaScript", JS="1")])
    made.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=script))


def attaching(made: pikepdf.Pdf) -> None:
    made.attachments["credential.json"] = b"{}"


def forms(made: pikepdf.Pdf) -> None:
    made.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(), XFA=made.make_stream(b"<xdp/>"))


def word_processor(made: pikepdf.Pdf) -> None:
    made.Root.OpenAction = pikepdf.Array([made.pages[0].obj, pikepdf.Name.Fit])


PDFS: dict[str, bytes] = {
    "a script at the opening": pdf(opening),
    "a program that is started": pdf(launching),
    "an action of a page": pdf(submitting),
    "named scripts": pdf(named_scripts),
    "an attached file": pdf(attaching),
    "a form of Adobe's": pdf(forms),
    "a password": pdf(encryption=pikepdf.Encryption(owner="o", user="u")),
    "cut off": pdf()[:-200],
}


def png(width: int, height: int, pixels: bytes = b"", *more: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    parts += [chunk(kind, data) for kind, data in more]
    return b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")])


def zipped(name: str = "x.txt", content: bytes = b"x") -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return output.getvalue()


def animated() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (9, 9)).save(output, "PNG", save_all=True, append_images=[Image.new("RGB", (9, 9), "red")])
    return output.getvalue()


def gif() -> bytes:
    output = io.BytesIO()
    Image.new("P", (9, 9)).save(output, "GIF")
    return output.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><foreignObject/></svg>'
FILES: dict[str, bytes] = {
    "PDF and page": pdf().replace(b"%PDF-1.", b"%PDF-1.", 1) + b"<script>alert(1)</script>",
    "PDF and archive": pdf() + zipped(),
    "JPEG and archive": picture() + zipped(),
    "JPEG and script": picture() + b"<script>alert(1)</script>",
    "GIF and script": gif() + b"/*<script>alert(1)</script>*/",
    "SVG": SVG,
    "SVG with a declaration": b'<?xml version="1.0"?>' + SVG,
    "page": b"<!doctype html><script>alert(1)</script>",
    "a flood of pixels": png(50_000, 50_000),
    "a wide flood": png(1_000_000, 1),
    "moving": animated(),
    "a bomb in a profile": png(8, 8, b"\0" * 200, (b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 50_000_000))),
    "fewer pixels than said": png(4000, 4000, b"\0" * 100),
    "archive": zipped("../../etc/passwd", b"x" * 10_000_000),
    "words": "Просто текст".encode(),
    "half a picture": picture(size=(900, 900))[:2000],
}


@pytest.mark.fault(77)
@pytest.mark.parametrize("name", PDFS)
def test_a_pdf_that_is_more_than_pages_is_refused_with_advice(name: str) -> None:
    with pytest.raises(PortfolioError) as refused:
        scrub(PDFS[name])
    assert refused.value.status in {415, 422}
    assert len(refused.value.message.split()) > 5


@pytest.mark.fault(77)
def test_what_word_processors_write_is_taken() -> None:
    made = pdf(word_processor)
    assert scrub(made) == made


@pytest.mark.fault(75, 76, 78, 80)
@pytest.mark.parametrize("name", FILES)
def test_what_is_no_plain_paper_is_refused_fast(name: str) -> None:
    begun = time.monotonic()
    with pytest.raises(PortfolioError) as refused:
        scrub(FILES[name])
    assert refused.value.status in {413, 415, 422}
    assert time.monotonic() - begun < 10


@pytest.mark.fault(80)
def test_the_largest_picture_is_taken_within_the_limit_of_memory() -> None:
    output = io.BytesIO()
    Image.new("RGB", (8000, 7900)).save(output, "PNG")
    with Image.open(io.BytesIO(scrub(output.getvalue()))) as kept:
        assert max(kept.size) == 4096


@pytest.mark.fault(75, 77)
def test_a_refused_file_leaves_nothing_and_the_typed_words_stay(world: World) -> None:
    pupil = pupil_with_consent(world)
    for content in (PDFS["an attached file"], FILES["JPEG and script"], SVG):
        answer = upload(pupil, content=content)
        assert answer.status_code == 422
        assert 'id="f-file-problem"' in answer.text
        assert "Северная звезда" in answer.text
    with world.portfolio.database.read() as session:
        assert session.exec(select(Document)).first() is None


@pytest.mark.fault(79)
@pytest.mark.parametrize(
    "name", ["../../../etc/passwd.jpg", "/etc/passwd", "a\u202egpj.exe", "a\0.jpg", 'a"; filename="b.html', "C:\\x.jpg"]
)
def test_the_name_of_a_file_is_never_ours(world: World, name: str) -> None:
    pupil = pupil_with_consent(world)
    from pupils import OLYMPIAD

    answer = pupil.post(f"/p/{pupil.person_id}/claims/new", OLYMPIAD, files={"file": (name, picture(), "text/html")})
    assert answer.status_code == 303
    served = pupil.get(answer.headers["location"].partition("?")[0] + "/document")
    assert served.headers["content-type"] == "image/jpeg"
    shown = served.headers["content-disposition"]
    assert shown.startswith('inline; filename="')
    assert set(shown.removeprefix('inline; filename="').rstrip('"')) <= set("0123456789abcdef-.jpeg")


@pytest.mark.fault(75)
def test_what_is_served_can_do_nothing(world: World) -> None:
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil)
    served = pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}/document")
    assert served.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["cache-control"] == "no-store"
