"""Tables of sharing: links with their scope and their openings, and the access a person grants to a university.

Of a link only the hash of its token is stored, of a viewer nothing at all.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import EnumText, UtcDateTime, new_id
from portfolio.people.consent import Purpose


class FormShown(StrEnum):
    """In which of its two forms a credential is shown."""

    FULL = "full"
    MINIMAL = "minimal"


class ShareLink(SQLModel, table=True):
    """A link that a person, or a guardian for him, made for somebody.

    `person_id` is the own row; `sealed_label` (for whom and why) lies under that person's key. `views` counts openings
    and never passes `max_views`. The scope is in `ShareItem` and never changes (fault 106).
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    token_hash: bytes = Field(unique=True)
    sealed_label: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(description="the account that made it")
    expires_at: datetime = Field(sa_type=UtcDateTime)
    password_hash: str | None = Field(default=None, max_length=200)
    max_views: int | None = None
    views: int = 0
    killed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ShareItem(SQLModel, table=True):
    """One credential of a link, in the form that is shown: `credential_id` is the row of that very form."""

    __table_args__ = (UniqueConstraint("link_id", "credential_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    link_id: str = Field(foreign_key="sharelink.id", index=True)
    credential_id: str = Field(index=True)
    form: FormShown = Field(sa_type=EnumText(FormShown))
    place: int = Field(description="its number on the page, from 1")


class ShareView(SQLModel, table=True):
    """A link was opened. When, and nothing about who (fault 108)."""

    id: str = Field(default_factory=new_id, primary_key=True)
    link_id: str = Field(foreign_key="sharelink.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)


class AccessGrant(SQLModel, table=True):
    """A person lets a university see the portfolio until a day; it ends there, or when it is withdrawn."""

    __table_args__ = (
        Index(
            "ix_accessgrant_standing",
            "person_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    purpose: Purpose = Field(default=Purpose.UNIVERSITY_ACCESS, sa_type=EnumText(Purpose))
    granted_at: datetime = Field(sa_type=UtcDateTime)
    granted_by: str = Field(description="the account that granted it")
    until: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: str | None = None
