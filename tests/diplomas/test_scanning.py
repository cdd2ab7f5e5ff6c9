"""The QR code of a paper as a telephone sees it: turned, small, blurred; read by zxing-cpp from PDFium's rendering."""

from __future__ import annotations

import pytest
import zxingcpp
from PIL import Image, ImageFilter
from sheets import LINK, page_picture, pdf

from portfolio.diplomas.designs import DESIGNS


def seen(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("dpi", [100, 150, 300])
def test_the_code_is_read_from_a_printed_page(design: str, dpi: int) -> None:
    assert seen(page_picture(pdf(design=design), dpi=dpi)) == [LINK]


@pytest.mark.parametrize("design", DESIGNS)
def test_the_code_is_read_from_a_photograph(design: str) -> None:
    page = page_picture(pdf(design=design), dpi=150)
    turned = page.rotate(7, expand=True, fillcolor=128, resample=Image.Resampling.BICUBIC)
    assert seen(turned) == [LINK]
    scaled = turned.resize((turned.width * 4 // 5, turned.height * 4 // 5), Image.Resampling.BILINEAR)
    assert seen(scaled) == [LINK]
    assert seen(turned.filter(ImageFilter.GaussianBlur(1.2))) == [LINK]
    dark = turned.point(lambda value: value // 2 + 20)
    assert seen(dark) == [LINK]
