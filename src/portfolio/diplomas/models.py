"""Table of the designs that organisations chose for their diplomas."""

from __future__ import annotations

from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import new_id


class DesignChoice(SQLModel, table=True):
    """The design of one issuing run, or with an empty `run_id` of all that the organisation issues."""

    __table_args__ = (UniqueConstraint("organisation_id", "run_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    run_id: str = Field(default="", max_length=36)
    design: str = Field(max_length=40)
