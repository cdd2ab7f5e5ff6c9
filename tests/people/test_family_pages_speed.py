"""No page of people and guardians asks the database more than 12 times, however much there is to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from family_steps import invited
from people_world import World
from portfolio.people.access import record_view
from portfolio.people.models import Guardianship, GuardianState

MOST = 12


@pytest.mark.parametrize("path", ["consents", "guardians", "access", "export", "erase"])
def test_pages_of_a_person_ask_few_questions(world: World, path: str) -> None:
    child = world.pupil(15)
    for number in range(3):
        guardian = world.guardian_of(child, f"Сидорова Мария {'И' * (number + 1)}")
        for purpose in ("share", "store"):
            guardian.post(f"/p/{child.person_id}/consents", {"purpose": purpose, "answer": "give"})
        invited(world, child, f"father{number}@example.ru")
    with world.portfolio.database.write() as session:
        for _ in range(30):
            record_view(session, person_id=child.person_id, viewer="link", what="share", why="link", clock=world.clock)
    assert asked(world, lambda: child.get(f"/p/{child.person_id}/{path}")) <= MOST
    assert asked(world, lambda: guardian.get(f"/p/{child.person_id}/{path}")) <= MOST


def test_the_page_of_a_school_asks_few_questions(world: World) -> None:
    school = world.organisation("school")
    staff, mother = world.staff("school"), world.someone()
    children = [world.pupil(10) for _ in range(10)]
    with world.portfolio.database.write() as session:
        for child in children:
            session.add(
                Guardianship(
                    person_id=child.person_id,
                    account_id=mother.account.id,
                    state=GuardianState.ACCEPTED,
                    organisation_id=school.id,
                    created_at=world.clock(),
                )
            )
    assert asked(world, lambda: staff.get("/org/school/guardians")) <= MOST


def asked(world: World, act: Callable[[], Any]) -> int:
    """Count the statements that a request makes; the page must answer 200."""
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    engine = world.portfolio.database.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        answer = act()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert answer.status_code == 200
    return len(statements)
