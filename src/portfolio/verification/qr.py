"""QR codes of links, as SVG for the screen and the printer and as PNG for whoever wants a picture.

Error correction level M, with the quiet zone of four modules that ISO/IEC 18004 asks for.
"""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image

PNG_MODULE = 8
"""Pixels of a module's side: a link of 60 characters gives about 330 pixels."""


def svg(text: str) -> bytes:
    """Return the QR code of `text` as a stand-alone SVG document, black on white, scalable."""
    drawing: str = _code(text).to_svg(add_quiet_zones=True)
    start = drawing.index("<svg")
    # Without the DOCTYPE, which names a foreign address, and without a size, so that the page decides it.
    head, _, body = drawing[start:].partition(">")
    side = head.split('width="', 1)[1].split('"', 1)[0]
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
    return (opening + body).encode()


def png(text: str, *, module: int = PNG_MODULE) -> bytes:
    """Return the QR code of `text` as a PNG of one bit a pixel; `module` is the side of a module in pixels."""
    pixels = _code(text).to_image(scale=module, add_quiet_zones=True)
    height, width = pixels.shape
    output = io.BytesIO()
    Image.frombuffer("L", (width, height), pixels, "raw", "L", 0, 1).convert("1").save(output, "PNG", optimize=True)
    return output.getvalue()


def _code(text: str) -> zxingcpp.Barcode:
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
