"""From the file of a credential to the newest bundle of the very same: PENDING becomes FINAL once the root is mined."""

from __future__ import annotations

from typing import ClassVar

from sqlmodel import Session

from portfolio.credentials.bundles import read_bundle
from portfolio.credentials.service import credential_by_digest
from portfolio.credentials.signing import read_credential
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import N_
from portfolio.organisations.models import Organisation
from portfolio.verification.service import bundle_of

NOT_HERE = N_("This service did not issue the document, or knows it no longer: ask the service named in it.")


class NotGenuineError(PortfolioError):
    """The signature does not fit: whoever sends it does not hold the credential."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not_genuine"


class NotIssuedHereError(NotFoundError):
    code: ClassVar[str] = "not_issued_here"


def newest_bundle(session: Session, *, vault: Vault, data: bytes) -> bytes:
    """Return the newest bundle of the credential in `data`, a bundle or a bare credential.

    It is found by the digest of what was signed and the signature, both of which the caller has to hold already, and
    it adds nothing about the person to what was sent. Raises `StructureError`, `NotGenuineError` and
    `NotIssuedHereError`; the last for a foreign, an erased and an unknown credential alike.
    """
    signed = read_credential(read_bundle(data).credential)
    if not signed.genuine:
        raise NotGenuineError(N_("The signature of the document is not good; there is no newer file of it."))
    credential = credential_by_digest(session, digest=signed.digest)
    if credential is None:
        raise NotIssuedHereError(NOT_HERE)
    organisation = session.get_one(Organisation, credential.organisation_id)
    try:
        newest = bundle_of(session, vault=vault, credential=credential, organisation=organisation)
    except NotFoundError:
        raise NotIssuedHereError(NOT_HERE) from None
    return newest
