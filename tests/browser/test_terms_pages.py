"""The pages of terms and acts with something on them, looked at as every page is: axe, widths, keyboard, weight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from pages_check import check_page
from people_world import PASSWORD, make_world
from portfolio.app import create_app
from portfolio.operations.erasing import run_erasures
from portfolio.people.models import ErasureRequest
from ports import free_port
from watching import OpenPage, serving


@pytest.mark.browser
@pytest.mark.fault(140)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_terms_and_acts(tmp_path: Path, open_page: Callable[..., OpenPage], language: str) -> None:
    port = free_port()
    address = f"http://localhost:{port}"
    world = make_world(tmp_path, public_url=address)
    adult, child = world.someone(), world.pupil(15)
    world.guardian_of(child)
    for who in (adult, child):
        who.post(f"/p/{who.person_id}/erase", {"understood": "yes", "password": PASSWORD})
    run_erasures(world.portfolio)
    world.clock.now += timedelta(days=40)
    with world.portfolio.database.read() as session:
        act = session.exec(select(ErasureRequest.id).where(ErasureRequest.person_id == adult.person_id)).one()
    watched = open_page()
    cookie = {"name": "session", "value": world.registrar().client.cookies["session"], "url": address}
    watched.page.context.add_cookies([cookie])
    with serving(create_app(world.portfolio), port=port):
        for path in ("/registrar/duties", "/registrar/acts", f"/registrar/acts/{act}"):
            watched.goto(f"{address}{path}?lang={language}")
            check_page(watched, language=language)
    world.close()
