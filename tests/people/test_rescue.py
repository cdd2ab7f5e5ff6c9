"""Telephone and codes are both lost: a letter, people who vouch, a wait that the owner can end, a new password."""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest
from sqlmodel import select

from people_world import PASSWORD, Someone, World
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import message_of
from portfolio.organisations.models import StaffRole
from portfolio.organisations.staff import give_place
from portfolio.people.models import AccessRecord, Account, AuditRecord, Passkey, RecoveryCode, Rescue
from portfolio.people.rescue.service import GOOD_FOR, WAIT, carry_out_due
from portfolio.people.second_factors import STEP, new_recovery_codes, new_totp_secret, set_totp
from portfolio.people.sign_ins import open_sign_in

REASON = {"reason": "Был в приёмной 20 ноября, паспорт видели"}


def letters(world: World, letter: str = "") -> list[tuple[str, str]]:
    """To whom each letter went, and what it says; the oldest first."""
    with world.portfolio.database.read() as session:
        rows = session.exec(select(OutgoingMail).order_by(OutgoingMail.created_at)).all()
    made = [
        message_of(row, vault=world.portfolio.vault, sender="portfolio@example.ru")
        for row in rows
        if letter in {"", row.letter}
    ]
    return [(message["to"], message.get_content()) for message in made]


def acts(world: World) -> list[str]:
    with world.portfolio.database.read() as session:
        return [act for act in session.exec(select(AuditRecord.act)) if act.startswith("rescue.")]


def secured(world: World, who: Someone) -> str:
    """Give somebody codes of a telephone, a passkey and codes on paper; return the telephone's secret."""
    secret = new_totp_secret()
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, who.account.id)
        code = pyotp.TOTP(secret).at(int(world.clock().timestamp()))
        assert set_totp(
            session, vault=world.portfolio.vault, account=account, secret=secret, code=code, clock=world.clock
        )
        new_recovery_codes(session, account=account)
        session.add(
            Passkey(
                account_id=account.id,
                credential_id=account.id.encode(),
                public_key=b"2",
                label="Телефон",
                created_at=world.clock(),
            )
        )
    return secret


def asked(world: World, who: Someone) -> str:
    """Ask by the letter's link, as whoever reads the mail does; return the number."""
    visitor = world.visitor()
    assert visitor.post("/rescue", data={"address": who.address}).status_code == 200
    link = re.findall(r"/rescue/[\w-]{40,}", letters(world, "lost_factors")[-1][1])[0]
    assert visitor.get(link).status_code == 200
    answer = visitor.post(link)
    assert answer.status_code == 200, answer.text
    assert visitor.post(link).status_code == 410, "the link is used up"
    return re.findall(r"<code>([0-9a-f]{8}-[0-9a-f]{4})</code>", answer.text)[0]


def found(who: Someone, number: str, base: str = "/registrar/rescues") -> str:
    answer = who.post(base, {"number": number})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def vouch(who: Someone, number: str, base: str = "/registrar/rescues") -> Any:
    return who.post(f"{found(who, number, base)}/vouch", REASON)


def carried_out(world: World) -> int:
    with world.portfolio.database.write() as session:
        return carry_out_due(session, vault=world.portfolio.vault, public_url="http://testserver", clock=world.clock)


def stop_link(world: World, letter: str = "rescue_granted") -> str:
    return re.findall(r"/rescue/[\w-]{36}/stop/\w+", letters(world, letter)[-1][1])[0]


def rescue(world: World) -> Rescue:
    with world.portfolio.database.read() as session:
        return session.exec(select(Rescue)).one()


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
        assert session.exec(select(Passkey)).all() == session.exec(select(RecoveryCode)).all() == []
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


def test_a_letter_box_is_not_filled(world: World, owner: Someone) -> None:
    for address in (owner.address, "nobody@example.ru"):
        sent = [world.visitor().post("/rescue", data={"address": address}).status_code for _ in range(5)]
        assert sent == [200] * 5 or 429 in sent[1:]  # one place sends at most ten an hour
    world.clock.advance(hours=2)
    assert world.visitor().post("/rescue", data={"address": owner.address}).status_code == 429
    assert len(letters(world, "lost_factors")) == 5


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
    assert thief.post(f"/registrar/rescues/{rescue(world).id}/vouch", data=REASON).status_code != 500
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
    number = asked(world, owner)
    for registrar in (world.registrar(), world.registrar()):
        vouch(registrar, number)
    third = world.registrar()
    here = found(third, number)
    assert third.post(f"{here}/refuse", {"reason": ""}).status_code == 422
    assert third.post(f"{here}/refuse", {"reason": "Паспорт был на другое имя"}).status_code == 303
    assert "Паспорт был на другое имя" in letters(world, "rescue_refused")[0][1]
    world.clock.advance(days=4)
    assert carried_out(world) == 0


