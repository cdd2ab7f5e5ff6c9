"""The page for everybody: axe-core finds nothing, the keyboard reaches everything, in both languages and schemes."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_world import Dropped, PageWorld

pytestmark = [pytest.mark.browser, pytest.mark.chain]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_page_is_accessible(open_verifier: Any, world: PageWorld, width: int, scheme: str) -> None:
    opened = open_verifier(world.trust(), width=width, color_scheme=scheme, bypass_csp=True)
    signed = world.sign()
    contents = (
        (),
        (world.bundle(signed),),
        (b"hello", Dropped("a.json", signed.document), world.bundle(anchored=False)),
    )
    for number, files in enumerate(contents):
        if files:
            opened.drop(*files)
        opened.page.locator("#language-en" if number == 1 else "#language-ru").click()
        opened.page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        found = Axe().run(opened.page, options=RULES)
        assert found.violations_count == 0, f"{number}\n{found.generate_report()}"
        assert found.response["passes"]


def test_verdict_gets_the_focus_and_is_announced(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust()).drop(world.bundle(anchored=False))
    assert opened.page.evaluate("document.activeElement.classList.contains('verdict-word')")
    assert "Проверено: 1" in opened.page.locator("#status").inner_text()
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement !== document.body")
