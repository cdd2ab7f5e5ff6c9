"""Whatever is sent to a form of a page, by whoever may use it: a refusal in words, never a fault of ours (86, 88)."""

from __future__ import annotations

import pytest

from matrix import Operation, of_rule, operations
from people_world import Someone, World
from portfolio.app import create_app
from portfolio.organisations.models import OrganisationType

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"

BODIES = [
    (b"", URLENCODED),
    (b"%FF%FE=%00", URLENCODED),
    (b"next=%00&name=%ED%A0%80&code=%F0%9F%92%A9", URLENCODED),
    (b"&".join(b"f%d=1" % number for number in range(1000)), URLENCODED),
    (b"name=1&name=2&name=3", URLENCODED),
    (b"name=" + b"x" * 70_000, URLENCODED),
    (b'{"a": ' * 2000, "application/json"),
    (b"[]", "application/json"),
    (b"name=x", "text/plain"),
    (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../e\x00.png"\r\n\r\nGIF89a\r\n--x--\r\n',
        MULTIPART,
    ),
    (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nno end', MULTIPART),
    (b"\xff" * 100, MULTIPART),
    (b"x", "multipart/form-data"),
    (b"is_registrar=true&role=admin&state=confirmed&organisation_id=1&person_id=2&anchored_at=now", URLENCODED),
]


def everybody(world: World) -> dict[str, Someone]:
    child = world.pupil()
    world.organisation(kind=OrganisationType.UNIVERSITY)
    return {
        "person": child,
        "staff": world.staff(),
        "registrar": world.registrar(),
        "signed in": world.someone(strong=True),
        "everyone": world.someone(),
    }


@pytest.mark.fault(86)
@pytest.mark.fault(88)
def test_garbage_gets_a_refusal(world: World) -> None:
    world.clock.advance(days=1)
    matrix = operations(create_app(world.portfolio))
    people = everybody(world)
    broken = []
    for rule, who in people.items():
        for operation in of_rule(matrix, rule):
            if operation.method == "POST" and not operation.is_api and operation.path != "/sign-out":
                broken += [found for found in sent(who, operation) if found]
    assert broken == []


def sent(who: Someone, operation: Operation) -> list[str]:
    address = operation.address(slug="school", person_id=who.person_id)
    found = []
    for number, (body, kind) in enumerate(BODIES):
        answer = who.client.post(address, content=body, headers={"content-type": kind}, follow_redirects=False)
        if answer.status_code >= 500:
            found.append(f"{operation.path} body {number}: {answer.status_code}")
    return found
