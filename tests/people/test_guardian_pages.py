"""Guardians, seen from their pages: invited, proved, ended; nothing of the child's is seen before the proof."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from family_steps import accepted, invited, letters, shown_code, sign_in_again
from people_world import PASSWORD, World
from portfolio.organisations.models import StaffRole
from portfolio.people.guardians import CODE_LENGTH
from portfolio.people.models import AccessRecord, AuditRecord, Guardianship, GuardianState


def test_a_guardian_is_invited_accepts_and_proves_by_the_code_on_the_screen(world: World) -> None:
    child, guardian = world.pupil(15), world.someone("Сидорова Мария Ивановна")
    path = invited(world, child)
    page = guardian.get(path)
    assert "С. А. О." in page.text
    assert "Сидорова" not in page.text
    assert guardian.post(path, {}).status_code == 422
    proof = guardian.post(path, {"is_guardian": "yes"}).headers["location"].partition("?")[0]
    assert guardian.get(path).status_code == 404, "the link is used up"
    assert "Анна" not in guardian.get(proof).text
    assert guardian.get(f"/p/{child.person_id}/consents").status_code == 404
    answer = guardian.post(f"{proof}/code", {"code": shown_code(child, proof).lower()})
    assert answer.status_code == 303
    assert guardian.get(f"/p/{child.person_id}/consents").status_code == 200
    assert "Сидорова Мария Ивановна" in child.get(f"/p/{child.person_id}/guardians").text
    with world.portfolio.database.read() as session:
        acts = [row.act for row in session.exec(select(AuditRecord).order_by(AuditRecord.number))]
    assert [act for act in acts if act.startswith("guardian.")] == [
        "guardian.invite", "guardian.accept", "guardian.show_code", "guardian.prove"
    ]  # fmt: skip


def test_the_letter_says_no_more_than_initials(world: World) -> None:
    child = world.pupil(15)
    invited(world, child)
    text = letters(world, "guardian_invitation")[0]
    assert "С. А. О." in text
    assert "Сидорова" not in text


def test_a_visitor_is_led_to_sign_in_and_back(world: World) -> None:
    child = world.pupil(15)
    path = invited(world, child)
    visitor = world.visitor()
    page = visitor.get(path)
    assert f"/sign-in?next={path}" in page.text
    assert f"/sign-up?next={path}" in page.text
    assert visitor.post(f"{path}/decline").status_code == 200
    assert visitor.get(path).status_code == 404


@pytest.mark.fault(137)
def test_the_wrong_parent_sees_and_decides_nothing(world: World) -> None:
    child, stranger, other = world.pupil(15), world.someone("Чужой Иван"), world.pupil(15)
    world.guardian_of(other)
    for path in ("consents", "guardians", "access", "export", "erase"):
        assert stranger.get(f"/p/{child.person_id}/{path}").status_code == 404
    assert stranger.post(f"/p/{child.person_id}/consents", {"purpose": "share", "answer": "give"}).status_code == 404
    proof = accepted(world, child, stranger)
    with world.portfolio.database.read() as session:
        row = session.exec(select(Guardianship).where(Guardianship.account_id == stranger.account.id)).one()
    assert row.state is GuardianState.ACCEPTED
    assert stranger.post(f"/p/{child.person_id}/consents", {"purpose": "share", "answer": "give"}).status_code == 404
    # Nor does another's code help, nor the proof page of another.
    assert other.get(proof).status_code == 404
    assert stranger.post(f"/p/{child.person_id}/guardians/{row.id}/code").status_code == 404


def test_nobody_is_a_guardian_of_himself_nor_is_a_child(world: World) -> None:
    child, friend = world.pupil(15), world.pupil(16, "Друг Пётр")
    path = invited(world, child)
    for somebody in (child, friend):
        page = somebody.post(path, {"is_guardian": "yes"})
        assert page.status_code == 422
        assert 'role="alert"' in page.text
    assert world.someone().post(path, {"is_guardian": "yes"}).status_code == 303


@pytest.mark.fault(99)
def test_wrong_codes_are_limited_and_an_old_code_is_none(world: World) -> None:
    child, guardian = world.pupil(15), world.someone()
    proof = accepted(world, child, guardian)
    code = shown_code(child, proof)
    world.clock.advance(minutes=61)
    page = guardian.post(f"{proof}/code", {"code": code})
    assert page.status_code == 422
    assert code in page.text, "what was typed is kept"
    code = shown_code(child, proof)
    for _ in range(4):
        assert guardian.post(f"{proof}/code", {"code": "X" * CODE_LENGTH}).status_code == 422
    assert guardian.post(f"{proof}/code", {"code": code}).status_code == 429
    world.clock.advance(minutes=61)
    assert guardian.post(f"{proof}/code", {"code": shown_code(child, proof)}).status_code == 303


def test_an_invitation_is_good_for_seven_days(world: World) -> None:
    child, guardian = world.pupil(15), world.someone()
    path = invited(world, child)
    world.clock.advance(days=7)
    with world.portfolio.database.read() as session:
        assert session.exec(select(Guardianship)).one().state is GuardianState.INVITED
    assert guardian.client.get(path).status_code in {303, 404}
    assert world.visitor().get(path).status_code == 404


def test_a_bad_address_is_said_beside_the_field_and_kept(world: World) -> None:
    child = world.pupil(15)
    assert child.post(f"/p/{child.person_id}/guardians", {"address": "mama@x..ru"}).status_code == 422
    page = child.post(f"/p/{child.person_id}/guardians", {"address": "mama"})
    assert page.status_code == 422
    assert 'value="mama"' in page.text
    assert 'id="f-address-problem"' in page.text


def test_a_school_confirms_a_child_without_an_account(world: World) -> None:
    world.organisation("school")
    staff, mother = world.staff("school", StaffRole.ISSUER), world.someone("Петрова Анна Ивановна")
    answer = mother.post(
        "/me/children/new", {"name": "Петров Илья Олегович", "birth_date": "05.09.2017", "is_guardian": "yes"}
    )
    assert answer.status_code == 303
    proof = answer.headers["location"].partition("?")[0]
    with world.portfolio.database.read() as session:
        row = session.exec(select(Guardianship)).one()
    assert mother.get(f"/p/{row.person_id}/consents").status_code == 404
    assert staff.get("/org/school/guardians").text.count("Петров Илья") == 0
    page = mother.post(f"{proof}/school", {"school": "nowhere"})
    assert page.status_code == 422
    assert mother.post(f"{proof}/school", {"school": "school"}).status_code == 303
    page = staff.get("/org/school/guardians")
    assert "Петров Илья Олегович" in page.text
    assert "Петрова Анна Ивановна" in page.text
    assert staff.post(f"/org/school/guardians/{row.id}", {"answer": "confirm"}).status_code == 303
    assert mother.get(f"/p/{row.person_id}/consents").status_code == 200
    assert "name and date of birth" in mother.get(f"/p/{row.person_id}/access?lang=en").text
    with world.portfolio.database.read() as session:
        assert session.exec(select(AccessRecord)).first().why == "guardian_check"  # type: ignore[union-attr]
    # A decision of a court: the school ends it, and it has no force from that moment.
    assert staff.post(f"/org/school/guardians/{row.id}", {"answer": "refuse"}).status_code == 409, "say why"
    decision = {"why": "court", "reason": "Решение суда от 20 ноября, видели"}
    assert staff.post(f"/org/school/guardians/{row.id}/end", decision).status_code == 303
    assert mother.get(f"/p/{row.person_id}/consents").status_code == 404


def test_another_school_and_a_viewer_confirm_nothing(world: World) -> None:
    world.organisation("school")
    world.organisation("other")
    mother = world.someone()
    answer = mother.post("/me/children/new", {"name": "Ли Ян", "birth_date": "2017-09-05", "is_guardian": "yes"})
    row = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    mother.post(f"/me/children/{row}/school", {"school": "school"})
    other, viewer = world.staff("other"), world.staff("school", StaffRole.VIEWER)
    assert other.post(f"/org/other/guardians/{row}", {"answer": "confirm"}).status_code == 404
    assert other.post(f"/org/school/guardians/{row}", {"answer": "confirm"}).status_code == 404
    assert viewer.post(f"/org/school/guardians/{row}", {"answer": "confirm"}).status_code == 403


def test_a_child_of_14_is_not_added_and_what_was_typed_is_kept(world: World) -> None:
    mother = world.someone()
    page = mother.post("/me/children/new", {"name": "Ли Ян", "birth_date": "22.11.2012", "is_guardian": "yes"})
    assert page.status_code == 422
    assert 'value="22.11.2012"' in page.text
    assert 'id="f-birth_date-problem"' in page.text
    page = mother.post("/me/children/new", {"name": "Ли Ян", "birth_date": "23.11.2012"})
    assert page.status_code == 422
    assert mother.post(
        "/me/children/new", {"name": "Ли Ян", "birth_date": "23.11.2012", "is_guardian": "yes"}
    ).is_redirect


def test_several_guardians_and_who_may_end_what(world: World) -> None:
    child = world.pupil(13)
    mother, father = world.guardian_of(child, "Мать Анна"), world.guardian_of(child, "Отец Иван")
    with world.portfolio.database.read() as session:
        rows = {row.account_id: row.id for row in session.exec(select(Guardianship))}
    page = f"/p/{child.person_id}/guardians"
    assert "Отец Иван" in mother.get(page).text
    assert mother.post(f"{page}/{rows[father.account.id]}/end").status_code == 403
    assert child.post(f"{page}/{rows[father.account.id]}/end").status_code == 403, "under 14 not by the child"
    assert father.post(f"{page}/{rows[father.account.id]}/end").headers["location"].startswith("/me")
    assert father.get(page).status_code == 404
    assert len(letters(world, "guardianship_ended")) == 1, "the child is told, the father ended it himself"
    world.clock.advance(days=366)
    sign_in_again(world, child, mother)
    assert child.post(f"{page}/{rows[mother.account.id]}/end").status_code == 303
    assert mother.get(page).status_code == 404
    assert len(letters(world, "guardianship_ended")) == 2


@pytest.mark.fault(137)
def test_a_child_of_14_gets_a_sign_in_to_the_portfolio_a_guardian_kept(world: World) -> None:
    mother = world.someone("Петрова Анна Ивановна")
    answer = mother.post("/me/children/new", {"name": "Петров Илья", "birth_date": "24.11.2012", "is_guardian": "yes"})
    row = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    with world.portfolio.database.write() as session:
        link = session.get_one(Guardianship, row)
        link.state, link.active_at = GuardianState.ACTIVE, world.clock()
        session.add(link)
    path = f"/p/{link.person_id}"
    mother.post(f"{path}/consents", {"purpose": "store", "answer": "give"})
    assert mother.post(f"{path}/guardians/sign-in", {"address": "ilya@example.ru"}).status_code == 403
    world.clock.advance(days=3)
    sign_in_again(world, mother)
    assert "Give the child a sign-in" in mother.get(f"{path}/guardians?lang=en").text
    taken = mother.post(f"{path}/guardians/sign-in", {"address": mother.address})
    offered = mother.post(f"{path}/guardians/sign-in", {"address": "ilya@example.ru"})
    assert taken.headers["location"] == offered.headers["location"], "nobody learns who has an account"
    token = re.findall(r"/own-sign-in/[\w-]{40,}", letters(world, "own_sign_in")[0])[0]
    visitor = world.visitor()
    assert visitor.post(token, data={"password": "коротко"}).status_code == 422
    done = visitor.post(token, data={"password": PASSWORD}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
    assert visitor.get(token).status_code == 404, "good once"
    visitor.post("/sign-in", data={"address": "ilya@example.ru", "password": PASSWORD})
    page = visitor.get(f"{path}/consents?lang=en")
    assert page.status_code == 200
    assert "one yes is missing" in page.text
    assert "Give the child a sign-in" not in mother.get(f"{path}/guardians?lang=en").text
