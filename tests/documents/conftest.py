from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubo_daemon import KuboDaemon, find_ipfs


@pytest.fixture(scope="session")
def ipfs() -> Path:
    return find_ipfs()


@pytest.fixture(scope="session")
def kubo(ipfs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KuboDaemon]:
    """One private daemon for all tests that do not harm it."""
    daemon = KuboDaemon(ipfs, tmp_path_factory.mktemp("kubo"))
    daemon.initialise()
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def make_kubo(ipfs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., KuboDaemon]]:
    """Daemons of a test's own, to be stopped, killed and starved."""
    made: list[KuboDaemon] = []

    def make(**settings: Any) -> KuboDaemon:
        repo = settings.pop("repo", None) or tmp_path_factory.mktemp("kubo")
        daemon = KuboDaemon(ipfs, repo, **settings)
        made.append(daemon)
        daemon.initialise()
        daemon.start()
        return daemon

    yield make
    for daemon in made:
        daemon.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB; needs the right to mount, which CI has."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)
