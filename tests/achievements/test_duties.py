"""Duties with a term: shown to whoever has to act, escalated by letters that are written once, ended by the answer."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from pupils import adult_with_consent, code_of, issue, pupil_with_consent
from sqlmodel import col, select, update

from people_world import PASSWORD, Someone, World
from portfolio.achievements.duties.letters import warn
from portfolio.errors import PortfolioError
from portfolio.notifications.models import OutgoingMail
from portfolio.operations.erasing import run_erasures
from portfolio.operations.worker import Worker
from portfolio.organisations.models import Organisation, StaffRole
from portfolio.people.models import Account, SignIn
from portfolio.web.render import render

NAME = "Сидорова Анна Олеговна"
pytestmark = pytest.mark.fault(140)


def told(world: World) -> dict[str, list[str]]:
    """Run the job; return the letters that it wrote, by address: name of the letter and what it says."""
    with world.portfolio.database.write() as session:
        count = warn(session, vault=world.portfolio.vault, public_url="https://here", clock=world.clock)
    found: dict[str, list[str]] = {}
    with world.portfolio.database.write() as session:
        for row in session.exec(select(OutgoingMail).where(OutgoingMail.letter.in_(LETTERS))):  # type: ignore[attr-defined]
            message = orjson.loads(world.portfolio.vault.open(row.sealed_message or b"", context=f"mail:{row.id}"))
            found.setdefault(message["to"], []).append(f"{row.letter}: {message['body']}")
            session.delete(row)
    assert sum(map(len, found.values())) == count
    return found


LETTERS = ("duties_half", "duties_overdue", "duties_registrars", "erasure_waits")


def names(letters: dict[str, list[str]]) -> dict[str, list[str]]:
    return {address: sorted(one.partition(":")[0] for one in found) for address, found in letters.items()}


def move(world: World, day: int, month: int = 11, year: int = 2026) -> None:
    """Go to a day, at noon in Moscow; nobody is signed out for it."""
    world.clock.now = datetime(year, month, day, 9, 0, tzinfo=UTC)
    with world.portfolio.database.write() as session:
        session.execute(update(SignIn).values(seen_at=world.clock(), expires_at=world.clock() + timedelta(days=1)))


def received(world: World, who: Someone, organisation: Organisation | None = None, name: str = NAME) -> str:
    """Give somebody an award that he has claimed by its code; return the record's page."""
    credential_id = issue(world, organisation or world.organisation(), name)
    form = {"code": code_of(world, credential_id), "family": name.split(maxsplit=1)[0]}
    assert who.post(f"/p/{who.person_id}/claim", form).status_code == 303
    return f"/p/{who.person_id}/records/{credential_id}"


def object_to(who: Someone, path: str, kind: str = "wrong") -> None:
    assert who.post(path + "/object", {"kind": kind, "words": "Отчество с ошибкой"}).status_code == 303


def test_an_objection_is_half_gone_overdue_answered(world: World) -> None:
    pupil = pupil_with_consent(world)
    path = received(world, pupil)
    staff, viewer, registrar = world.staff(), world.staff(role=StaffRole.VIEWER), world.registrar()
    object_to(pupil, path)  # Sunday 22 November: half on the 26th, due on 1 December
    queue = "/org/school/requests/objections?lang=en"
    move(world, 25)
    assert told(world) == {}
    assert "1 December 2026" in staff.get(queue).text.replace("\u00a0", " ")
    move(world, 26)
    letters = told(world)
    assert names(letters) == {staff.address: ["duties_half"]}
    assert "/org/school/requests/objections" in letters[staff.address][0]
    assert viewer.address not in letters
    assert told(world) == {}, "once"
    page = registrar.get("/registrar/duties?lang=en").text
    assert "half of the term is gone" in page
    assert "overdue" not in page
    move(world, 1, 12)
    assert told(world) == {}, "the last day is in time"
    move(world, 2, 12)
    assert names(told(world)) == {staff.address: ["duties_overdue"], registrar.address: ["duties_registrars"]}
    assert told(world) == {}, "once"
    for who, address in ((staff, queue), (registrar, "/registrar/duties?lang=en")):
        assert "overdue" in who.get(address).text
    assert "Сидорова" not in registrar.get("/registrar/duties").text, "registrars need no name for it"
    (objection_id,) = re.findall(r"/requests/objections/([0-9a-f-]{36})", staff.get(queue).text)
    staff.post(f"/org/school/requests/objections/{objection_id}", {"words": "Исправили"})
    assert "Nothing is open" in registrar.get("/registrar/duties?lang=en").text


