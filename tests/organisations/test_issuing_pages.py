"""Issuing by hand, from the table to the document, and what becomes of it later."""

from __future__ import annotations

import re
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.credentials.models import Credential, Revocation
from portfolio.issuing.models import IssuingRun, RunState, UploadedTable
from portfolio.issuing.service import process_part
from portfolio.organisations.models import StaffRole
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.models import AccessRecord, Person

TABLE = "ФИО;Мероприятие;Дата\nИванов Пётр;Конкурс чтецов;05.09.2026\nСидорова Анна;Конкурс чтецов;05.09.2026\n"
KIND = "participation"


def upload(who: Someone, table: str | bytes = TABLE, kind: str = KIND, **more: Any) -> Any:
    content = table.encode() if isinstance(table, str) else table
    return who.post("/org/school/issue", {"kind": kind, **more}, files={"file": ("table.csv", content, "text/csv")})


def work(world: World) -> None:
    with world.portfolio.database.write() as session:
        for run in session.exec(select(IssuingRun).where(IssuingRun.state == RunState.RUNNING)).all():
            process_part(session, vault=world.portfolio.vault, run_id=run.id, clock=world.clock)


def issued(world: World) -> list[Credential]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(Credential).where(col(Credential.minimal_of).is_(None))))


@pytest.fixture
def issuer(world: World) -> Someone:
    world.organisation()
    return world.staff(role=StaffRole.ISSUER)


def issue(world: World, issuer: Someone) -> str:
    """Issue the table and return the path of its run."""
    preview = upload(issuer).headers["location"]
    run = issuer.post(f"{preview}/issue").headers["location"]
    work(world)
    return str(run)


def test_a_table_becomes_documents(world: World, issuer: Someone) -> None:
    preview = upload(issuer).headers["location"]
    shown = issuer.get(preview).text
    assert "2 documents will be issued" in shown
    assert "Иванов Пётр" in shown
    assert issued(world) == []
    run = issuer.post(f"{preview}/issue").headers["location"]
    assert 'http-equiv="refresh"' in issuer.get(run).text
    work(world)
    done = issuer.get(run).text
    assert 'http-equiv="refresh"' not in done
    assert "diplomas.zip" in done
    assert len(issued(world)) == 2


@pytest.mark.fault(101)
def test_deciding_twice_or_at_once_issues_once(world: World, issuer: Someone) -> None:
    preview = upload(issuer).headers["location"]
    barrier = threading.Barrier(4)

    def press(_number: int) -> str:
        barrier.wait(timeout=20)
        return str(issuer.post(f"{preview}/issue").headers["location"])

    with ThreadPoolExecutor(4) as pool:
        runs = set(pool.map(press, range(4)))
    assert len(runs) == 1
    assert issuer.post(f"{preview}/issue").headers["location"] in runs
    assert issuer.get(preview).headers["location"] in runs
    with world.portfolio.database.read() as session:
        table = session.exec(select(UploadedTable)).one()
    assert (table.sealed_table, table.sealed_key) == (None, None)  # forgotten once it is being issued


def test_bad_rows_are_shown_and_left_out_only_when_told_to(world: World, issuer: Someone) -> None:
    preview = upload(issuer, TABLE + "Петров;;32.13.2026\n").headers["location"]
    shown = issuer.get(preview).text
    assert "Row 4" in shown
    assert "Leave the bad rows out and issue" in shown
    refused = issuer.post(f"{preview}/issue")
    assert refused.status_code == 200  # the page again, with the errors on it
    assert issued(world) == []
    run = issuer.post(f"{preview}/issue", {"skip_bad_rows": "true"}).headers["location"]
    work(world)
    assert "Row 4" in issuer.get(run).text
    assert len(issued(world)) == 2


def test_what_the_table_lacks_is_given_once_for_all_rows_without_another_upload(world: World, issuer: Someone) -> None:
    preview = upload(issuer, "ФИО;Дата\nИванов Пётр;05.09.2026\n").headers["location"]
    shown = issuer.get(preview).text
    assert "Needed: the table has no such column." in shown
    field = re.search(r'name="(for_all_\w+)"', shown)
    assert field is not None
    assert issuer.post(preview, {field[1]: "Конкурс чтецов", "valid_until": "31.12.2029"}).status_code == 303
    shown = issuer.get(preview).text
    assert 'value="Конкурс чтецов"' in shown
    assert 'value="31.12.2029"' in shown
    issuer.post(f"{preview}/issue")
    work(world)
    assert len(issued(world)) == 1
    assert issuer.post(preview, {"for_all_made_up": "x"}).status_code in {303, 422}


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "Choose a file first"), (b"%PDF-1.7\n", "This is a PDF document"), (b"\x00\x01\x02", "not a text table")],
)
def test_a_file_that_is_no_table_is_refused_with_the_reason(
    world: World, issuer: Someone, content: bytes, said: str
) -> None:
    answer = upload(issuer, content)
    assert answer.status_code == 422
    assert said in answer.text
    with world.portfolio.database.read() as session:
        assert session.exec(select(UploadedTable)).all() == []


