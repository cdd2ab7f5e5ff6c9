"""Table of what the chain last said about a digest, so that the public page can answer, and say how old it is, in an
outage.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from portfolio.db import UtcDateTime


class StoredFacts(SQLModel, table=True):
    """The last facts read for a credential, as JSON of `credentials.facts`; they hold no personal data."""

    digest: bytes = Field(primary_key=True)
    facts: str
    read_at: datetime = Field(sa_type=UtcDateTime)
