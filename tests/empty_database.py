"""An empty SQLite database of the newest schema, made once for a process and copied for every test: migrating costs
seconds, a copy nothing. `test_migrations.py` tests the migrations themselves.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from portfolio.db import Database
from portfolio.migrations import migrate


def copy_empty_database(path: Path) -> None:
    """Put an empty database at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_migrated(), path)


@cache
def _migrated() -> Path:
    path = Path(mkdtemp(prefix="empty-database-")) / "empty.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path
