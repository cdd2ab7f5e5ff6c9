"""What people drop: PDFs of several writers, photos of QR codes, links of look-alike pages."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest
import zxingcpp
from page_world import Dropped, PageWorld, pdf_with
from PIL import Image, ImageFilter

from portfolio.credentials.links import short_code
from portfolio.verification.attachments import bundle_in

pytestmark = [pytest.mark.browser, pytest.mark.chain]

SAVED = {
    "as it comes": {},
    "object streams": {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
    "no object streams": {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
    "nothing compressed": {
        "compress_streams": False,
        "stream_decode_level": pikepdf.StreamDecodeLevel.all,
        "object_stream_mode": pikepdf.ObjectStreamMode.disable,
    },
    "linearised": {"linearize": True},
    "readable": {"qdf": True},
}


@pytest.fixture(scope="module")
def bundle(world: PageWorld) -> bytes:
    return world.bundle()


@pytest.mark.parametrize("options", SAVED.values(), ids=SAVED)
def test_bundle_is_found_however_the_pdf_was_saved(
    open_verifier: Any, world: PageWorld, bundle: bytes, options: dict[str, Any]
) -> None:
    other = ("scan.json", b'{"type": "Something"}')
    pdf = pdf_with(other, ("credential.json", bundle), ("photo.png", b"\x89PNG" * 1000), **options)
    opened = open_verifier(world.trust()).drop(Dropped("diploma.pdf", pdf, "application/pdf"))
    assert opened.verdict == "VALID"


def test_bundle_under_another_name_and_after_an_update(open_verifier: Any, world: PageWorld, bundle: bytes) -> None:
    opened = open_verifier(world.trust())
    assert opened.drop(pdf_with(("диплом.json", bundle))).verdict == "VALID"
    # An incremental update: what is appended counts, as for every reader of PDF.
    first = pdf_with(("credential.json", b'{"type": "Something"}'), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(io.BytesIO(first)) as opened_pdf:
        number = opened_pdf.attachments["credential.json"].obj["/EF"]["/F"].objgen[0]
    update = b"\n%d 0 obj\n<</Type/EmbeddedFile/Length %d>>\nstream\n%b\nendstream\nendobj\n"
    twice = first + update % (number, len(bundle), bundle)
    assert opened.drop(twice + b"trailer\n<</Size 9/Prev 99>>\n%%EOF\n").verdict == "VALID"
    # Without one, readers of the table and readers of the whole file would see different attachments.
    assert opened.drop(twice + b"%%EOF\n").verdict == "trouble"
    assert "несколько разных файлов" in opened.text


def test_name_of_the_attachment_is_compared_letter_for_letter_as_the_command_does(
    open_verifier: Any, world: PageWorld, bundle: bytes
) -> None:
    pdf = pdf_with(("Credential.JSON", b'{"type": "Something"}'), ("diploma.json", bundle))
    assert bundle_in(pdf) == bundle
    assert open_verifier(world.trust()).drop(pdf).verdict == "VALID"


def test_locked_pdf_is_said_to_be_locked(open_verifier: Any, world: PageWorld, bundle: bytes) -> None:
    locked = pdf_with(("credential.json", bundle), encryption=pikepdf.Encryption(owner="a", user="b"))
    opened = open_verifier(world.trust()).drop(locked)
    assert opened.verdict == "trouble"
    assert "закрыт паролем" in opened.text


def test_diploma_set_by_typst(open_verifier: Any, world: PageWorld, bundle: bytes) -> None:
    typst = pytest.importorskip("typst")
    source = (
        '#set document(title: "Диплом")\n#set text(lang: "ru")\n'
        f'#pdf.attach("credential.json", bytes({_quoted(bundle.decode())}), relationship: "data", '
        'mime-type: "application/json", description: "bundle")\nДиплом'
    )
    fonts = typst.Fonts(include_system_fonts=False)
    pdf = typst.Compiler(source.encode(), font_paths=fonts).compile(format="pdf", pdf_standards=["a-3b"])
    assert open_verifier(world.trust()).drop(Dropped("diploma.pdf", pdf)).verdict == "VALID"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def photo(text: str, *, angle: float = 0, blur: float = 0, form: str = "JPEG") -> bytes:
    """A QR code on grey paper, as a telephone might take it."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = Image.fromarray(code.to_image(scale=6)).convert("L")
    paper = Image.new("L", (1400, 1000), 215)
    paper.paste(drawn, (500, 300))
    paper = paper.rotate(angle, fillcolor=200, resample=Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(blur))
    written = io.BytesIO()
    paper.save(written, form)
    return written.getvalue()


