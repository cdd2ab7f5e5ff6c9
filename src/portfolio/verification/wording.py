"""What the verify page says around a report: words, advice and explanations of verdicts, as gettext ids.

The sentences of the checks themselves are the verdict's (`credentials/sentences.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portfolio.credentials.report import Verdict
from portfolio.i18n import N_


@dataclass(frozen=True, slots=True)
class Wording:
    """A verdict in words.

    `tone` names colour and icon, `word` is the headline, `advice` says what to do now, `meaning` explains at length;
    `heading` and `lead` stand over the signed words.
    """

    tone: str
    word: str
    advice: str
    meaning: tuple[str, ...]
    heading: str
    lead: str


CODE_LEADS_NOWHERE: Final = N_(
    "No document is known with this code and this family name. Compare every sign and the spelling of the name with "
    "the paper. If nothing changes, ask the organisation that gave it."
)
_COMPARE: Final = N_("Compare with the paper")
_SAYS: Final = N_("What the document says")

WORDINGS: Final[Mapping[Verdict, Wording]] = {
    Verdict.VALID: Wording(
        tone="valid",
        word=N_("Genuine"),
        advice=N_(
            "The paper in your hands is genuine only if it says exactly what stands below. Compare the name "
            "and every line."
        ),
        meaning=(
            N_(
                "The organisation signed these very words with its electronic key, and nobody has changed a "
                "letter since."
            ),
            N_(
                "On the day of registration the organisation had the right to give such documents, and it has "
                "not taken this one back."
            ),
            N_(
                "A genuine record can still be printed on somebody else's paper. That is why the name has to be "
                "compared."
            ),
        ),
        heading=_COMPARE,
        lead=N_("These are the signed words. The paper must say the same, letter for letter."),
    ),
    Verdict.PENDING: Wording(
        tone="pending",
        word=N_("Not final yet"),
        advice=N_("Usually this takes a few minutes. Open this page again a little later."),
        meaning=(
            N_("The signature is good and the organisation may give such documents."),
            N_(
                "What is missing is the entry in the public register, which shows when the document came to be. "
                "Until it is there, do not take the document as confirmed."
            ),
            N_("If nothing has changed by tomorrow, ask the organisation."),
        ),
        heading=_SAYS,
        lead=N_("These words are signed; their entry in the register is still to come."),
    ),
    Verdict.EXPIRED: Wording(
        tone="expired",
        word=N_("Out of date"),
        advice=N_("It was genuine while it lasted. If you need one that is in force, ask the holder for a newer one."),
        meaning=(
            N_(
                "Everything about the document is in order except its time: the organisation gave it up to a "
                "certain day, and that day is over."
            ),
            N_("Whether a document out of date still counts is decided by whoever asked for it."),
        ),
        heading=_SAYS,
        lead=N_("These words were signed and registered; their time is over."),
    ),
    Verdict.REVOKED: Wording(
        tone="revoked",
        word=N_("Revoked"),
        advice=N_(
            "Do not accept this document. If the holder disagrees, let him turn to the organisation that gave it."
        ),
        meaning=(
            N_(
                "The document was once given by this organisation, and later the organisation took it back. The "
                "public register shows it, and nobody can undo it."
            ),
            N_("The reason above is the one the organisation gave. Only the organisation can say more."),
        ),
        heading=_SAYS,
        lead=N_("These words were signed once; they no longer hold."),
    ),
    Verdict.INVALID: Wording(
        tone="invalid",
        word=N_("Not valid"),
        advice=N_(
            "Do not rely on this document. Ask the organisation itself, at an address or a telephone number "
            "that you found yourself and not on the paper."
        ),
        meaning=(
            N_("At least one check failed in a way that no genuine document can fail; it is marked below."),
            N_(
                "The file may be forged, may have been changed after signing, or may have been damaged on its "
                "way, for instance by copying it through an editor."
            ),
            N_("If you have it from the holder, ask for the file or the link once more."),
        ),
        heading=N_("What the document claims"),
        lead=N_(
            "No organisation in the register stands behind these words. They are shown so that you know what "
            "was checked."
        ),
    ),
    Verdict.CANNOT_CHECK: Wording(
        tone="unknown",
        word=N_("Cannot be checked right now"),
        advice=N_("Try again in a few minutes. If it is urgent, ask the organisation."),
        meaning=(
            N_(
                "The check needs answers of the public register, and some of them are missing at the moment: the "
                "register is out of reach, or has not moved on for too long."
            ),
            N_("This is a matter of the connection and not of the document. Take it neither for good nor for bad."),
        ),
        heading=_SAYS,
        lead=N_(
            "These words are signed. Whether the signature is that of the organisation cannot be found out right now."
        ),
    ),
}

SUPERSEDED_ADVICE: Final = N_(
    "Do not accept this one: a corrected document was given in its place. Ask the holder for the new "
    "link or the new paper."
)

UNREADABLE_ADVICE: Final = N_(
    "Perhaps it is another file. Choose the PDF of the document, the file for checking that was downloaded from its "
    "page, or a photo of its QR code; or use the link."
)

CHECK_TITLES: Final[Mapping[str, str]] = {
    "structure": N_("File"),
    "signature": N_("Signature"),
    "issuer": N_("Organisation"),
    "kind": N_("Right to give such documents"),
    "key": N_("Key of the signature"),
    "anchor": N_("Entry in the register"),
    "revocation": N_("Revocation"),
    "expiry": N_("Time in force"),
}
REMAINING_CHECKS: Final = N_("All other checks")

STATES: Final[Mapping[str, str]] = {
    "pass": N_("in order"),
    "fail": N_("not in order"),
    "wait": N_("still to come"),
    "unknown": N_("unknown"),
}

CUSTODY: Final[Mapping[str, str]] = {
    "own": N_("The organisation itself"),
    "hosted": N_("The operator of the service, for the organisation"),
}
