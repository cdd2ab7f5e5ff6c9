"""`portfolio verify`: judges a file or the file behind a link, without a database, by trust roots the user controls."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx2
import orjson
import typer
from rich.console import Console

from portfolio.chain.reader import PairReader
from portfolio.config import Settings
from portfolio.credentials.bundles import MAX_BUNDLE
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.report import EXIT_USAGE, Outcome, Report
from portfolio.credentials.trust import load_trust
from portfolio.credentials.verdict import ask, judge
from portfolio.errors import PortfolioError, UnavailableError

MARKS = {Outcome.PASS: "[green]✓[/green]", Outcome.FAIL: "[red]✗[/red]", Outcome.UNKNOWN: "[yellow]?[/yellow]"}


class UsageError(PortfolioError):
    code = "usage"


def verify(
    source: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="a bundle, a credential, or a public link")],
    rpc: Annotated[list[str] | None, typer.Option(help="ask this node instead of those of the trust file")] = None,
    trust: Annotated[Path | None, typer.Option(help="trust roots file; default: DATA_DIR/trust.json")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Judge a credential. Exits 0 VALID, 1 INVALID / REVOKED / EXPIRED, 2 PENDING, 3 CANNOT_CHECK, 64 wrong usage."""
    try:
        roots = _trust(trust)
        report = verify_bytes(_read(source), roots, rpc or [])
    except UsageError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(EXIT_USAGE) from None
    except UnavailableError as error:
        # The link did not answer: that says nothing of the credential.
        typer.echo(error.message, err=True)
        raise typer.Exit(3) from None
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print_report(report)
    raise typer.Exit(report.exit_code)


def verify_bytes(data: bytes, roots: TrustRoots, rpc: list[str]) -> Report:
    """Judge a bundle or credential by the nodes of the trust roots, or by `rpc` instead."""
    now = int(time.time())
    try:
        asked = ask(data)
    except StructureError as error:
        return judge(error, trust=roots, facts=(), now=now)
    facts = [PairReader.of(pair, rpc_urls=rpc or None).read_facts(asked.question, now=now) for pair in roots.pairs]
    return judge(asked, trust=roots, facts=facts, now=now)


def _trust(path: Path | None) -> TrustRoots:
    settings = Settings()
    chosen = path or settings.trust_file or settings.data_dir / "trust.json"
    try:
        return load_trust(chosen.read_bytes())
    except OSError:
        raise UsageError(f"no trust roots at {chosen}: give the file with --trust (see docs/spec/verdict.md)") from None
    except PortfolioError as error:
        raise UsageError(error.message) from None


def _read(source: str) -> bytes:
    if source.startswith(("http://", "https://")):
        return _fetch(source)
    try:
        with Path(source).open("rb") as file:
            data = file.read(MAX_BUNDLE + 1)
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from None
    return data


def _fetch(url: str) -> bytes:
    """Fetch the bundle behind a public link. Whoever serves it can at most withhold it: nothing in it is believed."""
    parts = urlsplit(url)
    path = parts.path
    if path.startswith("/v/"):
        path = f"/c/{path.removeprefix('/v/').strip('/')}.json"
    try:
        answer = httpx2.get(parts._replace(path=path, query="", fragment="").geturl(), timeout=15)
    except httpx2.HTTPError as error:
        raise UnavailableError(f"the link did not answer ({type(error).__name__}); try again later") from None
    if answer.status_code in {404, 410}:
        raise UsageError("nothing is known under this link: it may be mistyped, replaced or withdrawn")
    if answer.status_code != httpx2.codes.OK or len(answer.content) > MAX_BUNDLE:
        raise UnavailableError(f"the link answered {answer.status_code}; try again later")
    return answer.content


def print_report(report: Report) -> None:
    """Print a report for people."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{report.verdict}[/bold]  {report.verdict.message}")
    if report.statement is not None:
        shown: dict[str, Any] = {
            "holder": report.statement.holder_name,
            "issuer": report.issuer_name,
            "kind": report.statement.kind,
            **report.statement.fields,
        }
        for name, value in shown.items():
            console.print(f"  {name}: {value}", markup=False)
    for check in report.checks:
        console.print(f"  {MARKS[check.outcome]} ", end="")
        console.print(f"{check.name}: {check.text()}", markup=False)
    for note in (*report.warnings, *report.notes):
        console.print(f"  ! {note.text()}", markup=False)
