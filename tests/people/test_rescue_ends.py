"""What a request may not rest on: a broken neighbour, an office that was taken, a place that ended, a beginning."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.documents.encryption import SealError
from portfolio.organisations.models import Membership, StaffInvitation, StaffRole
from portfolio.people.models import AccessRecord, Account, Rescue
from portfolio.people.office import FIRST_WORD_GONE
from portfolio.people.rescue.service import GOOD_FOR
from rescue_steps import REASON, acts, asked, carried_out, found, letters, rescue, secured, vouch


def due(world: World, who: Someone, minutes: int) -> str:
    """Write down a request whose waiting time was over `minutes` ago."""
    now = world.clock()
    row = Rescue(account_id=who.account.id, asked_at=now, expires_at=now + GOOD_FOR)
    world.clock.advance(minutes=-minutes)
    row.due_at = world.clock()
    world.clock.advance(minutes=minutes)
    with world.portfolio.database.write() as session:
        session.add(row)
    return row.id


def change(world: World, who: Someone, **values: object) -> None:
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, who.account.id)
        for name, value in values.items():
            setattr(account, name, value)
        session.add(account)


def test_one_that_cannot_be_carried_out_holds_nobody_up(world: World, caplog: pytest.LogCaptureFixture) -> None:
    broken, fine = world.someone(), world.someone()
    secured(world, broken)
    secured(world, fine)
    first, second = due(world, broken, minutes=10), due(world, fine, minutes=5)
    change(world, broken, sealed_email=b"not sealed at all")
    with pytest.raises(SealError):
        carried_out(world)
    assert f"rescue {first}: SealError" in caplog.text
    with world.portfolio.database.read() as session:
        assert session.get_one(Rescue, first).done_at is None
        assert session.get_one(Account, broken.account.id).sealed_totp is not None, "all of it, or nothing"
        assert session.get_one(Rescue, second).done_at == world.clock()
        assert session.get_one(Account, fine.account.id).sealed_totp is None


def test_a_closed_account_is_not_opened(world: World) -> None:
    owner = world.someone()
    due(world, owner, minutes=1)
    change(world, owner, closed_at=world.clock())
    assert carried_out(world) == 0
    assert rescue(world).ended_why == "closed"
    assert letters(world) == []


@pytest.mark.parametrize("lost", [{"is_registrar": False}, {"closed_at": True}])
def test_the_word_of_who_is_no_registrar_any_more_does_not_count(world: World, lost: dict[str, object]) -> None:
    owner, first, second = world.someone(), world.registrar(), world.registrar()
    secured(world, owner)
    number = asked(world, owner)
    vouch(first, number)
    change(world, first, **{name: world.clock() if name == "closed_at" else value for name, value in lost.items()})
    answer = vouch(second, number)
    assert answer.status_code == 422
    assert FIRST_WORD_GONE in answer.text
    assert rescue(world).due_at is None
    assert second.post(f"{found(second, number)}/refuse", REASON).status_code == 303
    again = asked(world, owner)
    assert vouch(second, again).headers["location"].endswith("?done=vouched")


def test_a_page_is_found_by_its_whole_id_alone(world: World) -> None:
    """The form counts how often numbers are tried; an address that took them would count nothing."""
    world.organisation()
    colleague, boss, registrar = world.staff(role=StaffRole.VIEWER), world.staff(), world.registrar()
    secured(world, colleague)
    number = asked(world, colleague)
    for who, base in ((registrar, "/registrar/rescues"), (boss, "/org/school/rescues")):
        for typed in (number, number.replace("-", ""), rescue(world).id.upper()):
            assert who.get(f"{base}/{typed}").status_code == 404
            assert who.post(f"{base}/{typed}/vouch", REASON).status_code == 404
        with world.portfolio.database.read() as session:
            assert session.exec(select(AccessRecord)).all() == []
    assert registrar.get(found(registrar, number)).status_code == 200
    assert boss.get(found(boss, number, "/org/school/rescues")).status_code == 200


def replaced_by_registrars(world: World, place: str) -> Someone:
    """End an administrator's place by the word of two registrars; returns the second."""
    here, first, second = "/registrar/organisations/school/administrator", world.registrar(), world.registrar()
    form = {"address": "new@example.ru", "reason": "Директор уволился, звонили в школу", "ends": place}
    assert first.post(here, form).status_code == 303
    page = second.get(here).text
    assert second.post(next(part for part in page.split('"') if part.endswith("/confirm"))).status_code == 303
    return second


@pytest.mark.parametrize("by", ["registrars", "colleague"])
def test_what_an_administrator_began_ends_with_his_place(world: World, by: str) -> None:
    """His invitations and the requests he vouched for; not those of the other administrator."""
    world.organisation()
    thief, boss = world.staff(), world.staff()
    owner, other = world.staff(role=StaffRole.VIEWER), world.staff(role=StaffRole.VIEWER)
    for who, voucher in ((owner, thief), (other, boss)):
        secured(world, who)
        assert vouch(voucher, asked(world, who), "/org/school/rescues").headers["location"].endswith("?done=granted")
    for who, name in ((thief, "friend"), (boss, "teacher")):
        invitation = {"address": f"{name}@example.ru", "role": "viewer"}
        assert who.post("/org/school/staff/invite", invitation).status_code == 303
    with world.portfolio.database.read() as session:
        place = session.exec(select(Membership.id).where(Membership.account_id == thief.account.id)).one()
    enders = {boss.account.id}
    if by == "registrars":
        enders.add(replaced_by_registrars(world, place).account.id)
    else:
        assert boss.post(f"/org/school/staff/{place}/dismiss").status_code == 303

    with world.portfolio.database.read() as session:
        rows = session.exec(select(Rescue).order_by(col(Rescue.id))).all()
        good = session.exec(select(StaffInvitation).where(col(StaffInvitation.expires_at) > world.clock())).all()
    assert {row.account_id: row.ended_why for row in rows} == {
        owner.account.id: "administrator",
        other.account.id: None,
    }
    assert {row.invited_by for row in good} == enders
    assert [to for to, _ in letters(world, "rescue_ungranted")] == [owner.address]
    assert [to for to, text in letters(world, "rescue_stopped") if "завершён" in text] == [thief.address]
    assert acts(world).count("rescue.end") == 1
    world.clock.advance(hours=72)
    assert carried_out(world) == 1
