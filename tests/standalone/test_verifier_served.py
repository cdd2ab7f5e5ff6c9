"""The page as the service gives it: with this deployment's trust roots, under a policy of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_world import VerifierPage

from portfolio.app import create_app
from portfolio.chain.local import LocalChain
from portfolio.verification.standalone.page import page_policy
from ports import free_port
from service_world import Service, make_service
from watching import WATCH, Watched, serving

pytestmark = [pytest.mark.browser, pytest.mark.chain]


@pytest.fixture(scope="module")
def service(chain: LocalChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    port = free_port()
    folder = tmp_path_factory.mktemp("served")
    made = make_service(folder, chain.rpc_url, public_url=f"http://127.0.0.1:{port}", port=port)
    made.add_issuer("school")
    yield made
    made.close()


def test_saved_page_checks_when_the_service_is_gone(service: Service, browser: Any, tmp_path: Path) -> None:
    bundle = service.bundle(service.issue(1)[0])
    context = browser.new_context()
    context.add_init_script(WATCH)
    watched = Watched(context.new_page())
    with serving(create_app(service.portfolio), port=service.settings.port) as address:
        answer = watched.page.goto(f"{address}/verifier.html?lang=en")
        assert answer.headers["content-security-policy"] == page_policy()
        saved = answer.body()
        assert VerifierPage(watched).drop(bundle).verdict == "VALID"
        assert "Genuine" in VerifierPage(watched).text
        link = watched.page.goto(f"{address}/verify?lang=ru").frame.locator("a[href^='/verifier.html']")  # type: ignore[union-attr]
        assert link.get_attribute("href") == "/verifier.html?lang=ru"
    (tmp_path / "verifier.html").write_bytes(saved)
    watched.page.goto((tmp_path / "verifier.html").as_uri())
    opened = VerifierPage(watched).drop(bundle)
    assert opened.verdict == "VALID"
    opened.page.fill("#paste", f"{service.settings.public_url}/v/abcdefghijklmnop#0123-4567-89AB")
    opened.page.locator("form.way button").click()
    opened.settled()
    assert "принадлежит службе, которой доверяет" in opened.text
    assert watched.caught() == []
    context.close()
