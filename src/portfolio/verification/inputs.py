"""What a file for checking is, told by its content: a bundle, a PDF that carries one, a photo of a QR code.

Serves page, API and command alike. Nothing here fetches anything, and nothing in a file is ever run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.verification.pasted import PublicLink, link_in

MAX_FILE: Final = 32 * 1024 * 1024
"""Bytes of a PDF or a photo that the command reads; the page takes less (`MAX_UPLOAD`)."""
MAX_UPLOAD: Final = 8 * 1024 * 1024
"""Bytes that the page and the API read of one file: a photo from a telephone has 2 to 6 MB, a diploma 40 KB."""

MESSAGES: Final = {
    "file_too_large": N_("The file is larger than a diploma or a photograph of one can be."),
    "file_unreadable": N_("The file cannot be read."),
    "file_missing": N_("There is no such file."),
    "file_unknown": N_("This is no kind of file that can be checked: neither PDF, JSON nor a picture."),
    "file_empty": N_("The file is empty."),
    "pdf_damaged": N_("The PDF is damaged or cut off. Download it once more and check the copy."),
    "pdf_encrypted": N_(
        "The PDF is protected by a password. Save it without protection, or use the file for checking."
    ),
    "pdf_without_bundle": N_(
        "The PDF carries no electronic document inside: it may be a scan or a copy printed anew. Ask for the original "
        "file, or use the link on the paper."
    ),
    "pdf_several_bundles": N_(
        "The PDF carries more than one electronic document. Save each of them out of the PDF and check it alone."
    ),
    "pdf_too_complex": N_("The PDF carries too many or too large files to be a diploma."),
    "photo_damaged": N_("The picture is damaged. Take the photograph once more."),
    "photo_too_large": N_("The picture has too many pixels. Save it smaller."),
    "photo_without_code": N_(
        "No QR code can be read in the picture. Take it again: straight from above, sharp, in good light."
    ),
    "photo_several_codes": N_("There are several different QR codes in the picture. Photograph only the one meant."),
    "link_not_public": N_("This is no link of a diploma: the address does not end in /v/ and a code."),
    "link_unknown": N_("Nothing is known under this link: it may be mistyped, replaced or withdrawn."),
    "outside_folder": N_("The list names a file outside its own folder; it was not opened."),
    "nested": N_("An archive or list inside another one is not opened. Unpack it first."),
    "archive_damaged": N_("The archive is damaged, or is packed in a way that is not supported."),
    "archive_encrypted": N_("The archive is protected by a password. Unpack it first."),
    "archive_bomb": N_("The archive unpacks to far more than it holds, as archives do that are made to do harm."),
    "archive_names": N_(
        "The archive holds names that lead out of its folder, as archives do that are made to do harm."
    ),
    "list_unreadable": N_("The list cannot be read as a table. Save it as CSV in UTF-8, or as XLSX."),
    "list_without_sources": N_("No column of the list holds links or names of files."),
    "line_too_long": N_("A line of the file is longer than a bundle can be."),
    "code_is_no_link": N_("The QR code is not that of a diploma: it holds no link to a page of a register."),
}


class InputError(PortfolioError):
    """A file of which no credential can be read; says nothing about any credential. `code` is one of `MESSAGES`."""

    status: ClassVar[int] = 422

    def __init__(self, code: str) -> None:
        super().__init__(MESSAGES[code])
        self.code = code  # type: ignore[misc]  # here the code belongs to the finding, not to the class


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to be judged as a bundle or a credential."""

    data: bytes


def read_input(data: bytes, *, max_pixels: int | None = None) -> Document | PublicLink:
    """Return what is to be judged in a file: its own bytes, those a PDF carries, or the link in the photo of a QR code.

    What is neither PDF nor picture passes unread: to judge it is the verdict's part. Raises `InputError`.
    """
    if not data:
        raise InputError("file_empty")
    if data.startswith(b"%PDF-"):
        from portfolio.verification.attachments import bundle_in

        return Document(bundle_in(data))
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        from portfolio.verification import photos

        link = link_in(photos.code_in(data, max_pixels=max_pixels or photos.MAX_PIXELS))
        if link is None:
            raise InputError("code_is_no_link")
        return link
    return Document(data)
