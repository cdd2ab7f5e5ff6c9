"""Schema versions: up and down on both databases, fresh against the models, and never half applied."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

import portfolio.migrations.tables  # noqa: F401
from portfolio.db import Database
from portfolio.migrations import SchemaError, migrate, newest, present, require_newest
from service_world import new_database

KILLED = 137

CRASHING = """
import os, sys
from sqlalchemy import event
from portfolio.db import Database
from portfolio.migrations import migrate

database = Database(sys.argv[1])
left = int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if left < 0:
        os._exit(137)

event.listen(database.engine, "before_cursor_execute", count)
migrate(database)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'x.db'}"
    return new_database(request.getfixturevalue("postgres_url"), request.node.name).replace(
        "postgresql://", "postgresql+psycopg://"
    )


def tables(database: Database) -> list[str]:
    return sorted(inspect(database.engine).get_table_names())


def test_up_and_down_and_up_again(url: str) -> None:
    database = Database(url)
    migrate(database)
    full = tables(database)
    assert present(database) == newest()
    migrate(database, to="base")
    assert tables(database) == ["alembic_version"]
    migrate(database)
    assert tables(database) == full
    database.dispose()


def test_the_migrations_make_what_the_models_say(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    assert differences == []
    database.dispose()


@pytest.mark.fault(17)
def test_killed_at_any_statement_the_schema_is_as_before_and_the_next_run_completes_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'whole.db'}")
    migrate(database)
    full = tables(database)
    for statement in (1, 5, 20, 45):
        url = f"sqlite:///{tmp_path / f'{statement}.db'}"
        killed = subprocess.run(
            [sys.executable, "-c", CRASHING, url, str(statement)],
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        assert killed.returncode == KILLED
        again = Database(url)
        assert tables(again) == []
        with pytest.raises(SchemaError, match="portfolio migrate"):
            require_newest(again)
        migrate(again)
        assert tables(again) == full
        require_newest(again)
        again.dispose()


@pytest.mark.fault(17)
def test_a_database_of_a_newer_program_is_refused_with_a_sentence(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="newer program"):
        require_newest(database)
    database.dispose()


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """Fault 59: write-ahead log, and a sync at every commit."""
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.dispose()


def test_a_filled_database_keeps_its_rows(url: str) -> None:
    """Rows of the version before people came: an issuer, a person, a credential, a document, a key of its machine."""
    database = Database(url)
    migrate(database, to="0005")
    with database.engine.begin() as connection:
        for statement in FILLED.split(";"):
            connection.execute(text(statement), {"blob": b"x", "at": "2026-11-22 09:00:00"})
    migrate(database)
    with database.engine.connect() as connection:
        for table in ("organisation", "person", "credential", "document", "apikey"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1, table  # noqa: S608
        assert connection.execute(text("SELECT scopes FROM apikey")).scalar() == "issue read"
        assert connection.execute(text("SELECT person_id FROM credential")).scalar() == "p"
        if database.engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.dispose()


FILLED = """
INSERT INTO organisation
    (id, slug, name, did, issuer_id, kinds, contact, time_zone, custody, controller, created_at)
    VALUES ('o', 'school', 'School', 'did:web:x', :blob, 1, 'x', 'Europe/Moscow', 'hosted', '0x', :at);
INSERT INTO person (id, organisation_id, sealed_key, sealed_profile, created_at)
    VALUES ('p', 'o', :blob, :blob, :at);
INSERT INTO credential
    (id, organisation_id, person_id, kind, natural_key, content, public_key, sealed_body, link_version, token_hash,
    created_at) VALUES ('c', 'o', 'p', 'diploma', :blob, :blob, :blob, :blob, 1, :blob, :at);
INSERT INTO document (id, organisation_id, person_id, media_type, size, cid, sealed_key, created_at)
    VALUES ('d', 'o', 'p', 'image/png', 1, 'cid', :blob, :at);
INSERT INTO apikey (id, organisation_id, label, key_hash, created_at) VALUES ('k', 'o', 'x', :blob, :at)
"""
