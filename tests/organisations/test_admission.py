"""From an application to an organisation of the register: two registrars, and what each of them may not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from people_world import Someone, World
from portfolio.db import Database
from portfolio.documents.encryption import load_master_keys
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError
from portfolio.notifications.models import OutgoingMail
from portfolio.organisations.applications import Details, approve, proposed_slug
from portfolio.organisations.applications import apply as make_application
from portfolio.organisations.models import Application, ApplicationState, Organisation, OrganisationType
from portfolio.organisations.requisites import belong_together, read_inn, read_ogrn
from portfolio.people.accounts import create_account
from portfolio.people.models import Account, AuditRecord
from portfolio.people.office import FIRST_WORD_GONE
from portfolio.people.service import Profile

FORM: dict[str, Any] = {
    "type": "school",
    "name": "МБОУ «Школа № 57»",
    "slug": "",
    "inn": "7707083893",
    "ogrn": "1027700132195",
    "contact": "office@school57.example",
    "kinds": ["school_certificate", "participation"],
    "time_zone": "Europe/Moscow",
}


def applied(world: World, who: Someone, **more: Any) -> str:
    world.clock.advance(seconds=1)
    answer = who.post("/apply", {**FORM, **more})
    assert answer.status_code == 303, answer.text
    with world.portfolio.database.read() as session:
        return session.exec(select(Application.id).order_by(Application.created_at.desc())).first() or ""  # type: ignore[attr-defined]


def found(world: World, application_id: str) -> Application:
    with world.portfolio.database.read() as session:
        return session.get_one(Application, application_id)


def letters(world: World) -> list[str]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(OutgoingMail.letter)))


def acts(world: World) -> list[str]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(AuditRecord.act)))


def test_two_different_registrars_admit(world: World) -> None:
    director, first, second = world.someone(), world.registrar(), world.registrar()
    application_id = applied(world, director)
    assert "МБОУ «Школа № 57»" in first.get("/registrar").text

    here = f"/registrar/applications/{application_id}"
    assert first.post(f"{here}/approve").status_code == 303
    again = first.post(f"{here}/approve")
    assert again.status_code == 422
    assert "another registrar" in again.text
    assert found(world, application_id).state is ApplicationState.OPEN

    answer = second.post(f"{here}/approve")
    assert answer.headers["location"] == "/registrar/organisations/mbou-shkola-57?done=admitted"
    with world.portfolio.database.read() as session:
        organisation = session.exec(select(Organisation)).one()
    assert (organisation.type, organisation.inn, organisation.ogrn) == ("school", "7707083893", "1027700132195")
    assert organisation.admitted_at is None  # the chain says when
    assert letters(world) == ["application_admitted"]
    assert acts(world) == ["application.make", "application.approve", "application.admit"]


def test_the_approval_of_who_is_no_registrar_any_more_does_not_count(world: World) -> None:
    first, second = world.registrar(), world.registrar()
    application_id = applied(world, world.someone())
    here = f"/registrar/applications/{application_id}"
    assert first.post(f"{here}/approve").status_code == 303
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, first.account.id)
        account.is_registrar = False
        session.add(account)
    answer = second.post(f"{here}/approve")
    assert answer.status_code == 422
    assert FIRST_WORD_GONE in answer.text
    assert found(world, application_id).state is ApplicationState.OPEN
    assert second.post(f"{here}/refuse", {"reason": "Подайте ещё раз"}).status_code == 303


def test_the_applicant_becomes_administrator_once_he_has_a_second_factor(world: World) -> None:
    director = world.someone(strong=True)
    application_id = applied(world, director)
    for registrar in (world.registrar(), world.registrar()):
        registrar.post(f"/registrar/applications/{application_id}/approve")
    assert director.get("/org/mbou-shkola-57/staff").status_code == 200
    assert "being admitted" in director.client.get("/o/mbou-shkola-57").text


def test_a_refusal_has_a_reason_and_is_the_end(world: World) -> None:
    director, registrar = world.someone(), world.registrar()
    application_id = applied(world, director)
    here = f"/registrar/applications/{application_id}"
    assert registrar.post(f"{here}/refuse").status_code == 422
    assert registrar.post(f"{here}/refuse", {"reason": "ИНН <чужой>"}).status_code == 303
    assert "ИНН &lt;чужой&gt;" in director.get("/apply").text
    assert letters(world) == ["application_refused"]
    late = world.registrar().post(f"{here}/approve")
    assert "Somebody else has decided" in late.text
    assert found(world, application_id).state is ApplicationState.REFUSED
    assert director.post("/apply", FORM).status_code == 303  # mended, and sent again


def test_nobody_approves_what_he_applied_for(world: World) -> None:
    registrar = world.registrar()
    application_id = applied(world, registrar)
    answer = registrar.post(f"/registrar/applications/{application_id}/approve")
    assert "You applied yourself" in answer.text
    assert found(world, application_id).first_approval_by is None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("inn", "7707083892", "check digits"),
        ("inn", "770708389", "10 digits"),
        ("inn", "७७०७०८३८९३", "digits only"),
        ("ogrn", "1027700132194", "check digit"),
        ("ogrn", "", "Fill this in"),
        ("name", "", "Fill this in"),
        ("slug", "Школа", "small Latin letters"),
        ("slug", "-x", "small Latin letters"),
        ("contact", "a", "e-mail address or a telephone"),
        ("kinds", [], "at least one kind"),
        ("kinds", ["made_up"], "Choose from the list"),
        ("time_zone", "Mars/Olympus", "Choose from the list"),
        ("type", "ministry", "Choose one of the list"),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
    world: World, field: str, value: Any, said: str
) -> None:
    answer = world.someone().post("/apply", {**FORM, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert "office@school57.example" in answer.text or field == "contact"
    with world.portfolio.database.read() as session:
        assert session.exec(select(Application)).all() == []


@pytest.mark.fault(88)
def test_no_field_beside_those_of_the_form_is_taken(world: World) -> None:
    director = world.someone()
    for extra in ({"state": "admitted"}, {"first_approval_by": director.account.id}, {"account_id": "x"}):
        assert director.post("/apply", {**FORM, **extra}).status_code == 422
    registrar, application_id = world.registrar(), applied(world, director)
    here = f"/registrar/applications/{application_id}"
    assert registrar.post(f"{here}/approve", {"decided_by": "x"}).status_code == 422
    assert found(world, application_id).first_approval_by is None


def test_what_is_in_the_register_is_not_taken_twice_and_others_applications_stay_secret(world: World) -> None:
    one, other = world.someone(), world.someone()
    applied(world, one)
    assert other.post("/apply", FORM).status_code == 303  # nobody learns that somebody applied for the same
    assert "with the registrars already" in one.post("/apply", FORM).text
    world.organisation("taken")
    answer = one.post("/apply", {**FORM, "inn": "500100732259", "ogrn": "304500116000157", "slug": "taken"})
    assert answer.status_code == 422
    assert 'href="/o/taken"' in answer.text


def test_the_second_application_for_the_same_number_cannot_be_admitted(world: World) -> None:
    registrars = (world.registrar(), world.registrar())
    for application_id in [applied(world, someone) for someone in (world.someone(), world.someone())]:
        for registrar in registrars:
            answer = registrar.post(f"/registrar/applications/{application_id}/approve")
    assert "has an organisation with this address" in answer.text
    assert found(world, application_id).state is ApplicationState.OPEN  # to be refused, with a reason


def test_pages_of_registrars_do_not_exist_for_others(world: World) -> None:
    world.organisation()
    application_id = applied(world, world.someone())
    for someone in (world.someone(), world.staff(), world.pupil()):
        for path in ("/registrar", f"/registrar/applications/{application_id}", "/registrar/organisations/school"):
            assert someone.get(path).status_code == 404
        assert someone.post(f"/registrar/applications/{application_id}/approve").status_code == 404
    assert world.visitor().get("/registrar", follow_redirects=False).headers["location"].startswith("/sign-in")


@pytest.mark.fault(101)
@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_approvals_at_the_same_moment_count_once_each(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Three registrars press at once, each twice: one organisation, and never by one registrar alone."""
    url = f"sqlite:///{tmp_path / 'race.db'}"
    if backend == "postgres":
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")
    database = Database(url)
    SQLModel.metadata.drop_all(database.engine)
    SQLModel.metadata.create_all(database.engine)
    vault = Vault(load_master_keys(value=None, path=tmp_path / "master.key", is_production=False))
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    people = []
    with database.write() as session:
        for number in range(4):
            account = create_account(
                session,
                vault=vault,
                address=f"r{number}@example.ru",
                profile=Profile(name="Орлов Глеб"),
                password_hash=None,
                language="ru",
                clock=lambda: now,
            )
            account.is_registrar = number > 0
            people.append(account.id)
    for attempt in range(5):
        _race(database, vault, people, now, attempt)
    database.dispose()


