"""The pages of the public check as HTML: view model in, template out. No request, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from portfolio.credentials.report import Report, Verdict
from portfolio.i18n import DEFAULT_TIME_ZONE, Language, gettext_for
from portfolio.verification import wording
from portfolio.verification.inputs import MAX_UPLOAD
from portfolio.verification.page import result_view
from portfolio.web.render import render

if TYPE_CHECKING:
    from portfolio.people.actors import Actor

LINKS: Final = ("page", "bundle", "pdf", "qr_svg", "qr_png")
"""The addresses a result page needs when the credential has a public link; `minimal` may be among them too."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page that is made for him: the language, who he is if he is signed in, and where he stands."""

    language: Language
    actor: Actor | None = None
    path: str = ""
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class TypedCode:
    """What a person typed from a paper, given back with what was wrong (an English sentence of the catalogue)."""

    code: str
    family: str
    problem: str


def result_page(
    report: Report,
    *,
    links: Mapping[str, str],
    language: Language,
    stored_at: datetime | None = None,
    last_verdict: Verdict | None = None,
    contact: str | None = None,
    issuer_page: str | None = None,
    time_zone: str = DEFAULT_TIME_ZONE,
) -> str:
    """Return the page of a public link. `links` has all of `LINKS`, or nothing; the rest is as in `result_view`."""
    view = result_view(
        report,
        language=language,
        stored_at=stored_at,
        last_verdict=last_verdict,
        contact=contact,
        issuer_page=issuer_page,
        time_zone=time_zone,
    )
    return render("verification/result.html", language=language, view=view, links=links, host=_host(links))


def verify_form_page(
    reader: Reader,
    *,
    report: Report | None = None,
    stored_at: datetime | None = None,
    last_verdict: Verdict | None = None,
    contact: str | None = None,
    issuer_page: str | None = None,
    foreign_host: str | None = None,
    typed: TypedCode | None = None,
) -> str:
    """Return `/verify`: the form, and over it the result for a file that was sent.

    `foreign_host` is the host of a pasted link that does not belong to this service; `typed` a code that led nowhere.
    """
    view = None
    if report is not None:
        view = result_view(
            report,
            language=reader.language,
            stored_at=stored_at,
            last_verdict=last_verdict,
            contact=contact,
            issuer_page=issuer_page,
        )
    return _rendered(
        "verification/form.html",
        reader,
        view=view,
        links={},
        host=None,
        foreign_host=foreign_host,
        limit=MAX_UPLOAD,
        typed=typed,
    )


def home_page(reader: Reader) -> str:
    """Return the first page: what this is, and the form."""
    return _rendered("home.html", reader, typed=None, limit=MAX_UPLOAD)


def about_page(reader: Reader) -> str:
    """Return the page that explains the check in plain words."""
    translate = gettext_for(reader.language)
    answers = [
        {"tone": said.tone, "word": translate(said.word), "sentence": translate(verdict.message)}
        for verdict, said in wording.WORDINGS.items()
    ]
    return _rendered("about.html", reader, answers=answers)


def _rendered(template: str, reader: Reader, **context: Any) -> str:
    canonical = reader.public_url + reader.path if reader.public_url else ""
    return render(
        template, language=reader.language, actor=reader.actor, path=reader.path, canonical=canonical, **context
    )


def _host(links: Mapping[str, str]) -> str | None:
    return urlsplit(links["page"]).netloc if links else None