def test_a_table_is_kept_for_an_hour_and_for_its_organisation(world: World, issuer: Someone) -> None:
    preview = upload(issuer).headers["location"]
    world.organisation("other")
    foreign = world.staff("other")
    assert foreign.get(preview.replace("school", "other")).status_code == 404
    assert world.staff(role=StaffRole.VIEWER).get(preview).status_code == 403
    with world.portfolio.database.read() as session:
        row = session.exec(select(UploadedTable)).one()
    assert row.sealed_table is not None
    assert "Иванов".encode() not in row.sealed_table
    world.clock.advance(minutes=61)
    assert issuer.get(preview).status_code == 404
    upload(issuer)
    with world.portfolio.database.read() as session:
        assert len(session.exec(select(UploadedTable)).all()) == 1


@pytest.mark.fault(88)
def test_no_field_beside_those_of_the_form_is_taken(world: World, issuer: Someone) -> None:
    assert upload(issuer, organisation_id="x").status_code == 422
    assert upload(issuer, kind="made_up").status_code == 422
    preview = upload(issuer).headers["location"]
    issuer.post(f"{preview}/issue", {"run_id": "x"})
    assert issued(world) == []


def test_a_document_is_found_by_its_code_and_looked_at(world: World, issuer: Someone) -> None:
    issue(world, issuer)
    first = issued(world)[0]
    found = issuer.get(f"/org/school/credentials?code={(first.short_code or '').lower().replace('-', ' ')}").text
    assert found.count(first.id) == 1
    page = issuer.get(f"/org/school/credentials/{first.id}")
    assert "Конкурс чтецов" in page.text
    assert "/v/" in page.text
    world.organisation("other")
    foreign = world.staff("other")
    assert foreign.get(f"/org/other/credentials/{first.id}").status_code == 404
    assert first.id not in foreign.get(f"/org/other/credentials?code={first.short_code}").text


def test_who_has_claimed_a_record_sees_that_the_issuer_looked(world: World, issuer: Someone) -> None:
    issue(world, issuer)
    first, pupil = issued(world)[0], world.pupil()
    issuer.get(f"/org/school/credentials/{first.id}")
    with world.portfolio.database.write() as session:
        person = session.get_one(Person, first.person_id)
        person.owner_id = pupil.person_id
        session.add(person)
    issuer.get(f"/org/school/credentials/{first.id}")
    with world.portfolio.database.read() as session:
        [look] = session.exec(select(AccessRecord)).all()
    assert (look.person_id, look.viewer, look.account_id) == (pupil.person_id, "organisation", issuer.account.id)


def test_a_document_is_revoked_with_a_reason_and_for_good(world: World, issuer: Someone) -> None:
    issue(world, issuer)
    here = f"/org/school/credentials/{issued(world)[0].id}"
    assert world.staff(role=StaffRole.VIEWER).post(f"{here}/revoke", {"reason": "fraud"}).status_code == 403
    assert issuer.post(f"{here}/revoke").status_code == 422
    assert issuer.post(f"{here}/revoke", {"reason": "key_compromise"}).status_code == 422
    assert issuer.post(f"{here}/revoke", {"reason": "fraud"}).status_code == 303
    assert "obtained by fraud" in issuer.get(here).text
    assert issuer.post(f"{here}/revoke", {"reason": "fraud"}).status_code == 422
    with world.portfolio.database.read() as session:
        assert len(session.exec(select(Revocation)).all()) == 2  # both forms


def test_a_document_is_corrected(world: World, issuer: Someone) -> None:
    issue(world, issuer)
    first = issued(world)[0]
    here = f"/org/school/credentials/{first.id}"
    shown = issuer.get(here).text
    form = dict(re.findall(r'name="(field_\w+)" type="text" value="([^"]*)"', shown))
    assert issuer.post(f"{here}/correct", {**form, "holder_name": ""}).status_code == 422
    assert issuer.post(f"{here}/correct", {**form, "holder_name": "Иванов Пётр", "kind": "x"}).status_code == 422
    dates = {name for name, value in form.items() if value == "2026-09-05"}
    wrong = issuer.post(f"{here}/correct", {**form, "holder_name": "Иванов Пётр", **dict.fromkeys(dates, "вчера")})
    assert "This value cannot be used" in wrong.text
    answer = issuer.post(f"{here}/correct", {**form, "holder_name": "Иванов Пётр Алексеевич"})
    assert answer.status_code == 303
    assert "Иванов Пётр Алексеевич" in issuer.get(answer.headers["location"]).text
    assert "the corrected document" in issuer.get(here).text
    again = issuer.post(f"{here}/correct", {**form, "holder_name": "Иванов Пётр"})
    assert again.status_code == 422


