"""Many acts at once, on either database: every one is written down, and the chain of lines holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import func, select

from portfolio.db import Database, utc_now
from portfolio.migrations import migrate
from portfolio.people.journal import record_act, verify_journal
from portfolio.people.models import AuditRecord
from service_world import new_database

PEOPLE = 8
ACTS = 10


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'race.db'}"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres_url"), request.node.name)
        url = url.replace("postgresql://", "postgresql+psycopg://")
    made = Database(url)
    migrate(made)
    yield made
    made.dispose()


@pytest.mark.fault(102)
def test_acts_at_once_are_all_written_and_chained(database: Database) -> None:
    together = threading.Barrier(PEOPLE)
    trouble: list[Exception] = []

    def act(who: int) -> None:
        together.wait()
        for number in range(ACTS):
            try:
                with database.write() as session:
                    record_act(session, actor=f"account:{who}", act="test", subject=str(number), clock=utc_now)
            except Exception as error:  # noqa: BLE001  shown by the assertion below
                trouble.append(error)

    threads = [threading.Thread(target=act, args=(who,)) for who in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    with database.read() as session:
        assert session.exec(select(func.count()).select_from(AuditRecord)).one() == PEOPLE * ACTS
        assert list(verify_journal(session)) == []
