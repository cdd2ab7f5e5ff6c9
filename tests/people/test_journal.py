"""The audit log: what cannot be logged does not happen, what was changed is found, its head is anchored once a day."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import select

from people_world import World
from portfolio.anchoring.models import Leaf
from portfolio.anchoring.service import add_leaves, digests_of
from portfolio.people.consent import Purpose
from portfolio.people.consents import allows
from portfolio.people.journal import AUDIT_TAG, BrokenLine, anchor_head, record_act, verify_journal
from portfolio.people.models import AuditRecord, Consent


def write(world: World, count: int = 5) -> None:
    with world.portfolio.database.write() as session:
        for number in range(count):
            record_act(session, actor="worker", act="test", subject=str(number), clock=world.clock)


def broken(world: World) -> list[BrokenLine]:
    with world.portfolio.database.read() as session:
        return list(verify_journal(session, anchored=digests_of(session, tag=AUDIT_TAG)))


def anchor(world: World) -> bool:
    with world.portfolio.database.write() as session:
        return anchor_head(
            session,
            add_leaf=lambda digest: add_leaves(session, digests=[digest], tag=AUDIT_TAG, now=world.clock()),
            clock=world.clock,
        )


def change(world: World, statement: str) -> None:
    with world.portfolio.database.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.fault(102)
def test_an_act_that_cannot_be_logged_does_not_happen(world: World) -> None:
    adult = world.someone()
    change(
        world,
        "CREATE TRIGGER no_log BEFORE INSERT ON auditrecord BEGIN SELECT RAISE(ABORT, 'the log is full'); END",
    )
    answer = adult.post(f"/p/{adult.person_id}/consents", {"purpose": "share", "answer": "give"})
    assert answer.status_code in {409, 503}
    with world.portfolio.database.read() as session:
        assert session.exec(select(Consent)).all() == []
        assert not allows(
            session,
            vault=world.portfolio.vault,
            person_id=adult.person_id,
            purpose=Purpose.SHARE,
            now=world.clock(),
        )
    change(world, "DROP TRIGGER no_log")
    assert adult.post(f"/p/{adult.person_id}/consents", {"purpose": "share", "answer": "give"}).status_code == 303


@pytest.mark.fault(102)
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE auditrecord SET act = 'other' WHERE number = 3", [(3, "line_altered")]),
        ("UPDATE auditrecord SET at = '2020-01-01 00:00:00' WHERE number = 3", [(3, "line_altered")]),
        ("UPDATE auditrecord SET subject = 'x', detail = 'y' WHERE number = 5", [(5, "line_altered")]),
        ("DELETE FROM auditrecord WHERE number = 3", [(3, "line_missing")]),
        ("DELETE FROM auditrecord WHERE number = 1", [(1, "line_missing")]),
        ("UPDATE auditrecord SET hash = x'00' WHERE number = 3", [(3, "line_altered"), (4, "chain_broken")]),
        ("DELETE FROM auditrecord WHERE number = 5", [(5, "anchored_head_missing")]),
        ("DELETE FROM auditrecord", [(1, "anchored_head_missing")]),
    ],
)
def test_what_was_changed_is_found(world: World, statement: str, found: list[tuple[int, str]]) -> None:
    write(world)
    anchor(world)
    assert broken(world) == []
    change(world, statement)
    assert [(line.number, line.code) for line in broken(world)] == found


@pytest.mark.fault(102)
def test_a_log_written_anew_differs_from_its_anchored_head(world: World) -> None:
    write(world)
    anchor(world)
    change(world, "DELETE FROM auditrecord")
    world.clock.advance(seconds=1)
    write(world)
    assert [line.code for line in broken(world)] == ["anchored_head_missing"]


def test_the_head_is_anchored_once_a_day_and_only_if_new(world: World) -> None:
    def leaves() -> int:
        with world.portfolio.database.read() as session:
            return len(session.exec(select(Leaf).where(Leaf.tag == "audit")).all())

    assert not anchor(world), "nothing was written yet"
    write(world)
    assert anchor(world)
    assert not anchor(world)
    world.clock.advance(days=1)
    assert not anchor(world), "nothing new"
    write(world)
    assert anchor(world)
    write(world)
    world.clock.advance(hours=23)
    assert not anchor(world)
    world.clock.advance(hours=1)
    assert anchor(world)
    assert leaves() == 3
    with world.portfolio.database.read() as session:
        assert len(session.exec(select(AuditRecord).where(AuditRecord.anchored_at.is_not(None))).all()) == 3  # type: ignore[union-attr]


def test_no_line_names_anybody(world: World) -> None:
    adult = world.someone("Канарейкин Пётр")
    acts: list[Callable[[], object]] = [
        lambda: adult.post(f"/p/{adult.person_id}/consents", {"purpose": "share", "answer": "give"}),
        lambda: adult.post(f"/p/{adult.person_id}/export"),
    ]
    for act in acts:
        act()
    with world.portfolio.database.read() as session:
        lines = " ".join(
            f"{row.actor} {row.act} {row.subject} {row.detail}" for row in session.exec(select(AuditRecord))
        )
    assert "person.export" in lines
    assert "Канарейкин" not in lines
    assert adult.address not in lines
