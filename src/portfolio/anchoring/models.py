"""Tables between a signature and finality: leaves, sealed batches, and the calls to the chain with every attempt at
them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.anchoring.states import CallState
from portfolio.db import BigInt, EnumText, UtcDateTime, new_id


class Sender(StrEnum):
    """Whose account pays for and sends a call."""

    OPERATOR = "operator"
    REGISTRAR = "registrar"
    SECOND_REGISTRAR = "second_registrar"


class CallPurpose(StrEnum):
    ANCHOR = "anchor"
    REVOKE = "revoke"
    ADMIT = "admit"
    ADD_KEY = "add_key"
    RETIRE_KEY = "retire_key"
    REQUEST_RETIREMENT = "request_retirement"
    CONFIRM_RETIREMENT = "confirm_retirement"
    RENAME = "rename"
    SET_KINDS = "set_kinds"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    NAME_SUCCESSOR = "name_successor"
    PROPOSE_CONTROLLER = "propose_controller"
    CONFIRM_CONTROLLER = "confirm_controller"
    CANCEL_CONTROLLER = "cancel_controller"
    EXECUTE_CONTROLLER = "execute_controller"


class ContractPair(SQLModel, table=True):
    """A pair of contracts that this service uses or used (ADR 0091). New anchors go to the newest that is open.

    `record` is its deployment (`chain.deployment`); nothing of a row changes but `opened_at` and `closed_at`.
    """

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(unique=True, max_length=40, description="as trust roots call it")
    chain_id: int = Field(sa_type=BigInt)
    genesis_hash: str = Field(max_length=66)
    credential_registry: str = Field(max_length=42)
    record: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    added_at: datetime = Field(sa_type=UtcDateTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="none while issuers are entered")
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="when all keys were ended there")


class ChainCall(SQLModel, table=True):
    """Something we want the chain to do, once. What was done is asked from the chain, never guessed."""

    id: str = Field(default_factory=new_id, primary_key=True)
    sequence: int = Field(index=True, sa_type=BigInt)
    pair: int = Field(default=1, description="number of the pair of contracts")
    purpose: CallPurpose = Field(sa_type=EnumText(CallPurpose))
    sender: Sender = Field(sa_type=EnumText(Sender))
    subject: str = Field(max_length=200, index=True, description="what the call is about: a root, an issuer id")
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    state: CallState = Field(default=CallState.QUEUED, index=True, sa_type=EnumText(CallState))
    note: str = Field(default="", max_length=500)
    created_at: datetime = Field(sa_type=UtcDateTime)
    block_number: int | None = Field(default=None, sa_type=BigInt)
    block_hash: bytes | None = None
    block_time: int | None = Field(default=None, sa_type=BigInt)
    transaction: str | None = Field(default=None, max_length=66)


class ChainAttempt(SQLModel, table=True):
    """One signed transaction of a call, stored before it is sent; all of a call's attempts are watched (fault 11)."""

    __table_args__ = (UniqueConstraint("chain_id", "address", "nonce", "hash"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    call_id: str = Field(foreign_key="chaincall.id", index=True)
    chain_id: int = Field(sa_type=BigInt)
    address: str = Field(max_length=42)
    nonce: int = Field(sa_type=BigInt)
    raw: bytes
    hash: str = Field(max_length=66, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed: bool = False


class Batch(SQLModel, table=True):
    """A sealed set of leaves under one root; never changed after sealing."""

    id: str = Field(default_factory=new_id, primary_key=True)
    root: bytes = Field(unique=True)
    leaf_count: int
    sealed_at: datetime = Field(sa_type=UtcDateTime)
    call_id: str = Field(foreign_key="chaincall.id", unique=True)


class Leaf(SQLModel, table=True):
    """A digest that waits for or stands in a batch. `proof`: its sibling hashes, 32 bytes each, upwards."""

    __table_args__ = (
        Index(
            "ix_leaf_waiting",
            "id",
            sqlite_where=text("batch_id IS NULL"),
            postgresql_where=text("batch_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    tag: str = Field(max_length=10)
    digest: bytes = Field(unique=True)
    batch_id: str | None = Field(default=None, foreign_key="batch.id", index=True)
    proof: bytes | None = None
    held: str | None = Field(default=None, max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
