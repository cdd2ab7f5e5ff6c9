"""A court has decided, or it was a mistake: a registrar or the school ends a guardianship, and everybody is told."""

from __future__ import annotations

import pytest
from sqlmodel import select

from family_steps import letters
from people_world import Someone, World
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import message_of
from portfolio.organisations.models import StaffRole
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.consent import Purpose
from portfolio.people.consents import allows
from portfolio.people.models import AccessRecord, Account, AuditRecord, Consent, Guardianship, GuardianState
from portfolio.people.sign_ins import open_sign_in

HERE = "/registrar/guardianships"
DECISION = {"why": "court", "reason": "Решение районного суда от 20 ноября, видели"}


def row_of(world: World, guardian: Someone) -> Guardianship:
    with world.portfolio.database.read() as session:
        return session.exec(select(Guardianship).where(Guardianship.account_id == guardian.account.id)).one()


def consented(world: World, *people: Someone) -> None:
    child = people[0]
    for who in people:
        for purpose in ("store", "share"):
            answer = who.post(f"/p/{child.person_id}/consents", {"purpose": purpose, "answer": "give"})
            assert answer.status_code == 303


def may_share(world: World, child: Someone) -> bool:
    with world.portfolio.database.read() as session:
        return allows(
            session, vault=world.portfolio.vault, person_id=child.person_id, purpose=Purpose.SHARE, now=world.clock()
        )


def number_shown(world: World, who: Someone, child: Someone, guardian: Someone) -> str:
    number = row_of(world, guardian).id[:13]
    assert number in who.get(f"/p/{child.person_id}/guardians").text, "whom it concerns can read it"
    return number


def test_a_registrar_ends_it_by_its_number(world: World) -> None:
    child = world.pupil(15)
    mother, father = world.guardian_of(child, "Сидорова Мария Ивановна"), world.guardian_of(child, "Сидоров Олег")
    consented(world, child, father)
    registrar = world.registrar()
    assert may_share(world, child)
    number = number_shown(world, mother, child, father)
    here = registrar.post(HERE, {"number": f" {number.upper()} "}).headers["location"]
    shown = registrar.get(here).text
    assert "Сидорова Анна Олеговна" in shown
    assert "Сидоров Олег" in shown
    assert registrar.post(here, DECISION).headers["location"] == f"{HERE}?done=ended"

    assert row_of(world, father).ended_why == "court"
    assert father.get(f"/p/{child.person_id}/consents").status_code == 404
    assert not may_share(world, child), "what he had agreed to stops"
    with world.portfolio.database.read() as session:
        withdrawn = session.exec(select(Consent).where(Consent.account_id == father.account.id)).all()
        assert all(one.withdrawn_at for one in withdrawn)
        looks = session.exec(select(AccessRecord).where(AccessRecord.why == "guardian_end")).all()
        assert session.exec(select(AuditRecord.act)).all()[-1] == "guardian.end"
        mails = session.exec(select(OutgoingMail).where(OutgoingMail.letter == "guardianship_ended_by_decision")).all()
        told = {message_of(one, vault=world.portfolio.vault, sender="a@example.ru")["to"] for one in mails}
    assert {look.person_id for look in looks} == {child.person_id, father.person_id}
    assert {look.viewer for look in looks} == {"registrar"}
    assert told == {child.address, mother.address, father.address}
    assert "районного суда" in child.get(f"/p/{child.person_id}/guardians").text
    assert "районного суда" not in "".join(letters(world, "guardianship_ended_by_decision"))
    assert mother.get(f"/p/{child.person_id}/consents").status_code == 200, "the other one stays"


def test_by_the_number_of_the_portfolio_a_registrar_chooses(world: World) -> None:
    child, registrar = world.pupil(12), world.registrar()
    mother, father = world.guardian_of(child, "Сидорова Мария Ивановна"), world.guardian_of(child, "Сидоров Олег")
    page = registrar.post(HERE, {"number": child.person_id})
    assert page.status_code == 200
    assert all(f"{HERE}/{row_of(world, who).id}" in page.text for who in (mother, father))
    registrar.post(f"{HERE}/{row_of(world, father).id}", DECISION)
    only = registrar.post(HERE, {"number": child.person_id[:13]})
    assert only.headers["location"] == f"{HERE}/{row_of(world, mother).id}"


