"""While an erasure is under way, and where it meets others: nobody else waits, no child and no office is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from family_steps import accepted, invited
from people_world import PASSWORD, Someone, World
from portfolio.errors import NotFoundError, UnavailableError
from portfolio.operations.erasing import ledger_path, run_erasures
from portfolio.operations.worker import Worker
from portfolio.organisations.invitations import invite_registrar, invite_staff
from portfolio.organisations.models import Membership, RegistrarInvitation, StaffInvitation, StaffRole
from portfolio.organisations.staff import LastAdminError, dismiss
from portfolio.people import erasure
from portfolio.people.erasure import read_ledger, unfinished
from portfolio.people.family import hand_over
from portfolio.people.guardians import was_added_by
from portfolio.people.models import Guardianship, GuardianState, Person
from portfolio.people.service import key_of_person, open_person


def erase(who: Someone, person_id: str | None = None) -> Any:
    form = {"understood": "yes", "password": PASSWORD}
    return who.post(f"/p/{person_id or who.person_id}/erase?lang=en", form)


def is_erased(world: World, who: Someone) -> bool:
    with world.portfolio.database.read() as session:
        return session.get_one(Person, who.person_id).erased_at is not None


def test_an_erased_person_is_as_unknown_as_an_absent_one(world: World) -> None:
    adult = world.someone()
    erase(adult)
    with world.portfolio.database.read() as session:
        for ask in (open_person, key_of_person):
            with pytest.raises(NotFoundError):
                ask(session, vault=world.portfolio.vault, person_id=adult.person_id)


@pytest.mark.fault(140)
def test_birthdays_go_on_while_somebody_is_erased(world: World) -> None:
    portfolio = world.portfolio
    first, second = world.pupil(13), world.pupil(17)
    mother, _ = world.guardian_of(first), world.guardian_of(second)
    erase(mother, first.person_id)
    assert is_erased(world, first)
    world.clock.advance(days=800)
    with portfolio.database.write() as session:
        hand_over(session, vault=portfolio.vault, public_url="http://here", clock=world.clock)
    with portfolio.database.read() as session:
        row = session.exec(select(Guardianship).where(Guardianship.person_id == second.person_id)).one()
        assert (row.state, row.ended_why) == (GuardianState.ENDED, "age")


@pytest.mark.fault(134)
def test_one_erasure_that_fails_keeps_no_other_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.someone(), world.someone()
    erase(first)
    world.clock.advance(seconds=1)
    erase(second)
    with world.portfolio.database.read() as session:
        stuck, _ = unfinished(session)
    with monkeypatch.context() as failing:

        def fail(**given: Any) -> None:
            if given["request_id"] == stuck:
                raise OSError("the disk is full")
            erasure.carry_on(**given)

        failing.setattr("portfolio.operations.erasing.carry_on", fail)
        with pytest.raises(OSError, match="full"):
            run_erasures(world.portfolio)
    with world.portfolio.database.read() as session:
        assert unfinished(session) == [stuck]
    assert run_erasures(world.portfolio) == 1


@pytest.mark.fault(135)
def test_a_line_cut_short_does_not_swallow_the_next_one(world: World) -> None:
    path = ledger_path(world.portfolio.settings.data_dir)
    path.write_bytes(b'{"request":"cut-sh')
    adult, other = world.someone(), world.someone()
    for one in (adult, other):
        erase(one)
        run_erasures(world.portfolio)
    assert {entry["person"] for entry in read_ledger(path)} == {adult.person_id, other.person_id}


@pytest.mark.fault(135)
def test_what_the_ledger_does_not_hold_is_not_marked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    erase(world.someone())
    with monkeypatch.context() as lossy:
        lossy.setattr("portfolio.people.erasure.read_ledger", lambda _path: [])
        with pytest.raises(UnavailableError):
            run_erasures(world.portfolio)
    assert run_erasures(world.portfolio) == 1


@pytest.mark.fault(133)
def test_the_log_is_emptied_later_while_somebody_reads_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portfolio.people.erasure.CHECKPOINT_MS", 10)
    adult = world.someone()
    with world.portfolio.database.read() as reader:
        reader.exec(select(Person)).all()
        erase(adult)
        with pytest.raises(UnavailableError):
            run_erasures(world.portfolio)
    with world.portfolio.database.read() as session:
        assert len(unfinished(session)) == 1
    assert run_erasures(world.portfolio) == 1
    log = world.portfolio.settings.data_dir / "portfolio.db-wal"
    assert not log.exists() or log.stat().st_size < 100_000


def test_the_only_administrator_hands_over_first(world: World) -> None:
    organisation = world.organisation()
    admin = world.staff()
    answer = erase(admin)
    assert answer.status_code == 409
    assert "Make somebody else one first" in answer.text
    assert not is_erased(world, admin)
    other = world.staff()
    assert erase(admin).status_code == 200
    with world.portfolio.database.read() as session:
        places = session.exec(select(Membership).where(col(Membership.ended_at).is_(None))).all()
    assert [place.account_id for place in places] == [other.account.id], "ended at once"
    assert organisation.id == places[0].organisation_id
    assert erase(other).status_code == 409


def test_a_closed_account_is_no_administrator(world: World) -> None:
    """Places of those who were erased before their places ended with them."""
    world.organisation()
    gone, last = world.staff(), world.staff()
    erase(gone)
    with world.portfolio.database.write() as session:
        place = session.exec(select(Membership).where(Membership.account_id == gone.account.id)).one()
        place.ended_at = None
        session.add(place)
    with world.portfolio.database.write() as session:
        place = session.exec(select(Membership).where(Membership.account_id == last.account.id)).one()
        with pytest.raises(LastAdminError):
            dismiss(session, organisation_id=place.organisation_id, membership_id=place.id, clock=world.clock)


def test_addresses_of_invitations_go_when_they_are_over(world: World) -> None:
    portfolio, organisation = world.portfolio, world.organisation()
    with portfolio.database.write() as session:
        for number in range(2):
            invite_staff(
                session,
                vault=portfolio.vault,
                organisation=organisation,
                address=f"colleague{number}@example.ru",
                role=StaffRole.ISSUER,
                invited_by="x",
                public_url="http://here",
                language="ru",
                clock=world.clock,
            )
        invite_registrar(
            session,
            vault=portfolio.vault,
            address="registrar@example.ru",
            public_url="http://here",
            language="ru",
            clock=world.clock,
        )
        used = session.exec(select(StaffInvitation)).first()
        assert used is not None
        used.used_at = world.clock()
        session.add(used)
    child, mother = world.pupil(15), world.someone()
    accepted(world, child, mother)
    invited(world, child, "father@example.ru")

    def left() -> list[int]:
        Worker(portfolio, {}).forget_secrets()
        with portfolio.database.read() as session:
            return [
                len([row for row in session.exec(select(model)).all() if row.sealed_email])
                for model in (StaffInvitation, RegistrarInvitation, Guardianship)
            ]

    assert left() == [1, 1, 1], "only what still waits"
    world.clock.advance(days=7, seconds=1)
    assert left() == [0, 0, 0]
    with portfolio.database.read() as session:
        assert not any(was_added_by(row) for row in session.exec(select(Guardianship)))


@pytest.mark.fault(137)
def test_no_child_is_left_with_nobody(world: World) -> None:
    mother, father = world.someone("Сидорова Мария"), world.someone("Сидоров Олег")
    form = {"name": "Сидорова Анна", "birth_date": "05.09.2016", "is_guardian": "yes"}
    mother.post("/me/children/new", form)
    portfolio = world.portfolio
    with portfolio.database.write() as session:
        row = session.exec(select(Guardianship)).one()
        row.state, row.active_at, row.proof = GuardianState.ACTIVE, world.clock(), "school"
        session.add(row)
    answer = erase(mother)
    assert answer.status_code == 409
    assert "invite another guardian" in answer.text
    assert not is_erased(world, mother)
    with portfolio.database.write() as session:
        second = row.model_dump() | {"id": "second", "account_id": father.account.id}
        session.add(Guardianship(**second))
    assert erase(mother).status_code == 200
    assert erase(father).status_code == 409, "the child is his alone now"
    assert erase(father, row.person_id).status_code == 303
    assert erase(father).status_code == 200
    assert run_erasures(portfolio) == 3


def test_a_guardian_of_a_child_with_an_account_may_go(world: World) -> None:
    child = world.pupil(12)
    assert erase(world.guardian_of(child)).status_code == 200
    assert run_erasures(world.portfolio) == 1
    assert not is_erased(world, child)
