"""Run by Alembic: knows every table of every slice."""

from __future__ import annotations

from alembic import context
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import portfolio.anchoring.models
import portfolio.credentials.models
import portfolio.documents.models
import portfolio.issuing.models
import portfolio.jobs
import portfolio.organisations.models
import portfolio.people.models
import portfolio.verification.models  # noqa: F401

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
