"""Words of others stay words in a real browser: no script runs, nothing is loaded, no line turns round (85, 129)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_forms import file, signed

from portfolio.credentials.canonical import StructureError
from portfolio.verification.samples import OLYMPIAD
from result_pages import PAYLOADS
from watching import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.fault(85), pytest.mark.fault(129)]


def test_payloads_in_every_place_of_a_page_do_nothing(open_page: OpenPage, gallery: str) -> None:
    watched = open_page(width=390)
    for number in range(len(PAYLOADS)):
        page = watched.goto(f"{gallery}/hostile/{number}")
        assert watched.caught() == [], PAYLOADS[number]
        assert page.locator("script").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert [request.url for request in watched.requests if not request.url.startswith(f"{gallery}/")] == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_in_an_uploaded_credential_do_nothing(open_page: OpenPage, gallery: str, payload: str) -> None:
    watched = open_page()
    page = watched.goto(f"{gallery}/verify")
    try:
        content = signed(replace(OLYMPIAD, holder_name=payload, fields={**OLYMPIAD.fields, "title": payload}))
    except StructureError:
        content = payload.encode()  # what may not be signed at all comes as a file of another sort
    with page.expect_navigation():
        page.set_input_files("#file", [file(content)])  # type: ignore[list-item]
    assert watched.caught() == []
    assert page.locator("script").count() == 1  # that of the form
    if content != payload.encode():
        assert page.locator(".holder dd").text_content() == payload


def test_policy_would_stop_what_slipped_through(open_page: OpenPage, gallery: str) -> None:
    """The other tests could not fail if the watch were blind: what is not ours is stopped, and seen to be."""
    watched = open_page()
    page = watched.goto(f"{gallery}/sample/valid")
    stopped = page.evaluate(
        """() => {
          const image = new Image();
          image.src = "https://evil.example/x.png";
          document.body.append(image);
          const refused = [];
          const attempts = {
            html: () => { document.body.insertAdjacentHTML("beforeend", "<b>x</b>"); },
            handler: () => { image.setAttribute("onerror", "alert(1)"); },
            script: () => { document.createElement("script").textContent = "alert(1)"; },
          };
          for (const [name, attempt] of Object.entries(attempts)) {
            try { attempt(); } catch { refused.push(name); }
          }
          return refused;
        }"""
    )
    assert stopped == ["html", "handler", "script"]
    page.wait_for_function("window.caught.some((what) => what.startsWith('img-src'))")
    assert not any(what.startswith("ran") for what in watched.caught())


def test_reversed_name_does_not_turn_the_line_round(open_page: OpenPage, gallery: str) -> None:
    """The words around a name stand where they stand for a harmless name, whatever the name holds."""
    watched = open_page()
    reordering = next(number for number, payload in enumerate(PAYLOADS) if "\u202e" in payload)
    page = watched.goto(f"{gallery}/hostile/{reordering}")
    first, last = page.evaluate(
        """() => {
          const text = [...document.querySelectorAll('.check p')].find((p) => p.textContent.includes('\\u2068'));
          const node = text.firstChild;
          const edge = (at) => { const range = document.createRange(); range.setStart(node, at);
            range.setEnd(node, at + 1); return range.getBoundingClientRect().x; };
          return [edge(0), edge(node.textContent.length - 1)];
        }"""
    )
    assert first < last


def test_letters_piled_with_marks_stay_in_their_line(open_page: OpenPage, gallery: str) -> None:
    watched = open_page()
    page = watched.goto(f"{gallery}/sample/valid")
    page.evaluate("document.querySelector('.holder dd bdi').textContent = 'И' + '\\u0301'.repeat(400)")
    clipped = page.evaluate("getComputedStyle(document.querySelector('.holder dd')).overflowY")
    assert clipped == "clip"
