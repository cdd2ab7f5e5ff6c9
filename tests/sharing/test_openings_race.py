"""Many open one link at once: never more than it may be opened, on either database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from portfolio.db import Database, utc_now
from portfolio.documents.encryption import load_master_keys
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.migrations import migrate
from portfolio.people.models import AccessRecord
from portfolio.people.service import Profile, new_own_person
from portfolio.sharing.models import ShareLink, ShareView
from portfolio.sharing.openings import open_link
from service_world import new_database

MOST = 5
READERS = 24


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


def test_a_link_is_never_opened_more_often_than_it_may(database: Database, tmp_path: Path) -> None:
    vault = Vault(load_master_keys(value=None, path=tmp_path / "master.key", is_production=False))
    with database.write() as session:
        person = new_own_person(session, vault=vault, profile=Profile(name="Анна"), clock=utc_now)
        link = ShareLink(
            person_id=person.id,
            token_hash=b"t" * 32,
            sealed_label=b"",
            created_at=datetime.now(UTC),
            created_by="somebody",
            expires_at=datetime.now(UTC) + timedelta(days=1),
            max_views=MOST,
        )
        session.add(link)
    together = threading.Barrier(READERS)
    outcomes: list[str] = []

    def read() -> None:
        together.wait()
        try:
            with database.write() as session:
                open_link(session, link_id=link.id, clock=utc_now)
        except NotFoundError:
            outcomes.append("refused")
        else:
            outcomes.append("opened")

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["opened"] * MOST + ["refused"] * (READERS - MOST)
    with database.read() as session:
        assert session.get_one(ShareLink, link.id).views == MOST
        assert session.exec(select(func.count()).select_from(ShareView)).one() == MOST
        assert session.exec(select(func.count()).select_from(AccessRecord)).one() == MOST
