"""The check box: with and without JavaScript, by choice and by drop."""

from __future__ import annotations

import pytest
from nacl.signing import SigningKey
from playwright.sync_api import Page, expect

from portfolio.credentials.signing import issue
from portfolio.credentials.statement import Statement
from portfolio.verification.inputs import MAX_UPLOAD
from portfolio.verification.samples import OLYMPIAD
from watching import OpenPage

pytestmark = pytest.mark.browser

DROP = """([selector, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], "bundle.json", { type: "application/json" }));
  document.querySelector(selector).dispatchEvent(
    new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


class Pen:
    """An issuer's key for one test."""

    def __init__(self) -> None:
        self._key = SigningKey.generate()
        self.public_key = bytes(self._key.verify_key)

    def sign(self, message: bytes) -> bytes:
        return bytes(self._key.sign(message).signature)


def signed(statement: Statement = OLYMPIAD) -> bytes:
    return issue(statement, Pen()).document


def file(content: bytes) -> dict[str, object]:
    return {"name": "bundle.json", "mimeType": "application/json", "buffer": content}


def expect_result(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("Сейчас проверить нельзя")  # there is no register to ask here
    expect(page.locator(".holder dd")).to_have_text(OLYMPIAD.holder_name)


def test_file_is_checked_without_javascript(open_page: OpenPage, gallery: str) -> None:
    page = open_page(java_script_enabled=False, locale="ru").page
    page.goto(f"{gallery}/verify")
    page.set_input_files("#file", [file(signed())])  # type: ignore[list-item]
    page.locator("form[data-drop] button").click()
    expect_result(page)
    page.locator("summary", has_text="Что это значит?").click()
    expect(page.locator("details p").first).to_be_visible()


def test_chosen_file_is_sent_at_once(open_page: OpenPage, gallery: str) -> None:
    watched = open_page(locale="ru")
    page = watched.goto(f"{gallery}/verify")
    page.set_input_files("#file", [file(signed())])  # type: ignore[list-item]
    expect_result(page)
    assert watched.caught() == []


@pytest.mark.parametrize("place", ["body", "h1", "form[data-drop]"])
@pytest.mark.parametrize("path", ["/", "/verify"])
def test_file_may_be_dropped_anywhere(open_page: OpenPage, gallery: str, path: str, place: str) -> None:
    watched = open_page(locale="ru")
    page = watched.goto(gallery + path)
    page.evaluate(DROP, [place, signed().decode()])
    expect_result(page)
    assert watched.caught() == []


def test_second_file_is_checked_from_the_result(open_page: OpenPage, gallery: str) -> None:
    page = open_page(locale="ru").goto(f"{gallery}/verify")
    page.set_input_files("#file", [file(b"no credential")])  # type: ignore[list-item]
    expect(page.locator("h1")).to_have_text("Недействителен")
    page.set_input_files("#file", [file(signed())])  # type: ignore[list-item]
    expect_result(page)


def test_file_that_is_too_large_is_refused_before_it_is_sent(open_page: OpenPage, gallery: str) -> None:
    watched = open_page(locale="ru")
    page = watched.goto(f"{gallery}/verify")
    watched.requests.clear()
    page.set_input_files("#file", [file(b" " * (MAX_UPLOAD + 1))])  # type: ignore[list-item]
    expect(page.locator("[data-problem]")).to_be_visible()
    assert page.evaluate("document.querySelector('#file').files.length") == 0
    assert [request.url for request in watched.requests if request.method == "POST"] == []


def test_button_works_again_after_going_back(open_page: OpenPage, gallery: str) -> None:
    page = open_page(locale="ru").goto(f"{gallery}/verify")
    page.set_input_files("#file", [file(signed())])  # type: ignore[list-item]
    expect_result(page)
    page.go_back()
    button = page.locator("form[data-drop] button")
    expect(button).to_be_enabled()
    expect(button).to_have_text("Проверить")


def test_all_is_reached_by_keyboard(open_page: OpenPage, gallery: str) -> None:
    page = open_page(locale="ru").goto(f"{gallery}/verify")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    expect(page.locator(".skip")).to_be_in_viewport()
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"link", "file", "BUTTON", "A"} <= reached


def test_language_is_switched_by_a_plain_link(open_page: OpenPage, gallery: str) -> None:
    page = open_page(java_script_enabled=False, locale="ru").page
    page.goto(f"{gallery}/sample/revoked")
    expect(page.locator("h1")).to_have_text("Отозван")
    page.locator("nav.languages a[hreflang=en]").click()
    expect(page.locator("h1")).to_have_text("Revoked")
    assert page.url == f"{gallery}/sample/revoked?lang=en"
