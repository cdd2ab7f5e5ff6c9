from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
import zxingcpp
from PIL import Image

from portfolio.verification import qr

LINK = "https://portfolio.example/v/Vt4mYwq1o7cX2kLr9sBdHe5A"


def read(image: Image.Image) -> zxingcpp.Barcode:
    found = zxingcpp.read_barcodes(image.convert("L"))
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("text", [LINK, LINK + "?" + "x" * 300, "https://пример.рф/v/ё"])
def test_png_is_read_back(text: str) -> None:
    found = read(Image.open(io.BytesIO(qr.png(text))))
    assert found.text == text
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    assert found.ec_level == "M"


@pytest.mark.parametrize("module", [1, 3, 20])
def test_png_has_modules_of_the_wanted_size_and_a_quiet_zone_of_four(module: int) -> None:
    image = Image.open(io.BytesIO(qr.png(LINK, module=module))).convert("L")
    dark = image.point(lambda level: 255 - level).getbbox()
    assert image.width == image.height
    assert dark == (4 * module, 4 * module, image.width - 4 * module, image.height - 4 * module)
    assert (image.width // module - 8 - 17) % 4 == 0  # a QR code has 17 + 4 * version modules


def test_svg_stands_alone_and_scales() -> None:
    drawing = qr.svg(LINK)
    root = ET.fromstring(drawing)  # noqa: S314  our own drawing
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    side = int(root.attrib["viewBox"].split()[2])
    assert (side - 8 - 17) % 4 == 0
    assert "width" not in root.attrib
    assert b"DOCTYPE" not in drawing
    assert b"script" not in drawing
    assert len(drawing) < 6_000


def test_svg_does_not_repeat_the_text_as_markup() -> None:
    drawing = qr.svg("https://x.example/<script>alert(1)</script>")
    assert b"alert" not in drawing
    ET.fromstring(drawing)  # noqa: S314
