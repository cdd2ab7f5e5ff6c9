"""`portfolio issue`: a results table becomes credentials; a dry run shows what was understood and what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from portfolio.config import Settings
from portfolio.credentials.listing import list_credentials
from portfolio.errors import PortfolioError
from portfolio.i18n import terminal_translator
from portfolio.issuing import service
from portfolio.issuing.models import IssuingRun, RunState
from portfolio.issuing.problems import Problem
from portfolio.issuing.report import TableReport
from portfolio.organisations.service import organisation_by_slug

SHOWN_PROBLEMS = 50


class BadSettingError(PortfolioError):
    code = "bad_default"


def issue(
    table: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="XLSX, CSV or TSV")],
    issuer: Annotated[str, typer.Option(help="slug of the issuing organisation")],
    kind: Annotated[str, typer.Option(help="kind of credential, e.g. olympiad_award")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE for a column that the table lacks")
    ] = None,
    valid_until: Annotated[str | None, typer.Option(help="end of validity, YYYY-MM-DDTHH:MM:SSZ")] = None,
    sheet: Annotated[str | None, typer.Option(help="sheet of a workbook, where several hold tables")] = None,
    encoding: Annotated[str | None, typer.Option(help="encoding of a text table, where it cannot be told")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show mapping and problems, issue nothing")] = False,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="issue the good rows")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Issue a credential for every row that has none yet. The same table twice issues nothing twice."""
    request = service.TableRequest(
        content=table.read_bytes(),
        filename=table.name,
        kind=kind,
        defaults=dict(_pair(text) for text in set_ or ()),
        valid_until=valid_until,
        skip_bad_rows=skip_bad_rows,
        sheet=sheet,
        encoding=encoding,
    )
    if dry_run:
        _dry_run(request, issuer, as_json=as_json)
        return
    _issue(request, issuer, as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BadSettingError(f"--set takes NAME=VALUE, not {text!r}")
    return name.strip(), value


def _dry_run(request: service.TableRequest, issuer: str, *, as_json: bool) -> None:
    from portfolio.operations.compose import open_portfolio

    portfolio = open_portfolio(Settings())
    kind, report = service.read_request(request)
    with portfolio.database.read() as session:
        outcome = service.preview(
            session,
            vault=portfolio.vault,
            organisation=organisation_by_slug(session, slug=issuer),
            kind=kind,
            report=report,
            valid_until=request.valid_until,
        )
    found = service.preview_json(report, outcome)
    if as_json:
        _print_json(found)
    else:
        _print_report(report)
        _ = terminal_translator()
        typer.echo(
            _("Would issue %(new)d, already issued %(old)d, conflicts %(conflicts)d.")
            % {"new": len(outcome.issued), "old": outcome.already, "conflicts": len(outcome.conflicts)}
        )
    raise typer.Exit(1 if report.error_count and not request.skip_bad_rows else 0)


def _issue(request: service.TableRequest, issuer: str, *, as_json: bool) -> None:
    from portfolio.operations.compose import open_portfolio

    portfolio = open_portfolio(Settings())
    kind, report = service.read_request(request)
    try:
        with portfolio.database.write() as session:
            run = service.start_run(
                session,
                vault=portfolio.vault,
                organisation=organisation_by_slug(session, slug=issuer),
                request=request,
                kind=kind,
                report=report,
                idempotency_key=None,
                clock=portfolio.clock,
            )
    except service.TableHasErrorsError as error:
        if as_json:
            _print_json({"error": {"code": error.code, "message": error.message}, **report.to_json()})
        else:
            _print_report(report)
            typer.echo(terminal_translator()(error.message), err=True)
        raise typer.Exit(1) from None
    run = _work_off(portfolio, run, quiet=as_json)
    _print_outcome(portfolio, run, issuer, as_json=as_json)


def _work_off(portfolio: Any, run: IssuingRun, *, quiet: bool) -> IssuingRun:
    """Issue the parts here, with a bar; a worker that runs beside takes parts too, and neither does one twice."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet or not sys.stderr.isatty()) as progress:
        bar = progress.add_task(run.kind, total=run.total)
        while run.state is not RunState.DONE:
            with portfolio.database.write() as session:
                run = service.process_part(session, vault=portfolio.vault, run_id=run.id, clock=portfolio.clock)
            progress.update(bar, completed=min(run.total, run.next_part * service.PART_ROWS))
    return run


def _print_outcome(portfolio: Any, run: IssuingRun, issuer: str, *, as_json: bool) -> None:
    report = service.run_report(vault=portfolio.vault, run=run)
    with portfolio.database.read() as session:
        first = list_credentials(
            session,
            vault=portfolio.vault,
            organisation=organisation_by_slug(session, slug=issuer),
            run_id=run.id,
            after=None,
            limit=1,
        )
    link = f"{portfolio.settings.public_url}/v/{first[0].token}" if first and first[0].token else None
    counts = {
        "run": run.id,
        "total": run.total,
        "issued": run.issued,
        "already_issued": run.already_issued,
        "conflicts": report["conflicts"],
        "skipped": report["skipped"],
        "example_link": link,
    }
    if as_json:
        _print_json(counts)
        return
    _ = terminal_translator()
    typer.echo(
        _("Issued %(new)d, already issued %(old)d, conflicts %(conflicts)d.")
        % {"new": run.issued, "old": run.already_issued, "conflicts": len(report["conflicts"])}
    )
    for conflict in report["conflicts"][:SHOWN_PROBLEMS]:
        typer.echo(
            _("Row %(row)s: already issued with other values (%(changed)s). Correct that credential instead.")
            % {"row": conflict["row"], "changed": ", ".join(conflict["changed"])}
        )
    if link:
        typer.echo(_("One of the links: %(link)s") % {"link": link})


def _print_report(report: TableReport) -> None:
    _ = terminal_translator()
    console = Console(highlight=False)
    read = report.table
    told = {"encoding": read.encoding, "delimiter": read.delimiter, "sheet": read.sheet}
    console.print(", ".join(f"{name}: {value!r}" for name, value in told.items() if value), markup=False)
    mapping = Grid(_("Column of the table"), _("Read as"))
    for column in report.columns:
        mapping.add_row(column.header, column.label if column.target else _("not read"))
    console.print(mapping)
    for left in report.left_out:
        console.print(_("Row %(row)d is left out: %(text)s") % {"row": left.row, "text": left.text}, markup=False)
    problems: list[Problem] = list(report.problems)
    if not problems:
        return
    grid = Grid(_("Row"), _("Column"), _("Value"), _("What to do"))
    for problem in problems[:SHOWN_PROBLEMS]:
        row = "" if problem.row is None else str(problem.row)
        grid.add_row(row, problem.column or "", problem.value or "", _(problem.message) % problem.data)
    console.print(grid)
    if report.problem_count > SHOWN_PROBLEMS:
        console.print(_("... and %(more)d more (--json shows all)") % {"more": report.problem_count - SHOWN_PROBLEMS})


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
