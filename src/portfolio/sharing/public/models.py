"""Tables of public pages: the page of a person, and what each side has chosen for it.

Of a page's address only the hash is stored, of those who look nothing but how many they were.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import EnumText, UtcDateTime, new_id
from portfolio.people.consent import Capacity


class PublicPage(SQLModel, table=True):
    """A page for everybody, until somebody takes it down; its address then stays dead and a new page has another.

    `person_id` is the own row; `code_hash` is of the address, which is recomputed from `id`.
    """

    __table_args__ = (
        Index(
            "ix_publicpage_standing",
            "person_id",
            unique=True,
            sqlite_where=text("down_at IS NULL"),
            postgresql_where=text("down_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    code_hash: bytes = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(description="the account that made it")
    looks: int = Field(default=0, description="how often it was opened, by whomever (fault 108)")
    down_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PublicSelection(SQLModel, table=True):
    """What one side has chosen: the person himself, or a guardian.

    It rests on the consent under which it was made and counts for nothing once that consent has no force.
    `selection` holds switches and ids; `sealed_words` the own words, under the person's key.
    """

    __table_args__ = (UniqueConstraint("page_id", "capacity"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    page_id: str = Field(foreign_key="publicpage.id", index=True)
    capacity: Capacity = Field(sa_type=EnumText(Capacity))
    account_id: str = Field(foreign_key="account.id", index=True)
    consent_id: str = Field(foreign_key="consent.id")
    selection: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    sealed_words: bytes | None = None
    chosen_at: datetime = Field(sa_type=UtcDateTime)
