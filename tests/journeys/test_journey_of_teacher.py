"""Journey 2: a provider issues a 36-hour certificate by table; the teacher claims it with the code on the PDF."""

from __future__ import annotations

import io
import re

import pypdfium2
import zxingcpp
from journey import Journey
from PIL import Image

from portfolio.organisations.models import OrganisationType
from portfolio.people.consent import Purpose

TABLE = (
    "ФИО;Программа;Часы;Номер удостоверения;Дата выдачи;Город\n"
    "Соколова Елена Павловна;Цифровые инструменты учителя;36;ПК-000123;20.11.2026;Светлореченск\n"
    "Лебедев Олег Ильич;Цифровые инструменты учителя;36;ПК-000124;20.11.2026;Светлореченск\n"
).encode("cp1251")


def test_teacher(journey: Journey) -> None:
    journey.organisation("mayak", OrganisationType.CPD_PROVIDER, "Институт «Маяк»", "provider@example.ru")
    provider = journey.window("provider", width=1280)
    journey.sign_in(provider, "provider@example.ru")
    provider.open("/org/mayak/issue")
    provider.page.locator("main [name=kind]").first.select_option("cpd_certificate")
    provider.page.locator("main [name=file]").set_input_files(
        {"name": "группа.csv", "mimeType": "text/csv", "buffer": TABLE}
    )
    provider.picture("table")
    provider.press("Look at the table")
    provider.picture("preview")
    provider.press("Issue")
    journey.service.work()
    journey.service.portfolio.keeper.watch_once()
    provider.page.reload()
    provider.picture("issued")

    credential = next(
        row for row in journey.service.credentials() if row.kind == "cpd_certificate" and row.row is not None
    )
    token = journey.service.token(credential)
    teacher = journey.window("teacher")
    paper = teacher.context.request.get(f"{journey.address}/c/{token}.pdf").body()
    page = pypdfium2.PdfDocument(paper)[0]
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", page.get_textpage().get_text_range())
    assert found, "the paper bears the code"
    name = "Соколова Елена Павловна" if "Соколова" in page.get_textpage().get_text_range() else "Лебедев Олег Ильич"
    journey.sign_up(teacher, name=name, birth_date="14.07.1979", address="teacher@example.ru")
    person = re.search(r"/p/([0-9a-f-]{36})", teacher.page.content())
    assert person
    own = f"/p/{person.group(1)}"
    teacher.agree(person.group(1), Purpose.STORE, Purpose.SHARE)
    teacher.open(f"{own}/claim")
    teacher.fill(code=found.group(), family=name.split(maxsplit=1)[0])
    teacher.picture("code")
    teacher.press("Bring it here")
    teacher.open(own)
    assert teacher.sees("Цифровые инструменты учителя")
    assert teacher.sees("36")
    teacher.picture("portfolio")

    teacher.open(f"{own}/shares/new")
    teacher.fill(label="Аттестация")
    teacher.page.locator("[name=scope]").last.check()
    teacher.press("Make the link")
    teacher.picture("link")
    shown = teacher.page.locator("main img[src$='qr.svg']").screenshot()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shown)).convert("L").resize((800, 800)))
    commission = journey.window("commission", width=1280)
    commission.open(code.text)
    commission.press("Open")
    assert commission.sees(name)
    commission.picture("shown")
