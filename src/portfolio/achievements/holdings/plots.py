"""Plots of a portfolio as SVG, drawn on the server: by year, subject and level. Pure: counts in, bytes out.

Each is served as a picture of its own, so that its styles stay out of the page; the page has the same as a table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from portfolio.achievements.holdings.things import Counted, level_text
from portfolio.i18n import N_, Language, gettext_for

PLOTS: Final = {"year": N_("By year"), "subject": N_("By subject"), "level": N_("By level")}
"""What is plotted, with its title."""
CONFIRMED: Final = N_("confirmed")
CLAIMED: Final = N_("claimed")
MOST_BARS: Final = 12
CONTENT_SECURITY_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""Only for these pictures: an SVG opened by itself is a page, and draws nothing without its styles."""

_FONT: Final = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_LONGEST_LABEL: Final = 28


def labelled(rows: Sequence[Counted], by: str, language: Language) -> list[Counted]:
    """Return counts under words of a language, the many small ones at the end left out."""
    return [
        Counted(level_text(row.label, language) if by == "level" else row.label, row.confirmed, row.claimed)
        for row in (rows[-MOST_BARS:] if by == "year" else rows[:MOST_BARS])
    ]


def plot(rows: Sequence[Counted], *, by: str, language: Language) -> bytes:
    """Return the SVG of counts; `by` is one of `PLOTS`. It holds no script and asks for nothing."""
    pygal = _library()
    translate = gettext_for(language)
    chart_of: Callable[..., Any] = pygal.StackedBar if by == "year" else pygal.HorizontalStackedBar
    shown = labelled(rows, by, language)
    if by != "year":
        shown = shown[::-1]  # drawn from below
    chart = chart_of(
        style=_style(pygal.style.Style),
        js=(),
        width=720,
        height=320,
        title=translate(PLOTS[by]),
        legend_at_bottom=True,
        truncate_label=_LONGEST_LABEL,
        print_values=False,
        include_x_axis=True,
        disable_xml_declaration=False,
        dynamic_print_values=False,
        explicit_size=True,
    )
    chart.x_labels = [_short(row.label) for row in shown]
    chart.y_labels = _ticks(max((row.confirmed + row.claimed for row in shown), default=1))
    chart.add(translate(CONFIRMED), [row.confirmed for row in shown])
    chart.add(translate(CLAIMED), [row.claimed for row in shown])
    return _without_scripts(chart.render_tree())


def _library() -> Any:
    """Import the library without the hook for its own plug-ins, of a kind that Python no longer knows."""
    import pygal

    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != pygal.__name__]
    return pygal


def _style(style: Callable[..., Any]) -> Any:
    return style(
        background="#ffffff",
        plot_background="#ffffff",
        foreground="#141c2b",
        foreground_strong="#141c2b",
        foreground_subtle="#55627a",
        colors=("#1d4ed8", "#9aa7bd"),
        font_family=_FONT,
        title_font_size=18,
        label_font_size=14,
        major_label_font_size=14,
        legend_font_size=14,
        opacity="1",
        opacity_hover="1",
        transition="none",
    )


def _ticks(most: int) -> list[int]:
    step = max(1, -(-most // 5))
    return list(range(0, most + step, step))


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _without_scripts(tree: Any) -> bytes:
    """Take out the script, the tool-tips and the remarks that the library puts into every chart."""
    from pygal.etree import etree  # whichever of two libraries made the tree

    for parent in list(tree.iter()):
        for element in list(parent):
            if not isinstance(element.tag, str) or element.tag.rpartition("}")[2] in {"script", "desc", "title"}:
                parent.remove(element)
    return bytes(etree.tostring(tree, encoding="utf-8"))