def _race(database: Database, vault: Vault, people: list[str], now: datetime, attempt: int) -> None:
    details = Details(
        OrganisationType.SCHOOL, f"race-{attempt}", "Школа", f"{attempt:010}", "1", "x@y", ["participation"], "UTC"
    )
    with database.write() as session:
        application = make_application(session, account_id=people[0], details=details, clock=lambda: now)
    barrier = threading.Barrier(6)

    def press(account_id: str) -> str:
        barrier.wait(timeout=20)
        try:
            with database.write() as session:
                made = approve(
                    session,
                    vault=vault,
                    identifier_host="portfolio.localhost",
                    public_url="http://testserver",
                    application_id=application.id,
                    account_id=account_id,
                    clock=lambda: now,
                )
        except ConflictError as error:
            return error.code
        return "admitted" if made else "approved"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(press, people[1:] * 2))
    assert answers.count("approved") == 1
    assert answers.count("admitted") == 1
    with database.read() as session:
        decided = session.get_one(Application, application.id)
        made = session.exec(select(Organisation).where(Organisation.slug == f"race-{attempt}")).all()
    assert len(made) == 1
    assert decided.first_approval_by != decided.decided_by


@pytest.mark.parametrize(
    ("name", "slug"),
    [("МБОУ «Школа № 57»", "mbou-shkola-57"), ("Щёлковский лицей", "schelkovskij-litsej"), ("№ 1", "1"), ("«»", "")],
)
def test_an_address_is_proposed_in_latin_letters(name: str, slug: str) -> None:
    assert proposed_slug(name) == slug


def test_requisites_are_read_as_people_write_them() -> None:
    assert read_inn(" 7707 083 893 ") == "7707083893"
    assert read_ogrn("1-02-77-00-13219-5") == "1027700132195"
    assert belong_together("500100732259", "304500116000157")
    assert not belong_together("7707083893", "304500116000157")
