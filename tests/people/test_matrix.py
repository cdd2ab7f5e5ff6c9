"""The matrix of rights, generated from the routes: every operation, every role, own and another's (faults 90, 91)."""

from __future__ import annotations

from typing import Any

import pytest

from matrix import Operation, of_rule, operations
from people_world import Someone, World
from portfolio.app import create_app
from portfolio.auth import ROLES, create_api_key
from portfolio.organisations.models import StaffRole
from portfolio.organisations.service import organisation_by_slug

SIGN_IN = "/sign-in?"


def ask(client: Any, operation: Operation, address: str, **headers: str) -> Any:
    return client.request(operation.method, address, follow_redirects=False, headers=headers)


@pytest.fixture
def matrix(world: World) -> list[Operation]:
    return operations(create_app(world.portfolio))


def test_every_operation_has_exactly_one_rule(matrix: list[Operation]) -> None:
    assert len(matrix) > 60


@pytest.mark.fault(90)
def test_nobody_gets_in_who_is_not_signed_in(world: World, matrix: list[Operation]) -> None:
    world.organisation()
    visitor = world.visitor()
    for operation in matrix:
        if operation.rule == "everyone":
            continue
        answer = ask(visitor, operation, operation.address(slug="school", person_id=world_person(world)))
        if operation.rule.startswith("key:") or operation.is_api:
            assert answer.status_code == 401, operation
        else:
            assert answer.status_code == 303, operation
            assert answer.headers["location"].startswith(SIGN_IN), operation


def world_person(world: World) -> str:
    return world.someone().person_id


@pytest.mark.fault(90)
def test_what_is_anothers_answers_like_what_is_absent(world: World, matrix: list[Operation]) -> None:
    child, other_parent, stranger = world.pupil(), world.guardian_of(world.pupil()), world.someone(strong=True)
    world.organisation()
    other_school = world.organisation("other")
    staff, registrar = world.staff(other_school.slug), world.registrar()
    for operation in of_rule(matrix, "person"):
        for role in (other_parent, stranger, staff, registrar):
            foreign = ask(role.client, operation, operation.address(person_id=child.person_id))
            absent = ask(role.client, operation, operation.address(person_id="00000000-0000-4000-8000-000000000000"))
            assert foreign.status_code == absent.status_code == 404, operation
            assert foreign.text == absent.text, operation
    for operation in of_rule(matrix, "staff"):
        for role in (child, stranger, staff, registrar):
            foreign = ask(role.client, operation, operation.address(slug="school"))
            absent = ask(role.client, operation, operation.address(slug="no-such-school"))
            assert foreign.status_code == absent.status_code == 404, operation
            assert foreign.text == absent.text, operation
    for operation in of_rule(matrix, "registrar"):
        for role in (child, stranger, staff):
            assert ask(role.client, operation, operation.address()).status_code == 404, operation


def test_who_may_comes_in(world: World, matrix: list[Operation]) -> None:
    child = world.pupil()
    guardian = world.guardian_of(child)
    world.organisation()
    for operation in of_rule(matrix, "person"):
        if operation.method == "GET" and not operation.others:
            for role in (child, guardian):
                answer = ask(role.client, operation, operation.address(person_id=child.person_id))
                assert answer.status_code not in {401, 404, 500}, (operation, answer.status_code)
    for operation in of_rule(matrix, "staff"):
        if operation.method == "GET" and not operation.others:
            admin = world.staff(role=StaffRole.ADMIN)
            answer = ask(admin.client, operation, operation.address(slug="school"))
            assert answer.status_code not in {401, 403, 500}, (operation, answer.status_code)
    for operation in of_rule(matrix, "signed in"):
        if operation.method == "GET" and not operation.others:
            assert ask(child.client, operation, operation.path).status_code in {200, 303}, operation
    for operation in of_rule(matrix, "registrar"):
        if operation.method == "GET" and not operation.others:
            address = operation.address(slug="school")
            assert ask(world.registrar().client, operation, address).status_code == 200, operation


@pytest.mark.fault(91)
def test_a_role_does_not_do_what_only_a_higher_one_may(world: World, matrix: list[Operation]) -> None:
    world.organisation()
    members = {role: world.staff(role=role) for role in ROLES}
    weak = world.staff(strong=False)
    for operation in of_rule(matrix, "staff"):
        needed = ROLES.index(StaffRole(operation.rule.partition(":")[2]))
        address = operation.address(slug="school")
        for role in ROLES[:needed]:
            assert ask(members[role].client, operation, address).status_code == 403, (operation, role)
        answer = ask(weak.client, operation, address)
        assert answer.headers["location"].startswith("/sign-in/second"), operation


@pytest.mark.fault(91)
def test_a_key_does_what_its_scopes_say(world: World, matrix: list[Operation]) -> None:
    world.organisation()
    with world.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        keys = {
            scope: create_api_key(session, organisation=school, label=scope, clock=world.clock, scopes=scope)
            for scope in ("issue", "read")
        }
    visitor = world.visitor()
    for operation in of_rule(matrix, "key"):
        needed = operation.rule.partition(":")[2]
        for scope, key in keys.items():
            answer = ask(visitor, operation, operation.address(), authorization=f"Bearer {key}")
            assert (answer.status_code == 403) == (scope != needed), (operation, scope, answer.status_code)


@pytest.mark.fault(91)
def test_another_verb_or_spelling_opens_nothing(world: World, matrix: list[Operation]) -> None:
    world.organisation()
    stranger = world.someone(strong=True)
    paths = {operation.path for operation in matrix if operation.rule not in {"everyone", "signed in"}}
    for path in sorted(paths):
        known = {operation.method for operation in matrix if operation.path == path}
        address = Operation("GET", path, "").address(slug="school", person_id=world_person(world))
        for method in {"PUT", "PATCH", "DELETE", "POST", "GET"} - known:
            assert refused(stranger, method, address), (method, path)
        for changed in (address.upper(), address + "//", "/" + address.replace("/", "//")):
            assert refused(stranger, "GET", changed), changed
        answer = stranger.client.post(
            address, headers={"x-http-method-override": "GET"}, data={"_method": "GET"}, follow_redirects=False
        )
        assert answer.status_code in {303, 401, 403, 404, 405, 422, 429}, path


def refused(who: Someone, method: str, address: str) -> bool:
    answer = who.client.request(method, address, follow_redirects=False)
    if answer.status_code == 307:  # to the same path without the slash, where the rule stands
        return True
    return answer.status_code in {401, 403, 404, 405}
