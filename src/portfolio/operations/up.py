"""`portfolio up`: chain, contracts, schema, web server and worker together, stopped together."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from portfolio.app import Portfolio
from portfolio.chain.local import LocalChain
from portfolio.config import Settings
from portfolio.db import Database
from portfolio.migrations import migrate
from portfolio.operations.compose import deploy_contracts, open_portfolio, write_trust
from portfolio.operations.demo import Shown
from portfolio.operations.demo_people import ShownPeople
from portfolio.operations.serving import serve
from portfolio.processes import end_with_parent

STOP_SECONDS = 10
RESTART_SECONDS = 1.0  # between an end of the worker and its next start; twice as long after each that ends soon
LONGEST_PAUSE = 60.0

_log = logging.getLogger(__name__)


@contextmanager
def local_chain(settings: Settings) -> Iterator[None]:
    """Run the local chain for the length of the block; nothing when another node is set."""
    if not settings.uses_local_chain:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with LocalChain(settings.data_dir, port=settings.chain_port):
        yield


def prepare(settings: Settings) -> Portfolio:
    """Deploy, migrate, compose, write the trust roots: all harmless to repeat."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    deploy_contracts(settings)
    database = Database(settings.resolved_database_url)
    migrate(database)
    database.dispose()
    portfolio = open_portfolio(settings)
    write_trust(settings, portfolio.pairs.values())
    return portfolio


@contextmanager
def worker_process() -> Iterator[None]:
    """Keep a worker running beside this process, on another core; one that ends by itself is replaced."""
    stopping = threading.Event()
    workers = [_start_worker()]

    def keep() -> None:
        pause = RESTART_SECONDS
        while not stopping.is_set():
            begun = time.monotonic()
            code = workers[-1].wait()
            if stopping.is_set():
                return
            # Without a worker nothing is registered, sent or erased, and no page would say so.
            _log.error("the worker ended with %s and is started again", code)
            pause = RESTART_SECONDS if time.monotonic() - begun > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
            if not stopping.wait(pause):
                try:
                    workers.append(_start_worker())
                except OSError:
                    _log.exception("the worker could not be started; tried again")

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        _stop(workers[-1])
        keeper.join(STOP_SECONDS)
        _stop(workers[-1])  # one that was started in the meantime


def _start_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "portfolio.cli", "worker"],
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - only a prepared C function is called in the child
    )


def _stop(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def serve_all(portfolio: Portfolio, shown: Shown | None, people: ShownPeople | None = None) -> None:
    """Serve with a worker beside, after telling what to look at."""
    # The server ends by raising its signal again once it has stopped: that must unwind, so that the worker stops too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with worker_process():
        tell(portfolio, shown, people)
        serve(portfolio)


def tell(portfolio: Portfolio, shown: Shown | None, people: ShownPeople | None = None) -> None:
    """Print what a newcomer needs: the address, links, a key, how to verify without us."""
    url = portfolio.settings.public_url
    lines = [f"Portfolio runs at {url}  (Ctrl-C stops everything)"]
    if shown is not None:
        token = shown.valid.rpartition("/")[2]
        lines += [
            "",
            f"  valid      {shown.valid}",
            f"  revoked    {shown.revoked}",
            f"  corrected  {shown.superseded}",
            "",
            f"  API key of {shown.organisation}: {shown.api_key}",
            "",
            "  verify a bundle yourself, without this service:",
            f"    curl -s {url}/c/{token}.json -o diploma.json",
            "    .venv/bin/portfolio verify diploma.json",
        ]
    if people is not None:
        lines += [
            "",
            f"  sign in at {url}/sign-in with the password: {people.password}",
            *(f"    {person.address:24} {person.who}{' *' if person.second_step else ''}" for person in people.people),
            "  * asks for six digits besides: .venv/bin/portfolio demo-code",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