def test_nobody_is_found_without_a_number(world: World) -> None:
    child = world.pupil(12)
    guardian, registrar = world.guardian_of(child), world.registrar()
    for wrong in ("", "Сидорова", child.address, child.person_id[:12], guardian.person_id, "%", "_" * 13, "0" * 12):
        answer = registrar.post(HERE, {"number": wrong})
        assert answer.status_code == 422, wrong
        assert "Олеговна" not in answer.text
    assert "Олеговна" not in registrar.get(HERE).text
    with world.portfolio.database.read() as session:
        assert session.exec(select(AccessRecord)).all() == []


@pytest.mark.parametrize("changed", [{"reason": ""}, {"reason": "суд"}, {"why": ""}, {"why": "dislike"}])
def test_without_a_reason_it_stays(world: World, changed: dict[str, str]) -> None:
    child = world.pupil(15)
    guardian, registrar = world.guardian_of(child), world.registrar()
    assert registrar.post(f"{HERE}/{row_of(world, guardian).id}", {**DECISION, **changed}).status_code == 422
    assert row_of(world, guardian).state is GuardianState.ACTIVE
    assert letters(world, "guardianship_ended_by_decision") == []


def test_a_registrar_does_not_decide_about_his_own_family(world: World) -> None:
    child, registrar = world.pupil(15), world.registrar()
    other = world.guardian_of(child)
    with world.portfolio.database.write() as session:
        session.add(
            Guardianship(
                person_id=child.person_id,
                account_id=registrar.account.id,
                state=GuardianState.ENDED,
                created_at=world.clock(),
            )
        )
        account = session.get_one(Account, child.account.id)
        account.is_registrar = True
        session.add(account)
    assert registrar.post(f"{HERE}/{row_of(world, other).id}", DECISION).status_code == 422
    with world.portfolio.database.write() as session:
        token = open_sign_in(session, account=child.account, device="Test", strong=True, clock=world.clock)
    child.client.cookies.set("session", token, domain="testserver.local")
    assert child.post(f"{HERE}/{row_of(world, other).id}", DECISION).status_code == 422
    assert row_of(world, other).state is GuardianState.ACTIVE


def confirmed_by_school(world: World, guardian: Someone, slug: str) -> str:
    with world.portfolio.database.write() as session:
        row = session.exec(select(Guardianship).where(Guardianship.account_id == guardian.account.id)).one()
        row.organisation_id, row.proof = organisation_by_slug(session, slug=slug).id, "school"
        session.add(row)
        return row.id


def test_the_school_ends_what_it_confirmed_with_a_reason(world: World) -> None:
    world.organisation()
    world.organisation("other")
    child = world.pupil(15)
    guardian, staff, other = world.guardian_of(child), world.staff(role=StaffRole.ISSUER), world.staff("other")
    row = confirmed_by_school(world, guardian, "school")
    assert row[:13] in staff.get("/org/school/guardians").text
    assert other.get(f"/org/other/guardians/{row}/end").status_code == 404
    assert other.post(f"/org/other/guardians/{row}/end", DECISION).status_code == 404
    assert "Сидорова Анна" in staff.get(f"/org/school/guardians/{row}/end").text
    assert staff.post(f"/org/school/guardians/{row}/end", {"why": "mistake"}).status_code == 422
    mistake = {"why": "mistake", "reason": "Перепутали двух однофамильцев"}
    assert staff.post(f"/org/school/guardians/{row}/end", mistake).status_code == 303
    assert row_of(world, guardian).ended_why == "mistake"
    assert "однофамильцев" in child.get(f"/p/{child.person_id}/guardians").text
    assert staff.post(f"/org/school/guardians/{row}/end", mistake).status_code == 404, "it is ended already"


def test_a_school_ends_only_what_it_confirmed_itself(world: World) -> None:
    school, child = world.organisation(), world.pupil(15)
    guardian, staff = world.guardian_of(child), world.staff()
    row = row_of(world, guardian).id
    with world.portfolio.database.write() as session:  # it was asked, but the code on the screen was the proof
        found = session.get_one(Guardianship, row)
        found.organisation_id = school.id
        session.add(found)
    assert staff.get(f"/org/school/guardians/{row}/end").status_code == 404
    assert staff.post(f"/org/school/guardians/{row}/end", DECISION).status_code == 404
    assert row_of(world, guardian).state is GuardianState.ACTIVE
