"""Records that issuers hold: claimed by the code on the paper, once; disputed, objected to, let go, found again."""

from __future__ import annotations

import re
import threading

import pytest
from pupils import adult_with_consent, code_of, issue, owner_of, pupil_with_consent
from sqlmodel import select

from campaign import RACERS
from people_world import Someone, World
from portfolio.achievements.models import Dispute
from portfolio.achievements.records import routes, service
from portfolio.credentials.models import Credential
from portfolio.people.models import Guardianship, GuardianState
from portfolio.people.service import profile_of

NAME = "Сидорова Анна Олеговна"


def enter(someone: Someone, code: str, family: str = "Сидорова", *, person_id: str = "") -> object:
    return someone.post(f"/p/{person_id or someone.person_id}/claim", {"code": code, "family": family})


def done(answer: object) -> str:
    return str(answer.headers["location"]).partition("done=")[2]  # type: ignore[attr-defined]


def test_a_code_and_the_name_bring_the_award_and_later_ones(world: World) -> None:
    organisation = world.organisation()
    credential_id = issue(world, organisation, NAME)
    pupil = pupil_with_consent(world)
    assert pupil.get(f"/p/{pupil.person_id}/claim").status_code == 200
    assert done(enter(pupil, code_of(world, credential_id).lower().replace("-", " "), "сидорова")) == "taken"
    assert done(enter(pupil, code_of(world, credential_id))) == "yours_already"
    assert owner_of(world, credential_id) == pupil.person_id
    page = pupil.get(f"/p/{pupil.person_id}/records/{credential_id}")
    assert page.status_code == 200
    assert "Северная звезда" in page.text
    with world.portfolio.database.read() as session:
        person_id = session.get_one(Credential, credential_id).person_id
    with world.portfolio.database.write() as session:
        from portfolio.credentials.kinds import kind_of
        from portfolio.credentials.service import Award, issue_awards, issuer_of
        from portfolio.people.service import Profile

        issue_awards(
            session,
            vault=world.portfolio.vault,
            issuer=issuer_of(session, vault=world.portfolio.vault, organisation_id=organisation.id),
            kind=kind_of("participation"),
            awards=[Award(Profile(NAME), {"title": "Зимние чтения", "award_date": "2026-05-01"}, person_id=person_id)],
            valid_until=None,
            run_id=None,
            clock=world.clock,
        )
    assert "Зимние чтения" in pupil.get(f"/p/{pupil.person_id}").text


