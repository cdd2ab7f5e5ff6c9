"""Many acts at once, on either database: every one is written down, and the chain of lines holds."""

from __future__ import annotations

import threading

import pytest
from sqlmodel import func, select

from portfolio.db import Database, utc_now
from portfolio.people.journal import record_act, verify_journal
from portfolio.people.models import AuditRecord

PEOPLE = 8
ACTS = 10


@pytest.mark.fault(102)
def test_acts_at_once_are_all_written_and_chained(any_database: Database) -> None:
    together = threading.Barrier(PEOPLE)
    trouble: list[Exception] = []

    def act(who: int) -> None:
        together.wait()
        for number in range(ACTS):
            try:
                with any_database.write() as session:
                    record_act(session, actor=f"account:{who}", act="test", subject=str(number), clock=utc_now)
            except Exception as error:  # noqa: BLE001  shown by the assertion below
                trouble.append(error)

    threads = [threading.Thread(target=act, args=(who,)) for who in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    with any_database.read() as session:
        assert session.exec(select(func.count()).select_from(AuditRecord)).one() == PEOPLE * ACTS
        assert list(verify_journal(session)) == []
