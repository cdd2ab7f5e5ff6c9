"""A fresh local chain, and the packages of hardhat/."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.ledger import Ledger
from portfolio.chain.local import LocalChain

HARDHAT = Path(__file__).parents[2] / "hardhat"


@pytest.fixture(scope="session")
def node_path() -> str:
    """PATH with Node 22 and the packages' commands first."""
    binaries = HARDHAT / "node_modules" / ".bin"
    assert (binaries / "node").exists(), "run hardhat/install.sh"
    return f"{binaries}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with LocalChain(tmp_path_factory.mktemp("ledger"), port=port) as chain:
        yield Ledger(chain.rpc_url)
