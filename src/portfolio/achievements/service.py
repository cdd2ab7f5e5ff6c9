"""Exports of achievements: the credentials behind public links as one record signed by the service."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlmodel import Session

from portfolio.achievements.portfolios import compose_record, sign_record
from portfolio.credentials.service import credential_by_token, open_body
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.jobs import Clock
from portfolio.organisations.did import did_of_service
from portfolio.organisations.keys import service_signer


def export_record(
    session: Session, *, vault: Vault, identifier_host: str, tokens: Sequence[str], clock: Clock
) -> bytes:
    """Return the signed record (CLR 2.0, JSON) of the credentials behind public links.

    Whoever has a link sees the credential anyway; the record shows nothing else. Raises `NotFoundError` for an unknown
    link, `NothingToExportError` for none or too many.
    """
    rows = {row.id: row for row in (credential_by_token(session, token=token) for token in tokens)}
    credentials = [orjson.loads(open_body(session, vault=vault, credential=row)) for row in rows.values()]
    record = compose_record(
        record_id=f"urn:uuid:{new_id()}",
        subject_id=f"urn:uuid:{new_id()}",
        issuer_did=did_of_service(identifier_host),
        issuer_name=identifier_host,
        valid_from=clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
        credentials=credentials,
        replaced=[(f"urn:uuid:{row.id}", f"urn:uuid:{row.replaced_by}") for row in rows.values() if row.replaced_by],
    )
    return sign_record(record, service_signer(vault))
