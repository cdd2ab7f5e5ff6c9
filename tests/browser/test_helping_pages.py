"""The pages behind a number or a link, which the list of every page does not reach: vouching, stopping, ending."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlmodel import select

from pages_check import check_page
from people_world import Someone, World, make_world
from portfolio.app import create_app
from portfolio.people.models import Guardianship
from ports import free_port
from rescue_steps import asked, letters, rescue, secured, stop_link, vouch
from watching import OpenPage, serving


def pages(world: World) -> list[tuple[Someone | None, str]]:
    """Make a request that one registrar has vouched for, a link that was not used, a guardianship; and say where."""
    world.organisation()
    owner, forgetful = world.someone("Петров Пётр Ильич"), world.someone()
    for who in (owner, forgetful):
        secured(world, who)
    first, second = world.registrar(), world.registrar()
    vouch(first, asked(world, owner))
    world.clock.advance(seconds=1)
    world.visitor().post("/rescue", data={"address": forgetful.address})
    link = re.findall(r"/rescue/[\w-]{40,}", letters(world, "lost_factors")[-1][1])[0]
    child = world.pupil()
    world.guardian_of(child)
    with world.portfolio.database.read() as session:
        guardianship = session.exec(select(Guardianship.id)).one()
    replacing = "/registrar/organisations/school/administrator"
    first.post(replacing, {"address": "new@example.ru", "reason": "Директор уволился", "ends": ""})
    return [
        (None, link),
        (None, stop_link(world, "rescue_asked")),
        (owner, "/me/security"),
        (second, f"/registrar/rescues/{rescue(world).id}"),
        (second, f"/registrar/guardianships/{guardianship}"),
        (second, replacing),
    ]


@pytest.mark.browser
def test_pages_of_help(tmp_path: Path, open_page: OpenPage) -> None:
    world = make_world(tmp_path / "world")
    wanted = pages(world)
    with serving(create_app(world.portfolio), port=free_port()) as address:
        for who, path in wanted:
            watched = open_page(locale="ru")
            if who is not None:
                cookie = {"name": "session", "value": who.client.cookies["session"], "url": address}
                watched.page.context.add_cookies([cookie])  # type: ignore[list-item]
            watched.goto(f"{address}{path}?lang=ru")
            check_page(watched)
    world.close()
