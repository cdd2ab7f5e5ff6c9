"""A real local chain with a deployed pair, and short ways to act on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_world import World
from portfolio.chain.local import LocalChain
from ports import free_port
from proxy import Proxy


@pytest.fixture(scope="module")
def shared_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """For tests that only add to the chain."""
    with LocalChain(tmp_path_factory.mktemp("chain"), port=free_port()) as chain:
        yield chain


@pytest.fixture(scope="module")
def world(shared_chain: LocalChain) -> World:
    """A pair on the shared chain."""
    return World(shared_chain.rpc_url, shared_chain.folder / "deployment.json")


@pytest.fixture
def own_chain(tmp_path: Path) -> Iterator[LocalChain]:
    """For tests that reorganise, reset or kill."""
    chain = LocalChain(tmp_path, port=free_port())
    chain.start()
    yield chain
    chain.stop()


@pytest.fixture
def own_world(own_chain: LocalChain) -> World:
    return World(own_chain.rpc_url, own_chain.folder / "deployment.json")


@pytest.fixture
def proxy(shared_chain: LocalChain) -> Iterator[Proxy]:
    with Proxy(shared_chain.rpc_url) as between:
        yield between
