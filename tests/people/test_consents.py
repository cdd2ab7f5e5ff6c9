"""Consents over time: given on a page, withdrawn at once, handed over at 14 and at 18."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from importlib import resources

import pytest
from sqlmodel import select

from family_steps import letters, sign_in_again
from people_world import Someone, World
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.consents import (
    ConsentMissingError,
    NotYoursToGiveError,
    allows,
    give,
    history_of,
    require_consent,
    withdraw,
)
from portfolio.people.family import hand_over
from portfolio.people.guardians import wards_of
from portfolio.people.models import AuditRecord, Consent, Guardianship, GuardianState, Person
from portfolio.people.wordings import NEWEST, newest, wording

# Texts that were agreed to: none of these files may ever change. A new text is a new version.
USED_TEXTS = {
    ("event_notices", 1): "efca556f340f9ac0aaadf91b87899d8c69f6dad3c2588a4231bceac62ec82225",
    ("publish", 1): "57908a8efa48792faf51a3bb958c6d2b26879a768e028b8b7795155eb11b1fa8",
    ("publish", 2): "b8b3654ad69f66d64ec40ca02baeebc15aeb9e0ebe8601929bf03b7f25eaf09b",
    ("share", 1): "c69088b6263475c4131ba473e1994d49eaef98d64a9aafe6494d6cccbb4146d1",
    ("store", 1): "bc1e3ca89caa2916dbb6e8df991e69c557122a6e92cf044c80ef36ec5f03b211",
    ("store", 2): "1468dbb2e373762b0e1b66d0ca1647f028a023464b0c90f8c81d67ecddca2a92",
    ("talent_search", 1): "21e36f5ac6596b7e7bee3eca1ff6e4b033b3a5831c8444fa5e042fa5d8e853bb",
    ("university_access", 1): "cd39e824fbcbed9be4375001af3bcb70aa623a5173c38d597d9c5452c168fcd6",
}


def allowed(world: World, person: Someone, purpose: Purpose = Purpose.SHARE) -> bool:
    with world.portfolio.database.read() as session:
        return allows(
            session, vault=world.portfolio.vault, person_id=person.person_id, purpose=purpose, now=world.clock()
        )


def say(world: World, who: Someone, child: Someone, answer: str, purpose: str = "share") -> int:
    return int(who.post(f"/p/{child.person_id}/consents", {"purpose": purpose, "answer": answer}).status_code)


@pytest.mark.fault(137, 139)
def test_from_14_both_agree_and_the_no_of_either_acts_at_once(world: World) -> None:
    child = world.pupil(15)
    mother = world.guardian_of(child)
    assert not any(allowed(world, child, purpose) for purpose in Purpose), "nothing by default"
    assert say(world, child, child, "give") == 303
    assert not allowed(world, child)
    assert say(world, mother, child, "give") == 303
    assert allowed(world, child)
    assert [purpose for purpose in Purpose if allowed(world, child, purpose)] == [Purpose.SHARE], "each by itself"
    for one in (mother, child):
        assert say(world, one, child, "withdraw") == 303
        assert not allowed(world, child), "at the same moment"
        assert say(world, one, child, "give") == 303
        assert allowed(world, child)


@pytest.mark.fault(137)
def test_under_14_the_guardian_decides(world: World) -> None:
    child = world.pupil(13)
    mother = world.guardian_of(child)
    assert say(world, child, child, "give") == 403
    assert say(world, mother, child, "give") == 303
    assert allowed(world, child)


@pytest.mark.fault(137)
def test_the_no_of_one_parent_ends_the_yes_of_the_other(world: World) -> None:
    child = world.pupil(12)
    mother, father = world.guardian_of(child), world.guardian_of(child, "Сидоров Олег Ильич")
    say(world, mother, child, "give")
    say(world, father, child, "give")
    say(world, father, child, "withdraw")
    assert not allowed(world, child)
    say(world, mother, child, "give")
    assert allowed(world, child)


@pytest.mark.fault(137)
def test_the_consent_of_a_guardian_that_ended_has_no_force(world: World) -> None:
    child = world.pupil(12)
    mother = world.guardian_of(child)
    say(world, mother, child, "give")
    with world.portfolio.database.read() as session:
        row = session.exec(select(Guardianship)).one().id
    mother.post(f"/p/{child.person_id}/guardians/{row}/end")
    assert not allowed(world, child)
    with world.portfolio.database.write() as session:
        ended = session.exec(select(Consent)).one()
        assert (ended.withdrawn_at, ended.withdrawn_by) == (world.clock(), "ended")
        again = session.get_one(Guardianship, row)
        again.state = GuardianState.ACTIVE  # as if the same account had been invited and proved once more
        session.add(again)
    assert not allowed(world, child), "a new guardianship revives nothing"
    assert say(world, mother, child, "give") == 303
    assert allowed(world, child)


@pytest.mark.fault(137)
def test_a_child_grows_up(world: World) -> None:
    """13 -> 14 -> 18: rights follow the birthday at midnight, before any job has run."""
    child = world.someone("Сидорова Анна Олеговна", birth_date="2012-11-24")
    mother = world.guardian_of(child)
    say(world, mother, child, "give")
    world.clock.now = datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC)
    assert allowed(world, child)
    world.clock.now = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    assert not allowed(world, child), "14: her own consent is needed too"
    sign_in_again(world, child, mother)
    say(world, child, child, "give")
    assert allowed(world, child)
    world.clock.now = datetime(2030, 11, 23, 20, 59, 59, tzinfo=UTC)
    sign_in_again(world, child, mother)
    assert mother.get(f"/p/{child.person_id}/consents").status_code == 200
    world.clock.now = datetime(2030, 11, 23, 21, 0, tzinfo=UTC)
    assert mother.get(f"/p/{child.person_id}/consents").status_code == 404, "18: at once"
    assert allowed(world, child), "her own consent goes on"
    say(world, child, child, "withdraw")
    assert not allowed(world, child)


@pytest.mark.fault(137)
def test_at_18_what_only_a_guardian_agreed_to_ends(world: World) -> None:
    child = world.someone("Сидорова Анна Олеговна", birth_date="2012-11-24")
    mother = world.guardian_of(child)
    say(world, mother, child, "give")
    world.clock.now = datetime(2031, 1, 1, tzinfo=UTC)
    assert not allowed(world, child)
    with world.portfolio.database.write() as session, pytest.raises(NotYoursToGiveError):
        give(
            session,
            vault=world.portfolio.vault,
            person_id=child.person_id,
            purpose=Purpose.SHARE,
            account_id=mother.account.id,
            capacity=Capacity.GUARDIAN,
            clock=world.clock,
        )


def test_what_a_child_clicked_before_14_never_counts(world: World) -> None:
    child = world.someone("Сидорова Анна Олеговна", birth_date="2012-11-24")
    mother = world.guardian_of(child)
    with world.portfolio.database.write() as session:
        session.add(
            Consent(
                person_id=child.person_id,
                purpose=Purpose.SHARE,
                account_id=child.account.id,
                capacity=Capacity.SELF,
                text_version=1,
                text_hash=newest(Purpose.SHARE).hash,
                given_at=world.clock(),
            )
        )
    say(world, mother, child, "give")
    world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    sign_in_again(world, child, mother)
    assert not allowed(world, child)
    say(world, child, child, "give")
    assert allowed(world, child)


@pytest.mark.fault(140)
def test_the_job_ends_guardianships_at_18_and_tells_at_14_once(world: World) -> None:
    child = world.someone("Сидорова Анна Олеговна", birth_date="2012-11-24")
    mother = world.guardian_of(child)
    portfolio = world.portfolio

    def run() -> None:
        with portfolio.database.write() as session:
            hand_over(session, vault=portfolio.vault, public_url="http://here", clock=world.clock)

    run()
    assert letters(world, "own_word_from_14") == []
    world.clock.now = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    run()
    run()
    told = letters(world, "own_word_from_14")
    assert len(told) == 2, "the mother and the child, each once"
    assert f"http://here/p/{child.person_id}/consents" in told[0]
    world.clock.now = datetime(2030, 11, 24, 3, 0, tzinfo=UTC)
    run()
    run()
    assert len(letters(world, "guardianship_ended")) == 2
    with portfolio.database.read() as session:
        row = session.exec(select(Guardianship)).one()
        assert (row.state, row.ended_why) == (GuardianState.ENDED, "age")
        assert wards_of(session, vault=portfolio.vault, account_id=mother.account.id, now=world.clock()) == ()


def test_a_record_of_an_issuer_is_its_own_affair_until_it_was_claimed(world: World) -> None:
    child = world.pupil(20)
    organisation = world.organisation()
    with world.portfolio.database.write() as session:
        sealed, _ = world.portfolio.vault.new_person_key("record")
        record = Person(
            id="record",
            organisation_id=organisation.id,
            sealed_key=sealed,
            sealed_profile=b"",
            created_at=world.clock(),
        )
        session.add(record)

    def allowed_for_record(purpose: Purpose) -> bool:
        with world.portfolio.database.read() as session:
            return allows(session, vault=world.portfolio.vault, person_id="record", purpose=purpose, now=world.clock())

    assert allowed_for_record(Purpose.STORE)
    assert not allowed_for_record(Purpose.SHARE)
    with world.portfolio.database.write() as session:
        row = session.get_one(Person, "record")
        row.owner_id = child.person_id
        session.add(row)
    assert not allowed_for_record(Purpose.SHARE)
    say(world, child, child, "give")
    assert allowed_for_record(Purpose.SHARE)


def test_require_consent_says_no(world: World) -> None:
    child = world.pupil(15)
    with world.portfolio.database.read() as session, pytest.raises(ConsentMissingError):
        require_consent(
            session,
            vault=world.portfolio.vault,
            person_id=child.person_id,
            purpose=Purpose.PUBLISH,
            now=world.clock(),
        )
    with world.portfolio.database.read() as session:
        assert not allows(
            session, vault=world.portfolio.vault, person_id="nobody", purpose=Purpose.STORE, now=world.clock()
        )


def test_giving_twice_is_one_consent_and_each_answer_is_in_the_log(world: World) -> None:
    child = world.pupil(20)
    for answer in ("give", "give", "withdraw", "withdraw", "give"):
        assert say(world, child, child, answer) == 303
    with world.portfolio.database.read() as session:
        rows = history_of(session, person_id=child.person_id)
        acts = [row.act for row in session.exec(select(AuditRecord).order_by(AuditRecord.number))]
    assert [row.withdrawn_at is None for row in rows].count(True) == 1
    assert len(rows) == 2
    assert acts == ["consent.give", "consent.withdraw", "consent.give"]


@pytest.mark.fault(138)
def test_a_consent_keeps_the_text_it_was_given_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    child = world.pupil(20)
    say(world, child, child, "give")
    old = newest(Purpose.SHARE)

    def newer(purpose: Purpose) -> object:
        return old.__class__(purpose, 2, hashlib.sha256(b"another text").digest(), old.paragraphs)

    monkeypatch.setattr("portfolio.people.consents.newest", newer)
    monkeypatch.setattr("portfolio.people.routes.newest", newer)
    page = child.get(f"/p/{child.person_id}/consents")
    assert f"/p/{child.person_id}/consents/share/1" in page.text
    assert allowed(world, child), "what was agreed to goes on"
    text = child.get(f"/p/{child.person_id}/consents/share/1?lang=ru").text
    assert old.paragraphs["ru"][0][:40] in text
    world.clock.advance(minutes=1)
    say(world, child, child, "give")
    with world.portfolio.database.read() as session:
        new, before = history_of(session, person_id=child.person_id)
    assert (new.text_version, before.text_version) == (2, 1)
    assert before.text_hash == old.hash, "the old one stays as evidence"
    assert before.withdrawn_by == "newer"
    with world.portfolio.database.write() as session:
        ended = withdraw(
            session,
            person_id=child.person_id,
            purpose=Purpose.SHARE,
            account_id=child.account.id,
            capacity=Capacity.SELF,
            clock=world.clock,
        )
    assert ended == 1


@pytest.mark.fault(138)
def test_texts_that_were_used_are_never_changed() -> None:
    files = {
        (file.name.removesuffix(".txt"), int(folder.name)): hashlib.sha256(file.read_bytes()).hexdigest()
        for folder in (resources.files("portfolio.people") / "texts").iterdir()
        for file in folder.iterdir()
    }
    assert files == USED_TEXTS
    for purpose in Purpose:
        text = wording(purpose, NEWEST[purpose])
        assert len(text.paragraphs["ru"]) == len(text.paragraphs["en"]) >= 3
