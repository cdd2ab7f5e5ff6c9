"""What the report on a credential from elsewhere can say, by stable code; the English text is the gettext id."""

from __future__ import annotations

from typing import Final


def N_(sentence: str) -> str:  # noqa: N802  the name Babel looks for
    """Mark a sentence for extraction; it is translated where it is shown."""
    return sentence


VERDICTS: Final[dict[str, str]] = {
    "confirmed": N_("Confirmed by its issuer elsewhere. Our register knows nothing of that issuer."),
    "revoked": N_("Its issuer elsewhere has taken it back."),
    "expired": N_("It was good elsewhere, but the time for which it was given is over."),
    "refuted": N_("What this says is not borne out: do not rely on it."),
    "cannot_check": N_("It cannot be found out whether this is genuine. That says nothing against it."),
}

MESSAGES: Final[dict[str, str]] = {
    "form_known": N_("The file has a form that is known here."),
    "form_wrong": N_("The file lacks what a credential of this form must have."),
    "content_covered": N_("All that it says is signed, or comes from its issuer's own address."),
    "content_uncovered": N_("It says things that the signature does not cover."),
    "content_context": N_("It uses a vocabulary that is not kept here; vocabularies are never fetched."),
    "content_entangled": N_("It is built in such a tangled way that it is not looked into."),
    "content_differs": N_("The issuer's own address says something else."),
    "signature_good": N_("The electronic signature fits."),
    "signature_wrong": N_("The electronic signature does not fit."),
    "signature_unknown_kind": N_("The electronic signature is of a kind that is not known here."),
    "signature_not_checked": N_("The electronic signature could not be checked without the key."),
    "signature_hosted": N_("It is not signed; its issuer keeps it at an address of its own."),
    "issuer_key": N_("The key that signed is one that the issuer names."),
    "issuer_host": N_("The address belongs to the issuer's own host."),
    "issuer_other": N_("The key or the address is not the issuer's."),
    "issuer_unbound": N_("Whose key signed is said by nothing but the file itself."),
    "issuer_unreachable": N_("The issuer's address did not answer as it must."),
    "time_good": N_("It is in force now."),
    "time_over": N_("The time for which it was given is over."),
    "time_ahead": N_("It says that it was given at a time that has not come yet."),
    "time_unclear": N_("Its dates cannot be read."),
    "status_none": N_("Its issuer publishes no list of those taken back."),
    "status_clear": N_("Its issuer's list does not name it as taken back."),
    "status_set": N_("Its issuer's list names it as taken back."),
    "status_unknown_kind": N_("Whether it was taken back is published in a way that is not known here."),
    "status_unreachable": N_("The list of those taken back could not be fetched."),
    "status_stale": N_("The list of those taken back is too old to rely on."),
    "status_unproved": N_("The list of those taken back is not signed by the issuer."),
    "status_not_reached": N_("Whether it was taken back was not looked at."),
}
