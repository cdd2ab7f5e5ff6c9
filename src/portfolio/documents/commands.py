"""`portfolio documents`: moving the stored ciphertexts to a Kubo node."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.progress import Progress

from portfolio.config import Settings

documents = typer.Typer(no_args_is_help=True, help="Stored documents.")


@documents.callback()
def group() -> None:
    """Stored documents."""


@documents.command("push")
def push() -> None:
    """Bring every document of the embedded store to the Kubo node of PORTFOLIO_IPFS_API_URL; safe to repeat."""
    from portfolio.documents.mirror import push_all
    from portfolio.documents.service import mirror_store, own_store
    from portfolio.operations.compose import open_portfolio

    portfolio = open_portfolio(Settings())
    target = mirror_store(ipfs_api_url=portfolio.settings.ipfs_api_url)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("push")
        report = push_all(
            read=portfolio.database.read,
            write=portfolio.database.write,
            source=own_store(data_dir=portfolio.settings.data_dir),
            target=target,
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
            clock=portfolio.clock,
        )
    typer.echo(f"pushed {report.pushed}, already there {report.already}, failed {len(report.failed)}")
    for document_id in report.failed:
        typer.echo(f"  {document_id}: our own store cannot give it", err=True)
    raise typer.Exit(1 if report.failed else 0)
