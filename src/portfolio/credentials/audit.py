"""Opens and checks every stored credential: sealed body, signature, digest, leaf; says what disagrees, by id."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import exists
from sqlmodel import Session, col, select

from portfolio.anchoring.audit import Finding
from portfolio.anchoring.models import Leaf
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.links import token_hash
from portfolio.credentials.models import Credential
from portfolio.credentials.service import open_body, token_of
from portfolio.credentials.signing import read_credential
from portfolio.documents.encryption import SealError, UnknownMasterKeyError
from portfolio.documents.vault import Vault

TAG = "credential"


def audit_credentials(session: Session, *, vault: Vault) -> Iterator[Finding]:
    """Check every signed credential against what its row says."""
    rows = session.exec(
        select(Credential)
        .where(col(Credential.digest).is_not(None))
        .where(col(Credential.sealed_body) != b"")  # what was erased has nothing left to compare
        .order_by(col(Credential.id))
    )
    for row in rows:
        yield from _audit(session, vault, row)
    yield from _orphans(session)


def _audit(session: Session, vault: Vault, row: Credential) -> Iterator[Finding]:
    try:
        signed = read_credential(open_body(session, vault=vault, credential=row))
    except (SealError, UnknownMasterKeyError, StructureError) as error:
        yield Finding("credential_unreadable", row.id, error.message)
        return
    if signed.digest != row.digest or signed.statement.id != f"urn:uuid:{row.id}":
        yield Finding("credential_digest_differs", row.id, "the stored document is not the one that was signed")
    elif not signed.genuine:
        yield Finding("credential_signature_wrong", row.id, "the stored signature does not fit")
    if token_hash(token_of(vault, row)) != row.token_hash:
        yield Finding("link_differs", row.id, "the public link cannot be recomputed")
    if session.exec(select(Leaf.id).where(Leaf.digest == row.digest)).first() is None:
        yield Finding("credential_without_leaf", row.id, "is signed and stands in no queue or batch")


def _orphans(session: Session) -> Iterator[Finding]:
    orphans = session.exec(
        select(Leaf.digest).where(Leaf.tag == TAG).where(~exists().where(col(Credential.digest) == col(Leaf.digest)))
    )
    for digest in orphans:
        yield Finding("leaf_without_credential", "0x" + digest.hex(), "a leaf that no credential has")
