"""The export: complete, readable, and only one's own."""

from __future__ import annotations

import io
import zipfile

import orjson
import pytest
from sqlmodel import select

from people_world import Someone, World
from portfolio.documents.service import store_document
from portfolio.people.access import record_view
from portfolio.people.models import AccessRecord, Account, Person

PDF = b"%%PDF-1.4\n%% of %b\nstartxref\n9\n%%%%EOF\n"


def plant(world: World, who: Someone, mark: str) -> None:
    with world.portfolio.database.write() as session:
        store_document(
            session,
            store=world.portfolio.store,
            keys=world.portfolio.vault.master,
            organisation_id=None,
            person=session.get_one(Person, who.person_id),
            content=PDF % mark.encode(),
            clock=world.clock,
        )
        record_view(session, person_id=who.person_id, viewer="registrar", what=mark, why="link", clock=world.clock)
    who.post(f"/p/{who.person_id}/consents", {"purpose": "share", "answer": "give"})


def exported(who: Someone, person_id: str = "") -> dict[str, bytes]:
    answer = who.post(f"/p/{person_id or who.person_id}/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.fault(143)
def test_everything_of_ones_own_and_nothing_of_another(world: World) -> None:
    mine, other = world.someone("Моров Пётр"), world.someone("Чужаков Иван")
    plant(world, mine, "mine-mark")
    plant(world, other, "other-mark")
    files = exported(mine)
    about = orjson.loads(files["about.json"])
    assert about["person"]["name"] == "Моров Пётр"
    assert about["account"]["address"] == mine.address
    assert about["consents"][0]["purpose"] == "share"
    assert "Даётся согласие" in about["consents"][0]["text"][0]
    assert [look["what"] for look in about["looks"]] == ["mine-mark"]
    documents = [content for name, content in files.items() if name.startswith("documents/")]
    assert documents == [PDF % b"mine-mark"]
    rows = orjson.loads(files["rows.json"])
    assert {row["person_id"] for table in ("document", "accessrecord") for row in rows[table]} == {mine.person_id}
    everything = b"".join(files.values())
    for strange in ("other-mark", "Чужаков", other.address, other.person_id, other.account.id):
        assert strange.encode() not in everything, strange


@pytest.mark.fault(143)
def test_secrets_of_the_account_are_not_taken_along(world: World) -> None:
    adult = world.someone()
    everything = b"".join(exported(adult).values())
    with world.portfolio.database.read() as session:
        account = session.get_one(Account, adult.account.id)
    assert (account.password_hash or "").encode() not in everything
    assert b"argon2" not in everything
    assert b"token_hash" not in everything


def test_a_guardian_exports_for_a_child_and_it_is_written_down(world: World) -> None:
    child = world.pupil(12, "Малышева Анна")
    mother = world.guardian_of(child, "Малышева Ольга")
    files = exported(mother, child.person_id)
    assert "Малышева Анна".encode() in files["about.json"]
    assert mother.address.encode() not in b"".join(files.values()), "the guardian's own data is not the child's"
    with world.portfolio.database.read() as session:
        look = session.exec(select(AccessRecord)).one()
    assert (look.viewer, look.what) == ("guardian", "export")
    assert world.someone().post(f"/p/{child.person_id}/export").status_code == 404


def test_a_lost_document_keeps_no_other_back(world: World) -> None:
    adult = world.someone()
    plant(world, adult, "one")
    plant(world, adult, "two")
    lost = next(iter(world.portfolio.store.iterate()))
    world.portfolio.store.delete(lost)
    names = [name for name in exported(adult) if name.startswith("documents/")]
    assert sum(name.endswith(".pdf") for name in names) == 1
    assert sum(name.endswith(".missing.txt") for name in names) == 1
