"""`portfolio import`: checks a credential from elsewhere, without a database."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from portfolio.credentials.report import EXIT_USAGE, Outcome
from portfolio.errors import PortfolioError

MARKS = {Outcome.PASS: "[green]✓[/green]", Outcome.FAIL: "[red]✗[/red]", Outcome.UNKNOWN: "[yellow]?[/yellow]"}
EXITS = {"confirmed": 0, "refuted": 1, "revoked": 1, "expired": 1, "cannot_check": 3}


def clr(
    links: Annotated[list[str], typer.Argument(metavar="LINK...", help="public links or their tokens")],
    out: Annotated[Path, typer.Option(help="where the record goes")],
) -> None:
    """Put the credentials behind links into one signed file (CLR 2.0)."""
    from portfolio.achievements.service import export_record
    from portfolio.config import Settings
    from portfolio.operations.compose import open_portfolio
    from portfolio.verification.service import token_in

    portfolio = open_portfolio(Settings())
    with portfolio.database.read() as session:
        record = export_record(
            session,
            vault=portfolio.vault,
            identifier_host=portfolio.settings.identifier_host,
            tokens=[token_in(link) for link in links],
            clock=portfolio.clock,
        )
    out.write_bytes(record + b"\n")
    typer.echo(f"{out}: {len(links)} credentials")


def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="JSON, JWT, or a PNG or SVG with a badge inside")],
    offline: Annotated[
        bool, typer.Option("--offline", help="fetch nothing; what has to be fetched is unknown")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Check a credential from elsewhere. Exits 0 confirmed, 1 refuted, revoked or expired, 3 cannot check, 64 usage."""
    from portfolio.achievements.imports import MAX_IMPORT, verify_import
    from portfolio.fetching import OfflineFetcher, PublicFetcher
    from portfolio.i18n import terminal_translator

    translate = terminal_translator()
    try:
        with source.open("rb") as file:
            data = file.read(MAX_IMPORT + 1)
        fetcher = OfflineFetcher() if offline else PublicFetcher()
        report = verify_import(data, fetcher=fetcher, now=datetime.now(UTC))
    except OSError as error:
        typer.echo(f"{source}: {error.strerror}", err=True)
        raise typer.Exit(EXIT_USAGE) from None
    except PortfolioError as error:
        typer.echo(translate(error.message), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
        raise typer.Exit(EXITS[report.verdict])
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{report.verdict.upper()}[/bold]  {translate(report.verdict.message)}")
    for name in ("achievement", "recipient", "issuer_name", "issuer", "issued_at", "expires_at"):
        value = getattr(report.claims, name)
        if value is not None:
            console.print(f"  {name}: {value}", markup=False)
    for check in report.checks:
        console.print(f"  {MARKS[check.outcome]} ", end="")
        console.print(f"{check.name}: {translate(check.message)}", markup=False)
    raise typer.Exit(EXITS[report.verdict])
