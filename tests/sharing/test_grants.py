"""Access of universities: given by consent, seen with every verdict, written down, ended at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sharing_world import award, consent, queries, withdraw
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.organisations.models import Organisation, OrganisationType, StaffRole
from portfolio.people.consent import Purpose
from portfolio.people.consenting import allowing
from portfolio.people.consents import NotYoursToGiveError, allows
from portfolio.people.models import AccessRecord, AuditRecord, Person
from portfolio.sharing.models import AccessGrant, ShareItem, ShareLink

ACCESS = Purpose.UNIVERSITY_ACCESS


@pytest.fixture
def university(world: World) -> Organisation:
    world.organisation()
    return world.organisation("univer", kind=OrganisationType.UNIVERSITY, name="Университет «Исток»")


@pytest.fixture
def applicant(world: World, university: Organisation) -> Someone:
    someone = world.someone("Сидорова Анна Олеговна")
    consent(world, someone, purpose=ACCESS)
    award(world, someone, title="Первая")
    award(world, someone, title="Вторая", award_date="2025-04-01", degree="prize_winner")
    return someone


def grant(world: World, someone: Someone, university: Organisation, *, days: int = 30, **more: Any) -> Any:
    last = world.clock().date() + timedelta(days=days)
    return someone.post(
        f"/p/{more.get('person_id', someone.person_id)}/access-grants",
        {"university": university.id, "last_day": last.strftime("%d.%m.%Y")},
    )


def grant_id(world: World) -> str:
    with world.portfolio.database.read() as session:
        return session.exec(select(AccessGrant.id).where(AccessGrant.withdrawn_at == None)).one()  # noqa: E711


def test_a_university_sees_the_way_and_the_verdicts_and_is_seen_looking(
    world: World, university: Organisation, applicant: Someone
) -> None:
    staff = world.staff("univer", StaffRole.VIEWER)
    assert "No applicants yet" in staff.get("/org/univer/applicants").text
    assert grant(world, applicant, university).status_code == 303
    assert "may see the portfolio" in applicant.get(f"/p/{applicant.person_id}/access-grants").text
    assert "Сидорова Анна Олеговна" in staff.get("/org/univer/applicants").text
    here = f"/org/univer/applicants/{grant_id(world)}"
    page = staff.get(here)
    assert page.status_code == 200
    assert page.text.index(">2026<") < page.text.index("Первая") < page.text.index(">2025<") < page.text.index("Вторая")
    document = award(world, applicant, title="Третья")
    assert "Третья" in staff.get(here).text
    assert "Третья" in staff.get(f"{here}/{document}").text
    with world.portfolio.database.read() as session:
        looks = list(session.exec(select(AccessRecord)))
        acts = [row.act for row in session.exec(select(AuditRecord)) if row.act.startswith("grant.")]
    assert {look.what for look in looks} == {"portfolio", "credential"}
    assert {(look.viewer, look.why, look.account_id, look.organisation_id, look.person_id) for look in looks} == {
        ("organisation", "university_access", staff.account.id, university.id, applicant.person_id)
    }
    assert acts == ["grant.give"]


@pytest.mark.parametrize("end", ["withdrawn", "consent", "over", "erased"])
def test_it_ends_at_once(world: World, university: Organisation, applicant: Someone, end: str) -> None:
    staff = world.staff("univer", StaffRole.VIEWER)
    grant(world, applicant, university, days=1)
    number = grant_id(world)
    here = f"/org/univer/applicants/{number}"
    assert staff.get(here).status_code == 200
    if end == "withdrawn":
        applicant.post(f"/p/{applicant.person_id}/access-grants/{number}/withdraw")
    elif end == "consent":
        withdraw(world, applicant, purpose=ACCESS)
    elif end == "over":
        world.clock.advance(hours=50)
        staff = world.staff("univer", StaffRole.VIEWER)  # the other's session is over too
    else:
        with world.portfolio.database.write() as session:
            session.get_one(Person, applicant.person_id).erased_at = world.clock()
    dead, never = staff.get(here), staff.get("/org/univer/applicants/nobody")
    assert dead.status_code == never.status_code == 404
    assert dead.content == never.content
    assert "Сидорова" not in staff.get("/org/univer/applicants").text


def test_only_that_university_and_only_universities(world: World, university: Organisation, applicant: Someone) -> None:
    world.organisation("other", kind=OrganisationType.UNIVERSITY)
    grant(world, applicant, university)
    here = f"applicants/{grant_id(world)}"
    assert world.staff("other").get(f"/org/other/{here}").status_code == 404
    assert world.staff("other").get(f"/org/univer/{here}").status_code == 404
    school = world.staff("school")
    assert school.get("/org/school/applicants").status_code == 404
    assert school.get(f"/org/school/{here}").status_code == 404
    weak = world.staff("univer", strong=False)
    assert weak.get(f"/org/univer/{here}").status_code == 303
    assert world.visitor().get(f"/org/univer/{here}", follow_redirects=False).status_code == 303


def test_a_suspended_university_opens_nobody(world: World, university: Organisation, applicant: Someone) -> None:
    grant(world, applicant, university)
    staff, here = world.staff("univer"), f"/org/univer/applicants/{grant_id(world)}"
    with world.portfolio.database.write() as session:
        row = session.get_one(Organisation, university.id)
        row.suspended_from = int(world.clock().timestamp()) - 60
        session.add(row)
    for path in ("/org/univer/applicants", here, f"{here}/absent"):
        answer = staff.get(f"{path}?lang=en")
        assert answer.status_code == 403, path
        assert "is suspended" in answer.text
        assert "Сидорова" not in answer.text
    with world.portfolio.database.read() as session:
        assert session.exec(select(AccessRecord)).all() == []


def test_documents_of_others_are_not_behind_a_grant(world: World, university: Organisation, applicant: Someone) -> None:
    foreign = award(world, world.someone(), title="Чужая")
    grant(world, applicant, university)
    staff = world.staff("univer")
    assert staff.get(f"/org/univer/applicants/{grant_id(world)}/{foreign}").status_code == 404


def test_what_is_hidden_is_not_part_of_the_whole(world: World, university: Organisation, applicant: Someone) -> None:
    hidden = award(world, applicant, title="Спрятанная")
    assert applicant.post(f"/p/{applicant.person_id}/items/{hidden}", {"hidden": "yes"}).status_code == 303
    grant(world, applicant, university)
    staff, here = world.staff("univer"), f"/org/univer/applicants/{grant_id(world)}"
    page = staff.get(here).text
    assert "Вторая" in page
    assert "Спрятанная" not in page
    assert staff.get(f"{here}/{hidden}").status_code == 404
    consent(world, applicant)
    shares = f"/p/{applicant.person_id}/shares"
    for scope, show, count in (("full", [], 2), ("chosen", [f"full:{hidden}"], 1)):
        form = {"label": scope, "scope": scope, "lasting": "month", "show": show}
        assert applicant.post(f"{shares}/new", form).status_code == 303
        with world.portfolio.database.read() as session:
            shown = session.exec(
                select(ShareItem.credential_id)
                .join(ShareLink, col(ShareLink.id) == col(ShareItem.link_id))
                .order_by(col(ShareLink.created_at).desc())
            ).all()
        assert len(shown) == count if scope == "full" else hidden in shown
        assert (hidden in shown) is (scope == "chosen")


def test_what_cannot_be_granted_is_refused(world: World, university: Organisation, applicant: Someone) -> None:
    school = world.organisation("lyceum")
    assert grant(world, applicant, school).status_code == 404
    for days in (-1, 400):
        refused = grant(world, applicant, university, days=days)
        assert refused.status_code == 422
        assert "at most a year" in refused.text
    empty = applicant.post(f"/p/{applicant.person_id}/access-grants", {"university": "", "last_day": "вчера"})
    assert empty.status_code == 422
    assert "for example 05.09.2010" in empty.text
    stranger = world.someone()
    assert grant(world, stranger, university).status_code == 403
    assert grant(world, stranger, university, person_id=applicant.person_id).status_code == 404
    with world.portfolio.database.write() as session:
        session.get_one(Organisation, university.id).suspended_from = 1
    assert grant(world, applicant, university).status_code == 404


def test_a_second_grant_replaces_the_first(world: World, university: Organisation, applicant: Someone) -> None:
    grant(world, applicant, university)
    first = grant_id(world)
    grant(world, applicant, university, days=60)
    assert grant_id(world) != first
    assert world.staff("univer").get(f"/org/univer/applicants/{first}").status_code == 404
    other = world.someone()
    assert other.post(f"/p/{other.person_id}/access-grants/{first}/withdraw").status_code == 404


def test_a_pupil_needs_the_guardian_and_many_are_asked_as_one_is(world: World, university: Organisation) -> None:
    """`allowing` agrees with `allows` for every age and every set of consents."""
    people: list[Someone] = []
    for age in (12, 15, 17, 18, 40):
        for own, guardians in ((False, False), (True, False), (False, True), (True, True)):
            child = world.pupil(age)
            people.append(child)
            guardian = world.guardian_of(child)
            for wanted, giver, of in ((own, child, None), (guardians, guardian, child)):
                if wanted:
                    with suppress(NotYoursToGiveError):
                        consent(world, giver, of, purpose=ACCESS)
    world.clock.advance(days=370)  # some have had a birthday by now
    vault, now = world.portfolio.vault, world.clock()
    with world.portfolio.database.read() as session:
        rows = [session.get_one(Person, one.person_id) for one in people]
        many = allowing(session, vault=vault, persons=rows, purpose=ACCESS, now=now)
        singly = {row.id for row in rows if allows(session, vault=vault, person_id=row.id, purpose=ACCESS, now=now)}
    assert many == singly
    assert 0 < len(many) < len(people)


def test_twelve_queries_are_enough(world: World, university: Organisation, applicant: Someone) -> None:
    for number in range(5):
        world.organisation(f"school{number}")
        award(world, applicant, slug=f"school{number}", title=f"Олимпиада {number}")
        other = world.someone()
        consent(world, other, purpose=ACCESS)
        grant(world, other, university)
    grant(world, applicant, university)
    staff = world.staff("univer")
    with world.portfolio.database.read() as session:
        number = session.exec(select(AccessGrant.id).where(AccessGrant.person_id == applicant.person_id)).one()
    assert queries(world, lambda: staff.get("/org/univer/applicants")) <= 12
    assert queries(world, lambda: staff.get(f"/org/univer/applicants/{number}")) <= 12
