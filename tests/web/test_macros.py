"""The macros of `components.html`: what they keep, say and escape."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portfolio.web.forms import Filled
from portfolio.web.render import _environment


def drawn(source: str, **context: Any) -> str:
    template = _environment("en").from_string('{% import "components.html" as ui %}' + source)
    return template.render(**context)


def attributes(html: str, tag: str) -> str:
    found = re.search(rf"<{tag}\b([^>]*)>", html)
    assert found
    return found[1]


def filled(problem: str = "", **values: Any) -> Filled[Any]:
    return Filled(values, {"name": problem} if problem else {})


def test_field_keeps_what_was_typed_as_text() -> None:
    html = drawn('{{ ui.field(f, "name", "Name") }}', f=filled(name='"><img src=x>'))
    assert "<img" not in html
    assert 'value="&#34;&gt;&lt;img src=x&gt;"' in html


def test_field_never_gives_a_password_back() -> None:
    assert "secret" not in drawn('{{ ui.field(f, "name", "Password", type="password") }}', f=filled(name="secret"))


def test_problem_stands_beside_its_field_and_is_read_with_it() -> None:
    html = drawn('{{ ui.field(f, "name", "Name", hint="As in the passport") }}', f=filled("Fill this in."))
    assert 'aria-invalid="true"' in attributes(html, "input")
    assert 'aria-describedby="f-name-hint f-name-problem"' in attributes(html, "input")
    assert re.search(r'id="f-name-problem".*Fill this in\.', html)


@pytest.mark.parametrize("labels", ["", ', {"name": "Your name"}'])
def test_summary_leads_to_the_field(labels: str) -> None:
    html = drawn("{{ ui.problem_summary(f" + labels + ") }}", f=filled("Fill this in."))
    assert 'href="#f-name"' in html
    assert 'role="alert"' in html
    assert ("Your name: Fill this in." in html) == bool(labels)


def test_summary_says_nothing_without_problems() -> None:
    assert drawn("{{ ui.problem_summary(f) }}", f=filled()).strip() == ""


def test_choices_stay_chosen() -> None:
    options = '[("a", "A", ""), ("b", "B", "more")]'
    for macro, value in (("radios", "b"), ("checkboxes", ["b"])):
        html = drawn("{{ ui." + macro + '(f, "name", "Which?", ' + options + ") }}", f=filled(name=value))
        first, second = re.findall(r"<input[^>]*>", html)
        assert "checked" not in first
        assert "checked" in second
        assert 'aria-describedby="f-name-2-hint"' in second
    html = drawn('{{ ui.select(f, "name", "Which?", [("1", "A"), ("2", "B")]) }}', f=filled(name=2))
    assert '<option value="2" selected>' in html


@pytest.mark.parametrize(("value", "ticked"), [("yes", True), (True, True), ("", False), (None, False), (False, False)])
def test_box_is_ticked_as_it_was(value: object, ticked: bool) -> None:
    html = drawn('{{ ui.checkbox(f, "name", "I agree") }}', f=filled(name=value))
    assert ("checked" in attributes(html, "input")) is ticked


def test_text_of_several_lines_is_kept_whole() -> None:
    html = drawn('{{ ui.textarea(f, "name", "Words") }}', f=filled(name="\none\n</textarea><b>"))
    # A browser drops the first line break after the tag, and only that.
    assert ">\n\none\n&lt;/textarea&gt;&lt;b&gt;</textarea>" in html


def test_two_forms_of_one_page_may_have_the_same_field() -> None:
    html = drawn('{{ ui.field(f, "name", "A") }}{{ ui.field(f, "name", "B", id="other") }}', f=filled())
    assert re.findall(r' id="([^"]+)"', html) == ["f-name", "other"]


def test_button_of_one_form_says_what_it_is_about() -> None:
    html = drawn('{{ ui.post_button("/stop", "Stop", fields={"link": "<1>"}, about="of mother") }}')
    assert 'method="post" action="/stop"' in html
    assert 'name="link" value="&lt;1&gt;"' in html
    assert '<span class="unseen"> of mother</span>' in html


def test_names_in_facts_tables_and_lists_are_text_of_their_own() -> None:
    html = drawn('{{ ui.facts([("Holder", n)]) }}{{ ui.timeline([("2026", n, "", "")]) }}', n="<b>\u202eи</b>")
    assert html.count("<bdi>&lt;b&gt;") == 2


def test_cells_of_a_table_know_their_column() -> None:
    html = drawn('{{ ui.table("Links", ["For", "State"], [["mother", ui.badge("open", "good")]]) }}')
    assert re.findall(r'data-label="([^"]*)"', html) == ["For", "State"]
    assert '<span class="badge tone-good">' in html


def test_pages_have_no_empty_navigation() -> None:
    assert drawn("{{ ui.pagination() }}").strip() == ""
    assert 'rel="next" href="?before=3"' in drawn('{{ ui.pagination("?before=3") }}')
