"""Table of documents: what is stored where, for whom, under which key. The content itself is never in the database."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from portfolio.db import UtcDateTime, new_id


class Document(SQLModel, table=True):
    """One stored document. `cid` names ciphertext; `size` (bytes) and `media_type` are of the plaintext.

    `sealed_key` is the document's key under the person's key, or, for a document of the organisation alone, under the
    master key; then `key_version` is the master key's version, so that a rotation finds its rows.
    `pushed_at` is when the content was read back from Kubo whole; None: only our own store is known to have it.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str | None = Field(
        default=None, foreign_key="organisation.id", index=True, description="none: the person's own"
    )
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    media_type: str = Field(max_length=64)
    size: int
    cid: str = Field(unique=True, max_length=59)
    sealed_key: bytes
    key_version: int | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    pushed_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
