"""Rights are read anew at every request, and a name may change while a birth date may not."""

from __future__ import annotations

import pytest
from sqlmodel import select

from people_world import World
from portfolio.organisations.models import Membership
from portfolio.people.models import Guardianship, GuardianState
from portfolio.people.service import profile_of


@pytest.mark.fault(93)
def test_a_dismissed_member_of_staff_sees_nothing_at_the_next_request(world: World) -> None:
    world.organisation()
    member = world.staff()
    assert member.get("/org/school").status_code == 200
    with world.portfolio.database.write() as session:
        place = session.exec(select(Membership).where(Membership.account_id == member.account.id)).one()
        place.ended_at = world.clock()
        session.add(place)
    assert member.get("/org/school").status_code == 404


@pytest.mark.fault(93)
def test_a_guardian_whose_guardianship_ended_sees_nothing_at_the_next_request(world: World) -> None:
    child = world.pupil()
    guardian = world.guardian_of(child)
    path = f"/p/{child.person_id}/consents"
    assert guardian.get(path).status_code == 200
    with world.portfolio.database.write() as session:
        row = session.exec(select(Guardianship)).one()
        row.state = GuardianState.ENDED
        session.add(row)
    assert guardian.get(path).status_code == 404


def test_a_name_changes_and_the_birth_date_does_not(world: World) -> None:
    someone = world.pupil()
    before = birth_date(world, someone.person_id)
    form = {"name": "Петрова-Сидорова Анна", "language": "en"}
    assert someone.post("/me/profile", {**form, "birth_date": "1990-01-01"}).status_code == 422
    assert someone.post("/me/profile", form).status_code == 303
    assert "Петрова-Сидорова Анна" in someone.get("/me/profile").text
    assert birth_date(world, someone.person_id) == before
    assert someone.post("/me/profile", {"name": "<b>", "language": "xx"}).status_code == 422


def birth_date(world: World, person_id: str) -> str | None:
    with world.portfolio.database.read() as session:
        return profile_of(session, vault=world.portfolio.vault, person_id=person_id).birth_date
