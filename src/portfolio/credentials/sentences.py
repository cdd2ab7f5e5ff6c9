"""Every sentence a verdict can say, by its stable code; the English text is the gettext id.

Dates, names and numbers are placeholders filled from `data`: `x_at` is a moment ("2026-11-22T10:00:00Z"), `x_on` a day
("2026-11-22"); a page may reformat them. Pure: imports nothing but the standard library.
"""

from __future__ import annotations

from typing import Final


def N_(sentence: str) -> str:  # noqa: N802  the name Babel looks for
    """Mark a sentence for extraction; it is translated where it is shown."""
    return sentence


VERDICTS: Final[dict[str, str]] = {
    "VALID": N_("This credential is genuine and in force."),
    "PENDING": N_("This credential is genuinely signed, but its entry in the public register is not final yet."),
    "EXPIRED": N_("This credential is genuine, but the time for which it was given is over."),
    "REVOKED": N_("This credential was taken back by the organisation that gave it."),
    "INVALID": N_("This is not a credential you can rely on."),
    "CANNOT_CHECK": N_("Right now this cannot be checked. That says nothing against the credential; try again later."),
}

STRUCTURE: Final[dict[str, str]] = {
    "structure_ok": N_("The file has exactly the form that a credential must have."),
    "structure_unreadable": N_(
        "This file could not be read as a credential. It may be damaged or a different kind of file."
    ),
    "structure_altered": N_("Something in the file is not as a credential must be. It may have been altered."),
    "structure_version": N_(
        "The file is in a version that this program does not know. A newer program may be able to read it."
    ),
    "not_reached": N_("This could not be checked, because the file could not be read as a credential."),
}

SIGNATURE: Final[dict[str, str]] = {
    "signature_genuine": N_("The electronic signature fits: not a letter was changed after signing."),
    "signature_wrong": N_(
        "The electronic signature does not fit: the text was changed after signing, or was never signed."
    ),
    "signature_in_future": N_("The credential says it was signed on %(signed_at)s, which has not come yet."),
    "signature_after_anchor": N_(
        "The credential says it was signed on %(signed_at)s, but it was entered in the register before, "
        "on %(registered_at)s. One of the two cannot be true."
    ),
}

ISSUER: Final[dict[str, str]] = {
    "issuer_admitted": N_("The register knows the organisation: %(issuer_name)s."),
    "issuer_absent": N_("The register knows no organisation with the address that the credential names."),
    "issuer_not_admitted": N_("The organisation %(issuer_name)s had no right to give credentials on %(as_of_at)s."),
    "issuer_unanswered": N_("Whether the register knows the organisation could not be found out."),
    "kind_allowed": N_("The organisation was allowed to give this kind of document."),
    "kind_not_allowed": N_("The organisation was not allowed to give this kind of document on %(as_of_at)s."),
    "kind_unanswered": N_("Whether the organisation may give this kind of document could not be found out."),
    "key_good": N_("The signature was made with a key that belonged to the organisation at that time."),
    "key_absent": N_("The key that signed does not belong to the organisation. Somebody else signed in its name."),
    "key_retired": N_(
        "The organisation gave up the key that signed as of %(until_at)s, "
        "and the credential was not entered in the register before that."
    ),
    "key_purpose": N_("The key that signed belongs to the organisation, but is not meant for signing credentials."),
    "key_unanswered": N_("Whether the key that signed belonged to the organisation could not be found out."),
}

ANCHOR: Final[dict[str, str]] = {
    "anchor_final": N_("Entered in the public register on %(registered_at)s, block %(block)s."),
    "anchor_shallow": N_(
        "Entered in the public register on %(registered_at)s, block %(block)s. "
        "The entry becomes final after %(missing)s more blocks."
    ),
    "anchor_pending": N_(
        "The entry in the public register has not been made yet. New credentials wait for it a short while."
    ),
    "anchor_untimely": N_(
        "The entry in the public register, made on %(entered_at)s, does not count, because the organisation or its key "
        "was not in order at that time."
    ),
    "anchor_unanswered": N_("Whether the credential stands in the public register could not be found out."),
}

