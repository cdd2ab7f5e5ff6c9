"""The table of letters on their way out."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from portfolio.db import UtcDateTime, new_id


class OutgoingMail(SQLModel, table=True):
    """A letter, sealed until it is sent or given up; then nothing of its content is kept.

    `next_at` is when the worker tries (again); None: it is sent or given up.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    letter: str = Field(max_length=40, description="which letter: the name of its template")
    sealed_message: bytes | None = None
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
