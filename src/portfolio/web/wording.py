"""What error pages say, as gettext ids; one wording per status, whatever went wrong inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portfolio.i18n import N_


@dataclass(frozen=True, slots=True)
class ErrorWording:
    title: str
    text: str
    reasons: tuple[str, ...] = ()


NOT_FOUND: Final = ErrorWording(
    title=N_("Nothing was found under this link"),
    text=N_("That does not say that the document is forged. It says that this link leads to nothing."),
    reasons=(
        N_("The link was mistyped, or cut short when it was copied. Capital and small letters differ."),
        N_("The link was replaced by a new one, for instance because the old one had got into wrong hands."),
        N_("The record was erased, at the wish of the holder or of the organisation."),
        N_("The link never existed. Then the paper with it deserves a closer look: ask the organisation."),
    ),
)
REFUSED: Final = ErrorWording(
    title=N_("This could not be done"),
    text=N_("Something in the request was not as it must be. Go back, look it over and try once more."),
)
FAILED: Final = ErrorWording(
    title=N_("Something went wrong here"),
    text=N_("The fault is ours and not yours, and says nothing about any document. Try again in a few minutes."),
)

ERRORS: Final[Mapping[int, ErrorWording]] = {
    401: ErrorWording(
        title=N_("Please sign in"),
        text=N_("This page is only for those who are signed in."),
    ),
    403: ErrorWording(
        title=N_("This is not open to you"),
        text=N_("You have no right to see or to do this."),
    ),
    404: NOT_FOUND,
    410: NOT_FOUND,
    413: ErrorWording(
        title=N_("The file is too large"),
        text=N_("A file for checking is small. Perhaps you chose a scan or a photograph; those cannot be checked."),
    ),
    429: ErrorWording(
        title=N_("Too many requests"),
        text=N_("Wait a minute and try once more."),
    ),
    503: ErrorWording(
        title=N_("Out of reach right now"),
        text=N_(
            "A part of the service does not answer. This says nothing about any document. Try again in a few minutes."
        ),
    ),
}


def error_wording(status: int) -> ErrorWording:
    """Return what to say for an HTTP status; those without words of their own share one for 4xx and one for 5xx."""
    return ERRORS.get(status, REFUSED if status < 500 else FAILED)  # noqa: PLR2004  where client errors end
