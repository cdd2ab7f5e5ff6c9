"""Many open one link at once: never more than it may be opened, on either database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import func, select

from portfolio.db import Database, utc_now
from portfolio.documents.encryption import load_master_keys
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.people.models import AccessRecord
from portfolio.people.service import Profile, new_own_person
from portfolio.sharing.models import ShareLink, ShareView
from portfolio.sharing.openings import open_link

MOST = 5
READERS = 24


def test_a_link_is_never_opened_more_often_than_it_may(any_database: Database, tmp_path: Path) -> None:
    vault = Vault(load_master_keys(value=None, path=tmp_path / "master.key", is_production=False))
    with any_database.write() as session:
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
            with any_database.write() as session:
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
    with any_database.read() as session:
        assert session.get_one(ShareLink, link.id).views == MOST
        assert session.exec(select(func.count()).select_from(ShareView)).one() == MOST
        assert session.exec(select(func.count()).select_from(AccessRecord)).one() == MOST
