"""Journey 1: a pupil of 15, her mother, an organiser and a university, from signing up to the link that is dead."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from journey import Journey, Window, photo

from portfolio.organisations.models import OrganisationType

CHILD = "Сидорова Анна Олеговна"


@pytest.mark.fault(137)
def test_pupil(journey: Journey) -> None:
    journey.organisation("rostok", OrganisationType.ORGANISER, "Оргкомитет «Росток»", "organiser@example.ru")
    pupil, mother = journey.window("pupil"), journey.window("mother")
    person = come_in(journey, pupil)
    invite_mother(journey, pupil, mother, person)
    consent(pupil, person, "pupil")
    consent(mother, person, "mother")
    started = time.monotonic()
    upload_and_ask(pupil, person)
    organiser = journey.window("organiser", width=1280)
    confirm(journey, organiser)
    link = share(pupil, person)
    assert time.monotonic() - started < 120  # upload to shareable link, with a machine for a pupil
    look(journey.window("university", width=1280), link)
    pupil.open(f"/p/{person}/shares")
    assert pupil.sees("1")
    pupil.picture("seen")
    mother.open(f"/p/{person}/consents")
    withdraw(mother)
    stranger = journey.window("later")
    stranger.open(link)
    assert not stranger.page.get_by_text(CHILD).first.is_visible()
    assert stranger.page.title() != ""
    stranger.picture("dead-link")


def come_in(journey: Journey, pupil: Window) -> str:
    birth = datetime.now(UTC).date()
    birth = birth.replace(year=birth.year - 15, day=min(birth.day, 28))
    journey.sign_up(pupil, name=CHILD, birth_date=birth.strftime("%d.%m.%Y"), address="anna@example.ru")
    assert pupil.sees("Welcome!")
    pupil.picture("my-page")
    found = re.search(r"/p/([0-9a-f-]{36})", pupil.page.content())
    assert found
    return found.group(1)


def invite_mother(journey: Journey, pupil: Window, mother: Window, person: str) -> None:
    pupil.open(f"/p/{person}/guardians")
    pupil.fill(address="maria@example.ru")
    pupil.press("Send the invitation")
    pupil.picture("invited")
    path = journey.letter("maria@example.ru").removeprefix(journey.address)
    mother.open(path)
    mother.picture("invitation")
    journey.sign_up(
        mother,
        name="Сидорова Мария Ивановна",
        birth_date="01.02.1985",
        address="maria@example.ru",
        path=f"/sign-up?next={path}",
    )
    for box in mother.page.locator("main form input[type=checkbox]").all():
        box.check()
    mother.press("Accept")
    mother.picture("proof")
    pupil.open(f"/p/{person}/guardians")
    pupil.press("Show a code")
    pupil.picture("code")
    code = pupil.page.locator(".code-big code").inner_text()
    mother.page.locator("main [name=code]").fill(code)
    mother.press("Confirm")
    mother.open("/me")
    assert mother.sees(CHILD)
    mother.picture("my-page")


def consent(window: Window, person: str, who: str) -> None:
    window.open(f"/p/{person}/consents")
    for heading in ("Keep what is added", "Show chosen awards by a link", "Open the portfolio to universities"):
        block = window.page.locator("section", has=window.page.get_by_role("heading", name=heading))
        block.get_by_role("button", name="I agree").click()
        window.page.wait_for_load_state()
    window.picture(f"consents-of-{who}")


def upload_and_ask(pupil: Window, person: str) -> None:
    pupil.open(f"/p/{person}/claims/new?kind=olympiad_award")
    pupil.page.locator("[name=file]").set_input_files(
        {"name": "IMG_0001.JPG", "mimeType": "image/jpeg", "buffer": photo()}
    )
    pupil.fill(title="Олимпиада «Росток»", subject="математика", award_date="2026-11-20")
    pupil.page.locator("[name=level]").select_option("other")
    pupil.page.locator("[name=degree]").select_option("winner")
    pupil.fill(organiser="Олимпиада «Росток»", holder_name=CHILD)
    pupil.picture("upload")
    pupil.press("Keep it")
    assert pupil.sees("It is kept.")
    pupil.fill(q="росток")
    pupil.press("Look for it")
    pupil.page.get_by_role("button", name=re.compile("It gave the award: ask it")).first.click()
    pupil.page.wait_for_load_state()
    pupil.picture("asked")


def confirm(journey: Journey, organiser: Window) -> None:
    journey.sign_in(organiser, "organiser@example.ru")
    organiser.open("/org/rostok/requests")
    organiser.picture("requests")
    organiser.press("Олимпиада «Росток»")
    organiser.picture("request")
    organiser.press("Confirm as it stands")
    assert organiser.sees("Confirmed")
    journey.service.work()
    journey.service.portfolio.keeper.watch_once()


def share(pupil: Window, person: str) -> str:
    pupil.open(f"/p/{person}")
    assert pupil.sees("in the register")
    pupil.picture("portfolio")
    pupil.open(f"/p/{person}/shares/new")
    pupil.fill(label="Приёмная комиссия")
    pupil.page.locator("[name=scope]").last.check()
    pupil.picture("new-link")
    pupil.press("Make the link")
    pupil.picture("link")
    found = re.search(r"http://localhost:\d+/s/[A-Za-z0-9_-]{20,}", pupil.page.content())
    assert found
    return found.group()


def look(university: Window, link: str) -> None:
    university.open(link)
    university.picture("door")
    if university.page.get_by_role("button", name="Open").count():
        university.press("Open")
    assert university.sees(CHILD)
    university.picture("shared")


def withdraw(mother: Window) -> None:
    block = mother.page.locator("section", has=mother.page.get_by_role("heading", name="Show chosen awards by a link"))
    block.get_by_role("button", name=re.compile("Take back|Withdraw")).click()
    mother.page.wait_for_load_state()
    mother.picture("withdrawn")
