"""What every slice's tests share: profiles of Hypothesis, a PostgreSQL server, a clock that a test moves."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright

from movable_clock import MovableClock
from ports import free_port
from watching import WATCH, OpenPage, Watched

if TYPE_CHECKING:
    from portfolio.db import Database

hypothesis_settings.register_profile(
    "default", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile("soak", max_examples=10_000, deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which entries of the fault catalogue this run covered."""
    covered = sorted(
        {
            number
            for report in terminalreporter.stats.get("passed", [])
            for name, number in getattr(report, "user_properties", [])
            if name == "fault"
        }
    )
    if covered:
        terminalreporter.write_line(f"faults covered: {', '.join(map(str, covered))}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("fault"):
            item.user_properties.extend(("fault", number) for number in mark.args)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium: one for all tests of a process, for Playwright runs only once in it."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is not installed: run scripts/system_packages.sh")
    switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=switches)
        yield started
        started.close()


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


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of this run's own, on a free port of loopback."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.fail("PostgreSQL is not installed: run scripts/system_packages.sh")
    binaries = found[-1]
    folder = tmp_path_factory.mktemp("postgres")
    # The server refuses to run as root; its folder is given to the user that the package made.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
        for parent in folder.parents:
            if parent != Path("/") and parent.owner() == "root" and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
    port = free_port()
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    run(str(binaries / "initdb"), "-D", str(data), "-U", "portfolio", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://portfolio@127.0.0.1:{port}/postgres"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Any]:
    """People who are signed in, without a chain: `people_world.World`."""
    from people_world import make_world

    made = make_world(tmp_path / "world")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with our tables and nothing in it: a file's, and a real server's."""
    from portfolio.db import Database
    from portfolio.migrations import migrate
    from service_world import new_database

    url = f"sqlite:///{tmp_path / 'portfolio.db'}"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres_url"), request.node.name)
        url = url.replace("postgresql://", "postgresql+psycopg://")
    made = Database(url)
    migrate(made)
    yield made
    made.dispose()
