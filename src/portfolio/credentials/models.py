"""Tables of credentials and of their revocations. What a credential says is stored only sealed, under its person's
key.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from portfolio.db import EnumText, UtcDateTime, new_id


class RevocationReason(StrEnum):
    """Why a credential is revoked; the order is the contract's enum."""

    UNSPECIFIED = "unspecified"
    ISSUED_IN_ERROR = "issued_in_error"
    SUPERSEDED = "superseded"
    HOLDER_REQUEST = "holder_request"
    FRAUD = "fraud"
    KEY_COMPROMISE = "key_compromise"
    WITHDRAWN = "withdrawn"

    @property
    def number(self) -> int:
        return list(RevocationReason).index(self)


class Credential(SQLModel, table=True):
    """One credential. Without a digest it is a DRAFT that waits for its issuer's signature.

    `natural_key` and `content` are HMACs of what makes it the same credential and of all that it says;
    `sealed_body` is the unsigned statement while a draft and the signed JSON after.
    """

    __table_args__ = (
        # A correction repeats the natural key; only one credential of that key is the present one.
        Index(
            "ix_credential_natural_key",
            "organisation_id",
            "kind",
            "natural_key",
            unique=True,
            sqlite_where=text("replaced_by IS NULL"),
            postgresql_where=text("replaced_by IS NULL"),
        ),
        Index("ix_credential_newest", "organisation_id", "created_at"),
        # Full forms, half of all rows, have none: an index of them all would be taken for a way to few.
        Index(
            "ix_credential_minimal_of",
            "minimal_of",
            sqlite_where=text("minimal_of IS NOT NULL"),
            postgresql_where=text("minimal_of IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, description="the UUID of the credential's urn:uuid id")
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    run_id: str | None = Field(default=None, index=True)
    row: int | None = None
    kind: str = Field(max_length=40)
    natural_key: bytes
    content: bytes
    digest: bytes | None = Field(default=None, unique=True)
    public_key: bytes
    sealed_body: bytes
    link_version: int = 1
    token_hash: bytes = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    signed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    replaces: str | None = Field(default=None, index=True)
    replaced_by: str | None = None
    minimal_of: str | None = Field(default=None, description="the full form, where this is the minimal one")
    short_code: str | None = Field(
        default=None, index=True, max_length=14, description="on the paper; none for a draft"
    )
    status_list: int | None = Field(default=None, description="number of the issuer's status list")
    status_index: int | None = Field(default=None, description="place in it; stays when what the row says is erased")


class Revocation(SQLModel, table=True):
    """An issuer's decision to revoke; it holds from the moment the chain says so (`revoked_at`, block time).

    From then on it stands in a status list: `list_id` and `place` are set when it is entered there.
    """

    __table_args__ = (
        Index(
            "ix_revocation_unlisted",
            "id",
            sqlite_where=text("revoked_at IS NOT NULL AND list_id IS NULL"),
            postgresql_where=text("revoked_at IS NOT NULL AND list_id IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    credential_id: str = Field(unique=True)
    decision_id: str = Field(index=True, description="the same for both forms: they go to the chain in one call")
    digest: bytes
    reason: RevocationReason = Field(sa_type=EnumText(RevocationReason))
    requested_at: datetime = Field(sa_type=UtcDateTime)
    revoked_by: str | None = Field(default=None, description="the successor that decided it, where one did")
    waits_for: str | None = Field(default=None, description="the credential that must be FINAL first (a correction)")
    call_id: str | None = Field(default=None, index=True)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    list_id: str | None = Field(default=None, index=True)
    place: int | None = None
