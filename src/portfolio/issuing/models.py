"""Tables of issuing runs: one per accepted results table, its rows sealed until they are credentials."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import EnumText, UtcDateTime, new_id


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class IssuingRun(SQLModel, table=True):
    """A table on its way to credentials. `next_part` is the first part that is not yet issued."""

    __table_args__ = (UniqueConstraint("organisation_id", "idempotency_key"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    kind: str = Field(max_length=40)
    idempotency_key: str | None = Field(default=None, max_length=200)
    request_hash: bytes
    state: RunState = Field(default=RunState.RUNNING, index=True, sa_type=EnumText(RunState))
    total: int
    part_count: int
    next_part: int = 0
    issued: int = 0
    already_issued: int = 0
    note: str = Field(default="", max_length=300)
    sealed_key: bytes
    sealed_report: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RunPart(SQLModel, table=True):
    """Some rows of a run, sealed; deleted in the transaction that turns them into credentials."""

    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    run_id: str = Field(foreign_key="issuingrun.id", index=True)
    number: int
    sealed_rows: bytes


class UploadedTable(SQLModel, table=True):
    """A table between its preview and the decision to issue it, sealed; forgotten when issued, or after an hour.

    `run_id` is the run that it became: deciding twice leads to the same one.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    account_id: str
    kind: str = Field(max_length=40)
    sealed_key: bytes | None = None
    sealed_table: bytes | None = None
    sealed_options: bytes | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    run_id: str | None = None
