"""Files as people hand them in: PDFs with attachments, photos of QR codes."""

from __future__ import annotations

import io

import pikepdf
from PIL import Image, ImageFilter

from portfolio.verification import qr


def pdf_with(*attachments: tuple[str, bytes], **saving: object) -> bytes:
    """A one-page PDF with these attachments."""
    made = pikepdf.new()
    made.add_blank_page()
    for number, (name, data) in enumerate(attachments):
        spec = pikepdf.AttachedFileSpec(made, data, filename=name, mime_type="application/json")
        made.attachments[f"{number}-{name}"] = spec
    output = io.BytesIO()
    made.save(output, **saving)
    return output.getvalue()


def photo_of(*texts: str, angle: float = 7, form: str = "JPEG", blur: float = 0.6) -> bytes:
    """A sheet with the QR codes of these texts, photographed a little askew."""
    sheet = Image.new("L", (900 * max(1, len(texts)), 900), 235)
    for number, text in enumerate(texts):
        code = Image.open(io.BytesIO(qr.png(text))).convert("L").resize((520, 520))
        sheet.paste(code, (190 + 900 * number, 190))
    turned = sheet.rotate(angle, fillcolor=200, resample=Image.Resampling.BICUBIC)
    output = io.BytesIO()
    turned.filter(ImageFilter.GaussianBlur(blur)).save(output, form, quality=70)
    return output.getvalue()
