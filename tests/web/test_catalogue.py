"""The Russian catalogue says everything the code says, nothing else, and fills in the same values."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from portfolio.credentials.report import Verdict
from portfolio.credentials.sentences import MESSAGES
from portfolio.i18n import gettext_for

ROOT = Path(__file__).parents[2]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages_script", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    found: Catalog = load_script().extracted()
    return found


@pytest.fixture(scope="module")
def russian() -> Catalog:
    with (ROOT / "src/portfolio/locale/ru/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="ru")


def ids(catalogue: Catalog) -> set[object]:
    return {message.id for message in catalogue if message.id}


def forms(text: object) -> list[str]:
    return [str(form) for form in text] if isinstance(text, (list, tuple)) else [str(text)]


def translated(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def test_no_sentence_is_untranslated(extracted: Catalog, russian: Catalog) -> None:
    assert ids(extracted) - ids(russian) == set(), "run scripts/messages.py and translate"
    empty = [message.id for message in translated(russian) if not all(forms(message.string or ""))]
    assert empty == []


def test_no_translation_is_stale_or_uncertain(extracted: Catalog, russian: Catalog) -> None:
    assert ids(russian) - ids(extracted) == set(), "run scripts/messages.py"
    assert not russian.obsolete
    assert [message.id for message in russian if message.id and message.fuzzy] == []


def test_extraction_sees_python_and_templates(extracted: Catalog) -> None:
    places = {place.partition("/")[0] for message in translated(extracted) for place, _ in message.locations}
    assert {"credentials", "verification", "web"} <= places
    assert len(ids(extracted)) > 200


def test_every_translation_fills_in_the_same_values(russian: Catalog) -> None:
    wrong = []
    for message in translated(russian):
        wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        wrong += [message.id for form in forms(message.string) if set(PLACEHOLDER.findall(form)) != wanted]
    assert wrong == []


def test_every_plural_has_the_three_forms_of_russian(russian: Catalog) -> None:
    plurals = [message for message in translated(russian) if isinstance(message.id, tuple)]
    assert plurals
    assert {len(message.string) for message in plurals} == {3}


def test_russian_is_russian(russian: Catalog) -> None:
    """A sentence without one Cyrillic letter was forgotten, or pasted in the wrong place."""
    latin = [message.id for message in translated(russian) if not re.search("[А-Яа-яЁё]", forms(message.string)[0])]
    assert latin == []


def test_every_sentence_of_a_report_is_translated() -> None:
    translate = gettext_for("ru")
    sentences = [*MESSAGES.values(), *(verdict.message for verdict in Verdict)]
    assert [sentence for sentence in sentences if translate(sentence) == sentence] == []
