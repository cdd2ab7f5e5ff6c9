"""`portfolio erasures`: what was erased must not come back with a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portfolio.config import Settings

erasures = typer.Typer(no_args_is_help=True, help="Erasures: the ledger of them, and their replay after a restore.")


@erasures.callback()
def _group() -> None:
    """Keep the command a group, so that `replay` keeps its name."""


@erasures.command()
def replay(
    ledger: Annotated[Path | None, typer.Option(help="the ledger kept outside the backup")] = None,
) -> None:
    """Erase again what a restored backup has brought back. Run it after every restore, before serving."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.operations.erasing import ledger_path
    from portfolio.operations.erasing import replay as run

    portfolio = open_portfolio(Settings())
    again = run(portfolio, ledger or ledger_path(portfolio.settings.data_dir))
    typer.echo(f"{again} erasures were done again")
