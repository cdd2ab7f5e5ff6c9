"""An organisation whose administrator has left gets another one: by two registrars, and its staff are told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlmodel import select

from family_steps import letters
from people_world import Someone, World
from portfolio.notifications.models import OutgoingMail
from portfolio.organisations.administrators import GOOD_FOR, REASONS_KEPT, forget_addresses
from portfolio.organisations.models import Membership, Replacement, StaffInvitation, StaffRole
from portfolio.organisations.service import organisation_by_slug
from portfolio.organisations.staff import give_place
from portfolio.people.models import AccessRecord, Account, AuditRecord
from portfolio.people.office import FIRST_WORD_GONE

HERE = "/registrar/organisations/school/administrator"


@pytest.fixture
def boss(world: World) -> Someone:
    world.organisation()
    return world.staff()


def form(address: str, **more: str) -> dict[str, str]:
    return {"address": address, "reason": "Директор уволился, звонили в школу", "ends": "", **more}


def place_of(world: World, who: Someone) -> Membership:
    with world.portfolio.database.read() as session:
        return session.exec(select(Membership).where(Membership.account_id == who.account.id)).one()


def replacement(world: World) -> Replacement:
    with world.portfolio.database.read() as session:
        return session.exec(select(Replacement)).one()


def confirm(who: Someone, world: World) -> Any:
    return who.post(f"{HERE}/{replacement(world).id}/confirm")


def acts(world: World) -> list[str]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(AuditRecord.act)))


def test_two_registrars_invite_another_administrator_and_end_the_old_place(world: World, boss: Someone) -> None:
    teacher, new = world.staff(role=StaffRole.ISSUER), world.someone(strong=True)
    first, second = world.registrar(), world.registrar()
    ends = place_of(world, boss).id
    assert first.post(HERE, form(new.address, ends=ends)).headers["location"] == f"{HERE}?done=proposed"
    assert boss.get("/org/school/staff").status_code == 200, "one registrar changes nothing"
    assert letters(world, "staff_invitation") == letters(world, "administrator_invited") == []
    assert "Директор уволился" in second.get("/registrar/administrators").text
    assert new.address in second.get(HERE).text

    assert confirm(first, world).status_code == 422
    assert confirm(second, world).headers["location"] == f"{HERE}?done=confirmed"
    assert boss.get("/org/school/staff").status_code == 404
    told = letters(world, "administrator_invited")
    assert len(told) == 2, "the one whose place ended is told, too"
    assert all("завершил" in text for text in told)
    assert all(new.address not in text for text in told)
    link = re.findall(r"/join/\S+", letters(world, "staff_invitation")[0])[0]
    assert teacher.post(link).status_code == 403
    assert new.post(link).status_code == 303
    assert new.get("/org/school/staff").status_code == 200
    assert confirm(second, world).status_code == 422
    assert [act for act in acts(world) if act.startswith(("administrator.", "staff."))] == [
        *("administrator.propose", "administrator.confirm", "staff.dismiss", "staff.invite.admin", "staff.join")
    ]


def test_a_proposal_counts_while_its_proposer_is_a_registrar(world: World, boss: Someone) -> None:
    first, second = world.registrar(), world.registrar()
    first.post(HERE, form("new@example.ru", ends=place_of(world, boss).id))
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, first.account.id)
        account.is_registrar = False
        session.add(account)
    answer = confirm(second, world)
    assert answer.status_code == 422
    assert FIRST_WORD_GONE in answer.text
    assert place_of(world, boss).ended_at is None
    assert second.post(f"{HERE}/{replacement(world).id}/withdraw").status_code == 303
    assert second.post(HERE, form("new@example.ru")).status_code == 303


def test_a_proposal_is_decided_under_the_address_of_its_organisation(world: World, boss: Someone) -> None:
    del boss
    world.organisation("other")
    world.registrar().post(HERE, form("new@example.ru"))
    elsewhere = f"/registrar/organisations/other/administrator/{replacement(world).id}"
    for act in ("confirm", "withdraw"):
        assert world.registrar().post(f"{elsewhere}/{act}").status_code == 404
    assert replacement(world).decided_at is None


def test_nobodys_place_ends_unless_that_was_said(world: World, boss: Someone) -> None:
    world.registrar().post(HERE, form("new@example.ru"))
    assert confirm(world.registrar(), world).status_code == 303
    assert boss.get("/org/school/staff").status_code == 200
    assert "завершил" not in letters(world, "administrator_invited")[0]


def test_one_registrar_twice_is_one(world: World, boss: Someone) -> None:
    registrar = world.registrar()
    registrar.post(HERE, form("new@example.ru", ends=place_of(world, boss).id))
    answer = confirm(registrar, world)
    assert answer.status_code == 422
    assert "another registrar has to confirm" in answer.text
    assert registrar.post(HERE, form("new@example.ru")).status_code == 422, "nor by a second proposal"
    assert place_of(world, boss).ended_at is None
    with world.portfolio.database.read() as session:
        assert session.exec(select(StaffInvitation)).all() == []


def test_no_registrar_brings_himself_in(world: World, boss: Someone) -> None:
    first, second = world.registrar(), world.registrar()
    assert first.post(HERE, form(first.address)).status_code == 422
    assert second.post(HERE, form(first.address)).status_code == 303
    assert confirm(first, world).status_code == 422
    assert replacement(world).decided_at is None
    with world.portfolio.database.write() as session:
        give_place(
            session,
            organisation_id=organisation_by_slug(session, slug="school").id,
            account_id=first.account.id,
            role=StaffRole.VIEWER,
            clock=world.clock,
        )
    second.post(f"{HERE}/{replacement(world).id}/withdraw")
    assert first.post(HERE, form("new@example.ru")).status_code == 422
    assert boss.get("/org/school/staff").status_code == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"address": "none"}, "address"), ({"reason": "так"}, "reason"), ({"ends": "x" * 36}, "ends")],
)
def test_a_mistake_stands_beside_its_field(world: World, boss: Someone, changed: dict[str, str], field: str) -> None:
    del boss
    answer = world.registrar().post(HERE, {**form("new@example.ru"), **changed})
    assert answer.status_code == 422
    assert f'id="f-{field}-problem"' in answer.text
    with world.portfolio.database.read() as session:
        assert session.exec(select(Replacement)).all() == []
        assert session.exec(select(OutgoingMail)).all() == []


def test_only_an_administrators_place_of_this_organisation_can_end(world: World, boss: Someone) -> None:
    world.organisation("other")
    stranger, teacher = world.staff("other"), world.staff(role=StaffRole.ISSUER)
    for who in (stranger, teacher):
        ends = place_of(world, who).id
        assert world.registrar().post(HERE, form("new@example.ru", ends=ends)).status_code == 422
    assert place_of(world, boss).ended_at is None


def test_what_is_withdrawn_or_lapsed_is_confirmed_by_nobody(world: World, boss: Someone) -> None:
    del boss
    first, second = world.registrar(), world.registrar()
    first.post(HERE, form("new@example.ru"))
    assert second.post(f"{HERE}/{replacement(world).id}/withdraw").status_code == 303
    assert confirm(second, world).status_code == 422
    assert replacement(world).sealed_email == b""
    first.post(HERE, form("other@example.ru"))
    world.clock.now += GOOD_FOR
    third = world.registrar()
    with world.portfolio.database.read() as session:
        open_one = session.exec(select(Replacement).where(Replacement.sealed_email != b"")).one()
    assert third.post(f"{HERE}/{open_one.id}/confirm").status_code == 422
    with world.portfolio.database.write() as session:
        assert forget_addresses(session, now=world.clock()) == 1
        assert forget_addresses(session, now=world.clock() + REASONS_KEPT) == 2, "reasons"
    assert letters(world, "staff_invitation") == []


def test_looking_at_administrators_stands_in_their_logs(world: World, boss: Someone) -> None:
    registrar = world.registrar()
    assert boss.address in registrar.get(HERE).text
    with world.portfolio.database.read() as session:
        look = session.exec(select(AccessRecord)).one()
    assert (look.person_id, look.viewer, look.why) == (boss.person_id, "registrar", "replacement")
    assert registrar.get("/registrar/organisations/absent/administrator").status_code == 404
    assert registrar.post(f"{HERE}/absent/confirm").status_code == 404
