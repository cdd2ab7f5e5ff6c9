"""A whole service on a real chain behind a real browser, with everybody's own window."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import Journey
from playwright.sync_api import Browser

from portfolio.app import create_app
from portfolio.chain.local import LocalChain
from ports import free_port
from service_world import make_service
from watching import serving

ARTEFACTS = Path(os.environ.get("JOURNEY_ARTEFACTS", ".artefacts/journeys"))


@pytest.fixture(scope="session")
def journey_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    with LocalChain(tmp_path_factory.mktemp("journey-chain"), port=free_port()) as chain:
        yield chain


@pytest.fixture(params=["with scripts, ru", "without scripts, en"])
def journey(
    request: pytest.FixtureRequest, browser: Browser, journey_chain: LocalChain, tmp_path: Path
) -> Iterator[Journey]:
    port = free_port()
    service = make_service(tmp_path / "data", journey_chain.rpc_url, public_url=f"http://localhost:{port}")
    scripts, language = request.param.split(", ")
    folder = ARTEFACTS / language / request.node.originalname
    folder.mkdir(parents=True, exist_ok=True)
    made = Journey(
        service=service,
        address=f"http://localhost:{port}",
        browser=browser,
        scripts=scripts == "with scripts",
        language=language,
        folder=folder,
    )
    with serving(create_app(service.portfolio), port=port):
        yield made
        made.close()
    service.close()
