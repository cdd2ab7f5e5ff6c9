"""`portfolio up`: chain, contracts, schema, web server and worker together, stopped together."""

from __future__ import annotations

import signal
import sys
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
from portfolio.operations.keeping import Role, running
from portfolio.operations.serving import serve


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


def serve_all(portfolio: Portfolio, shown: Shown | None, people: ShownPeople | None = None) -> None:
    """Serve with a worker beside, on another core, after telling what to look at."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the worker and the chain are stopped too
    with running(Role("worker", ("worker",))):
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