def test_photo_of_a_code_shows_host_and_code_and_says_what_is_missing(open_verifier: Any, world: PageWorld) -> None:
    signed = world.sign()
    code = short_code(signed.digest)
    link = f"https://id.example/v/abcdefghijklmnop#{code}"
    opened = open_verifier(world.trust(), hosts=("id.example",))
    for taken in (photo(link), photo(link, angle=12, blur=1), photo(link, angle=180, form="PNG")):
        opened.drop(Dropped("photo.jpg", taken, "image/jpeg"))
        assert opened.verdict == "link"
        assert "id.example" in opened.page.locator(".host").inner_text()
        assert code in opened.text
        assert "ничего не доказывает" in opened.text
        assert opened.page.locator("a.button").get_attribute("href") == link
    opened.drop(Dropped("photo.jpg", taken, "image/jpeg"), Dropped("b.json", world.bundle(signed)))
    assert "Есть среди файлов на этой странице" in opened.text
    assert opened.watched.caught() == []


@pytest.mark.fault(112)
@pytest.mark.parametrize(
    "link",
    [
        "https://id.example.evil.example/v/abcdefghijklmnop#0123-4567-89AB",
        "https://id-example.ru/v/abcdefghijklmnop",
        "https://id.example@evil.example/v/abcdefghijklmnop",
        "https://user@id.example/v/abcdefghijklmnop",
        "https://іd.example/v/abcdefghijklmnop",  # a Cyrillic і
        "http://evil.example:443/id.example",
    ],
)
def test_code_of_another_host_is_warned_of_and_never_followed(open_verifier: Any, world: PageWorld, link: str) -> None:
    opened = open_verifier(world.trust(), hosts=("id.example",))
    if link.isascii():  # how a QR code holds other letters, readers disagree
        opened.drop(Dropped("photo.png", photo(link, form="PNG")))
        assert opened.verdict == "link"
        assert "Эта ссылка ведёт в другое место" in opened.text
        assert opened.page.locator("article a[href]").count() == 0
    opened.page.fill("#paste", link)
    opened.page.locator("form.way button").click()
    opened.settled()
    assert opened.page.locator("article a[href]").count() == 0
    assert "Эта ссылка ведёт в другое место" in opened.text
    assert [request.url for request in opened.watched.requests if request.url.startswith("http")] == []


@pytest.mark.fault(112)
@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "просто текст"])
def test_code_that_is_no_web_address_is_text(open_verifier: Any, world: PageWorld, link: str) -> None:
    opened = open_verifier(world.trust(), hosts=("id.example",)).drop(Dropped("photo.png", photo(link, form="PNG")))
    assert opened.verdict == "link"
    assert "не адрес веб-страницы" in opened.text
    assert opened.page.locator("article a[href]").count() == 0
    assert opened.watched.caught() == []


def test_picture_without_a_code_and_broken_picture(open_verifier: Any, world: PageWorld) -> None:
    blank = io.BytesIO()
    Image.new("L", (300, 200), 255).save(blank, "PNG")
    opened = open_verifier(world.trust()).drop(blank.getvalue(), b"\x89PNG broken")
    assert opened.verdicts == ["trouble", "trouble"]
    assert "не найден QR-код" in opened.text
