"""Journey 1: a pupil of 15, her mother, an organiser and a university, from signing up to the link that is dead."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from journey import Journey, Window, photo

from portfolio.organisations.models import OrganisationType
from portfolio.people.consent import Purpose

CHILD = "Сидорова Анна Олеговна"


@pytest.mark.fault(137)
def test_pupil(journey: Journey) -> None:
    journey.organisation("rostok", OrganisationType.ORGANISER, "Оргкомитет «Росток»", "organiser@example.ru")
    pupil, mother = journey.window("pupil"), journey.window("mother")
    person = come_in(journey, pupil)
    invite_mother(journey, pupil, mother, person)
    for window in (pupil, mother):
        window.agree(person, Purpose.STORE, Purpose.SHARE, Purpose.UNIVERSITY_ACCESS)
        window.picture("consents")
    started = time.monotonic()
    upload_and_ask(pupil, person)
    organiser = journey.window("organiser", width=1280)
    confirm(journey, organiser)
    link = share(pupil, person)
    assert time.monotonic() - started < 120  # upload to shareable link, with a machine for a pupil
    look(journey.window("university", width=1280), link)
    pupil.open(f"/p/{person}/shares")
    times = pupil.page.locator("main .row", has_text=journey.say("Times opened")).locator("dd")
    assert times.inner_text() == "1"
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
    assert pupil.reads("Welcome!")
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
    assert pupil.reads("It is kept. Now you can ask the organisation to confirm it.")
    pupil.fill(q="росток")
    pupil.press("Look for it")
    pupil.press("It gave the award: ask it")
    pupil.picture("asked")


def confirm(journey: Journey, organiser: Window) -> None:
    journey.sign_in(organiser, "organiser@example.ru")
    organiser.open("/org/rostok/requests")
    organiser.picture("requests")
    organiser.follow("Олимпиада «Росток»")
    organiser.picture("request")
    organiser.press("Confirm as it stands")
    assert organiser.reads("Confirmed")
    journey.service.work()
    journey.service.portfolio.keeper.watch_once()


def share(pupil: Window, person: str) -> str:
    pupil.open(f"/p/{person}")
    assert pupil.reads("in the register")
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
    university.press("Open")
    assert university.sees(CHILD)
    university.picture("shared")


def withdraw(mother: Window) -> None:
    mother.page.locator(f"section#{Purpose.SHARE.value}").get_by_role("button").click()
    mother.page.wait_for_load_state()
    mother.picture("withdrawn")