def test_a_guardian_enters_it_for_the_child(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    pupil = pupil_with_consent(world)
    guardian, stranger = world.guardian_of(pupil), world.someone()
    assert enter(stranger, code_of(world, credential_id), person_id=pupil.person_id).status_code == 404  # type: ignore[attr-defined]
    assert done(enter(guardian, code_of(world, credential_id), person_id=pupil.person_id)) == "taken"
    assert owner_of(world, credential_id) == pupil.person_id


def test_wrong_codes_and_wrong_names_answer_alike_and_are_limited(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    someone = world.someone()
    answers = [
        enter(someone, "7K2M-9QXA-41BD"),
        enter(someone, code_of(world, credential_id), "Петрова"),
        enter(someone, "не код"),
    ]
    problems = {re.search(r'id="f-code-problem">(.*?)</p>', answer.text, re.DOTALL)[1] for answer in answers}  # type: ignore[attr-defined,index]
    assert len(problems) == 1
    assert {answer.status_code for answer in answers} == {422}  # type: ignore[attr-defined]
    for _ in range(7):
        assert enter(someone, "7K2M-9QXA-41BD").status_code == 422  # type: ignore[attr-defined]
    assert enter(someone, code_of(world, credential_id)).status_code == 429  # type: ignore[attr-defined]
    world.clock.advance(hours=1, minutes=1)
    assert done(enter(someone, code_of(world, credential_id))) == "taken"


def test_two_claimants_are_a_case_for_a_human(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    staff = world.staff()
    first, second = pupil_with_consent(world), adult_with_consent(world, "Сидорова Алла")
    enter(first, code_of(world, credential_id))
    for _ in range(2):
        assert done(enter(second, code_of(world, credential_id))) == "disputed"
    assert owner_of(world, credential_id) == first.person_id
    page = staff.get("/org/school/requests/disputes").text
    assert "Сидорова Алла" in page
    (dispute_id,) = set(re.findall(r"/requests/disputes/([0-9a-f-]{36})", page))
    assert staff.post(f"/org/school/requests/disputes/{dispute_id}", {"to": "claimant"}).status_code == 303
    assert owner_of(world, credential_id) == second.person_id
    assert staff.post(f"/org/school/requests/disputes/{dispute_id}", {"to": "owner"}).status_code == 409
    world.organisation("other")
    other = world.staff("other")
    assert other.post(f"/org/other/requests/disputes/{dispute_id}", {"to": "owner"}).status_code == 404


@pytest.mark.fault(101)
def test_of_many_who_claim_at_once_one_has_it_and_the_rest_are_disputes(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    people = [world.someone(f"Человек {number}") for number in range(RACERS)]
    code, begin, outcomes = code_of(world, credential_id), threading.Barrier(RACERS), []

    def run(someone: Someone) -> None:
        begin.wait()
        with world.portfolio.database.write() as session:
            outcome = service.claim_by_code(
                session,
                vault=world.portfolio.vault,
                own_id=someone.person_id,
                typed=code,
                family="Сидорова",
                actor="account:x",
                clock=world.clock,
            )
        outcomes.append(outcome)

    threads = [threading.Thread(target=run, args=(someone,)) for someone in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(outcome) for outcome in outcomes) == ["disputed"] * (RACERS - 1) + ["taken"]
    with world.portfolio.database.read() as session:
        assert len(session.exec(select(Dispute)).all()) == RACERS - 1


def test_this_is_not_me_lets_go_at_once_and_tells_the_issuer(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    staff, pupil = world.staff(), pupil_with_consent(world)
    enter(pupil, code_of(world, credential_id))
    path = f"/p/{pupil.person_id}/records/{credential_id}/object"
    assert done(pupil.post(path, {"kind": "not_me"})) == "not_me"
    assert owner_of(world, credential_id) is None
    assert pupil.get(f"/p/{pupil.person_id}/records/{credential_id}").status_code == 404
    assert "This is not me" in staff.get("/org/school/requests/objections").text


def test_this_is_wrong_is_answered_beside_the_credential(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    staff, pupil = world.staff(), pupil_with_consent(world)
    enter(pupil, code_of(world, credential_id))
    path = f"/p/{pupil.person_id}/records/{credential_id}"
    assert done(pupil.post(path + "/object", {"kind": "wrong", "words": ""})) == "words_missing"
    assert done(pupil.post(path + "/object", {"kind": "wrong", "words": "Отчество с ошибкой"})) == "objected"
    page = staff.get("/org/school/requests/objections").text
    assert "Отчество с ошибкой" in page
    (objection_id,) = re.findall(r"/requests/objections/([0-9a-f-]{36})", page)
    staff.post(f"/org/school/requests/objections/{objection_id}", {"words": "Исправим на этой неделе"})
    assert "Исправим на этой неделе" in pupil.get(path).text
    assert "Отчество" not in staff.get("/org/school/requests/objections").text
    assert world.someone().post(path + "/object", {"kind": "wrong", "words": "x"}).status_code == 404


def test_a_lost_code_is_replaced_and_good_once(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    staff, pupil = world.staff(), pupil_with_consent(world)
    assert "Сидорова" in staff.post("/org/school/requests/codes", {"name": "Сидорова Анна"}).text
    assert "Nothing was found" in staff.post("/org/school/requests/codes", {"name": "Кто-то"}).text
    codes = []
    for _ in range(2):
        page = staff.post("/org/school/requests/codes/new", {"credential": credential_id}).text
        codes += re.findall(r"<strong>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</strong>", page)
    assert enter(pupil, codes[0]).status_code == 422  # type: ignore[attr-defined]
    assert enter(pupil, code_of(world, credential_id)).status_code == 422  # type: ignore[attr-defined]  # on the lost paper
    assert enter(pupil, codes[1], "Иванова").status_code == 422  # type: ignore[attr-defined]
    assert done(enter(pupil, codes[1])) == "taken"
    assert enter(world.someone(), codes[1]).status_code == 422  # type: ignore[attr-defined]
    world.organisation("other")
    assert world.staff("other").post("/org/other/requests/codes/new", {"credential": credential_id}).status_code == 404


def test_a_guardian_proves_it_with_a_paper_of_the_child_and_not_with_his_own(world: World) -> None:
    organisation, child = world.organisation(), world.pupil()
    mother = world.someone("Сидорова Мария Ивановна")
    with world.portfolio.database.write() as session:
        row = Guardianship(
            person_id=child.person_id,
            account_id=mother.account.id,
            state=GuardianState.ACCEPTED,
            created_at=world.clock(),
        )
        session.add(row)
        path = f"/me/children/{row.id}"
        born = profile_of(session, vault=world.portfolio.vault, person_id=child.person_id).birth_date
    others = [
        issue(world, organisation, "Сидорова Мария Ивановна"),
        issue(world, organisation, "Сидорова Анна Петровна"),
        issue(world, organisation, NAME, title="Олимпиада для взрослых", born="1980-01-01"),
    ]
    for other in others:
        assert mother.post(f"{path}/paper", {"paper_code": code_of(world, other)}).status_code == 422
        assert owner_of(world, other) is None
    own = issue(world, organisation, NAME, born=born)
    assert mother.post(f"{path}/paper", {"paper_code": code_of(world, own)}).status_code == 303
    assert owner_of(world, own) == child.person_id


def test_objections_to_what_was_erased_since_are_left_out(world: World) -> None:
    organisation = world.organisation()
    ids = [issue(world, organisation, NAME, title=title) for title in ("Стёртая", "Оставшаяся")]
    staff, pupil = world.staff(), pupil_with_consent(world)
    for credential_id in ids:
        enter(pupil, code_of(world, credential_id))
        path = f"/p/{pupil.person_id}/records/{credential_id}/object"
        pupil.post(path, {"kind": "wrong", "words": f"Ошибка {credential_id}"})
    with world.portfolio.database.write() as session:
        erased = session.get_one(Credential, ids[0])
        erased.sealed_body = b""
        session.add(erased)
    page = staff.get("/org/school/requests/objections")
    assert page.status_code == 200
    assert f"Ошибка {ids[1]}" in page.text
    assert f"Ошибка {ids[0]}" not in page.text


def test_nobody_objects_all_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "OBJECTIONS_A_DAY", 1)
    credential_id = issue(world, world.organisation(), NAME)
    pupil = pupil_with_consent(world)
    enter(pupil, code_of(world, credential_id))
    path = f"/p/{pupil.person_id}/records/{credential_id}/object"
    assert pupil.post(path, {"kind": "wrong", "words": "Ошибка"}).status_code == 303
    assert pupil.post(path, {"kind": "wrong", "words": "Ошибка"}).status_code == 429


def test_a_new_code_ends_after_a_month(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    page = world.staff().post("/org/school/requests/codes/new", {"credential": credential_id}).text
    (code,) = re.findall(r"<strong>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</strong>", page)
    world.clock.advance(days=31)
    assert enter(world.someone(), code).status_code == 422  # type: ignore[attr-defined]


def test_a_replaced_link_leads_nowhere(world: World) -> None:
    from portfolio.credentials.service import token_of

    credential_id = issue(world, world.organisation(), NAME)
    with world.portfolio.database.read() as session:
        before = token_of(world.portfolio.vault, session.get_one(Credential, credential_id))
    page = world.staff().post("/org/school/requests/codes/link", {"credential": credential_id}).text
    (after,) = set(re.findall(r"/v/([\w-]{24})", page))
    assert after != before
    visitor = world.visitor()
    assert visitor.get(f"/v/{before}").status_code == 404
    assert visitor.get(f"/v/{after}").status_code == 200


def test_an_old_name_stays_beside_the_new_one(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    someone = adult_with_consent(world, "Кузнецова Анна Олеговна")
    enter(someone, code_of(world, credential_id))
    page = someone.get(f"/p/{someone.person_id}").text
    assert "Кузнецова Анна Олеговна" in page
    assert "Name on the paper" in page
    assert NAME in page
