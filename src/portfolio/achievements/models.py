"""Tables of the portfolio: what its holder claims, objects to, arranges and brings from elsewhere.

Whatever a person wrote lies sealed under his key; the rows beside it say only what stands where.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import EnumText, UtcDateTime, new_id


class ClaimState(StrEnum):
    """How far an award that its holder uploaded is. Only CONFIRMED has a credential behind it."""

    CLAIMED = "claimed"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    ENDORSED = "endorsed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Wish(StrEnum):
    """What an organisation is asked for: its own credential, or its word that the copy is of an original it saw."""

    CONFIRM = "confirm"
    ENDORSE = "endorse"


class Claim(SQLModel, table=True):
    """An award as its holder says it is, with the picture of the paper.

    `sealed_fields` is JSON under the key of the person's own row; `digest` a salted commitment to it and to the
    document, whose time is anchored.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True, description="the own row")
    document_id: str = Field(foreign_key="document.id")
    sealed_fields: bytes
    digest: bytes = Field(unique=True)
    state: ClaimState = Field(default=ClaimState.CLAIMED, sa_type=EnumText(ClaimState))
    wish: Wish | None = Field(default=None, sa_type=EnumText(Wish))
    organisation_id: str | None = Field(default=None, foreign_key="organisation.id", index=True)
    credential_id: str | None = Field(default=None, index=True)
    sealed_reason: bytes | None = Field(default=None, description="why it was declined, for the holder")
    created_at: datetime = Field(sa_type=UtcDateTime)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    invited_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="the organiser, by mail")


class Dispute(SQLModel, table=True):
    """Two persons claim one record of an issuer; somebody of the issuer decides whose it is."""

    __table_args__ = (
        Index(
            "ix_dispute_open",
            "holder_id",
            "claimant_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    credential_id: str = Field(foreign_key="credential.id")
    holder_id: str = Field(foreign_key="person.id", description="the person as the issuer knows him")
    owner_id: str = Field(description="the own row that had it when it was claimed again")
    claimant_id: str = Field(description="the own row that claims it too")
    winner_id: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    warned_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="that half of the term is gone")
    escalated_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="that the term is over")


class ObjectionKind(StrEnum):
    """What a holder has against a credential."""

    NOT_ME = "not_me"
    WRONG = "wrong"


class Objection(SQLModel, table=True):
    """A holder's word to the issuer that a credential is not about him, or says something wrong."""

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    credential_id: str = Field(foreign_key="credential.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True, description="the own row of who objects")
    kind: ObjectionKind = Field(sa_type=EnumText(ObjectionKind))
    sealed_words: bytes
    sealed_answer: bytes | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    warned_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="that half of the term is gone")
    escalated_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="that the term is over")


class PortfolioItem(SQLModel, table=True):
    """How a holder arranges one thing of his portfolio. `sealed_words` is JSON: his label of a group, and a few words.

    A thing without such a row is shown plainly, where its date puts it.
    """

    __table_args__ = (UniqueConstraint("person_id", "thing_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    thing_id: str = Field(description="id of a credential, claim or imported badge")
    hidden: bool = False
    position: int = Field(default=0, description="lower stands first; 0: by date")
    sealed_words: bytes | None = None


class ImportedBadge(SQLModel, table=True):
    """A credential from elsewhere, as its file, with what was found out about it when it was last checked."""

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    sealed_file: bytes
    sealed_report: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    checked_at: datetime = Field(sa_type=UtcDateTime)


class ClaimCode(SQLModel, table=True):
    """A code that an issuer gave in place of one that was lost with its paper; good once. Only its hash is stored."""

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    credential_id: str = Field(foreign_key="credential.id", index=True)
    code_hash: bytes = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
