"""Result pages of the sample reports, and how a browser would read them."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from portfolio.credentials.report import Check, Note, Outcome
from portfolio.i18n import Language
from portfolio.verification import rendering
from portfolio.verification.samples import LINKS, SAMPLES, Sample

NBSP = "\u00a0"


def page(sample: Sample, language: Language = "ru", **more: Any) -> str:
    return rendering.result_page(
        sample.report,
        links=more.pop("links", LINKS),
        language=language,
        stored_at=sample.stored_at,
        last_verdict=sample.last_verdict,
        contact=more.pop("contact", sample.contact),
        **more,
    )


def changed(name: str, **changes: Any) -> Sample:
    return replace(SAMPLES[name], report=replace(SAMPLES[name].report, **changes))


class Reader(HTMLParser):
    """What a browser would see: the elements with their attributes' names, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.targets: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.targets += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def flat(html: str) -> str:
    return " ".join(Reader(html).text.replace(NBSP, " ").split())


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
