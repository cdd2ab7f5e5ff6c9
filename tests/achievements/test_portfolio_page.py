"""The portfolio page: everything of one person in few queries, arranged by the holder, plotted with a table beside."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest
from pupils import adult_with_consent, ask, claimed, issue, pupil_with_consent
from sqlalchemy import event
from sqlmodel import select

from people_world import World
from portfolio.achievements.holdings.things import Chosen, Thing, by_group, by_year, counted, ordered, training_of
from portfolio.achievements.models import PortfolioItem
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.revocations import revoke
from portfolio.credentials.service import credential_of
from portfolio.people.models import AccessRecord, Person

MOST_QUERIES = 12
HOSTILE = "<img src=x onerror=alert(1)>\u202eгалс"


def given(world: World, credential_id: str, person_id: str) -> None:
    """Let a record be claimed, whoever holds the paper."""
    with world.portfolio.database.write() as session:
        row = session.get_one(Credential, credential_id)
        holder = session.exec(select(Person).where(Person.id == row.person_id)).one()
        holder.owner_id = person_id
        session.add(holder)


def test_an_empty_portfolio_says_what_to_do(world: World) -> None:
    someone = world.someone()
    page = someone.get(f"/p/{someone.person_id}").text
    assert "Nothing here yet" in page
    assert f"/p/{someone.person_id}/claims/new" in page


def test_fifty_things_take_few_queries(world: World) -> None:
    organisation = world.organisation()
    pupil = pupil_with_consent(world)
    guardian = world.guardian_of(pupil)
    for number in range(50):
        given(world, issue(world, organisation, f"Имя {number}", title=f"Олимпиада {number}"), pupil.person_id)
    ask(pupil, claimed(pupil), organisation)
    queries: list[str] = []
    event.listen(world.portfolio.database.engine, "before_cursor_execute", lambda *args: queries.append(str(args[2])))
    for someone in (pupil, guardian):
        queries.clear()
        page = someone.get(f"/p/{pupil.person_id}")
        assert page.text.count('class="thing"') == 51
        asked = [query for query in queries if not query.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]
        assert len(asked) <= MOST_QUERIES, asked


def test_other_pages_take_few_queries_too(world: World) -> None:
    organisation = world.organisation()
    pupil, staff = pupil_with_consent(world), world.staff()
    credential_id = issue(world, organisation, "Сидорова Анна Олеговна", title="Другая")
    given(world, credential_id, pupil.person_id)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    queries: list[str] = []
    event.listen(world.portfolio.database.engine, "before_cursor_execute", lambda *args: queries.append(str(args[2])))
    base = f"/p/{pupil.person_id}"
    paths = [
        (pupil, f"{base}/claims/new"),
        (pupil, f"{base}/claims/{claim_id}"),
        (pupil, f"{base}/claims/{claim_id}/document"),
        (pupil, f"{base}/records/{credential_id}"),
        (pupil, f"{base}/items/{credential_id}"),
        (pupil, f"{base}/imports"),
        (pupil, f"{base}/claim"),
        (staff, "/org/school/requests"),
        (staff, f"/org/school/requests/{claim_id}"),
        (staff, "/org/school/requests/disputes"),
        (staff, "/org/school/requests/objections"),
        (staff, "/org/school/requests/codes"),
    ]
    for someone, path in paths:
        queries.clear()
        assert someone.get(path).status_code == 200, path
        assert len([query for query in queries if not query.startswith("BEGIN")]) <= MOST_QUERIES, (path, queries)


def test_states_come_from_the_register(world: World) -> None:
    organisation = world.organisation()
    pupil = pupil_with_consent(world)
    credential_id = issue(world, organisation, "Сидорова Анна Олеговна")
    given(world, credential_id, pupil.person_id)
    assert "being registered" in pupil.get(f"/p/{pupil.person_id}").text
    with world.portfolio.database.write() as session:
        revoke(
            session,
            credential=credential_of(session, organisation=organisation, credential_id=credential_id),
            reason=RevocationReason.ISSUED_IN_ERROR,
            clock=world.clock,
        )
    assert "revoked" in pupil.get(f"/p/{pupil.person_id}").text


def test_the_holder_arranges_hides_groups_and_says_a_few_words(world: World) -> None:
    pupil = pupil_with_consent(world)
    first, second = claimed(pupil, title="Альфа"), claimed(pupil, title="Бета")
    base = f"/p/{pupil.person_id}"
    assert pupil.get(f"{base}/items/{first}").status_code == 200
    said = {"position": "1", "group": "Робототехника", "words": "Мой первый робот"}
    assert pupil.post(f"{base}/items/{second}", said).status_code == 303
    page = pupil.get(base).text
    assert page.index("Бета") < page.index("Альфа")
    assert "Мой первый робот" in page
    assert "First of all" in page
    pupil.post(f"{base}/items/{second}", {"group": "Робототехника"})
    assert "<bdi>Робототехника</bdi></h2>" in pupil.get(f"{base}?by=group").text
    pupil.post(f"{base}/items/{first}", {"hidden": "yes"})
    assert "Альфа" not in pupil.get(base).text
    assert "Альфа" in pupil.get(f"{base}?hidden=1").text
    with world.portfolio.database.read() as session:
        rows = session.exec(select(PortfolioItem)).all()
    assert all("Робототехника".encode() not in (row.sealed_words or b"") for row in rows)
    wrong = pupil.post(f"{base}/items/{first}", {"position": "-5", "words": "остаётся"})
    assert wrong.status_code == 422
    assert "остаётся" in wrong.text
    assert world.someone().post(f"{base}/items/{first}", {}).status_code == 404
    other = world.someone()
    assert other.post(f"/p/{other.person_id}/items/{first}", {"hidden": "yes"}).status_code == 404


def test_filters(world: World) -> None:
    pupil = pupil_with_consent(world)
    claimed(pupil, title="Физика-2026")
    claimed(pupil, title="Химия-2025", subject="Химия", award_date="2025-04-01")
    base = f"/p/{pupil.person_id}"
    page = pupil.get(f"{base}?subject=Химия").text
    assert "Химия-2025" in page
    assert "Физика-2026" not in page
    assert "Физика-2026" not in pupil.get(f"{base}?year=2025").text
    assert "Nothing of that kind" in pupil.get(f"{base}?kind=diploma").text


def test_a_plot_is_a_picture_that_can_do_nothing_and_has_a_table(world: World) -> None:
    pupil = pupil_with_consent(world)
    claimed(pupil)
    base = f"/p/{pupil.person_id}"
    assert "/plots/" not in pupil.get(base).text  # of one award a plot says nothing
    for title in ("Физика", "Химия"):
        claimed(pupil, title=title)
    page = pupil.get(base).text
    for name in ("year", "subject", "level"):
        assert f'src="{base}/plots/{name}.svg' in page
        served = pupil.get(f"{base}/plots/{name}.svg?lang=ru")
        assert served.headers["content-type"].startswith("image/svg+xml")
        assert served.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(served.text).iter()}  # noqa: S314
        assert not tags & {"script", "foreignObject", "image", "a"}
        assert not re.findall(r'(?:href|src)="https?:', served.text)
    assert "РСОШ, II уровень" in pupil.get(f"{base}/plots/level.svg?lang=ru").text
    assert re.search(r"alt=\"By year\. The table below says the same\.\"", page)
    assert pupil.get(f"{base}/plots/passwords.svg").status_code == 404
    assert world.someone().get(f"{base}/plots/year.svg").status_code == 404


def test_a_teacher_sees_hours_and_what_is_due(world: World) -> None:
    organisation = world.organisation("centre")
    teacher = adult_with_consent(world)
    for day, hours, number in (("2022-02-01", 72, "1"), ("2024-05-10", 36, "2"), ("2025-06-01", 16, "3")):
        fields = {"title": f"Курс {number}", "hours": hours, "award_date": day, "registration_number": number}
        given(world, issue(world, organisation, "Учитель", kind="cpd_certificate", **fields), teacher.person_id)
    page = teacher.get(f"/p/{teacher.person_id}").text
    assert "52 hours in the last three years." in page
    assert "next by 1\u00a0June 2028" in page


def test_training_counts_only_what_is_confirmed() -> None:
    def certificate(day: str, state: str = "registered", what: str = "credential") -> Thing:
        return Thing(day + state, what, state, "Курс", "Центр", day, kind="cpd_certificate", hours=10)

    today = date(2026, 11, 22)
    found = training_of([certificate("2023-11-22"), certificate("2023-11-23"), certificate("2020-02-29")], today=today)
    assert found is not None
    assert (found.recent, found.due, found.is_due) == (10, "2026-11-23", False)
    leap = training_of([certificate("2024-02-29")], today=date(2027, 3, 1))
    assert leap is not None
    assert (leap.due, leap.is_due) == ("2027-02-28", True)
    assert training_of([certificate("2026-01-01", "claimed", "claim")], today=today) is None
    assert training_of([certificate("2026-01-01", "revoked")], today=today) is None


def test_order_sections_and_counts() -> None:
    things = [
        Thing("a", "credential", "registered", "A", "", "2025-01-01", subject="Физика", group="б"),
        Thing("b", "claim", "claimed", "B", "", "2026-01-01", subject="Физика"),
        Thing("c", "credential", "pending", "C", "", "2024-01-01", subject="Химия", position=1, group="А"),
        Thing("d", "import", "confirmed", "D", "", ""),
    ]
    assert [thing.id for thing in ordered(things)] == ["c", "b", "a", "d"]
    assert [section.name for section in by_year(things)] == ["2026", "2025", "2024", ""]
    assert [section.name for section in by_group(things)] == ["А", "б", ""]
    assert [(row.label, row.confirmed, row.claimed) for row in counted(things, "subject")] == [
        ("Физика", 1, 1),
        ("Химия", 1, 0),
    ]
    assert [thing.id for thing in things if Chosen(subject="Химия").takes(thing)] == ["c"]


@pytest.mark.fault(85)
def test_hostile_words_stay_words(world: World) -> None:
    organisation = world.organisation()
    pupil, staff = pupil_with_consent(world), world.staff()
    claim_id = claimed(pupil, organiser="<script>alert(1)</script>", title="<b>Победа</b>")
    ask(pupil, claim_id, organisation)
    pupil.post(f"/p/{pupil.person_id}/items/{claim_id}", {"group": "<i>x</i>", "words": HOSTILE})
    for page in (
        pupil.get(f"/p/{pupil.person_id}").text,
        pupil.get(f"/p/{pupil.person_id}?by=group").text,
        pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}").text,
        staff.get("/org/school/requests").text,
        staff.get(f"/org/school/requests/{claim_id}").text,
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>Победа" not in page
        assert "<i>x" not in page


def test_a_guardians_look_is_written_down(world: World) -> None:
    pupil = pupil_with_consent(world)
    guardian = world.guardian_of(pupil)
    pupil.get(f"/p/{pupil.person_id}")
    guardian.get(f"/p/{pupil.person_id}")
    with world.portfolio.database.read() as session:
        looks = session.exec(select(AccessRecord)).all()
    assert [(look.viewer, look.what) for look in looks] == [("guardian", "portfolio")]
