"""No page issues more than twelve queries, whatever it shows, and none reads a table that grows from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from matrix import Operation, operations
from people_world import Someone, World
from portfolio.app import create_app
from portfolio.organisations.models import OrganisationType

MOST = 12
GROWING = frozenset(
    {"credential", "person", "account", "leaf", "consent", "guardianship", "claim", "document", "auditrecord"}
    | {"accessrecord", "signin", "sharelink", "portfolioitem", "outgoingmail"}
)
Asked = tuple[str, Any]


@contextmanager
def counted(world: World) -> Iterator[list[Asked]]:
    statements: list[Asked] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)", statement):
            statements.append((statement, parameters))

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
    greedy, scanned = {}, {}
    for operation in operations(create_app(world.portfolio)):
        if operation.method == "GET" and not operation.others and operation.rule.startswith(wanted):
            asked = queries(world, who, operation, person_id)
            if len(asked) > MOST:
                greedy[operation.path] = len(asked)
            if whole := tables_read_whole(world, asked):
                scanned[operation.path] = whole
    assert greedy == {}
    assert scanned == {}


def queries(world: World, who: Someone, operation: Operation, person_id: str) -> list[Asked]:
    with counted(world) as statements:
        who.get(operation.address(slug="school", person_id=person_id))
    return statements


def tables_read_whole(world: World, asked: list[Asked]) -> list[str]:
    """Return what SQLite plans to read from end to end, or by an index of what is empty in half of all rows."""
    found = []
    with world.portfolio.database.engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            for *_, step in plan:
                scan = re.match(r"SCAN (\w+)", step)
                by_nothing = "(minimal_of=?)" in step and "minimal_of IS NULL" in statement
                if by_nothing or (scan and scan[1] in GROWING):
                    found.append(f"{step}: {statement}")
    return found
