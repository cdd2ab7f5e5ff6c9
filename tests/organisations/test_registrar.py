"""What registrars decide about organisations later: it holds at once here, and on its way to the chain it is shown."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from people_world import Someone, World
from portfolio.chain.errors import UnreachableError
from portfolio.organisations.models import Decision, DecisionKind
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.models import AuditRecord

HERE = "/registrar/organisations/school"


@pytest.fixture
def registrar(world: World, monkeypatch: pytest.MonkeyPatch) -> Someone:
    world.organisation()
    world.clock.advance(days=40)
    monkeypatch.setattr(
        "portfolio.organisations.registrar.routes.head_time", lambda _settings: int(world.clock().timestamp())
    )
    return world.registrar()


def decided(world: World) -> list[DecisionKind]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(Decision.kind)))


def post(registrar: Someone, what: str, **form: Any) -> Any:
    return registrar.post(f"{HERE}/{what}", form)


def test_a_suspension_holds_at_once(world: World, registrar: Someone) -> None:
    issuer = world.staff()
    assert "admitted" in world.visitor().get("/o/school").text
    answer = post(registrar, "suspend")
    assert answer.headers["location"] == f"{HERE}?done=suspend"
    assert decided(world) == [DecisionKind.SUSPEND]
    assert "This organisation is suspended since" in world.visitor().get("/o/school").text
    assert "Nothing can be issued" in issuer.get("/org/school").text
    assert "suspended" in issuer.get("/me").text
    with world.portfolio.database.read() as session:
        assert session.exec(select(AuditRecord.act)).all()[-1] == "organisation.suspend"


@pytest.mark.parametrize(
    ("as_of", "said"),
    [("01.11.2026", "at most 30 days back"), ("01.02.2027", "still to come"), ("31.02.2026", "day, month and year")],
)
def test_a_day_that_cannot_be_is_refused_beside_its_field(
    world: World, registrar: Someone, as_of: str, said: str
) -> None:
    with world.portfolio.database.write() as session:
        row = organisation_by_slug(session, slug="school")
        row.admitted_at = row.created_at.replace(year=2025)
        session.add(row)
    answer = post(registrar, "suspend", as_of=as_of)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{as_of}"' in answer.text
    assert decided(world) == []


def test_a_suspension_reaches_back_within_30_days(world: World, registrar: Someone) -> None:
    assert post(registrar, "suspend", as_of="10.12.2026").status_code == 303
    assert "10 December 2026, 00:00" in world.visitor().get("/o/school").text.replace("\u00a0", " ")


def test_a_chain_that_is_silent_changes_nothing(
    world: World, registrar: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_settings: object) -> int:
        raise UnreachableError("no answer")

    monkeypatch.setattr("portfolio.organisations.registrar.routes.head_time", silent)
    answer = post(registrar, "suspend")
    assert answer.status_code == 422
    assert "does not answer at the moment" in answer.text
    assert decided(world) == []


def test_other_decisions_wait_for_the_chain_and_are_shown(world: World, registrar: Someone) -> None:
    world.organisation("heir")
    assert post(registrar, "rename", name="Лицей № 1").status_code == 303
    assert post(registrar, "kinds", kinds=["participation"]).status_code == 303
    assert post(registrar, "successor", successor="heir").status_code == 303
    shown = registrar.get(HERE).text
    assert "On their way to the register" in shown
    assert set(decided(world)) == {DecisionKind.RENAME, DecisionKind.SET_KINDS, DecisionKind.NAME_SUCCESSOR}


@pytest.mark.parametrize(
    ("what", "form", "said"),
    [
        ("rename", {}, "Fill this in"),
        ("rename", {"name": "Школа «school»"}, "is so already"),
        ("kinds", {"kinds": ["made_up"]}, "Choose from the list"),
        ("successor", {"successor": "nobody"}, "no organisation with this address"),
        ("successor", {"successor": "school"}, "not its own successor"),
        ("reinstate", {}, "is not suspended"),
        ("reinstate", {"extra": "1"}, "not known here"),
    ],
)
def test_what_cannot_be_decided_is_said(
    world: World, registrar: Someone, what: str, form: dict[str, Any], said: str
) -> None:
    answer = post(registrar, what, **form)
    assert answer.status_code == 422
    if what != "reinstate":  # its form is not shown while there is nothing to end
        assert said in answer.text
    assert decided(world) == []


def test_an_absent_organisation_is_not_found(world: World, registrar: Someone) -> None:
    assert registrar.get("/registrar/organisations/none").status_code == 404
    assert registrar.post("/registrar/organisations/none/reinstate").status_code == 404
    assert world.visitor().get("/o/none").status_code == 404
    assert world.visitor().get("/o/none").headers["content-type"].startswith("text/html")
    assert world.visitor().get("/o/none/did.json").headers["content-type"].startswith("application/json")
