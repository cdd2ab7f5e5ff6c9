"""Telephone and codes are both lost: a letter, people who vouch, a wait that the owner can end, a new password."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlmodel import select

from people_world import PASSWORD, Someone, World
from portfolio.errors import ConflictError
from portfolio.people.models import AccessRecord, Account, Passkey, RecoveryCode, Rescue
from portfolio.people.rescue.service import GOOD_FOR, WAIT, vouch_as_registrar
from portfolio.people.second_factors import STEP
from rescue_steps import (
    REASON,
    acts,
    asked,
    carried_out,
    found,
    letters,
    rescue,
    rescues,
    secured,
    stop_link,
    vouch,
)


@pytest.fixture
def owner(world: World) -> Someone:
    who = world.someone("Петров Пётр Ильич")
    secured(world, who)
    return who


def test_two_registrars_three_days_and_a_new_password_by_letter(world: World, owner: Someone) -> None:
    number, first, second = asked(world, owner), world.registrar(), world.registrar()
    assert vouch(first, number.upper().replace("-", " ")).headers["location"].endswith("?done=vouched")
    assert rescue(world).due_at is None
    assert vouch(second, number).headers["location"].endswith("?done=granted")
    assert rescue(world).due_at == world.clock() + WAIT
    to, text = letters(world, "rescue_granted")[0]
    assert to == owner.address
    assert "25 ноября 2026" in text.replace("\u00a0", " "), "the letter says when"

    world.clock.advance(hours=71, minutes=59)
    assert carried_out(world) == 0
    assert owner.get("/me").status_code == 200
    world.clock.advance(minutes=1)
    assert carried_out(world) == 1
    assert owner.get("/me").status_code == 303, "signed out everywhere"
    with world.portfolio.database.read() as session:
        account = session.get_one(Account, owner.account.id)
        assert (account.sealed_totp, account.password_hash) == (None, None)
        assert session.exec(select(Passkey)).all() == []
        assert session.exec(select(RecoveryCode)).all() == []
    old = {"address": owner.address, "password": PASSWORD}
    assert world.visitor().post("/sign-in", data=old).status_code == 422

    client = world.visitor()
    assert "/recover" in letters(world, "rescue_done")[0][1]
    client.post("/recover", data={"address": owner.address})
    link = re.findall(r"/recover/\S+", letters(world, "recover")[-1][1])[0]
    new = {"password": "совсем новая фраза"}
    assert client.post(link, data=new, follow_redirects=False).status_code == 303
    answer = client.post("/sign-in", data={"address": owner.address, **new}, follow_redirects=False)
    assert answer.headers["location"] == "/me"
    assert carried_out(world) == 0
    assert acts(world) == ["rescue.ask", "rescue.vouch", "rescue.vouch", "rescue.grant", "rescue.carry_out"]


def test_one_registrar_twice_is_one(world: World, owner: Someone) -> None:
    number, registrar = asked(world, owner), world.registrar()
    assert vouch(registrar, number).status_code == 303
    again = registrar.post(f"{found(registrar, number)}/vouch", REASON)
    assert again.status_code == 422
    assert rescue(world).due_at is None
    world.clock.advance(days=10)
    assert carried_out(world) == 0


@pytest.mark.fault(101)
def test_words_at_the_same_moment_count_once_each(world: World, owner: Someone) -> None:
    """Two registrars press three times each at once: one first word, one second, never both by the same."""
    asked(world, owner)
    row, people = rescue(world).id, [world.registrar().account.id, world.registrar().account.id] * 3
    barrier = threading.Barrier(len(people))

    def press(account_id: str) -> str:
        barrier.wait(timeout=20)
        try:
            with world.portfolio.database.write() as session:
                decided = vouch_as_registrar(
                    session,
                    vault=world.portfolio.vault,
                    rescue_id=row,
                    account_id=account_id,
                    reason="Видели паспорт",
                    public_url="http://testserver",
                    clock=world.clock,
                )
        except ConflictError as error:
            return error.code
        return "granted" if decided.due_at else "vouched"

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(press, people))
    assert (answers.count("vouched"), answers.count("granted")) == (1, 1)
    assert rescue(world).first_by != rescue(world).second_by
    assert len(letters(world, "rescue_granted")) == 1


def test_every_look_and_every_reason_is_kept_but_nobody_browses(world: World, owner: Someone) -> None:
    number, registrar = asked(world, owner), world.registrar()
    for wrong in ("", "0000", number[:-1], "ffffffff-ffff", "абракадабра"):
        assert registrar.post("/registrar/rescues", {"number": wrong}).status_code == 422
    assert "Петров" not in registrar.get("/registrar/rescues").text
    here = found(registrar, number.replace("a", "а").replace("c", "с"))  # typed on a Russian keyboard
    assert "Петров Пётр Ильич" in registrar.get(here).text
    with world.portfolio.database.read() as session:
        look = session.exec(select(AccessRecord)).one()
    assert (look.person_id, look.viewer, look.why) == (owner.person_id, "registrar", "rescue")
    assert "account again" in owner.get(f"/p/{owner.person_id}/access?lang=en").text
    for reason in ("", "да", "..........."):
        assert registrar.post(f"{here}/vouch", {"reason": reason}).status_code == 422
    assert rescue(world).first_by is None
    registrar.post(f"{here}/vouch", REASON)
    assert rescue(world).first_reason is not None
    assert "приёмной".encode() not in (rescue(world).first_reason or b"")


def test_numbers_cannot_be_tried_out(world: World) -> None:
    registrar = world.registrar()
    statuses = {registrar.post("/registrar/rescues", {"number": f"{n:012x}"}).status_code for n in range(30)}
    assert statuses == {422}
    assert registrar.post("/registrar/rescues", {"number": "0" * 12}).status_code == 429


@pytest.mark.fault(97)
def test_nobody_learns_which_addresses_have_an_account(world: World, owner: Someone) -> None:
    answers = [
        world.visitor().post("/rescue", data={"address": address}, follow_redirects=False)
        for address in (owner.address, "nobody@example.ru")
    ]
    assert [(answer.status_code, answer.headers["location"], answer.text) for answer in answers] == [
        (303, "/sign-up/sent?done=rescue", "")
    ] * 2
    assert [to for to, _ in letters(world)] == [owner.address]
    made_up = world.visitor()
    assert made_up.get("/rescue/made-up").status_code == made_up.post("/rescue/made-up").status_code == 410
    here = f"/rescue/{owner.account.id}/stop/{'0' * 64}"
    assert made_up.get(here).status_code == made_up.post(here).status_code == 410


def test_a_letter_box_is_not_filled_and_its_owner_not_locked_out(world: World, owner: Someone) -> None:
    """After five letters one more goes out only when no link is good; what is answered stays the same."""

    def send(address: str = owner.address) -> tuple[int, str | None]:
        answer = world.visitor().post("/rescue", data={"address": address}, follow_redirects=False)
        return answer.status_code, answer.headers.get("location")

    always = (303, "/sign-up/sent?done=rescue")
    assert [send() for _ in range(8)] == [always] * 8
    assert len(letters(world, "lost_factors")) == 5
    assert [send("nobody@example.ru") for _ in range(2)] == [always] * 2
    assert send() == (429, None), "one place sends at most ten an hour"
    world.clock.advance(hours=2)
    assert [send() for _ in range(3)] == [always] * 3
    assert len(letters(world, "lost_factors")) == 6, "the links before had run out"
    link = re.findall(r"/rescue/[\w-]{40,}", letters(world, "lost_factors")[-1][1])[0]
    assert world.visitor().post(link).status_code == 200
    assert send() == always
    assert len(letters(world, "lost_factors")) == 7, "the link was used"


@pytest.mark.parametrize("letter", ["rescue_asked", "rescue_granted"])
def test_the_link_of_each_letter_stops_it(world: World, owner: Someone, letter: str) -> None:
    number, registrars = asked(world, owner), [world.registrar(), world.registrar()]
    for registrar in registrars:
        vouch(registrar, number)
    link, visitor = stop_link(world, letter), world.visitor()
    assert visitor.get(link).status_code == 200, "opened by a mail scanner, too"
    world.clock.advance(hours=71)
    assert rescue(world).ended_at is None
    assert visitor.post(link).status_code == 200
    assert visitor.post(link).status_code == 410
    world.clock.advance(days=30)
    assert carried_out(world) == 0
    told = {to for to, _ in letters(world, "rescue_stopped")}
    assert told == {owner.address, *(registrar.address for registrar in registrars)}
    assert acts(world)[-1] == "rescue.end"


def test_the_link_of_one_request_stops_no_other(world: World, owner: Someone) -> None:
    other = world.someone()
    asked(world, owner)
    mine = stop_link(world, "rescue_asked")
    with world.portfolio.database.write() as session:
        session.add(Rescue(account_id=other.account.id, asked_at=world.clock(), expires_at=world.clock() + GOOD_FOR))
    with world.portfolio.database.read() as session:
        foreign = session.exec(select(Rescue.id).where(Rescue.account_id == other.account.id)).one()
    parts = mine.split("/")
    assert world.visitor().post("/".join([*parts[:2], foreign, *parts[3:]])).status_code == 410


def test_who_is_signed_in_sees_it_and_stops_it(world: World, owner: Someone) -> None:
    asked(world, owner)
    assert "Somebody asks to come in" in owner.get("/me").text
    assert "/me/security/rescue/stop" in owner.get("/me/security").text
    assert owner.post("/me/security/rescue/stop").status_code == 303
    assert rescue(world).ended_why == "owner"
    assert "Somebody asks to come in" not in owner.get("/me").text


def test_who_passes_the_second_step_has_lost_nothing(world: World) -> None:
    owner = world.someone()
    secret = secured(world, owner)
    number = asked(world, owner)
    for registrar in (world.registrar(), world.registrar()):
        vouch(registrar, number)
    world.clock.advance(hours=1)
    client = world.visitor()
    client.post("/sign-in", data={"address": owner.address, "password": PASSWORD}, follow_redirects=False)
    assert rescue(world).ended_at is None, "the password alone proves nothing"
    code = pyotp.TOTP(secret).at(int(world.clock().timestamp()) + STEP)
    assert client.post("/sign-in/second", data={"code": code}, follow_redirects=False).status_code == 303
    assert rescue(world).ended_why == "signed_in"
    world.clock.advance(days=4)
    assert carried_out(world) == 0


def test_a_thief_of_the_mailbox_gets_nothing_by_himself(world: World, owner: Someone) -> None:
    """He reads every letter, sets a new password, opens every link: without people nothing opens."""
    asked(world, owner)
    thief = world.visitor()
    thief.post("/recover", data={"address": owner.address})
    link = re.findall(r"/recover/\S+", letters(world, "recover")[-1][1])[0]
    thief.post(link, data={"password": "пароль от вора тут"})
    world.clock.advance(days=13)
    assert carried_out(world) == 0
    answer = thief.post(
        "/sign-in", data={"address": owner.address, "password": "пароль от вора тут"}, follow_redirects=False
    )
    assert answer.headers["location"].startswith("/sign-in/second")
    assert thief.get("/me", follow_redirects=False).status_code == 303
    tried = thief.post(f"/registrar/rescues/{rescue(world).id}/vouch", data=REASON, follow_redirects=False)
    assert tried.status_code == 303
    assert tried.headers["location"].startswith("/sign-in")
    assert rescue(world).first_by is None


def test_one_registrar_cannot_even_ask(world: World, owner: Someone) -> None:
    registrar = world.registrar()
    assert registrar.post("/rescue", {"address": owner.address}).status_code == 303
    assert [to for to, _ in letters(world)] == [owner.address], "the link goes to the owner alone"
    with world.portfolio.database.read() as session:
        assert session.exec(select(Rescue)).all() == []


def test_a_request_lapses_after_two_weeks_and_another_may_follow(world: World, owner: Someone) -> None:
    number = asked(world, owner)
    vouch(world.registrar(), number)
    assert asked(world, owner) == number, "the one that stands"
    world.clock.advance(days=14)
    late = world.registrar()
    assert late.post("/registrar/rescues", {"number": number}).status_code == 422
    another = asked(world, owner)
    assert another != number
    assert vouch(late, another).headers["location"].endswith("?done=vouched"), "the first word went with the old one"


def test_any_registrar_refuses_while_it_waits(world: World, owner: Someone) -> None:
    number, vouched = asked(world, owner), (world.registrar(), world.registrar())
    for registrar in vouched:
        vouch(registrar, number)
    third, late = world.registrar(), world.registrar()
    here = found(third, number)
    assert third.post(f"{here}/refuse", {"reason": ""}).status_code == 422
    assert third.post(f"{here}/refuse", {"reason": "Паспорт был на другое имя"}).status_code == 303
    assert [to for to, text in letters(world, "rescue_refused") if "другое имя" in text] == [owner.address]
    told = letters(world, "rescue_stopped")
    assert {to for to, _ in told} == {registrar.address for registrar in vouched}
    assert all("отказал" in text and "другое имя" not in text for _, text in told)
    for act in ("refuse", "vouch"):
        answer = late.post(f"{here}/{act}", REASON)
        assert answer.status_code == 422
        assert "This request is decided already." in answer.text
    world.clock.advance(days=4)
    assert carried_out(world) == 0


def test_stopped_requests_warn_those_who_vouch_later(world: World, owner: Someone) -> None:
    asked(world, owner)
    world.visitor().post(stop_link(world, "rescue_asked"))
    registrar = world.registrar()
    assert "stopped 1 request before" in registrar.get(found(registrar, asked(world, owner))).text


def test_a_registrars_account_is_not_opened_this_way(world: World) -> None:
    office = world.registrar()
    secured(world, office)
    world.visitor().post("/rescue", data={"address": office.address})
    link = re.findall(r"/rescue/[\w-]{40,}", letters(world, "lost_factors")[-1][1])[0]
    assert "The operator first takes the office from it" in world.visitor().get(link).text
    assert world.visitor().post(link).status_code == 403
    assert rescues(world) == []


def test_who_becomes_registrar_meanwhile_is_left_alone(world: World, owner: Someone) -> None:
    number = asked(world, owner)
    for registrar in (world.registrar(), world.registrar()):
        vouch(registrar, number)
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, owner.account.id)
        account.is_registrar = True
        session.add(account)
    world.clock.advance(hours=72)
    carried_out(world)
    with world.portfolio.database.read() as session:
        assert session.get_one(Account, owner.account.id).sealed_totp is not None
    assert rescue(world).ended_why == "registrar"


def test_an_account_without_a_second_step_needs_only_a_new_password(world: World) -> None:
    someone = world.someone()
    world.visitor().post("/rescue", data={"address": someone.address})
    link = re.findall(r"/rescue/[\w-]{40,}", letters(world, "lost_factors")[-1][1])[0]
    assert "a new password is enough" in world.visitor().get(link).text
    assert world.visitor().post(link).status_code == 409