def test_a_successor_may_revoke_and_nothing_else(world: World, issuer: Someone) -> None:
    issue(world, issuer)
    first, heir = issued(world)[0], world.organisation("heir")
    with world.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        school.successor_id = heir.id
        session.add(school)
    member = world.staff("heir", role=StaffRole.ISSUER)
    here = f"/org/heir/credentials/{first.id}"
    assert first.id in member.get(f"/org/heir/credentials?code={first.short_code}").text
    shown = member.get(f"{here}?lang=en").text
    assert "is the successor" in shown
    assert f'action="{here}/correct"' not in shown
    assert f'action="{here}/revoke"' in shown
    assert (
        f'action="/org/school/credentials/{first.id}/correct"' in issuer.get(f"/org/school/credentials/{first.id}").text
    )
    assert member.post(f"{here}/correct", {"holder_name": "Иванов Пётр"}).status_code == 404
    assert member.post(f"{here}/revoke", {"reason": "issued_in_error"}).status_code == 303
    with world.portfolio.database.read() as session:
        assert {row.revoked_by for row in session.exec(select(Revocation))} == {heir.id}


def test_what_is_erased_can_still_be_revoked(world: World, issuer: Someone) -> None:
    issue(world, issuer)
    first = issued(world)[0]
    with world.portfolio.database.write() as session:
        session.get_one(Person, first.person_id).erased_at = world.clock()
        for row in session.exec(select(Credential).where(Credential.person_id == first.person_id)):
            row.sealed_body, row.short_code, row.token_hash = b"", None, secrets.token_bytes(32)
            session.add(row)
    here = f"/org/school/credentials/{first.id}"
    assert here in issuer.get("/org/school/credentials").text
    shown = issuer.get(f"{here}?lang=en")
    assert shown.status_code == 200
    assert "The holder was erased" in shown.text
    assert f'action="{here}/correct"' not in shown.text
    assert "diploma.pdf" not in shown.text
    assert issuer.post(f"{here}/revoke", {"reason": "issued_in_error"}).status_code == 303
    assert "revoked" in issuer.get(f"{here}?lang=en").text


def test_staff_gets_diplomas_and_others_do_not(world: World, issuer: Someone) -> None:
    run = issue(world, issuer)
    first = issued(world)[0]
    paper = issuer.get(f"/org/school/credentials/{first.id}/diploma.pdf")
    assert paper.content.startswith(b"%PDF")
    assert issuer.get(f"{run}/diplomas.zip").content.startswith(b"PK")
    assert world.staff(role=StaffRole.VIEWER).get(f"{run}/diplomas.zip").status_code == 403
    world.organisation("other")
    foreign = world.staff("other")
    assert foreign.get(f"/org/other/credentials/{first.id}/diploma.pdf").status_code == 404
    assert foreign.get(f"{run.replace('school', 'other')}/diplomas.zip").status_code == 404
    assert foreign.get(run.replace("school", "other")).status_code == 404


def test_no_page_asks_the_database_more_than_twelve_times(world: World, issuer: Someone) -> None:
    run = issue(world, issuer)
    preview = upload(issuer, TABLE.replace("чтецов", "певцов")).headers["location"]
    admin, registrar = world.staff(), world.registrar()
    first = issued(world)[0].id
    pages = [
        (issuer, "/org/school"),
        (issuer, "/org/school/issue"),
        (issuer, preview),
        (issuer, run),
        (issuer, "/org/school/credentials"),
        (issuer, f"/org/school/credentials/{first}"),
        (admin, "/org/school/staff"),
        (admin, "/org/school/settings"),
        (admin, "/org/school/keys"),
        (admin, "/apply"),
        (registrar, "/registrar"),
        (registrar, "/registrar/organisations"),
        (registrar, "/registrar/organisations/school"),
        (registrar, "/o/school"),
    ]
    counted: list[str] = []
    event.listen(
        world.portfolio.database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_rest: counted.append(statement),
    )
    for who, path in pages:
        counted.clear()
        assert who.get(path).status_code == 200, path
        asked = [statement for statement in counted if not statement.startswith(("BEGIN", "PRAGMA"))]
        assert len(asked) <= 12, (path, len(asked))
