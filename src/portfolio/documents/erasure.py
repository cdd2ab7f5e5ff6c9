"""Erasing documents: their ciphertext goes from every store we know; their rows go with the person's other rows."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import col, select

from portfolio.db import Database
from portfolio.documents.models import Document
from portfolio.documents.storage import DocumentStore


def erase_contents(*, database: Database, store: DocumentStore, person_ids: Collection[str]) -> int:
    """Remove the ciphertext of everything that belongs to these persons; returns how many documents.

    The rows still name what is to go, so that it can be done again after a crash. Raises the errors of the store, a
    mirror that cannot be reached among them: then come again.
    """
    with database.read() as session:
        cids = list(session.exec(select(Document.cid).where(col(Document.person_id).in_(person_ids))))
    for cid in cids:
        store.delete(cid)
    return len(cids)
