"""A real Chromium on the built file, and a real chain with credentials on it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

for folder in ("browser", "forgery", "credentials"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))

from page_world import PageWorld, VerifierPage  # noqa: E402

from portfolio.chain.local import LocalChain  # noqa: E402
from ports import free_port  # noqa: E402
from watching import WATCH, Watched  # noqa: E402


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    with LocalChain(tmp_path_factory.mktemp("standalone-chain"), port=free_port()) as started:
        yield started


@pytest.fixture(scope="session")
def world(chain: LocalChain, tmp_path_factory: pytest.TempPathFactory) -> PageWorld:
    return PageWorld(chain, tmp_path_factory.mktemp("standalone-world"))


@pytest.fixture
def open_verifier(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Open the page from file://, filled with trust roots (none: as it was built)."""
    contexts = []

    def make(trust: Any = None, *, width: int = 1280, hosts: tuple[str, ...] = (), **options: Any) -> VerifierPage:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.add_init_script(WATCH)
        return VerifierPage.open(Watched(context.new_page()), tmp_path, trust=trust, hosts=hosts)

    yield make
    for context in contexts:
        context.close()
