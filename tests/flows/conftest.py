"""A whole service over a real local chain: composed as in production, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portfolio.chain.local import LocalChain
from ports import free_port
from service_world import Service, make_service, new_database


@pytest.fixture(scope="session")
def flow_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """One chain for all flows; every service deploys a pair of its own on it."""
    with LocalChain(tmp_path_factory.mktemp("flow-chain"), port=free_port()) as chain:
        yield chain


@pytest.fixture
def new_service(flow_chain: LocalChain, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Make services over SQLite; they are closed at the end."""
    made: list[Service] = []

    def make(**settings: object) -> Service:
        folder = tmp_path / f"data{len(made)}"
        made.append(make_service(folder, flow_chain.rpc_url, **settings))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(new_service: Callable[..., Service]) -> Service:
    """A service over SQLite with one admitted issuer, `school`."""
    made = new_service()
    made.add_issuer("school")
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def any_service(request: pytest.FixtureRequest, new_service: Callable[..., Service]) -> Service:
    """The same over both databases."""
    settings: dict[str, object] = {}
    if request.param == "postgresql":
        settings["database_url"] = new_database(request.getfixturevalue("postgres_url"), request.node.name)
    made = new_service(**settings)
    made.add_issuer("school")
    return made
