"""Result pages of the sample reports, and how a browser would read them."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

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
