"""The words in a presentation file that say how to check it; in the language of whoever asked for the file."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from portfolio.i18n import N_, Language, format_moment, gettext_for

PARAGRAPHS: Final = (
    N_("These are electronic documents with their proofs, one file each. They were put together on %(when)s."),
    N_("To check them without a program: unpack the archive, open %(page)s and drop all the .json files on the page."),
    N_("To check them with the program Portfolio, without this service: portfolio verify presentation.zip --rpc URL"),
    N_(
        "What was signed cannot be changed: a check names every altered letter. Whether a document was revoked later "
        "is told by the public register at the moment of the check."
    ),
)


def readme(language: Language, public_url: str, now: datetime) -> str:
    """Return the text, each paragraph a line, with the line ends that every editor knows."""
    values = {"when": format_moment(int(now.timestamp()), language), "page": f"{public_url}/verifier.html"}
    said = gettext_for(language)
    return "\r\n\r\n".join(said(paragraph) % values for paragraph in PARAGRAPHS) + "\r\n"
