"""The pages of organisations, their staff and the registrars in a real browser, in both languages, for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import pytest
from sqlmodel import col, select

from pages_check import check_page
from people_world import Someone, World, make_world
from portfolio.app import create_app
from portfolio.credentials.models import Credential
from portfolio.issuing.models import IssuingRun
from portfolio.issuing.service import process_part
from portfolio.notifications.models import OutgoingMail
from portfolio.organisations.models import Application
from ports import free_port
from watching import OpenPage, serving

pytestmark = pytest.mark.browser

TABLE = "ФИО;Мероприятие;Дата\nИванов Пётр Алексеевич;Конкурс чтецов;05.09.2026\n"
FORM = {
    "type": "school",
    "name": "МБОУ «Лицей № 7»",
    "slug": "",
    "inn": "7707083893",
    "ogrn": "1027700132195",
    "contact": "office@lyceum7.example",
    "kinds": ["school_certificate"],
    "time_zone": "Europe/Moscow",
}


@dataclass(frozen=True, slots=True)
class Site:
    address: str
    pages: dict[str, tuple[Someone, str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    world = make_world(tmp_path_factory.mktemp("organisations") / "world")
    pages = fill(world)
    with serving(create_app(world.portfolio), port=free_port()) as address:
        yield Site(address, pages)
    world.close()


def fill(world: World) -> dict[str, tuple[Someone, str]]:
    """Make an organisation with everything that its pages show, and return the pages by name."""
    world.organisation(name="МБОУ «Средняя общеобразовательная школа № 57 имени А. С. Пушкина»")
    admin, registrar, director = world.staff(), world.registrar(), world.someone()
    director.post("/apply", FORM)
    run = admin.post(f"{upload(admin, TABLE)}/issue").headers["location"]
    with world.portfolio.database.write() as session:
        for row in session.exec(select(IssuingRun)).all():
            process_part(session, vault=world.portfolio.vault, run_id=row.id, clock=world.clock)
    admin.post("/org/school/staff/invite", {"address": director.address, "role": "issuer"})
    table = upload(admin, TABLE + "Петров;;32.13.2026\n")
    with world.portfolio.database.read() as session:
        application = session.exec(select(Application.id)).one()
        credential = session.exec(select(Credential.id).where(col(Credential.minimal_of).is_(None))).one()
        letter = session.exec(select(OutgoingMail)).one()
    body = orjson.loads(world.portfolio.vault.open(letter.sealed_message or b"", context=f"mail:{letter.id}"))["body"]
    token = body.partition("/join/")[2].split()[0]
    here = "/org/school"
    return {
        "desk": (admin, here),
        "staff": (admin, f"{here}/staff"),
        "settings": (admin, f"{here}/settings"),
        "keys": (admin, f"{here}/keys"),
        "issue": (admin, f"{here}/issue"),
        "table": (admin, table),
        "run": (admin, run),
        "credentials": (admin, f"{here}/credentials"),
        "credential": (admin, f"{here}/credentials/{credential}"),
        "apply": (director, "/apply"),
        "form": (director, "/apply?type=school"),
        "join": (director, f"/join/{token}"),
        "public": (director, "/o/school"),
        "registrar": (registrar, "/registrar"),
        "application": (registrar, f"/registrar/applications/{application}"),
        "register": (registrar, "/registrar/organisations"),
        "organisation": (registrar, "/registrar/organisations/school"),
    }


def upload(admin: Someone, table: str) -> str:
    sent = admin.post("/org/school/issue", {"kind": "participation"}, files={"file": ("t.csv", table.encode())})
    return str(sent.headers["location"])


NAMES = [
    *("desk", "staff", "settings", "keys", "issue", "table", "run", "credentials", "credential"),
    *("apply", "form", "join", "public", "registrar", "application", "register", "organisation"),
]


OTHERS = ["table", "run", "credential", "form", "join", "public", "application", "organisation"]
"""Pages of one thing, with addresses that `browser/test_every_page.py` cannot know; it checks the rest in English."""


@pytest.mark.parametrize(("name", "language"), [*((name, "ru") for name in NAMES), *((name, "en") for name in OTHERS)])
def test_everybody_can_use_the_page(site: Site, open_page: OpenPage, name: str, language: str) -> None:
    someone, path = site.pages[name]
    watched = open_page(width=390)
    watched.page.context.add_cookies(
        [
            {"name": "session", "value": someone.client.cookies["session"], "url": site.address},
            {"name": "lang", "value": language, "url": site.address},
        ]
    )
    watched.goto(site.address + path)
    check_page(watched, language=language)
