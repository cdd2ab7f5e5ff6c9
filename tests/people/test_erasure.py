"""Erasure: keys first, nothing found afterwards, resumable after a kill at every step, replayed after a restore."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel, select

from family_steps import accepted, invited
from people_world import PASSWORD, Someone, World
from portfolio.documents.service import store_document
from portfolio.documents.storage import ContentMissingError
from portfolio.notifications.mailer import open_mailer
from portfolio.notifications.service import deliver, queue_mail
from portfolio.operations.erasing import ledger_path, operator_of, replay, run_erasures, steps
from portfolio.people.access import record_view
from portfolio.people.erasure import KEPT_TABLES, belongs_to, carry_on, unfinished
from portfolio.people.models import (
    Account,
    AuditRecord,
    Consent,
    ErasureRequest,
    Guardianship,
    GuardianState,
    Person,
    SignIn,
)
from portfolio.people.service import Profile, change_profile, profile_of

CANARY = "Канарейкин"
PLAIN = b"%PDF-1.4\n% kanareika-in-a-document\nstartxref\n9\n%%EOF\n"


def erase(world: World, who: Someone, person_id: str | None = None, **more: str) -> Any:
    form = {"understood": "yes", "password": PASSWORD, **more}
    return who.post(f"/p/{person_id or who.person_id}/erase", form)


def plant(world: World, who: Someone) -> str:
    """Put canaries wherever a person's data can lie; return the CID of a document of his."""
    portfolio = world.portfolio
    with portfolio.database.write() as session:
        change_profile(
            session,
            vault=portfolio.vault,
            person_id=who.person_id,
            profile=Profile(name=f"{CANARY} Пётр", birth_date="1990-05-05", email="kanareika@example.ru"),
        )
        person = session.get_one(Person, who.person_id)
        document = store_document(
            session,
            store=portfolio.store,
            keys=portfolio.vault.master,
            organisation_id=None,
            person=person,
            content=PLAIN,
            clock=world.clock,
        )
        for _ in range(2):
            queue_mail(
                session,
                vault=portfolio.vault,
                address=who.address,
                letter="guardian_invitation",
                language="ru",
                clock=world.clock,
                initials=CANARY,
                link="http://here",
            )
        record_view(
            session, person_id=who.person_id, viewer="registrar", what="portfolio", why="link", clock=world.clock
        )
        return document.cid


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.fault(133)
def test_nothing_of_an_erased_person_is_found_anywhere(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    portfolio, folder = world.portfolio, world.portfolio.settings.data_dir
    adult, other = world.someone(), world.someone("Другой Иван")
    cid = plant(world, adult)
    kept = plant(world, other)
    settings = portfolio.settings
    deliver(
        database=portfolio.database,
        vault=portfolio.vault,
        open_mailer=lambda: open_mailer(settings),
        sender=settings.resolved_mail_from,
        clock=world.clock,
    )
    with portfolio.database.read() as session:
        sealed = [
            session.get_one(Person, adult.person_id).sealed_profile,
            session.get_one(Person, adult.person_id).sealed_key,
            session.get_one(Account, adult.account.id).sealed_email,
        ]
        ciphertext = portfolio.store.get(cid)
    assert adult.address.encode() in everything(folder), "the letters lie in the developer's outbox"
    assert all(piece in everything(folder) for piece in (*sealed, ciphertext)), "the search can find"
    answer = erase(world, adult)
    assert answer.status_code == 200
    assert run_erasures(portfolio) == 1
    left = everything(folder)
    for canary in (CANARY.encode(), PLAIN, b"kanareika", adult.address.encode(), cid.encode(), ciphertext, *sealed):
        assert left.count(canary) == 0, canary
    with pytest.raises(ContentMissingError):
        portfolio.store.get(cid)
    assert portfolio.store.get(kept), "what is another's stays"
    with portfolio.database.read() as session:
        assert profile_of(session, vault=portfolio.vault, person_id=other.person_id).name.startswith(CANARY)
        assert session.exec(select(SignIn).where(SignIn.account_id == adult.account.id)).all() == []
        request = session.exec(select(ErasureRequest)).one()
    said = capsys.readouterr()
    for text in (request.act or "", ledger_path(folder).read_text("utf-8"), said.out, said.err):
        assert CANARY not in text
        assert adult.address not in text
    act = orjson.loads(request.act or "")
    assert act["destroyed"]["documents"] == 1
    assert act["destroyed"]["letters"] == 0
    assert adult.get("/me").status_code == 303, "signed out everywhere"
    assert world.someone().get(f"/p/{adult.person_id}/consents").status_code == 404


def test_the_address_is_free_again_and_the_keys_go_at_once(world: World) -> None:
    adult = world.someone()
    erase(world, adult)
    with world.portfolio.database.read() as session:
        person = session.get_one(Person, adult.person_id)
        assert (person.sealed_key, person.sealed_profile) == (b"", b""), "before any step has run"
        assert session.get_one(Account, adult.account.id).closed_at is not None
    run_erasures(world.portfolio)
    world.count = 0
    assert world.someone().address == adult.address


@pytest.mark.fault(134)
@pytest.mark.parametrize("place", ["erasing", "erased"])
@pytest.mark.parametrize(
    "step", ["ledger", "keys", "documents", "letters", "outbox", "reports", "credentials", "rows", "log"]
)
def test_killed_at_any_step_it_goes_on(world: World, monkeypatch: pytest.MonkeyPatch, place: str, step: str) -> None:
    portfolio = world.portfolio
    assert step in [name for name, _ in steps(portfolio)]
    adult = world.someone()
    cid = plant(world, adult)
    erase(world, adult)

    class KilledError(BaseException):
        pass

    def kill(name: str) -> None:
        if name == f"{place}_{step}":
            raise KilledError

    with monkeypatch.context() as killing:
        killing.setattr("portfolio.people.erasure.crash_point", kill)
        with pytest.raises(KilledError):
            run_erasures(portfolio)
    with portfolio.database.read() as session:
        assert len(unfinished(session)) == 1
        assert session.get_one(Person, adult.person_id).sealed_key == b""
    assert run_erasures(portfolio) == 1
    assert run_erasures(portfolio) == 0
    assert len(ledger_path(portfolio.settings.data_dir).read_text("utf-8").splitlines()) == 1
    assert cid.encode() not in everything(portfolio.settings.data_dir)
    with portfolio.database.read() as session:
        acts = [row.act for row in session.exec(select(AuditRecord)) if row.act.startswith("erasure.")]
    assert acts == ["erasure.ask", "erasure.start", *["erasure.step"] * len(steps(portfolio)), "erasure.finish"]


@pytest.mark.fault(134)
def test_a_mirror_that_is_down_delays_and_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    portfolio = world.portfolio
    adult = world.someone()
    plant(world, adult)
    erase(world, adult)
    with monkeypatch.context() as down:

        def unreachable(_cid: str) -> None:
            raise ContentMissingError("down")

        down.setattr(portfolio.store, "delete", unreachable)
        with pytest.raises(ContentMissingError):
            run_erasures(portfolio)
    assert run_erasures(portfolio) == 1


@pytest.mark.fault(135)
def test_what_a_backup_brings_back_is_erased_again(world: World) -> None:
    portfolio = world.portfolio
    folder, database = portfolio.settings.data_dir, portfolio.settings.data_dir / "portfolio.db"
    adult, other = world.someone(), world.someone()
    cid = plant(world, adult)
    ciphertext = portfolio.store.get(cid)
    backup = folder.parent / "backup.db"
    with portfolio.database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
    erase(world, adult)
    run_erasures(portfolio)
    portfolio.database.dispose()
    for old in folder.glob("portfolio.db*"):
        old.unlink()
    shutil.copy(backup, database)
    portfolio.store.put(ciphertext)
    with portfolio.database.read() as session:
        assert profile_of(session, vault=portfolio.vault, person_id=adult.person_id).name.startswith(CANARY)
    assert replay(portfolio, ledger_path(folder)) == 1
    assert replay(portfolio, ledger_path(folder)) == 0, "harmless to repeat"
    assert cid.encode() not in everything(folder)
    with portfolio.database.read() as session:
        assert session.get_one(Person, adult.person_id).erased_at is not None
        assert session.get_one(Person, other.person_id).erased_at is None


@pytest.mark.fault(137)
def test_from_14_to_17_both_have_to_agree(world: World) -> None:
    child = world.pupil(15)
    mother = world.guardian_of(child)
    assert erase(world, child).status_code == 303
    assert "Take it back" in child.get(f"/p/{child.person_id}/erase?lang=en").text
    with world.portfolio.database.read() as session:
        assert session.get_one(Person, child.person_id).erased_at is None
    child.post(f"/p/{child.person_id}/erase/take-back")
    assert erase(world, mother, child.person_id).status_code == 303
    with world.portfolio.database.read() as session:
        assert session.get_one(Person, child.person_id).erased_at is None, "the word taken back does not count"
    erase(world, child)
    run_erasures(world.portfolio)
    with world.portfolio.database.read() as session:
        assert session.get_one(Person, child.person_id).erased_at is not None
        row = session.exec(select(Guardianship)).one()
        assert (row.state, row.ended_why, row.sealed_email) == (GuardianState.ENDED, "erased", None)
    assert mother.get(f"/p/{child.person_id}/consents").status_code == 404
    assert mother.get("/me").status_code == 200


def test_under_14_the_guardian_decides_alone_and_without_a_guardian_the_pupil(world: World) -> None:
    child, lonely = world.pupil(12), world.pupil(16)
    mother = world.guardian_of(child)
    assert erase(world, child).status_code == 403
    assert erase(world, mother, child.person_id).headers["location"].startswith("/me")
    assert erase(world, lonely).status_code == 200
    with world.portfolio.database.read() as session:
        assert len(unfinished(session)) == 2


def test_password_and_tick_are_asked_for(world: World) -> None:
    adult = world.someone()
    page = erase(world, adult, password="что-то другое")
    assert page.status_code == 422
    assert 'id="f-password-problem"' in page.text
    page = adult.post(f"/p/{adult.person_id}/erase", {"password": PASSWORD})
    assert page.status_code == 422
    assert PASSWORD not in page.text
    with world.portfolio.database.read() as session:
        assert session.exec(select(ErasureRequest)).all() == []
    for _ in range(9):
        erase(world, adult, password="что-то другое")
    assert erase(world, adult).status_code == 429


def test_evidence_of_consents_and_of_guardians_stays_without_names(world: World) -> None:
    child = world.pupil(16)
    mother = world.someone()
    accepted(world, child, mother)
    invited(world, child, "father@example.ru")
    child.post(f"/p/{child.person_id}/consents", {"purpose": "share", "answer": "give"})
    world.clock.advance(minutes=5)
    erase(world, child)
    run_erasures(world.portfolio)
    with world.portfolio.database.read() as session:
        consent = session.exec(select(Consent)).one()
        rows = session.exec(select(Guardianship)).all()
    assert len(consent.text_hash) == 32
    assert {row.state for row in rows} == {GuardianState.ENDED}
    assert all(row.sealed_email is None and row.token_hash is None for row in rows)


def test_no_table_is_forgotten() -> None:
    """A table that names a person or an account is either emptied of his rows or kept for a reason that is written."""
    import portfolio.migrations.tables  # noqa: F401  every slice's tables

    for table in SQLModel.metadata.sorted_tables:
        names = {column.name for column in table.columns}
        personal = names & {"person_id", "account_id", "claimant_id"} or any(
            column.name.startswith("sealed_") and isinstance(column.type, LargeBinary) for column in table.columns
        )
        if not personal or table.name in KEPT_TABLES:
            continue
        if belongs_to(table, ["p"], ["a"]) is None:
            # Of an organisation, or sealed for an hour, a few days or (why registrars decided) a year; runs and letters
            # have steps of their own.
            assert table.name in {
                *("issuerkey", "decision", "issuingrun", "runpart", "uploadedtable", "outgoingmail"),
                *("staffinvitation", "registrarinvitation", "replacement"),
            }, table.name


def test_an_act_says_when_and_how(world: World) -> None:
    adult = world.someone()
    erase(world, adult)
    world.clock.advance(minutes=2)
    with world.portfolio.database.read() as session:
        request_id = unfinished(session)[0]
    carry_on(
        database=world.portfolio.database,
        vault=world.portfolio.vault,
        clock=world.clock,
        request_id=request_id,
        steps=steps(world.portfolio),
        operator=operator_of(world.portfolio.settings),
    )
    with world.portfolio.database.read() as session:
        request = session.get_one(ErasureRequest, request_id)
    act = orjson.loads(request.act or "")
    assert act["subject"] == adult.person_id
    assert act["reason"] == "own"
    assert request.finished_at is not None
    assert request.started_at is not None
    assert request.finished_at - request.started_at == timedelta(minutes=2)
