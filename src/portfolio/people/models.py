"""Tables of persons: whom records are about, each with a key of its own so that erasure is the loss of one key."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import UtcDateTime, new_id


class Person(SQLModel, table=True):
    """A person as one organisation knows him; never merged with another organisation's.

    `match` is an HMAC of the organisation's own number or of SNILS, or absent: then every record makes a new person.
    `sealed_profile` is JSON (names, birth date, ...) under the person's key; `sealed_key` is that key, wrapped.
    """

    __table_args__ = (UniqueConstraint("organisation_id", "match"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    match: bytes | None = None
    sealed_key: bytes
    sealed_profile: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
