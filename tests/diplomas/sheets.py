"""Papers for tests, and what a reader that is not ours (PDFium, qpdf) finds on them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pypdfium2
from credential_examples import example
from PIL import Image

from portfolio.credentials.statement import Statement
from portfolio.diplomas.paper import Copy, paper_of
from portfolio.diplomas.pdf import make_pdf

CODE = "7KQ2-M9XD-4TRB"
LINK = f"https://portfolio.example/v/Vt4mYwq1o7cX2kLr9sBdHe5A#{CODE}"
BUNDLE = '{"type": "PortfolioBundle", "holder": "Ғ ё \\u0301"}'.encode()
SIGNED_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ISSUER = "Школа № 12 города Чистополя"


def copy(**changes: Any) -> Copy:
    return Copy(**{"issuer": ISSUER, "code": CODE, "link": LINK, "host": "portfolio.example", **changes})


def pdf(statement: Statement | None = None, *, design: str = "classic", **changes: Any) -> bytes:
    paper = paper_of(statement or example(), copy(**changes))
    return make_pdf(paper, bundle=BUNDLE, design=design, signed_at=SIGNED_AT)


def text_of(data: bytes) -> str:
    """All text of a PDF as PDFium extracts it, without any white space: lines break where the layout likes."""
    with pypdfium2.PdfDocument(data) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return squeezed("".join(pages))


def squeezed(text: str) -> str:
    return "".join(text.replace("\u200b", "").replace("\ufffe", "-").split())


def page_picture(data: bytes, *, dpi: int, page: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(data) as document:
        return document[page].render(scale=dpi / 72).to_pil().convert("L")


def page_count(data: bytes) -> int:
    with pikepdf.open(io.BytesIO(data)) as opened:
        return len(opened.pages)


def attached(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as opened:
        return opened.attachments["credential.json"].get_file().read_bytes()


LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1" viewBox="0 0 1 1"><image width="1" height="1" href="'
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    '"/></svg>'
)
