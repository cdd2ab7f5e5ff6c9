"""A real Chromium, and the gallery of sample pages for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gallery import app as gallery_app
from playwright.sync_api import Browser
from watching import WATCH, OpenPage, Watched, serving

from chain_world import free_port


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    with serving(gallery_app, port=free_port()) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page in a context of its own; options are those of Playwright's `new_context`."""
    contexts = []

    def make(*, width: int = 1280, height: int = 800, **options: Any) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.add_init_script(WATCH)
        return Watched(context.new_page())

    yield make
    for context in contexts:
        context.close()