REVOCATION: Final[dict[str, str]] = {
    "not_revoked": N_("The organisation has not taken the credential back (as the register stood on %(head_at)s)."),
    "revoked_unspecified": N_("Taken back by the organisation on %(revoked_at)s. No reason is given."),
    "revoked_issued_in_error": N_("Taken back by the organisation on %(revoked_at)s: it had been given by mistake."),
    "revoked_superseded": N_(
        "Taken back by the organisation on %(revoked_at)s: a corrected credential was given instead. "
        "Ask the holder for it."
    ),
    "revoked_holder_request": N_("Taken back by the organisation on %(revoked_at)s: the holder asked for it."),
    "revoked_fraud": N_("Taken back by the organisation on %(revoked_at)s: it had been obtained by deceit."),
    "revoked_key_compromise": N_(
        "Taken back by the organisation on %(revoked_at)s: the key that signed had fallen into wrong hands."
    ),
    "revoked_withdrawn": N_("Taken back by the organisation on %(revoked_at)s: the award was withdrawn."),
    "revocation_unanswered": N_("Whether the credential was taken back could not be found out."),
}

EXPIRY: Final[dict[str, str]] = {
    "expiry_none": N_("The credential has no end date."),
    "expiry_ahead": N_("The credential is in force until %(until_at)s."),
    "expiry_over": N_("The credential was in force until %(until_at)s."),
}

WARNINGS: Final[dict[str, str]] = {
    "award_far": N_(
        "The date of the award, %(award_on)s, and the entry in the register, %(registered_at)s, "
        "are %(days)s days apart. Ask the organisation if this surprises you."
    ),
    "receipt_malformed": N_("A receipt in the file could not be read and was left aside."),
    "receipt_version": N_("A receipt in the file is in a version that this program does not know; it was left aside."),
    "receipt_tag": N_("A receipt in the file is not one for a credential and was left aside."),
    "receipt_digest": N_("A receipt in the file belongs to another credential and was left aside."),
    "receipt_proof": N_(
        "A receipt in the file does not lead to the register's entry that it names; it was left aside."
    ),
    "receipt_surplus": N_("The file holds more receipts than anybody needs; the rest were left aside."),
    "receipt_chain": N_("A receipt in the file speaks of a register that you do not trust; it was left aside."),
    "receipt_genesis": N_("A receipt in the file speaks of another chain with the same number; it was left aside."),
    "receipt_contract": N_("A receipt in the file speaks of a register at another address; it was left aside."),
    "receipt_absent": N_("The register %(pair)s does not hold the entry that a receipt in the file names."),
    "receipt_untimely": N_("A receipt in the file is from a time when the organisation or its key was not in order."),
    "receipt_hints": N_(
        "A receipt in the file gives a block or a time that differs from the register; the register counts."
    ),
    "pair_unreachable": N_("The register %(pair)s did not answer."),
    "pair_wrong_chain": N_("In place of the register %(pair)s another chain answered."),
    "pair_wrong_genesis": N_("In place of the register %(pair)s a chain with another beginning answered."),
    "pair_wrong_code": N_("The register %(pair)s does not run the program it should."),
    "pair_wrong_registrars": N_("The register %(pair)s is run by others than those you trust."),
    "pair_wrong_checkpoint": N_("The register %(pair)s lacks a block that was published elsewhere."),
    "pair_stale_head": N_("The register %(pair)s has not moved on for too long; its answers are not used."),
    "pair_stale_facts": N_("The last answers of the register %(pair)s are too old to rely on."),
    "pair_bad_answer": N_("The register %(pair)s gave an answer that contradicts itself."),
    "pair_not_asked": N_("The register %(pair)s was not asked."),
    "status_list_disagrees": N_(
        "The list of revoked credentials that came with the file says otherwise than the register; the register counts."
    ),
    "no_pairs": N_("No register to trust is set up on this computer."),
}

NOTES: Final[dict[str, str]] = {
    "test_chain": N_(
        "The register %(pair)s is a test chain. Its owner could rewrite it; it proves nothing to strangers."
    ),
    "one_source": N_("The answers come from one source. Whoever runs it could answer falsely."),
    "hosted_custody": N_(
        "The organisation's key is kept by the operator of the service, not by the organisation itself."
    ),
    "name_changed": N_("The organisation is now called %(name_now)s."),
    "issuer_now_suspended": N_("Today the organisation has no right to give new credentials."),
}

MESSAGES: Final[dict[str, str]] = {
    **STRUCTURE,
    **SIGNATURE,
    **ISSUER,
    **ANCHOR,
    **REVOCATION,
    **EXPIRY,
    **WARNINGS,
    **NOTES,
}
"""All sentences of checks, warnings and notes by code; `VERDICTS` are the headlines."""
