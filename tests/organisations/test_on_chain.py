"""An organisation's life through the pages, over a real chain: admitted, issuing, suspended, reinstated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from people_world import World
from portfolio.chain.client import ChainClient
from portfolio.chain.local import LocalChain
from portfolio.credentials.report import Verdict
from portfolio.organisations.models import Application
from ports import free_port
from service_world import Service, make_service

TABLE = "ФИО;Мероприятие;Дата\nИванов Пётр;Конкурс чтецов;05.09.2026\n"
FORM = {
    "type": "school",
    "name": "МБОУ «Школа № 57»",
    "slug": "school-57",
    "inn": "7707083893",
    "ogrn": "1027700132195",
    "contact": "office@school57.example",
    "kinds": ["participation"],
    "time_zone": "Europe/Moscow",
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with LocalChain(tmp_path / "chain", port=free_port()) as chain:
        made = make_service(tmp_path / "data", chain.rpc_url)
        yield made
        made.close()


@pytest.mark.chain
def test_an_organisation_is_admitted_issues_and_is_suspended(service: Service) -> None:
    world = World(service.portfolio, service.portfolio.clock)  # type: ignore[arg-type]  the clock on the wall
    director = world.someone("Петрова Анна Сергеевна", strong=True)
    registrars = (world.registrar(), world.registrar())
    assert director.post("/apply", FORM).status_code == 303
    with service.portfolio.database.read() as session:
        application_id = session.exec(select(Application.id)).one()
    for registrar in registrars:
        assert registrar.post(f"/registrar/applications/{application_id}/approve").status_code == 303
    assert "being admitted" in director.get("/o/school-57").text
    service.work()
    assert "This organisation is suspended" not in director.get("/o/school-57").text
    assert "Issue documents" in director.get("/org/school-57").text

    def issue(table: str) -> str:
        sent = director.post(
            "/org/school-57/issue", {"kind": "participation"}, files={"file": ("t.csv", table.encode())}
        )
        answer = director.post(f"{sent.headers['location']}/issue")
        return str(answer.headers.get("location", answer.text))

    assert "/runs/" in issue(TABLE)
    service.work()
    [credential] = service.credentials()
    bundle = service.bundle(credential)
    assert service.verify(bundle).verdict is Verdict.VALID
    assert "in the register" in director.get(f"/org/school-57/credentials/{credential.id}").text

    # "From now on" is the newest block's time; what stands in that very block falls under it.
    client = ChainClient(service.settings.resolved_rpc_url)
    client.command("evm_increaseTime", 60)
    client.command("anvil_mine", "0x1")
    assert registrars[0].post("/registrar/organisations/school-57/suspend").status_code == 303
    assert "This organisation is suspended since" in director.get("/o/school-57").text
    assert "suspended: nothing can be issued" in issue(TABLE.replace("Иванов", "Петров"))
    service.work()
    assert "This organisation is suspended since" in director.get("/o/school-57").text
    assert service.verify(bundle).verdict is Verdict.VALID  # what came before stays
    assert registrars[1].post("/registrar/organisations/school-57/reinstate").status_code == 303
    service.work()
    assert "This organisation is suspended" not in director.get("/o/school-57").text
    assert "/runs/" in issue(TABLE.replace("Иванов", "Петров"))
    world.close()
