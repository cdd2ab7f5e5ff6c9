"""A paper as PDF/A-3a and PDF/UA-1 with its bundle inside, by Typst; and as pictures, to look at.

Knows no database, so that a pool of processes can import it quickly. Values travel as JSON, never as Typst source.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Final

import orjson
import typst
import zxingcpp

from portfolio.diplomas import designs, fonts
from portfolio.errors import PortfolioError
from portfolio.processes import end_pool_process_with_parent

ATTACHMENT: Final = "credential.json"
_STANDARDS: Final[list[Any]] = ["a-3a", "ua-1"]
_LOCK: Final = threading.Lock()  # a compiler keeps what it was last given


class DiplomaError(PortfolioError):
    """A paper that could not be set. The values are left out: they are a person's."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "diploma_not_set"


def make_pdf(paper: Mapping[str, Any], *, bundle: bytes, design: str, signed_at: datetime) -> bytes:
    """Return the PDF of a paper (`paper.paper_of`); equal arguments give equal bytes.

    `bundle` (UTF-8 JSON) is attached as it is; `signed_at` is the time the file says it was made at. Raises
    `UnknownDesignError` and `DiplomaError`.
    """
    made = _compile(paper, bundle=bundle, design=design, format="pdf", pdf_standards=_STANDARDS, timestamp=signed_at)
    if isinstance(made, list):
        raise DiplomaError("the diploma became several files")
    return made


def leave_interrupts_to_the_parent() -> None:
    """Begin a process of a pool: Ctrl-C reaches all processes of a terminal, and the parent ends its pool itself.

    Without a parent it ends too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_pool_process_with_parent()


def _compile(paper: Mapping[str, Any], *, bundle: bytes, design: str, **how: Any) -> bytes | list[bytes]:
    inputs = {"paper": orjson.dumps({**paper, "qr": _qr(paper["link"])}).decode(), "bundle": bundle.decode()}
    with _LOCK:
        try:
            made = _compiler(designs.require_design(design)).compile(sys_inputs=inputs, **how)
        except typst.TypstError as error:
            # Typst's message may quote a value; its first words ("missing glyph", "file not found") do not.
            raise DiplomaError("the diploma could not be set", reason=error.message.partition('"')[0][:80]) from None
    if made is None:
        raise DiplomaError("the diploma could not be set")
    return made


def _qr(text: str) -> str:
    """Return the QR code as SVG, with its quiet zone (ISO/IEC 18004) and error correction M."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawing: str = code.to_svg(add_quiet_zones=True)
    return drawing[drawing.index("<svg") :]


@cache
def _compiler(design: str) -> typst.Compiler:
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts.FOLDER)])
    main = designs.FOLDER / f"{design}.typ"
    return typst.Compiler(str(main), root=str(designs.FOLDER), font_paths=found, ignore_system_fonts=True)
