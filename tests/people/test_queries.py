"""No page issues more than twelve queries, whatever it shows (a page that grows with its data grows in its queries)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from matrix import Operation, operations
from people_world import Someone, World
from portfolio.app import create_app
from portfolio.organisations.models import OrganisationType

MOST = 12


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)", statement):
            statements.append(statement)

    event.listen(world.portfolio.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(world.portfolio.database.engine, "before_cursor_execute", note)


@pytest.fixture
def people(world: World) -> dict[str, Someone]:
    """Everybody twice over: several children, several guardians, colleagues, organisations."""
    child = world.pupil()
    world.guardian_of(child)
    guardian = world.guardian_of(child)
    for number in range(3):
        world.organisation(f"school-{number}")
    world.organisation(kind=OrganisationType.UNIVERSITY)
    for _ in range(3):
        world.staff()
    return {
        "person": child,
        "guardian": guardian,
        "staff": world.staff(),
        "registrar": world.registrar(),
        "signed in": guardian,
        "everyone": guardian,
    }


@pytest.mark.parametrize("rule", ["person", "guardian", "staff", "registrar", "signed in", "everyone"])
def test_no_page_asks_the_database_too_often(world: World, people: dict[str, Someone], rule: str) -> None:
    who = people[rule]
    person_id = people["person"].person_id
    wanted = "person" if rule == "guardian" else rule
    greedy = {}
    for operation in operations(create_app(world.portfolio)):
        if operation.method == "GET" and not operation.others and operation.rule.startswith(wanted):
            asked = queries(world, who, operation, person_id)
            if asked > MOST:
                greedy[operation.path] = asked
    assert greedy == {}


def queries(world: World, who: Someone, operation: Operation, person_id: str) -> int:
    with counted(world) as statements:
        who.get(operation.address(slug="school", person_id=person_id))
    return len(statements)