def test_what_is_answered_in_time_is_never_written_about(world: World) -> None:
    pupil = pupil_with_consent(world)
    path = received(world, pupil)
    staff = world.staff()
    object_to(pupil, path)
    (objection_id,) = re.findall(
        r"/requests/objections/([0-9a-f-]{36})", staff.get("/org/school/requests/objections").text
    )
    staff.post(f"/org/school/requests/objections/{objection_id}", {"words": "Исправили"})
    move(world, 1, 2, 2027)
    assert told(world) == {}


def test_after_a_long_standstill_only_the_later_letter_is_written(world: World) -> None:
    pupil = pupil_with_consent(world)
    object_to(pupil, received(world, pupil))
    staff = world.staff()
    move(world, 1, 2, 2027)
    assert names(told(world)) == {staff.address: ["duties_overdue"]}
    assert told(world) == {}


def test_over_the_new_year_nobody_is_pressed(world: World) -> None:
    registrar, pupil = world.registrar(), pupil_with_consent(world)
    path = received(world, pupil)
    staff = world.staff()
    move(world, 25, 12)
    object_to(pupil, path, "not_me")  # ten working days: half on 12 January, due on the 19th
    for day in (1, 8, 11):
        move(world, day, 1, 2027)
        assert told(world) == {}
    move(world, 12, 1, 2027)
    assert names(told(world)) == {staff.address: ["duties_half"]}
    move(world, 19, 1, 2027)
    assert told(world) == {}
    move(world, 20, 1, 2027)
    assert set(told(world)) == {staff.address, registrar.address}


def test_what_is_due_sooner_stands_first_though_it_began_later(world: World) -> None:
    school = world.organisation()
    first, second = pupil_with_consent(world), adult_with_consent(world, "Петров Иван")
    paths = received(world, first, school), received(world, second, school, "Петров Иван")
    object_to(first, paths[0], "not_me")  # due on 4 December
    move(world, 23)
    object_to(second, paths[1], "wrong")  # due on 2 December
    for who, page in ((world.staff(), "/org/school/requests/objections"), (world.registrar(), "/registrar/duties")):
        text = who.get(page + "?lang=en").text
        assert text.index("This award is wrong") < text.index("This is not me")