def test_stopped_requests_warn_those_who_vouch_later(world: World, owner: Someone) -> None:
    asked(world, owner)
    world.visitor().post(stop_link(world, "rescue_asked"))
    registrar = world.registrar()
    assert "stopped 1 request before" in registrar.get(found(registrar, asked(world, owner))).text


def test_an_administrator_vouches_alone_for_his_own_staff(world: World) -> None:
    world.organisation()
    colleague, boss, second = (world.staff(role=role) for role in (StaffRole.ISSUER, StaffRole.ADMIN, StaffRole.ADMIN))
    secured(world, colleague)
    world.clock.advance(days=1)
    with world.portfolio.database.write() as session:  # the sessions of yesterday are over
        tokens = {
            who.address: open_sign_in(session, account=who.account, device="Test", strong=True, clock=world.clock)
            for who in (boss, second)
        }
    for who in (boss, second):
        who.client.cookies.set("session", tokens[who.address], domain="testserver.local")
    number = asked(world, colleague)
    assert vouch(boss, number, "/org/school/rescues").headers["location"].endswith("?done=granted")
    assert [to for to, _ in letters(world, "rescue_by_colleague")] == [second.address]
    assert rescue(world).organisation_id is not None
    world.clock.advance(hours=72)
    assert carried_out(world) == 1


def test_no_administrator_vouches_for_himself_or_for_others_people(world: World) -> None:
    world.organisation()
    world.organisation("other")
    boss, stranger, pupil = world.staff(), world.staff("other"), world.pupil()
    for who in (boss, pupil):
        secured(world, who)
    number, pupils = asked(world, boss), asked(world, pupil)
    here = found(boss, number, "/org/school/rescues")
    assert boss.post(f"{here}/vouch", REASON).status_code == 422
    for who, base, wrong in ((stranger, "/org/other/rescues", number), (boss, "/org/school/rescues", pupils)):
        assert who.post(base, {"number": wrong}).status_code == 422
        with world.portfolio.database.read() as session:
            ids = session.exec(select(Rescue.id)).all()
        row = next(one for one in ids if one.startswith(wrong))
        assert who.get(f"{base}/{row}").status_code == 404
        assert who.post(f"{base}/{row}/vouch", REASON).status_code == 404
    assert {row.due_at for row in _all(world)} == {None}


def test_an_administrator_does_not_open_what_another_organisation_relies_on(world: World) -> None:
    first, second = world.organisation(), world.organisation("second")
    colleague, boss = world.staff(role=StaffRole.VIEWER), world.staff()
    secured(world, colleague)
    with world.portfolio.database.write() as session:
        give_place(
            session,
            organisation_id=second.id,
            account_id=colleague.account.id,
            role=StaffRole.ADMIN,
            clock=world.clock,
        )
    number = asked(world, colleague)
    answer = boss.post("/org/school/rescues", {"number": number})
    assert answer.status_code == 422
    assert "two registrars" in answer.text
    for registrar in (world.registrar(), world.registrar()):
        assert vouch(registrar, number).status_code == 303
    assert rescue(world).due_at is not None
    assert first.id != rescue(world).organisation_id


def test_a_place_given_after_the_request_gives_no_say(world: World, owner: Someone) -> None:
    school, boss = world.organisation(), world.staff()
    number = asked(world, owner)
    world.clock.advance(minutes=1)
    with world.portfolio.database.write() as session:
        give_place(
            session,
            organisation_id=school.id,
            account_id=owner.account.id,
            role=StaffRole.VIEWER,
            clock=world.clock,
        )
    assert boss.post("/org/school/rescues", {"number": number}).status_code == 422


def test_a_registrars_account_is_not_opened_this_way(world: World) -> None:
    office = world.registrar()
    secured(world, office)
    world.visitor().post("/rescue", data={"address": office.address})
    link = re.findall(r"/rescue/[\w-]{40,}", letters(world, "lost_factors")[-1][1])[0]
    assert "The operator first takes the office from it" in world.visitor().get(link).text
    assert world.visitor().post(link).status_code == 403
    assert _all(world) == []


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


def _all(world: World) -> list[Rescue]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(Rescue)))
