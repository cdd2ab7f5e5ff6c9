"""Letters from the act they tell of to the mailer: sealed, tried again, sent, forgotten."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes
from sqlmodel import select

from people_world import World
from portfolio.i18n import LANGUAGES
from portfolio.notifications.fake import FakeMailer
from portfolio.notifications.mailer import OutboxMailer
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import PAUSES, deliver, queue_mail

TEMPLATES = Path(__file__).parents[2] / "src/portfolio/web/templates/letters"
LETTERS = sorted(file.stem for file in TEMPLATES.glob("[a-z]*.txt"))
LINK = "https://portfolio.example/confirm/abc"


def write(world: World, letter: str = "confirm_email", **values: str) -> None:
    samples = {"link": LINK, "organisation": "Школа № 1", "initials": "А. С.", "reason": "ИНН чужой"}
    source = (TEMPLATES / f"{letter}.txt").read_text("utf-8")
    needed = {name.name for name in Environment(autoescape=True).parse(source).find_all(nodes.Name)} - {"_", "ngettext"}
    filled = {name: samples.get(name, "2") for name in needed} | values
    address = filled.pop("address", "anna@example.ru")
    with world.portfolio.database.write() as session:
        queue_mail(
            session,
            vault=world.portfolio.vault,
            address=address,
            letter=letter,
            language=filled.pop("language", "ru"),  # type: ignore[arg-type]
            clock=world.clock,
            **filled,
        )


def send(world: World, mailer: Any) -> int:
    return deliver(
        database=world.portfolio.database,
        vault=world.portfolio.vault,
        open_mailer=lambda: mailer,
        sender="no-reply@portfolio.example",
        clock=world.clock,
    )


def rows(world: World) -> list[OutgoingMail]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(OutgoingMail)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_is_written_in_both_languages(world: World, letter: str, language: str) -> None:
    write(world, letter, language=language)
    mailer = FakeMailer()
    assert send(world, mailer) == 1
    [message] = mailer.sent
    assert 5 < len(message["subject"]) < 70
    text = message["subject"] + message.get_content()
    assert any("а" <= sign <= "я" for sign in message["subject"]) == (language == "ru")
    assert "&" not in text
    assert message["content-language"] == language
    assert LINK in message.get_content()


def test_a_letter_lies_sealed_and_is_forgotten_when_sent(world: World) -> None:
    write(world)
    [row] = rows(world)
    assert row.sealed_message is not None
    assert b"anna" not in row.sealed_message
    assert send(world, FakeMailer()) == 1
    [row] = rows(world)
    assert (row.sealed_message, row.next_at, row.sent_at) == (None, None, world.clock())
    assert send(world, FakeMailer()) == 0


def test_what_is_not_taken_is_tried_again_ever_more_slowly_and_then_given_up(world: World) -> None:
    write(world)
    mailer = FakeMailer(silent=100)
    for pause in PAUSES:
        assert send(world, mailer) == 0
        assert send(world, mailer) == 0  # not yet
        world.clock.now += pause
    assert rows(world)[0].attempts == len(PAUSES)
    send(world, mailer)
    [row] = rows(world)
    assert (row.given_up_at, row.sealed_message, row.next_at) == (world.clock(), None, None)
    assert mailer.silent == 100 - len(PAUSES) - 1


def test_a_letter_whose_answer_was_lost_goes_again_under_the_same_id(world: World) -> None:
    write(world)
    mailer = FakeMailer(lost=1)
    send(world, mailer)
    world.clock.now += PAUSES[0]
    assert send(world, mailer) == 1
    first, second = mailer.sent
    assert first["message-id"] == second["message-id"]


def test_one_letter_that_is_refused_holds_up_no_other(world: World) -> None:
    write(world, address="gone@example.ru")
    write(world)
    mailer = FakeMailer(unknown={"gone@example.ru"})
    assert send(world, mailer) == 1
    assert [row.given_up_at is None for row in rows(world)] == [False, True]


@pytest.mark.fault(86)
def test_what_fills_a_letter_begins_no_header_and_no_line(world: World) -> None:
    write(world, "staff_invitation", organisation="Школа\r\nBcc: all@example.ru\r\n\r\nhttps://evil.example\n{{ 7*7 }}")
    mailer = FakeMailer()
    send(world, mailer)
    [message] = mailer.sent
    assert "bcc" not in message
    lines = message.get_content().splitlines()
    assert not any(line.startswith(("Bcc", "https://evil")) for line in lines)
    assert "{{ 7*7 }}" in message.get_content()


def test_the_outbox_is_a_page_of_development_alone(world: World) -> None:
    write(world)
    send(world, OutboxMailer(world.portfolio.settings.data_dir / "outbox"))
    shown = world.visitor().get("/dev/mail")
    assert shown.status_code == 200
    assert "anna@example.ru" in shown.text
    for more in ({"environment": "production"}, {"smtp_url": "smtp://mail.example"}):
        world.portfolio.settings = world.portfolio.settings.model_copy(update=more)
        assert world.visitor().get("/dev/mail").status_code == 404


def test_a_message_has_what_machines_need(world: World) -> None:
    write(world)
    mailer = FakeMailer()
    send(world, mailer)
    message: EmailMessage = mailer.sent[0]
    assert message["auto-submitted"] == "auto-generated"
    assert message["from"] == "no-reply@portfolio.example"
    assert message["date"].datetime == world.clock()