def test_a_dispute_is_due_in_ten_working_days(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    staff, registrar = world.staff(), world.registrar()
    for who in (pupil_with_consent(world), adult_with_consent(world, "Сидорова Алла")):
        who.post(f"/p/{who.person_id}/claim", {"code": code_of(world, credential_id), "family": "Сидорова"})
    page = staff.get("/org/school/requests/disputes?lang=en").text.replace("\u00a0", " ")
    assert "4 December 2026" in page
    move(world, 27)
    letters = told(world)
    assert names(letters) == {staff.address: ["duties_half"]}
    assert "/org/school/requests/disputes" in letters[staff.address][0]
    move(world, 5, 12)
    assert set(told(world)) == {staff.address, registrar.address}


def test_an_erasure_waits_for_a_word_and_then_for_us(world: World) -> None:
    child, registrar = world.pupil(15), world.registrar()
    mother = world.guardian_of(child)
    form = {"understood": "yes", "password": PASSWORD}
    child.post(f"/p/{child.person_id}/erase", form)
    move(world, 7, 12)
    letters = told(world)
    assert names(letters) == {mother.address: ["erasure_waits"]}
    assert f"/p/{child.person_id}/erase" in letters[mother.address][0]
    assert "22 декабря 2026" in letters[mother.address][0].replace("\u00a0", " ")
    move(world, 23, 12)
    assert names(told(world)) == {mother.address: ["erasure_waits"], registrar.address: ["duties_registrars"]}
    assert "the other word that is needed" in registrar.get("/registrar/duties?lang=en").text
    mother.post(f"/p/{child.person_id}/erase", form)
    assert "look why it has not ended" in registrar.get("/registrar/duties?lang=en").text
    run_erasures(world.portfolio)
    assert "Nothing is open" in registrar.get("/registrar/duties?lang=en").text
    assert told(world) == {}


def test_an_erasure_that_does_not_end_is_the_registrars_to_look_at(world: World) -> None:
    adult, registrar = world.someone(), world.registrar()
    adult.post(f"/p/{adult.person_id}/erase", {"understood": "yes", "password": PASSWORD})
    move(world, 7, 12)
    assert names(told(world)) == {registrar.address: ["duties_registrars"]}
    move(world, 23, 12)
    assert names(told(world)) == {registrar.address: ["duties_registrars"]}


def test_taken_back_or_erased_since_nothing_is_due(world: World) -> None:
    child, adult, registrar = world.pupil(15), adult_with_consent(world, NAME), world.registrar()
    world.guardian_of(child)
    form = {"understood": "yes", "password": PASSWORD}
    child.post(f"/p/{child.person_id}/erase", form)
    child.post(f"/p/{child.person_id}/erase/take-back")
    object_to(adult, received(world, adult))
    adult.post(f"/p/{adult.person_id}/erase", form)
    run_erasures(world.portfolio)
    assert "Nothing is open" in registrar.get("/registrar/duties?lang=en").text


def test_killed_before_the_end_the_letters_are_written_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupil = pupil_with_consent(world)
    object_to(pupil, received(world, pupil))
    staff, registrar = world.staff(), world.registrar()
    move(world, 2, 12)

    class KilledError(BaseException):
        pass

    def kill(*_: object, **__: object) -> int:
        raise KilledError

    with monkeypatch.context() as killing:
        killing.setattr("portfolio.achievements.duties.letters._Post.to_registrars", kill)
        with pytest.raises(KilledError), world.portfolio.database.write() as session:
            warn(session, vault=world.portfolio.vault, public_url="https://here", clock=world.clock)
    assert set(told(world)) == {staff.address, registrar.address}
    assert told(world) == {}


def test_the_worker_writes_them(world: World) -> None:
    pupil = pupil_with_consent(world)
    object_to(pupil, received(world, pupil))
    world.staff()
    worker = Worker(world.portfolio, {})
    assert worker.warn() == 0
    move(world, 26)
    assert [worker.warn(), worker.warn()] == [1, 0]


def spoil_address(world: World, who: Someone) -> None:
    """Make the address of an account one that does not open."""
    with world.portfolio.database.write() as session:
        session.execute(update(Account).where(col(Account.id) == who.account.id).values(sealed_email=b"\1" + bytes(60)))


def test_an_account_that_cannot_be_read_keeps_nobody_else_waiting(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    pupil = pupil_with_consent(world)
    object_to(pupil, received(world, pupil))
    staff, colleague = world.staff(), world.staff()
    registrar, other = world.registrar(), world.registrar()
    for broken in (staff, registrar):
        spoil_address(world, broken)
    move(world, 2, 12)
    with caplog.at_level(logging.WARNING):
        assert names(told(world)) == {colleague.address: ["duties_overdue"], other.address: ["duties_registrars"]}
    said = [record.getMessage() for record in caplog.records if "cannot be read" in record.getMessage()]
    assert len(said) == 2
    for broken, line in zip((staff, registrar), said, strict=True):
        assert broken.account.id in line
        assert "@" not in line
    assert told(world) == {}, "once"


def test_where_no_address_can_be_read_nothing_counts_as_told(world: World) -> None:
    pupil = pupil_with_consent(world)
    object_to(pupil, received(world, pupil))
    staff = world.staff()
    move(world, 26)
    spoil_address(world, staff)
    with pytest.raises(PortfolioError, match="master key"):
        told(world)
    colleague = world.staff()
    assert names(told(world)) == {colleague.address: ["duties_half"]}


def test_registrars_are_told_which_organisation_is_late_and_what_has_stopped(world: World) -> None:
    school, other = world.organisation(name="Школа № 7"), world.organisation("lyceum", name="Лицей «Звезда»")
    first, second, third = pupil_with_consent(world), adult_with_consent(world, "Петров Иван"), world.someone()
    object_to(first, received(world, first, school))
    object_to(second, received(world, second, other, "Петров Иван"))
    registrar = world.registrar()
    move(world, 2, 12)
    (letter,) = told(world)[registrar.address]
    assert "Школа № 7 (1)" in letter
    assert "Лицей «Звезда» (1)" in letter
    assert "не завершается" not in letter
    assert "Петров" not in letter
    third.post(f"/p/{third.person_id}/erase", {"understood": "yes", "password": PASSWORD})
    move(world, 20, 12)
    (letter,) = told(world)[registrar.address]
    assert "не завершается" in letter
    assert "организации" not in letter
    assert "Люди ждут" not in letter


def test_every_letter_says_that_a_machine_wrote_it() -> None:
    import portfolio.web

    folder = Path(portfolio.web.__file__).parent / "templates" / "letters"
    for path in folder.glob("[a-z]*.txt"):
        assert path.read_text().rstrip().endswith('{% include "letters/_end.txt" %}'), path.name


@pytest.mark.parametrize("overdue", ["yes", ""])
def test_the_letter_to_registrars_begins_with_what_is_the_matter(overdue: str) -> None:
    values = {"organisations": "", "unnamed": "", "stopped": "1", "waiting": "", "day": "1 мая", "link": "https://here"}
    subject, _, body = render("letters/duties_registrars.txt", language="ru", overdue=overdue, **values).partition("\n")
    assert subject == ("Срок по закону истёк" if overdue else "Удаление данных началось и не завершается")
    assert "\n\n\n" not in body
