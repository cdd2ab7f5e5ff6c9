"""From what a visitor uploaded to what may be kept: recognised by content, then scrubbed in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import ClassVar, Final

from portfolio.achievements.claims import scrubbing
from portfolio.documents.media import MediaType, recognise
from portfolio.errors import PortfolioError
from portfolio.i18n import N_

MAX_UPLOAD: Final = 12 * 1024 * 1024
"""Bytes of a form with its file: what telephones take has 3 to 8 MB."""
_PATIENCE: Final = 30  # seconds; the process itself may use less of the processor

REFUSALS: Final[Mapping[str, str]] = {
    "moving": N_("Moving pictures are not accepted."),
    "damaged_picture": N_("The picture cannot be read. Take the photo again, or save it again as JPEG."),
    "encrypted_pdf": N_("The PDF is locked with a password. Print it to PDF again without one."),
    "long_pdf": N_("The PDF has too many pages. Send only the pages of this one document."),
    "damaged_pdf": N_("The PDF is damaged. Print it to PDF again, or take a photo of the paper."),
    "active_pdf": N_("The PDF holds a script or an action. Print it to PDF again, or take a photo of the paper."),
    "files_in_pdf": N_(
        "The PDF carries other files inside. If it came from this register, enter the code from it instead of "
        "uploading it; otherwise print it to PDF again."
    ),
    "unreadable": N_("The file could not be looked through. Save it again, or take a photo of the paper."),
}
"""Why a file is not kept, and what its owner can do."""

_KINDS: Final = {MediaType.PDF: "PDF", MediaType.PNG: "PNG", MediaType.JPEG: "JPEG"}


class UploadRefusedError(PortfolioError):
    """`code_of_refusal` is one of `REFUSALS`."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "upload_refused"


def scrub(content: bytes) -> bytes:
    """Return what may be kept of an upload: a PDF that is only pages, or a picture encoded anew as JPEG.

    Raises the refusals of `documents.media.recognise`, and `UploadRefusedError` with a sentence for the visitor. Pixels
    are counted before anything is decoded (fault 80). Takes a process of its own: call it where a thread may wait.
    """
    kind = recognise(content)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", scrubbing.__name__, _KINDS[kind]],
            input=content,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise UploadRefusedError(REFUSALS["unreadable"]) from None
    if done.returncode == scrubbing.REFUSED:
        raise UploadRefusedError(REFUSALS.get(done.stdout.decode("ascii", "replace"), REFUSALS["unreadable"]))
    if done.returncode != 0:  # out of memory or time, or killed by what it read
        raise UploadRefusedError(REFUSALS["unreadable"])
    recognise(done.stdout)
    return done.stdout
