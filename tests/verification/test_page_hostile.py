"""Nothing that a file, a register or an organisation's record says can become more than text on a page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_pages import Reader, changed, page

from portfolio.credentials.report import Check, Note, Outcome
from portfolio.i18n import LANGUAGES, Language
from portfolio.verification.samples import SAMPLES, Sample

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onmouseover='alert(1)",
    "</bdi></dd></dl></main><script src=//evil.example/x.js></script>",
    "{{ 7*7 }}{% raw %}",
    "%(issuer_name)s %s %",
    "&lt;script&gt;",
    "<!--",
    "]]></svg><svg onload=alert(1)>",
    "javascript:alert(1)",
    "\u202eмарИ\u2069\u2066",
)


OTHER_CHECKS = tuple(check for check in SAMPLES["valid"].report.checks if check.name != "issuer")


def poisoned(text: str) -> Sample:
    """A report that says `text` wherever a file, a registry or an organisation's record may put words of its own."""
    notes = (Note("name_changed", {"name_now": text}), Note("test_chain", {"pair": text}))
    statement = SAMPLES["valid-own-key"].report.statement
    assert statement is not None
    hostile = object.__new__(type(statement))  # past the checks of what may be signed: the page must not rely on them
    for name in type(statement).__dataclass_fields__:
        object.__setattr__(hostile, name, getattr(statement, name))
    fields = {**statement.fields, "title": text, "school_year": text, "registration_number": text}
    object.__setattr__(hostile, "fields", {**fields, "award_date": text, "marks": ((text, text),)})
    for name in ("holder_name", "issuer_name", "id", "issuer_did", "valid_from"):
        object.__setattr__(hostile, name, text)
    return replace(
        changed(
            "valid-own-key",
            statement=hostile,
            issuer_name=text,
            issuer_name_now=f"{text}!",
            custody=text,
            pair=text,
            transaction=text,
            notes=notes,
            checks=(Check("issuer", Outcome.PASS, "issuer_admitted", {"issuer_name": text}), *OTHER_CHECKS),
        ),
        contact=f"к: {text}",
    )


HARMLESS = {language: Reader(page(poisoned("Имя"), language)).elements for language in LANGUAGES}


@pytest.mark.fault(85)
@pytest.mark.fault(129)
@pytest.mark.parametrize("text", PAYLOADS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_text_wherever_they_stand(text: str, language: Language) -> None:
    seen = Reader(page(poisoned(text), language))
    assert seen.elements == HARMLESS[language]
    if "\u202e" not in text:
        assert seen.text.count(text) >= 12


@pytest.mark.fault(85)
@pytest.mark.fault(129)
@given(text=st.text(min_size=1, max_size=60))
def test_no_text_whatever_changes_the_elements_of_the_page(text: str) -> None:
    assert Reader(page(poisoned(text))).elements == HARMLESS["ru"]


@pytest.mark.fault(85)
@given(text=st.text(alphabet="аb\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029", min_size=1))
def test_isolations_are_balanced_whatever_a_name_holds(text: str) -> None:
    seen = Reader(page(poisoned(text))).text
    assert not set(seen) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2028\u2029")
    assert not set(re.sub("\u2068[^\u2068\u2069]*\u2069", "", seen)) & {"\u2068", "\u2069"}
