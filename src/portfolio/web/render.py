"""Templates to HTML: one Jinja environment a language, every template compiled once; and the error page.

Imports no slice, so that every slice may import it. Everything is escaped unless a template says `safe`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer

from portfolio.i18n import (
    DEFAULT_TIME_ZONE,
    LANGUAGES,
    Language,
    format_day,
    format_moment,
    gettext_for,
    isolated,
    translations_for,
)
from portfolio.web.assets import asset_url
from portfolio.web.wording import error_wording


class _Settle(NodeTransformer):
    """Puts into a parsed template what never changes in one language: plain sentences and addresses of static files."""

    def __init__(self, known: Mapping[str, Callable[[str], str]]) -> None:
        self._known = known

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  the name the visitor looks for
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.kwargs or len(node.args) != 1:
            return node
        settle, argument = self._known.get(node.node.name), node.args[0]
        if settle is None or not isinstance(argument, nodes.Const):
            return node
        return nodes.Const(settle(argument.value), lineno=node.lineno)


class _Environment(Environment):
    """An environment of one language that looks sentences up when a template is compiled and not at every page."""

    settled: Mapping[str, Callable[[str], str]] = MappingProxyType({})

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed: nodes.Template = _Settle(self.settled).visit(super()._parse(source, name, filename))
        return parsed


def _escapes(template_name: str | None) -> bool:
    # Letters are plain text, where an ampersand is one.
    return not (template_name or "").endswith(".txt")


@lru_cache(maxsize=len(LANGUAGES))
def _environment(language: Language) -> Environment:
    translate = gettext_for(language)
    environment = _Environment(
        loader=PackageLoader("portfolio.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=_escapes,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    # New style: what is filled into a sentence is escaped like everything else.
    environment.install_gettext_translations(translations_for(language), newstyle=True)  # type: ignore[attr-defined]
    environment.settled = {"_": lambda sentence: translate(sentence) % {}, "asset": asset_url}
    # Pages that anybody may be shown from a cache know nobody: `actor` is None there.
    environment.globals.update(language=language, asset=asset_url, actor=None, path="", done="", canonical="")
    environment.globals.update(translate=translate)
    environment.filters.update(
        isolated=isolated,
        day=lambda day: format_day(str(day), language),
        since=lambda seconds, zone=DEFAULT_TIME_ZONE: format_moment(seconds, language, time_zone=zone),
        moment=lambda when, zone=DEFAULT_TIME_ZONE: format_moment(int(when.timestamp()), language, time_zone=zone),
    )
    return environment


def render(template_name: str, *, language: Language, **context: Any) -> str:
    """Return a page. `template_name` is relative to `web/templates/`; a value that a template lacks is an error."""
    return _environment(language).get_template(template_name).render(context)


def compile_templates() -> None:
    """Compile every template in every language, so that few readers wait for it; it takes seconds."""
    for language in LANGUAGES:
        environment = _environment(language)
        for name in environment.list_templates():
            environment.get_template(name)


def error_page(status: int, code: str, message: str, language: Language) -> str:
    """Return the page for a refusal or a fault.

    The words are those of the status. `message`, the English sentence of a `PortfolioError`, is shown beside them where
    the catalogue has it or the reader reads English, but never for 404 and 410, which must not differ from each other,
    nor for faults of ours (5xx).
    """
    said = error_wording(status)
    translate = gettext_for(language)
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    silent = ours or status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
    translated = translate(message) if message else ""
    told = translated if translated != message or language == "en" else ""
    return render(
        "error.html",
        language=language,
        status=status,
        code=code,
        title=translate(said.title),
        text=translate(said.text),
        reasons=[translate(reason) for reason in said.reasons],
        message="" if silent else told,
    )
