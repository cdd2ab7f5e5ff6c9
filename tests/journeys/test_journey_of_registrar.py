"""Journey 3: a school applies, two registrars admit it, its staff issue with a second step, and it is suspended."""

from __future__ import annotations

import pyotp
from journey import PASSWORD, Journey, Window

TABLE = ("ФИО;Предмет;Класс;Балл;Статус\nЯковлев Тимур Русланович;математика;9А;88;победитель\n").encode()


def test_registrar(journey: Journey) -> None:
    head = journey.window("head", width=1280)
    journey.sign_up(head, name="Кузнецова Ольга Петровна", birth_date="05.10.1975", address="school@example.ru")
    apply(head)
    journey.account(name="Орлов Глеб Юрьевич", address="first@example.ru", registrar=True)
    journey.account(name="Белова Нина Ивановна", address="second@example.ru", registrar=True)
    first, second = journey.window("first", width=1280), journey.window("second", width=1280)
    for registrar, address in ((first, "first@example.ru"), (second, "second@example.ru")):
        journey.sign_in(registrar, address)
        registrar.open("/registrar")
        registrar.picture("register")
        registrar.press("Look at it")
        registrar.picture("application")
        registrar.press("Approve" if registrar is first else "Admit")
        registrar.picture("approved")
    journey.service.work()
    journey.service.portfolio.keeper.watch_once()

    head.open("/me")
    head.picture("my-page")
    assert head.page.locator("main").get_by_text("Гимназия № 2").first.is_visible()
    head.open("/org/gimnaziya-2")
    set_up_second_step(head)
    head.open("/org/gimnaziya-2")
    head.picture("desk")
    head.open("/org/gimnaziya-2/issue")

    first.open("/registrar/organisations/gimnaziya-2")
    first.picture("organisation")
    suspend(first)
    stranger = journey.window("stranger")
    stranger.open("/o/gimnaziya-2")
    assert stranger.reads("Suspended")
    stranger.picture("public-page")
    head.open("/org/gimnaziya-2")
    head.picture("suspended")
    assert head.reads("Suspended")


def apply(head: Window) -> None:
    head.open("/apply")
    head.press("School")
    head.picture("apply")
    head.fill(
        name="Гимназия № 2",
        slug="gimnaziya-2",
        inn="7707083893",
        ogrn="1027700132195",
        contact="office@gimnaziya2.example",
    )
    head.press("Send the application")
    head.picture("applied")


def set_up_second_step(head: Window) -> None:
    head.open("/me/security/totp")
    head.picture("second-step")
    secret = head.page.locator("main [name=secret]").get_attribute("value")
    assert secret
    head.fill(code=pyotp.TOTP(secret).now())
    head.press("Switch on")
    head.picture("codes-on-paper")
    assert PASSWORD not in head.page.content()


def suspend(registrar: Window) -> None:
    registrar.press("Suspend")
    registrar.picture("suspended")
