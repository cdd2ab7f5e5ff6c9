"""Issuing with a key that never comes here: drafts go out, signatures come back and are checked against the drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlmodel import Session, col, select

from portfolio.anchoring.service import add_leaves
from portfolio.credentials.forms import forms_of
from portfolio.credentials.links import short_code
from portfolio.credentials.models import Credential
from portfolio.credentials.revocations import is_revoked, other_form_is_revoked
from portfolio.credentials.service import credential_of, open_body
from portfolio.credentials.signing import SignedCredential, read_credential
from portfolio.credentials.statement import statement_of
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, PortfolioError
from portfolio.jobs import Clock
from portfolio.organisations.keys import IssuerSuspendedError, is_suspended
from portfolio.organisations.models import IssuerKey, Organisation, Purpose
from portfolio.people.models import Person
from portfolio.people.service import open_person

AHEAD = timedelta(minutes=1)  # verifiers allow five


class AlreadySignedError(ConflictError):
    """A second signature over a known id is refused (`protocol.md`)."""

    code = "already_signed"


class ReplacedError(ConflictError):
    code = "replaced"


class SignatureRefusedError(PortfolioError):
    status = 422
    code = "signature_refused"


def pending_drafts(session: Session, *, vault: Vault, organisation: Organisation, limit: int = 1000) -> list[bytes]:
    """Return the statements (JSON) that wait for this organisation's signature, oldest first.

    What was corrected, or whose other form is revoked, waits no longer.
    """
    rows = session.exec(
        select(Credential)
        .join(Person, col(Person.id) == col(Credential.person_id))
        .where(Credential.organisation_id == organisation.id)
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
        .where(col(Credential.digest).is_(None))
        .where(col(Credential.replaced_by).is_(None))
        .where(~other_form_is_revoked())
        .order_by(col(Credential.created_at), col(Credential.row))
        .limit(limit)
    )
    return [open_body(session, vault=vault, credential=row) for row in rows]


def submit_signed(
    session: Session, *, vault: Vault, organisation: Organisation, document: bytes | Mapping[str, Any], clock: Clock
) -> bytes:
    """Accept a signed draft and queue its leaf; returns the digest. The signature has been checked when this
    returns.
    """
    signed = read_credential(document)
    row = credential_of(session, organisation=organisation, credential_id=signed.statement.id)
    forms_of(session, credential=row, lock=True)  # of two that submit at once, the second sees the first
    if row.replaced_by is not None:
        raise ReplacedError("this draft was corrected: sign the new one", id=row.id)
    if row.digest is not None:
        raise AlreadySignedError("this credential is signed already; correct it instead", id=row.id)
    if is_revoked(session, credential=row):
        raise ConflictError("the other form of this credential is revoked: correct it instead", id=row.id)
    draft = statement_of(open_body(session, vault=vault, credential=row))
    if replace(signed.statement, valid_from=draft.valid_from) != draft:
        raise SignatureRefusedError("what was signed is not what was prepared; sign the draft unchanged", id=row.id)
    if is_suspended(session, organisation=organisation):
        raise IssuerSuspendedError("the issuer is suspended: sign and submit after it is reinstated", id=row.id)
    _check_key(session, organisation, signed)
    _check_time(signed, clock)
    if not signed.genuine:
        raise SignatureRefusedError("the signature does not fit: sign the draft again", id=row.id)
    person = open_person(session, vault=vault, person_id=row.person_id)
    now = clock()
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    row.digest = signed.digest
    row.short_code = short_code(signed.digest)
    row.public_key = signed.public_key
    row.sealed_body = vault.seal_for(person.key, body, context=f"credential:{row.id}")
    row.signed_at = now
    session.add(row)
    session.flush()
    add_leaves(session, digests=[signed.digest], tag="credential", now=now)
    return signed.digest


def _check_time(signed: SignedCredential, clock: Clock) -> None:
    """A signing instant that no verifier would take is refused before it stands on the chain for ever."""
    signed_at = datetime.strptime(signed.statement.valid_from, "%Y-%m-%dT%H:%M:%S%z")
    if signed_at - clock() > AHEAD:
        raise SignatureRefusedError("the clock of the computer that signed is ahead: set it right and sign again")


def _check_key(session: Session, organisation: Organisation, signed: SignedCredential) -> None:
    key = session.exec(
        select(IssuerKey)
        .where(IssuerKey.organisation_id == organisation.id)
        .where(IssuerKey.public_key == signed.public_key)
        .where(IssuerKey.purpose == Purpose.CREDENTIAL)
        .where(col(IssuerKey.retired_at).is_(None))
        .where(col(IssuerKey.active_at).is_not(None))
    ).first()
    if key is None:
        raise SignatureRefusedError("the key that signed is not a present credential key of this organisation")
