"""Runs one step of a service in a process of its own, which a crash point may kill: `drive.py STEP`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from portfolio.config import Settings
from portfolio.issuing.service import TableRequest, process_part, read_request, running_runs, start_run
from portfolio.operations.compose import open_gateways, open_portfolio
from portfolio.operations.worker import Worker
from portfolio.organisations.service import organisation_by_slug


def main() -> None:
    portfolio = open_portfolio(Settings(_env_file=None))
    step = sys.argv[1]
    if step == "start":
        request = TableRequest(
            content=Path(os.environ["TABLE"]).read_bytes(),
            filename="table.csv",
            kind="olympiad_award",
            defaults={"title": "Олимпиада", "level": "школьный этап", "award_date": "2026-11-20"},
        )
        kind, report = read_request(request)
        with portfolio.database.write() as session:
            start_run(
                session,
                vault=portfolio.vault,
                organisation=organisation_by_slug(session, slug="school"),
                request=request,
                kind=kind,
                report=report,
                idempotency_key="the same",
                clock=portfolio.clock,
            )
    elif step == "part":
        with portfolio.database.write() as session:
            process_part(session, vault=portfolio.vault, run_id=running_runs(session)[0], clock=portfolio.clock)
    else:
        worker = Worker(portfolio, open_gateways(portfolio))
        worker.run_until_idle()
        worker.release()


main()
