"""What the command says beside a verdict about the way a document came: offline, by link, by the QR code of a paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from portfolio.credentials.report import Translate
from portfolio.i18n import N_

MESSAGES: Final = {
    "offline": N_(
        "Nobody was asked (--offline): whether the organisation is in the register, whether the key was its own, when "
        "the document was registered and whether it was revoked since is not known. Repeat without --offline."
    ),
    "offline_proof": N_(
        "The document carries a proof that leads from it to the entry %(root)s of the register %(pair)s, which you "
        "trust. Whether the register holds this entry was not asked."
    ),
    "offline_no_proof": N_("The document carries no proof of an entry in a register that you trust."),
    "offline_link": N_("The link was not opened (--offline)."),
    "link_silent": N_("The link did not answer. That says nothing about the document; try again later."),
    "link_refused": N_("The link answered with an error (%(status)s). That says nothing about the document."),
    "link_not_followed": N_(
        "The link was not opened: it comes from a file and leads neither to the service that you know nor to a public "
        "https address. If you trust it, give it to the command yourself."
    ),
    "qr_alone": N_(
        "A QR code alone proves nothing: it holds an address and a short code, not the document. Ask the holder for "
        "the PDF or the file for checking; these can be checked without the service."
    ),
    "short_code": N_("The short code in the QR code is %(short_code)s: the paper must show the same."),
    "short_code_differs": N_(
        "The QR code was printed for another document: its short code is %(short_code)s, that of the document behind "
        "the link is %(found)s. Compare every line with the paper, or ask for the PDF."
    ),
    "foreign_host": N_(
        "The address leads to %(host)s and not to %(expected)s, the service that you know. A page there can show "
        "anything; rely on the verdict of this program alone, and compare every line with the paper."
    ),
    "reorganised": N_("The chain changed while it was asked; check this document once more."),
    "end_unchecked": N_(
        "The node did not answer any more at the end, so that it is not known whether the chain changed meanwhile."
    ),
    "process_died": N_(
        "The process that checked this document was ended from outside, perhaps for want of memory. Nothing is said "
        "about the document; check it alone."
    ),
    "fault": N_("This program failed at this document; please report it. Nothing is said about the document."),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """A stable code and what its sentence needs."""

    code: str
    data: Mapping[str, str | int] = field(default_factory=dict)

    def text(self, translate: Translate = str) -> str:
        """Return the sentence in a language."""
        return translate(MESSAGES[self.code]) % self.data
