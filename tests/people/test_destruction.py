"""Proof of destruction (order 179): what act and journal say, what they do not, and that a change of them is found."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import insert, text
from sqlmodel import SQLModel, col, select

from people_world import PASSWORD, Someone, World
from portfolio.anchoring.service import add_leaves
from portfolio.operations.audit import audit_all
from portfolio.operations.doctor import examine
from portfolio.operations.erasing import replay, run_erasures, steps
from portfolio.people.destruction import CATEGORIES, CATEGORY_OF_TABLE
from portfolio.people.erasure import belongs_to
from portfolio.people.journal import AUDIT_TAG, anchor_head, hash_of_record, record_act
from portfolio.people.models import AuditRecord, ErasureRequest
from portfolio.people.service import Profile, change_profile

CANARY = "Канарейкин"
pytestmark = [pytest.mark.fault(140), pytest.mark.fault(133)]


def erased(world: World, who: Someone | None = None) -> ErasureRequest:
    """Erase somebody and return the row with the act."""
    who = who or world.someone()
    with world.portfolio.database.write() as session:
        change_profile(
            session,
            vault=world.portfolio.vault,
            person_id=who.person_id,
            profile=Profile(name=f"{CANARY} Пётр", birth_date="1990-05-05"),
        )
    assert who.post(f"/p/{who.person_id}/erase", {"understood": "yes", "password": PASSWORD}).status_code == 200
    world.clock.advance(minutes=1)
    run_erasures(world.portfolio)
    with world.portfolio.database.read() as session:
        return session.exec(select(ErasureRequest).where(ErasureRequest.person_id == who.person_id)).one()


def anchor(world: World) -> None:
    with world.portfolio.database.write() as session:
        anchor_head(
            session,
            add_leaf=lambda digest: add_leaves(session, digests=[digest], tag=AUDIT_TAG, now=world.clock()),
            clock=world.clock,
        )


def findings(world: World) -> set[str]:
    return {finding.code for finding in audit_all(world.portfolio, {}, limit=20).findings}


def spoil(world: World, statement: str, **values: Any) -> None:
    with world.portfolio.database.write() as session:
        session.execute(text(statement), values)


def test_the_act_says_what_the_order_asks_for_and_names_nobody(world: World) -> None:
    adult, registrar = world.someone(), world.registrar()
    row = erased(world, adult)
    act = orjson.loads(row.act or "")
    assert act["operator"]["name"].startswith("ООО")
    assert "Москва" in act["operator"]["address"]
    assert act["subject"] == adult.person_id
    assert act["categories"] == ["profile", "contact", "sign_in"]
    assert act["in_russian"]["categories"][0] == "Фамилия, имя, отчество, дата рождения"
    assert (act["system"], act["reason"]) == ("http://testserver", "own")
    assert act["programme"].startswith("portfolio ")
    assert row.finished_at is not None
    assert act["finished_at"] == row.finished_at.isoformat()
    assert act["kept_until"] >= "2029-11-22"
    for language in ("ru", "en"):
        page = registrar.get(f"/registrar/acts/{row.id}?lang={language}")
        assert page.status_code == 200
        for said in (act["operator"]["address"], adult.person_id, "http://testserver", act["programme"], row.id):
            assert said in page.text
    file = registrar.get(f"/registrar/acts/{row.id}/journal")
    for content in (page.text, file.text, row.act or "", registrar.get("/registrar/acts").text):
        assert CANARY not in content
        assert adult.address not in content


def test_the_journal_tells_every_step_and_can_be_checked_alone(world: World) -> None:
    import hashlib

    row, registrar = erased(world), world.registrar()
    anchor(world)
    file = registrar.get(f"/registrar/acts/{row.id}/journal")
    assert file.headers["content-disposition"].startswith("attachment")
    told = orjson.loads(file.content)
    for name in ("subject", "categories", "system", "reason", "finished_at"):
        assert told[name], name
    assert [line["act"] for line in told["journal"]] == [
        "erasure.ask",
        "erasure.start",
        *["erasure.step"] * len(steps(world.portfolio)),
        "erasure.finish",
    ]
    for line in told["journal"]:
        fields = [line[name] for name in ("number", "at", "actor", "act", "subject", "detail", "before")]
        assert hashlib.sha256(orjson.dumps(fields)).hexdigest() == line["hash"]
    assert hashlib.sha256(told["act_text"].encode()).hexdigest() == told["act_sha256"] == told["journal"][-1]["detail"]
    assert told["anchored"]["line"] >= told["journal"][-1]["number"]
    assert told["state"] == "good"


def test_a_good_act_is_good_before_and_after_its_line_is_anchored(world: World) -> None:
    row, registrar = erased(world), world.registrar()
    page = f"/registrar/acts/{row.id}?lang=en"
    assert "The act is as it was written" in registrar.get(page).text
    assert "within a day" in registrar.get(page).text
    with world.portfolio.database.write() as session:
        for number in range(3):
            record_act(session, actor="worker", act="test", subject=str(number), clock=world.clock)
    anchor(world)
    assert "was given to the public register" in registrar.get(page).text
    assert findings(world) == set()


@pytest.mark.parametrize(
    ("statement", "said", "code"),
    [
        (
            "UPDATE erasurerequest SET act = replace(act, 'own', 'both')",
            "The act was altered",
            "destruction_act_altered",
        ),
        ("UPDATE erasurerequest SET act = 'not JSON'", "The act was altered", "destruction_act_altered"),
        ("UPDATE erasurerequest SET act = '[5]'", "The act was altered", "destruction_act_altered"),
        ("UPDATE auditrecord SET detail = '00' WHERE act = 'erasure.finish'", "log was altered", "line_altered"),
        ("DELETE FROM auditrecord WHERE act = 'erasure.finish'", "does not know this act", "destruction_line_missing"),
    ],
)
def test_what_was_changed_is_shown_and_found(world: World, statement: str, said: str, code: str) -> None:
    row, registrar = erased(world), world.registrar()
    anchor(world)
    spoil(world, statement)
    for path in ("/registrar/acts?lang=en", f"/registrar/acts/{row.id}?lang=en"):
        assert said in registrar.get(path).text
    assert "Do not sign this" in registrar.get(f"/registrar/acts/{row.id}?lang=en").text
    assert any(found.endswith(code) for found in findings(world))


def test_an_act_with_other_things_in_place_of_words_is_shown_as_altered(world: World) -> None:
    row, registrar = erased(world), world.registrar()
    act = orjson.loads(row.act or "")
    values: tuple[Any, ...] = (5, None, [[1], {}], {"name": 5}, "text")
    alterations = [dict.fromkeys(act, value) | {"form": act["form"]} for value in values]
    for altered in (*alterations, act | {"in_russian": {"categories": [5], "method": []}}):
        spoil(world, "UPDATE erasurerequest SET act = :act", act=orjson.dumps(altered).decode())
        for path in ("", f"/{row.id}"):
            page = registrar.get(f"/registrar/acts{path}?lang=en")
            assert page.status_code == 200
            assert "The act was altered" in page.text
        assert registrar.get(f"/registrar/acts/{row.id}/journal").json()["state"] == "act_altered"


def test_an_act_is_printed_in_its_own_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portfolio.people.destruction.METHOD", "Сожжено в печи")
    monkeypatch.setattr("portfolio.people.destruction.STAYS", "Только пепел")
    row, registrar = erased(world), world.registrar()
    monkeypatch.undo()
    for language in ("ru", "en"):
        page = registrar.get(f"/registrar/acts/{row.id}?lang={language}").text
        assert "Сожжено в печи" in page
        assert "Только пепел" in page
        assert "Фамилия, имя, отчество, дата рождения; " in page


def test_an_act_of_another_form_is_shown_as_its_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portfolio.people.destruction._FORM", "portfolio/act-of-destruction/v0")
    row, registrar = erased(world), world.registrar()
    monkeypatch.undo()
    page = registrar.get(f"/registrar/acts/{row.id}?lang=en").text
    assert "a form that this version does not know" in page
    assert "portfolio/act-of-destruction/v0" in page
    assert "The act is as it was written" in page
    assert registrar.get("/registrar/acts").status_code == 200


def test_an_anchored_head_is_found_however_far_it_is(world: World) -> None:
    row, registrar = erased(world), world.registrar()
    with world.portfolio.database.write() as session:
        last = session.exec(select(AuditRecord).order_by(col(AuditRecord.number).desc())).first()
        assert last is not None
        before, number, rows = last.hash, last.number, []
        for _ in range(10_100):  # more than were once looked at
            number += 1
            line = AuditRecord(number=number, at=world.clock(), actor="w", act="t", subject="", before=before, hash=b"")
            before = line.hash = hash_of_record(line)
            rows.append(line.model_dump())
        session.execute(insert(AuditRecord), rows)
    anchor(world)
    page = f"/registrar/acts/{row.id}?lang=en"
    assert f"whose head in line {number} was given" in registrar.get(page).text
    spoil(world, "UPDATE auditrecord SET detail = 'x' WHERE number = :number", number=number - 1)
    assert "log was altered" in registrar.get(page).text


def test_a_log_written_anew_with_another_head_is_seen(world: World) -> None:
    row, registrar = erased(world), world.registrar()
    anchor(world)
    spoil(world, "DELETE FROM leaf WHERE tag = 'audit'")
    page = registrar.get(f"/registrar/acts/{row.id}?lang=en").text
    assert "log was altered" in page
    assert "within a day" not in page


def test_a_line_between_the_act_and_its_anchor_that_was_changed_is_seen(world: World) -> None:
    row, registrar = erased(world), world.registrar()
    with world.portfolio.database.write() as session:
        record_act(session, actor="worker", act="between", subject="1", clock=world.clock)
        record_act(session, actor="worker", act="last", subject="1", clock=world.clock)
    anchor(world)
    spoil(world, "UPDATE auditrecord SET detail = 'x' WHERE act = 'between'")
    assert "log was altered" in registrar.get(f"/registrar/acts/{row.id}?lang=en").text


def test_an_act_that_is_gone_is_missed(world: World) -> None:
    erased(world)
    spoil(world, "DELETE FROM erasurerequest")
    assert findings(world) == {"destruction_act_missing"}


def test_what_was_not_destroyed_yet_has_no_act(world: World) -> None:
    adult, registrar = world.someone(), world.registrar()
    adult.post(f"/p/{adult.person_id}/erase", {"understood": "yes", "password": PASSWORD})
    with world.portfolio.database.read() as session:
        request_id = session.exec(select(ErasureRequest.id)).one()
    assert "No act yet" in registrar.get("/registrar/acts?lang=en").text
    for path in (request_id, f"{request_id}/journal", "nothing"):
        assert registrar.get(f"/registrar/acts/{path}").status_code == 404


def test_acts_are_listed_a_page_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portfolio.people.destruction.PAGE", 2)
    monkeypatch.setattr("portfolio.people.destruction.finished_erasures.__kwdefaults__", {"before": "", "limit": 2})
    rows, registrar = [erased(world) for _ in range(3)], world.registrar()
    first = registrar.get("/registrar/acts").text
    assert [row.id in first for row in rows] == [False, True, True]
    second = registrar.get(f"/registrar/acts?before={rows[1].id}").text
    assert [row.id in second for row in rows] == [True, False, False]


def test_erased_again_after_a_restore_it_says_so(world: World) -> None:
    adult = world.someone()
    row = erased(world, adult)
    ledger = world.portfolio.settings.data_dir / "erasures.jsonl"
    spoil(world, "DELETE FROM erasurerequest")
    spoil(world, "DELETE FROM auditrecord WHERE subject = :id", id=row.id)
    assert replay(world.portfolio, ledger) == 1
    with world.portfolio.database.read() as session:
        act = orjson.loads(session.get_one(ErasureRequest, row.id).act or "")
    assert (act["reason"], act["subject"]) == ("again", adult.person_id)


def test_every_table_that_is_emptied_has_a_category() -> None:
    import portfolio.migrations.tables  # noqa: F401  every slice's tables

    emptied = {table.name for table in SQLModel.metadata.sorted_tables if belongs_to(table, ["p"], ["a"]) is not None}
    assert emptied <= set(CATEGORY_OF_TABLE)
    assert set(CATEGORY_OF_TABLE.values()) | {"profile", "contact", "letters"} == set(CATEGORIES)


def test_the_doctor_minds_an_invented_operator(world: World) -> None:
    def operator(**more: str) -> Any:
        settings = world.portfolio.settings.model_copy(update={"environment": "production", **more})
        return next(found for found in examine(settings) if found.what == "operator")

    mine = {"operator_name": "АНО «Реестр»", "operator_contact": "data@register.example"}
    assert "PORTFOLIO_OPERATOR_ADDRESS" in operator(**mine).message
    assert not operator(**mine).fine
    assert operator(**mine, operator_address="190000, Санкт-Петербург, улица, 2").fine
