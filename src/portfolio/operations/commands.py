"""Commands that run the service or look after it: up, chain, serve, worker, migrate, doctor, pairs, audit, bench."""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import Annotated

import typer

from portfolio.config import Settings
from portfolio.operations import erasure_commands, pair_commands

ENOUGH_FINDINGS = 200

pairs = pair_commands.pairs
erasures = erasure_commands.erasures


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def up(
    demo: Annotated[bool, typer.Option("--demo", help="fill it with the examples at the first start")] = False,
    once: Annotated[bool, typer.Option("--once", help="do it, write bundles and a JSON summary, and end")] = False,
) -> None:
    """Run everything: chain, contracts, database, web server, worker. Ctrl-C stops all of it."""
    from portfolio.operations import demo as demonstration
    from portfolio.operations.compose import open_gateways
    from portfolio.operations.demo_people import fill_people
    from portfolio.operations.up import local_chain, prepare, serve_all
    from portfolio.operations.worker import Worker

    settings = Settings()
    with local_chain(settings):
        portfolio = prepare(settings)
        runner = Worker(portfolio, open_gateways(portfolio))
        shown = demonstration.fill(portfolio, runner) if demo else None
        if once:
            runner.run_until_idle()
            summary = demonstration.write_bundles(portfolio)
            if shown is not None:
                summary |= {"valid_link": shown.valid, "revoked_link": shown.revoked, "api_key": shown.api_key}
            sys.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
            return
        people = fill_people(portfolio) if demo else None
        runner.release()
        serve_all(portfolio, shown, people)


def demo_code() -> None:
    """Print the six digits of the second step that the demonstration's people share."""
    from portfolio.db import utc_now
    from portfolio.operations.demo_people import code_now

    typer.echo(code_now(utc_now))


def chain() -> None:
    """Run the local chain alone, until Ctrl-C; its state is kept under DATA_DIR."""
    from portfolio.operations.up import local_chain

    settings = Settings()
    stop = _stop_on_signals()
    with local_chain(settings):
        typer.echo(f"local chain at {settings.resolved_rpc_url}; Ctrl-C stops it")
        stop.wait()


def serve(
    sockets: Annotated[list[int] | None, typer.Option("--socket", hidden=True, help="a socket that listens")] = None,
) -> None:
    """Run the web server alone over a prepared database."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.operations.serving import serve as run

    run(open_portfolio(Settings()), sockets or ())


def worker() -> None:
    """Run a worker alone: issuing, sealing, sending. Several may run."""
    from portfolio.operations.compose import open_gateways, open_portfolio
    from portfolio.operations.worker import Worker

    stop = _stop_on_signals()
    portfolio = open_portfolio(Settings())
    Worker(portfolio, open_gateways(portfolio)).run(stop)


def migrate() -> None:
    """Bring the database to the newest version; harmless to repeat."""
    from portfolio.db import Database
    from portfolio.migrations import migrate as run
    from portfolio.migrations import newest

    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    run(Database(settings.resolved_database_url))
    typer.echo(f"database at version {newest()}")


def doctor() -> None:
    """Tell what is missing or misconfigured, and what to do. Exits 1 when something is."""
    from portfolio.operations.doctor import examine

    fine = True
    for diagnosis in examine(Settings()):
        fine &= diagnosis.fine
        typer.echo(f"{'ok ' if diagnosis.fine else 'BAD'}  {diagnosis.what}: {diagnosis.message}")
    raise typer.Exit(0 if fine else 1)


def audit(as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Recompute everything from raw records. Exits 0 all agrees, 1 something does not, 3 the chain could not be
    asked.
    """
    from portfolio.operations.audit import audit_all
    from portfolio.operations.compose import open_gateways, open_portfolio

    portfolio = open_portfolio(Settings())
    report = audit_all(portfolio, open_gateways(portfolio), limit=ENOUGH_FINDINGS)
    if as_json:
        sys.stdout.write(json.dumps(report.to_json(), indent=2) + "\n")
    else:
        for finding in report.findings:
            typer.echo(f"{finding.code}  {finding.subject}  {finding.message}")
        typer.echo(report.summary)
    raise typer.Exit(report.exit_code)


def retry() -> None:
    """Try again what was held for a person: calls to the chain, and issuing runs that were stopped."""
    from portfolio.anchoring.service import retry_held
    from portfolio.issuing.service import resume_runs
    from portfolio.operations.compose import open_portfolio

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        calls, runs = retry_held(session), resume_runs(session)
    typer.echo(f"calls to try again: {calls}; runs to go on with: {runs}")


def bench() -> None:
    """Measure on this machine: signing, issuing, the public page. Needs a clone (`bench/`)."""
    import runpy

    runpy.run_module("bench", run_name="__main__")
