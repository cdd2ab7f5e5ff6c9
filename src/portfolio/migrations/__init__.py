"""Schema versions of the database (Alembic): bring it up to date, or refuse to work with one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from portfolio.db import Database
from portfolio.errors import PortfolioError


class SchemaError(PortfolioError):
    """The database is not at the version this program works with."""

    status = 503
    code = "schema_version"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def newest() -> str:
    """Return the version this program works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaError("the package carries no migrations")
    return head


def present(database: Database) -> str | None:
    """Return the version the database is at, None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database, *, to: str = "head") -> None:
    """Bring the schema to a version, in one transaction: killed half-way, it is as it was before.

    SQLite changes a table by making it anew, which its foreign keys would forbid: they rest meanwhile, and are checked
    whole before the commit. Raises `SchemaError` when one leads nowhere.
    """
    engine = database.engine.execution_options(immediate=True)
    with engine.connect() as connection, _resting_foreign_keys(connection), connection.begin():
        _run(connection, to)
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise SchemaError("the migration would leave rows without what they refer to: nothing was changed")


@contextmanager
def _resting_foreign_keys(connection: Connection) -> Iterator[None]:
    # The switch only works outside of a transaction: on the driver's connection, before SQLAlchemy begins one.
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _run(connection: Connection, to: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    if to == "base":
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)


def require_newest(database: Database) -> None:
    """Refuse to go on with a database that is behind, ahead or empty; says what to do."""
    found, wanted = present(database), newest()
    if found == wanted:
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaError(
            f"the database is at version {found}, which this program does not know: install the newer program"
        )
    raise SchemaError(f"the database is at version {found or 'none'}, not {wanted}: run `portfolio migrate`")
