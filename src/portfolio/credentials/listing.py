"""An issuer's credentials with their state, link and revocation, read a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, literal, or_, tuple_
from sqlmodel import Session, col, select

from portfolio.anchoring.service import standings
from portfolio.anchoring.states import AnchoringState
from portfolio.credentials.models import Credential, Revocation
from portfolio.credentials.service import token_of
from portfolio.documents.vault import Vault
from portfolio.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class CredentialView:
    """A credential with what stands in other tables. A draft has no link yet, so `token` is None; `minimal_token` is
    that of its minimal form.
    """

    credential: Credential
    state: AnchoringState
    token: str | None
    minimal_token: str | None
    revocation: Revocation | None


def list_credentials(
    session: Session, *, vault: Vault, organisation: Organisation, run_id: str | None, after: str | None, limit: int
) -> list[CredentialView]:
    """Return a page of the organisation's credentials in their full form, by id."""
    query = (
        select(Credential)
        .where(Credential.organisation_id == organisation.id)
        .where(col(Credential.minimal_of).is_(None))
    )
    if run_id is not None:
        query = query.where(Credential.run_id == run_id)
    if after is not None:
        query = query.where(col(Credential.id) > after)
    rows = session.exec(query.order_by(col(Credential.id)).limit(limit)).all()
    return views_of(session, vault=vault, credentials=rows)


def newest_credentials(
    session: Session, *, vault: Vault, organisation: Organisation, run_id: str | None, after: str | None, limit: int
) -> list[CredentialView]:
    """Return a page of the organisation's credentials in full form: what was made last first, a table by its rows.

    `after` is the id of the last credential of the page before; one of another organisation begins anew.
    """
    made, row = col(Credential.created_at), func.coalesce(Credential.row, 0)
    query = (
        select(Credential)
        .where(Credential.organisation_id == organisation.id)
        .where(col(Credential.minimal_of).is_(None))
    )
    if run_id is not None:
        query = query.where(Credential.run_id == run_id)
    last = session.get(Credential, after) if after else None
    if last is not None and last.organisation_id == organisation.id:
        later = tuple_(row, col(Credential.id)) > tuple_(literal(last.row or 0), literal(last.id))
        query = query.where(or_(made < last.created_at, and_(made == last.created_at, later)))
    rows = session.exec(query.order_by(made.desc(), row, col(Credential.id)).limit(limit)).all()
    return views_of(session, vault=vault, credentials=rows)


def views_of(session: Session, *, vault: Vault, credentials: Sequence[Credential]) -> list[CredentialView]:
    """Return credentials with their state, link and revocation, in the same order."""
    stands = standings(session, digests=[row.digest for row in credentials if row.digest])
    ids = [row.id for row in credentials]
    minimal_tokens = {
        form.minimal_of: token_of(vault, form)
        for form in session.exec(select(Credential).where(col(Credential.minimal_of).in_(ids)))
        if form.digest
    }
    revocations = {
        revocation.credential_id: revocation
        for revocation in session.exec(select(Revocation).where(col(Revocation.credential_id).in_(ids)))
    }
    views = []
    for row in credentials:
        standing = stands.get(row.digest) if row.digest else None
        state = standing.state if standing else AnchoringState.DRAFT
        token = token_of(vault, row) if row.digest else None
        views.append(CredentialView(row, state, token, minimal_tokens.get(row.id), revocations.get(row.id)))
    return views


def view_of(session: Session, *, vault: Vault, credential: Credential) -> CredentialView:
    """Return one credential with its state, link and revocation."""
    return views_of(session, vault=vault, credentials=[credential])[0]
