"""`portfolio diplomas`: all diplomas of an issuing run as one ZIP."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from portfolio.config import Settings
from portfolio.i18n import terminal_translator

if TYPE_CHECKING:
    from portfolio.diplomas import service


def diplomas(
    run: Annotated[str, typer.Argument(help="id of the issuing run, as `portfolio issue` prints it")],
    out: Annotated[Path, typer.Option(help="the ZIP to write; replaced only when the new one is whole")],
    design: Annotated[str | None, typer.Option(help="choose the design of this run first")] = None,
    names: Annotated[bool, typer.Option("--names", help="put the holders' names into the names of the files")] = False,
) -> None:
    """Make the diplomas of a finished run. A ZIP that was not finished leaves nothing behind."""
    from portfolio.diplomas import archive, service
    from portfolio.operations.compose import open_portfolio

    portfolio = open_portfolio(Settings())
    desk = service.Desk(
        vault=portfolio.vault,
        keeper=portfolio.keeper,
        database=portfolio.database,
        public_url=portfolio.settings.public_url,
        clock=portfolio.clock,
    )
    if design is not None:
        with portfolio.database.write() as session:
            found = service.run_of(session, run_id=run)
            service.choose_design(session, organisation_id=found.organisation_id, run_id=found.id, design=design)
    with portfolio.database.read() as session:
        ids = service.ids_of_run(session, run=service.run_of(session, run_id=run))
    left_out: list[service.LeftOut] = []
    orders = _watched(service.orders_of_run(desk, ids=ids), total=len(ids), left_out=left_out)
    write_whole(out, archive.stream(orders, names=names))
    _ = terminal_translator()
    typer.echo(_("Diplomas: %(made)d, left out: %(left)d.") % {"made": len(ids) - len(left_out), "left": len(left_out)})


def _watched(
    orders: Iterable[service.Order | service.LeftOut], *, total: int, left_out: list[service.LeftOut]
) -> Iterator[service.Order | service.LeftOut]:
    """Pass the orders on, with a bar on a terminal, and collect what is left out."""
    from portfolio.diplomas.service import Order

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task(terminal_translator()("Diplomas"), total=total)
        for order in orders:
            if not isinstance(order, Order):
                left_out.append(order)
            yield order
            progress.advance(bar)


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file under another name beside it and rename it when it is whole and on the disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
