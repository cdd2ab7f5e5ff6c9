"""An administrator vouches for a colleague who lost telephone and codes, and for nobody else."""

from __future__ import annotations

from sqlmodel import select

from people_world import World
from portfolio.organisations.models import StaffRole
from portfolio.organisations.staff import give_place
from portfolio.people.models import Rescue
from portfolio.people.sign_ins import open_sign_in
from rescue_steps import REASON, asked, carried_out, found, letters, rescue, rescues, secured, vouch


def test_an_administrator_vouches_alone_for_his_own_staff(world: World) -> None:
    world.organisation()
    colleague, boss, second = (world.staff(role=role) for role in (StaffRole.ISSUER, StaffRole.ADMIN, StaffRole.ADMIN))
    secured(world, colleague)
    world.clock.advance(days=1)
    with world.portfolio.database.write() as session:  # the sessions of yesterday are over
        tokens = {
            who.address: open_sign_in(session, account=who.account, device="Test", strong=True, clock=world.clock)
            for who in (boss, second)
        }
    for who in (boss, second):
        who.client.cookies.set("session", tokens[who.address], domain="testserver.local")
    number = asked(world, colleague)
    assert vouch(boss, number, "/org/school/rescues").headers["location"].endswith("?done=granted")
    assert [to for to, _ in letters(world, "rescue_by_colleague")] == [second.address]
    assert rescue(world).organisation_id is not None
    world.clock.advance(hours=72)
    assert carried_out(world) == 1


def test_no_administrator_vouches_for_himself_or_for_others_people(world: World) -> None:
    world.organisation()
    world.organisation("other")
    boss, stranger, pupil = world.staff(), world.staff("other"), world.pupil()
    for who in (boss, pupil):
        secured(world, who)
    number, pupils = asked(world, boss), asked(world, pupil)
    here = found(boss, number, "/org/school/rescues")
    assert boss.post(f"{here}/vouch", REASON).status_code == 422
    for who, base, wrong in ((stranger, "/org/other/rescues", number), (boss, "/org/school/rescues", pupils)):
        assert who.post(base, {"number": wrong}).status_code == 422
        with world.portfolio.database.read() as session:
            ids = session.exec(select(Rescue.id)).all()
        row = next(one for one in ids if one.startswith(wrong))
        assert who.get(f"{base}/{row}").status_code == 404
        assert who.post(f"{base}/{row}/vouch", REASON).status_code == 404
    assert {row.due_at for row in rescues(world)} == {None}


def test_an_administrator_does_not_open_what_another_organisation_relies_on(world: World) -> None:
    first, second = world.organisation(), world.organisation("second")
    colleague, boss = world.staff(role=StaffRole.VIEWER), world.staff()
    secured(world, colleague)
    with world.portfolio.database.write() as session:
        give_place(
            session,
            organisation_id=second.id,
            account_id=colleague.account.id,
            role=StaffRole.ADMIN,
            clock=world.clock,
        )
    number = asked(world, colleague)
    answer = boss.post("/org/school/rescues", {"number": number})
    assert answer.status_code == 422
    assert "two registrars" in answer.text
    for registrar in (world.registrar(), world.registrar()):
        assert vouch(registrar, number).status_code == 303
    assert rescue(world).due_at is not None
    assert first.id != rescue(world).organisation_id


def test_a_place_given_after_the_request_gives_no_say(world: World) -> None:
    owner = world.someone()
    secured(world, owner)
    school, boss = world.organisation(), world.staff()
    number = asked(world, owner)
    world.clock.advance(minutes=1)
    with world.portfolio.database.write() as session:
        give_place(
            session,
            organisation_id=school.id,
            account_id=owner.account.id,
            role=StaffRole.VIEWER,
            clock=world.clock,
        )
    assert boss.post("/org/school/rescues", {"number": number}).status_code == 422
