"""Nothing that a file, a register or an organisation's record says can become more than text on a page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.i18n import LANGUAGES, Language
from result_pages import PAYLOADS, Reader, page, poisoned

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
