"""An organisation's queue: it sees what it was asked, answers once, and everything it looks at is written down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pupils import OLYMPIAD, adult_with_consent, ask, claimed, issue, owner_of, pupil_with_consent, state_of
from sqlmodel import Session, select

from campaign import RACERS, RACES
from people_world import World
from portfolio.achievements.models import Claim, ClaimState
from portfolio.achievements.requests import answers, service
from portfolio.achievements.requests.matching import likeness
from portfolio.credentials.models import Credential
from portfolio.credentials.service import open_statement
from portfolio.errors import PortfolioError
from portfolio.notifications.models import OutgoingMail
from portfolio.organisations.models import IssuerKey, Organisation, OrganisationType, StaffRole
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.consents import withdraw
from portfolio.people.models import AccessRecord, AuditRecord


def credentials(world: World) -> list[Credential]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(Credential).where(Credential.minimal_of == None)))  # noqa: E711


def test_what_was_asked_is_confirmed_and_arrives(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    assert "Северная звезда" in staff.get("/org/school/requests").text
    page = staff.get(f"/org/school/requests/{claim_id}")
    assert "Nothing alike was found" in page.text
    assert staff.get(f"/org/school/requests/{claim_id}/document").headers["content-type"] == "image/jpeg"
    assert staff.post(f"/org/school/requests/{claim_id}/confirm").status_code == 303
    assert state_of(world, claim_id) is ClaimState.CONFIRMED
    (credential,) = credentials(world)
    assert owner_of(world, credential.id) == pupil.person_id
    with world.portfolio.database.read() as session:
        statement = open_statement(session, vault=world.portfolio.vault, credential=credential)
        looks = session.exec(select(AccessRecord).where(AccessRecord.person_id == pupil.person_id)).all()
        acts = session.exec(select(AuditRecord.act)).all()
    assert statement.holder_name == OLYMPIAD["holder_name"]
    assert statement.fields["level"] == "rsosh_2"
    assert [(look.viewer, look.what, look.why) for look in looks] == [
        ("organisation", "claim", "confirmation"),  # in the queue
        ("organisation", "claim", "confirmation"),
        ("organisation", "document", "confirmation"),
    ]
    assert {"claim.make", "claim.ask.confirm", "claim.confirmed", "record.claim"} <= set(acts)
    shown = pupil.get(f"/p/{pupil.person_id}").text
    assert shown.count("Северная звезда»</bdi>") == 1
    assert f"/records/{credential.id}" in shown


def test_later_awards_of_the_same_pupil_are_given_to_the_same_person(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    for title in ("Первая олимпиада", "Вторая олимпиада"):
        claim_id = claimed(pupil, title=title)
        ask(pupil, claim_id, organisation)
        staff.post(f"/org/school/requests/{claim_id}/confirm")
    assert len({row.person_id for row in credentials(world)}) == 1


def test_it_is_corrected_and_confirmed(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    path = f"/org/school/requests/{claim_id}/correct"
    wrong = staff.post(path, {**OLYMPIAD, "degree": "чемпион мира"})
    assert wrong.status_code == 422
    assert 'id="f-degree-problem"' in wrong.text
    assert state_of(world, claim_id) is ClaimState.ASKED
    assert staff.post(path, {**OLYMPIAD, "degree": "призёр"}).status_code == 303
    (credential,) = credentials(world)
    with world.portfolio.database.read() as session:
        statement = open_statement(session, vault=world.portfolio.vault, credential=credential)
    assert statement.fields["degree"] == "prize_winner"


def test_it_is_declined_with_a_reason_that_the_holder_reads(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    assert staff.post(f"/org/school/requests/{claim_id}/decline", {"reason": ""}).status_code == 422
    staff.post(f"/org/school/requests/{claim_id}/decline", {"reason": "Такого участника не было"})
    assert "Такого участника не было" in pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}").text
    with world.portfolio.database.read() as session:
        claim = session.get_one(Claim, claim_id)
    assert claim.sealed_reason is not None
    assert "участника".encode() not in claim.sealed_reason
    assert ask(pupil, claim_id, organisation).status_code == 303  # once more, e.g. after a better photo elsewhere


def test_what_was_given_already_is_joined_and_not_given_twice(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    credential_id = issue(world, organisation, "СИДОРОВА Анна Олеговна", title="Олимпиада «Северная звезда»")
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    page = staff.get(f"/org/school/requests/{claim_id}").text
    assert "much alike" in page  # the name is written otherwise
    assert credential_id in page
    staff.post(f"/org/school/requests/{claim_id}/link", {"credential": credential_id})
    assert owner_of(world, credential_id) == pupil.person_id
    assert state_of(world, claim_id) is ClaimState.CONFIRMED
    assert len(credentials(world)) == 1


def test_the_very_same_award_is_not_issued_again(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    issue(world, organisation, OLYMPIAD["holder_name"])
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    answer = staff.post(f"/org/school/requests/{claim_id}/confirm")
    assert answer.status_code == 422
    assert "has given this already" in answer.text
    assert state_of(world, claim_id) is ClaimState.ASKED


def test_likeness_tells_the_award_from_its_neighbours(world: World) -> None:
    organisation = world.organisation()
    ids = [
        issue(world, organisation, name, **fields)
        for name, fields in (
            ("Сидорова Анна Олеговна", {"subject": "Химия"}),
            ("Сидоров Антон Олегович", {}),
            ("Сидорова Анна Олеговна", {}),
            ("Петров Иван Иванович", {"title": "Олимпиада «Полярный круг»"}),
        )
    ]
    staff, pupil = world.staff(), pupil_with_consent(world)
    claim_id = claimed(pupil, title="Олимпиада Северная звезда")
    ask(pupil, claim_id, organisation)
    page = staff.get(f"/org/school/requests/{claim_id}").text
    assert ids[2] in page
    assert likeness.__doc__ is not None


def test_many_are_confirmed_at_once_and_what_needs_a_look_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation = world.organisation()
    staff = world.staff()
    known = issue(world, organisation, "Иванов Пётр Алексеевич")
    ids = []
    for name, fields in (
        ("Иванов Пётр Алексеевич", {}),  # a namesake of him who has it, for all that anybody knows
        ("Сидорова Анна Олеговна", {}),
        ("СИДОРОВА Анна Олеговна", {"title": "Другая олимпиада"}),
        ("Кто-то другой", {"holder_name": "Петрова Ольга Ивановна", "title": "Третья олимпиада"}),
    ):
        pupil = adult_with_consent(world, name)
        ids.append(claimed(pupil, **{"holder_name": name, **fields}))
        ask(pupil, ids[-1], organisation)
    looked: list[str] = []
    own_credentials = service.own_credentials

    def looks(session: Session, *, kind: str, **more: Any) -> list[Any]:
        looked.append(kind)
        with world.portfolio.database.write():  # would wait in vain for a lock that is held meanwhile
            pass
        return own_credentials(session, kind=kind, **more)

    monkeypatch.setattr(service, "own_credentials", looks)
    answer = staff.post("/org/school/requests/confirm", {"claim": [*ids, "absent"]})
    assert looked == ["olympiad_award"]
    assert "confirmed=2" in answer.headers["location"]
    assert "left=3" in answer.headers["location"]
    page = staff.get(answer.headers["location"]).text
    assert "2 requests were confirmed." in page
    assert len(credentials(world)) == 3
    assert owner_of(world, known) is None
    assert [state_of(world, one) for one in (ids[0], ids[3])] == [ClaimState.ASKED] * 2
    assert staff.get(f"/org/school/requests/{ids[0]}").status_code == 200  # and holds no lock while it looks either
    assert staff.post("/org/school/requests/confirm", {}).headers["location"].endswith("none_ticked")


def test_an_award_of_somebody_of_another_name_is_joined_only_after_a_second_look(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), adult_with_consent(world, "Кузнецова Анна Олеговна")
    credential_id = issue(world, organisation, "Сидорова Анна Олеговна")
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    base = f"/org/school/requests/{claim_id}"
    page = staff.get(base).text
    assert "Кузнецова Анна Олеговна" in page
    assert "is called otherwise than the paper says" in page
    refused = staff.post(f"{base}/link", {"credential": credential_id})
    assert refused.status_code == 422
    assert "The names differ" in refused.text
    assert owner_of(world, credential_id) is None
    assert staff.post(f"{base}/link", {"credential": credential_id, "names_checked": "yes"}).status_code == 303
    assert owner_of(world, credential_id) == pupil.person_id


def test_a_suspended_school_says_nothing_for_anybody(world: World) -> None:
    school = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    first, second = claimed(pupil), claimed(pupil)
    ask(pupil, first, school)
    ask(pupil, second, school, "endorse")
    with world.portfolio.database.write() as session:
        row = session.get_one(Organisation, school.id)
        row.suspended_from = 1
        session.add(row)
    acts = {
        f"{first}/confirm": {},
        f"{first}/correct": OLYMPIAD,
        f"{first}/link": {"credential": "x"},
        f"{second}/endorse": {},
        "confirm": {"claim": [first]},
    }
    for act, data in acts.items():
        answer = staff.post(f"/org/school/requests/{act}", data)
        assert answer.status_code == 403, act
        assert "suspended it confirms nothing" in answer.text
    assert {state_of(world, one) for one in (first, second)} == {ClaimState.ASKED}


def test_a_school_certifies_a_copy_and_makes_no_credential(world: World) -> None:
    school = world.organisation()
    world.organisation("sirius", kind=OrganisationType.ORGANISER)
    staff, pupil = world.staff(), pupil_with_consent(world)
    claim_id = claimed(pupil)
    with world.portfolio.database.read() as session:
        sirius = session.exec(select(Organisation).where(Organisation.slug == "sirius")).one()
    assert ask(pupil, claim_id, sirius, "endorse").status_code == 409
    ask(pupil, claim_id, school, "endorse")
    assert staff.post(f"/org/school/requests/{claim_id}/confirm").status_code == 409
    assert staff.post(f"/org/school/requests/{claim_id}/endorse").status_code == 303
    assert state_of(world, claim_id) is ClaimState.ENDORSED
    assert credentials(world) == []
    assert "Copy certified by" in pupil.get(f"/p/{pupil.person_id}").text
    assert ask(pupil, claim_id, sirius).status_code == 303
    organiser = world.staff("sirius")
    assert organiser.post(f"/org/sirius/requests/{claim_id}/decline", {"reason": "Не наша"}).status_code == 303
    for path in ("", f"/claims/{claim_id}"):  # the school has seen the original all the same
        page = pupil.get(f"/p/{pupil.person_id}{path}").text
        assert "Copy certified by" in page
        assert school.name in page


def test_viewers_look_and_do_not_decide(world: World) -> None:
    organisation = world.organisation()
    viewer, pupil = world.staff(role=StaffRole.VIEWER), pupil_with_consent(world)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    base = f"/org/school/requests/{claim_id}"
    assert viewer.get(base).status_code == 200
    for act in ("confirm", "correct", "link", "endorse", "decline"):
        assert viewer.post(f"{base}/{act}", {"credential": "x", "reason": "x"}).status_code == 403
    assert viewer.post("/org/school/requests/confirm", {"claim": [claim_id]}).status_code == 403


def test_another_organisation_and_strangers_find_nothing(world: World) -> None:
    organisation = world.organisation()
    world.organisation("other")
    other, stranger, pupil = world.staff("other"), world.someone(), pupil_with_consent(world)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    assert "звезда" not in other.get("/org/other/requests").text
    for path in (f"/org/other/requests/{claim_id}", f"/org/other/requests/{claim_id}/document"):
        assert other.get(path).status_code == 404
    acts = {"confirm": {}, "endorse": {}, "decline": {"reason": "x"}, "link": {"credential": "x"}}
    for act, data in acts.items():
        assert other.post(f"/org/other/requests/{claim_id}/{act}", data).status_code == 404
    assert stranger.get(f"/org/school/requests/{claim_id}").status_code == 404
    assert pupil.get("/org/school/requests").status_code == 404


def test_what_was_taken_back_or_lost_its_consent_is_out_of_reach_at_once(world: World) -> None:
    organisation = world.organisation()
    staff, pupil = world.staff(), pupil_with_consent(world)
    first, second, third = claimed(pupil), claimed(pupil), claimed(pupil)
    for claim_id in (first, second):
        ask(pupil, claim_id, organisation)
    ask(pupil, third, organisation, "endorse")
    assert "Сидорова" in staff.get("/org/school/requests").text
    pupil.post(f"/p/{pupil.person_id}/claims/{first}/take-back")
    assert staff.get(f"/org/school/requests/{first}/document").status_code == 404
    with world.portfolio.database.write() as session:
        withdraw(
            session,
            person_id=pupil.person_id,
            purpose=Purpose.STORE,
            account_id=pupil.account.id,
            capacity=Capacity.SELF,
            clock=world.clock,
        )
    queue = staff.get("/org/school/requests").text
    assert "Сидорова" not in queue
    assert second not in queue
    base = f"/org/school/requests/{second}"
    assert staff.get(f"{base}/document").status_code == 403
    acts = {"confirm": {}, "correct": OLYMPIAD, "link": {"credential": "x"}, "decline": {"reason": "x"}}
    for act, data in acts.items():
        assert staff.post(f"{base}/{act}", data).status_code == 403, act
    assert staff.post(f"/org/school/requests/{third}/endorse").status_code == 403


def test_staff_is_reminded_after_a_week_and_once_a_week(world: World) -> None:
    organisation = world.organisation()
    world.staff()
    world.staff(role=StaffRole.VIEWER)
    pupil = pupil_with_consent(world)
    for title in ("Первая", "Вторая"):
        ask(pupil, claimed(pupil, title=title), organisation)

    def remind() -> int:
        with world.portfolio.database.write() as session:
            return service.remind(
                session, vault=world.portfolio.vault, public_url="http://testserver", clock=world.clock
            )

    assert remind() == 0
    world.clock.advance(days=7, hours=1)
    assert remind() == 1
    assert remind() == 0
    with world.portfolio.database.read() as session:
        (letter,) = session.exec(select(OutgoingMail)).all()
    assert letter.letter == "requests_waiting"
    world.clock.advance(days=7, hours=1)
    assert remind() == 1


def test_what_the_organisation_signs_itself_appears_once_it_is_signed(world: World) -> None:
    organisation = world.organisation()
    with world.portfolio.database.write() as session:
        for key in session.exec(select(IssuerKey).where(IssuerKey.organisation_id == organisation.id)):
            key.sealed_private_key = None
            session.add(key)
    staff, pupil = world.staff(), pupil_with_consent(world)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    assert staff.post(f"/org/school/requests/{claim_id}/confirm").status_code == 303
    page = pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}").text
    assert "signs it on its own computer" in page
    assert "Северная звезда" in pupil.get(f"/p/{pupil.person_id}").text


@pytest.mark.fault(101)
def test_of_many_answers_at_once_one_counts(world: World) -> None:
    organisation = world.organisation()
    pupil = pupil_with_consent(world)
    for round_number in range(RACES):
        claim_id = claimed(pupil, title=f"Олимпиада {round_number}")
        ask(pupil, claim_id, organisation)
        outcomes = race(world, organisation, claim_id)
        assert outcomes.count("done") == 1, outcomes
        assert set(outcomes) == {"done", "claim_state"}
    assert len(credentials(world)) <= RACES


def race(world: World, organisation: Organisation, claim_id: str) -> list[str]:
    desk = answers.Desk(world.portfolio.vault, organisation, "account:x", world.clock, "http://testserver")
    acts: list[Callable[..., object]] = [
        lambda session: answers.confirm(session, desk, claim_id=claim_id),
        lambda session: answers.decline(session, desk, claim_id=claim_id, reason="нет"),
    ] * (RACERS // 2)
    begin, outcomes = threading.Barrier(len(acts)), []

    def run(act: Callable[..., object]) -> None:
        begin.wait()
        try:
            with world.portfolio.database.write() as session:
                act(session)
            outcomes.append("done")
        except PortfolioError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
