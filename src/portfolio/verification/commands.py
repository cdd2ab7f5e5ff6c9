"""`portfolio verify` and `portfolio upgrade`: judge files, links and lists by trust roots that the user controls.

Neither needs a database or a service; what can be refused of a call exits 64, and 1, 2 and 3 are verdicts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Self

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from portfolio.config import Settings
from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.report import EXIT_CODES, EXIT_USAGE, Outcome, Report, Translate, Verdict
from portfolio.credentials.trust import load_trust
from portfolio.errors import PortfolioError
from portfolio.i18n import N_, Language, gettext_for, printable, terminal_language
from portfolio.verification import inputs, remarks, sources
from portfolio.verification.batch import Summary, verify_sources
from portfolio.verification.fetching import LinkError
from portfolio.verification.inputs import InputError
from portfolio.verification.judging import Finding, Judge, Terms
from portfolio.verification.page import result_view
from portfolio.verification.renewal import held_bundle, renewed, write_bundle
from portfolio.verification.reports import PARTIAL, ReportFile, ReportFileError, rows_json
from portfolio.verification.rows import Row
from portfolio.verification.sources import Source
from portfolio.verification.wording import CHECK_TITLES

MARKS = {Outcome.PASS: "[green]✓[/green]", Outcome.FAIL: "[red]✗[/red]", Outcome.UNKNOWN: "[yellow]?[/yellow]"}
COLOURS = {"VALID": "green", "INVALID": "red", "REVOKED": "red", "EXPIRED": "yellow"}
INTERRUPTED = 130
_SHOWN_ROWS = 20  # of the documents that are not valid; a report has them all

SourceArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="PDF, bundle, credential, public link, photo of a QR code; folder, ZIP or list (TXT, CSV, XLSX, JSONL)",
    ),
]
RpcOption = Annotated[
    list[str] | None,
    typer.Option(help="ask this node instead of those of the trust file; given again, all must agree"),
]
TrustOption = Annotated[Path | None, typer.Option(help="trust roots file; default: DATA_DIR/trust.json")]
ReportOption = Annotated[Path | None, typer.Option(help="write what was found to a .csv, .xlsx or .json file")]
OfflineOption = Annotated[bool, typer.Option("--offline", help="ask nobody, and say what was therefore not checked")]
JsonOption = Annotated[bool, typer.Option("--json", help="print the report as JSON")]


class UsageError(PortfolioError):
    code = "usage"


def verify(
    source: SourceArgument,
    rpc: RpcOption = None,
    trust: TrustOption = None,
    report: ReportOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
) -> None:
    """Judge credentials. Exits 0 VALID, 1 INVALID / REVOKED / EXPIRED, 2 PENDING, 3 CANNOT_CHECK, 64 wrong usage.

    Of many documents the worst decides: 1 before 3 before 2 before 0.
    """
    language = terminal_language()
    settings = Settings()
    try:
        terms = Terms(
            _trust(trust, settings),
            rpc=tuple(rpc or ()),
            offline=offline,
            public_url=settings.public_url,
            # Somebody who never said which service he knows would be warned of every one.
            warns="public_url" in settings.model_fields_set,
        )
        if report is None and len(source) == 1 and sources.is_single(source[0]):
            code = _verify_one(sources.single(source[0]), terms, language, as_json=as_json)
        else:
            code = _verify_many(source, terms, language, report=report, as_json=as_json)
    except (UsageError, ReportFileError, InputError) as error:
        typer.echo(printable(gettext_for(language)(error.message)), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    raise typer.Exit(code)


def _verify_one(source: Source, terms: Terms, language: Language, *, as_json: bool) -> int:
    (finding,) = Judge(terms).judge([source])
    if finding.refusal is not None:
        typer.echo(gettext_for(language)(_refusal(finding.refusal)), err=True)
        for remark in finding.remarks:
            typer.echo(remark.text(gettext_for(language)), err=True)
        return EXIT_USAGE
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(finding_json(finding), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print_finding(finding, gettext_for(language))
    return finding.report.exit_code


def _refusal(code: str) -> str:
    return inputs.MESSAGES.get(code) or remarks.MESSAGES[code]


def _verify_many(arguments: list[str], terms: Terms, language: Language, *, report: Path | None, as_json: bool) -> int:
    translate = gettext_for(language)
    summary = Summary()
    shown: list[Row] = []
    # Paths and offsets, not documents: some 300 bytes each, so that the bar knows how many there are.
    listed = list(sources.expand(arguments))
    if not listed:
        raise UsageError(N_("There is nothing to check."))
    try:
        with ExitStack() as stack:
            file = stack.enter_context(ReportFile(report, terms, summary, translate=translate)) if report else None
            advance = stack.enter_context(_Bar(len(listed))).advance
            for row in verify_sources(listed, terms, summary=summary, language=language, advance=advance):
                if file is not None:
                    file.add(row)
                if as_json or (row.verdict != "VALID" and len(shown) < _SHOWN_ROWS):
                    shown.append(row)
    except KeyboardInterrupt:
        typer.echo(translate(PARTIAL) % {"total": summary.total}, err=True)
        return INTERRUPTED
    if as_json:
        sys.stdout.buffer.write(rows_json(shown, terms, summary) + b"\n")
    else:
        print_summary(summary, shown, terms, translate)
    return summary.exit_code


def upgrade(
    file: Annotated[Path, typer.Argument(help="a bundle, a credential, or a PDF that carries one")],
    out: Annotated[
        Path | None, typer.Option(help="where to write; default: FILE itself, beside a PDF as .json")
    ] = None,
    service: Annotated[str | None, typer.Option(help="the service that issued it; default: PUBLIC_URL")] = None,
) -> None:
    """Fetch the newest bundle of a credential: with its receipt, once it is registered.

    Exits 0 with a receipt, 2 while it is PENDING, 3 when the service does not answer, 64 when it refuses.
    """
    translate = gettext_for(terminal_language())
    target = out or (file if file.suffix.lower() != ".pdf" else file.with_suffix(".json"))
    try:
        newest, registered = renewed(held_bundle(file), service=service or Settings().public_url)
        if registered:
            write_bundle(newest, target)
    except LinkError as error:
        typer.echo(translate(error.message), err=True)
        raise typer.Exit(EXIT_CODES[Verdict.CANNOT_CHECK]) from None
    except OSError as error:
        typer.echo(printable(f"{target}: {error.strerror}"), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    except PortfolioError as error:
        typer.echo(translate(error.message), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    if not registered:
        typer.echo(translate(N_("Not registered yet; the file stays as it is. Try again in a few minutes.")))
        raise typer.Exit(EXIT_CODES[Verdict.PENDING])
    typer.echo(translate(N_("Written to %(path)s, with the proof of the entry.")) % {"path": printable(str(target))})


class _Bar:
    """A progress bar on standard error, where that is a terminal. It has no thread: workers are forked beside it."""

    def __init__(self, total: int) -> None:
        columns = (TextColumn("verify"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True)
        self._task = self._progress.add_task("verify", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, count: int) -> None:
        self._progress.update(self._task, advance=count, refresh=True)


def _trust(path: Path | None, settings: Settings) -> TrustRoots:
    chosen = path or settings.trust_file or settings.data_dir / "trust.json"
    try:
        return load_trust(chosen.read_bytes())
    except OSError:
        raise UsageError(f"no trust roots at {chosen}: give the file with --trust (see docs/spec/verdict.md)") from None
    except PortfolioError as error:
        raise UsageError(error.message) from None


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return the report of one document with what the command adds: short code, and remarks on the way it came."""
    said = [{"code": remark.code, "message": remark.text(), "data": dict(remark.data)} for remark in finding.remarks]
    return {**finding.report.to_json(), "short_code": finding.short_code, "remarks": said}


def print_finding(finding: Finding, translate: Translate) -> None:
    """Print one finding for people."""
    console = Console(highlight=False, soft_wrap=True)
    report = finding.report
    console.print(f"[bold]{report.verdict}[/bold]  {translate(report.verdict.message)}")
    for label, value in _shown(report, translate):
        console.print(f"  {label}: {printable(value)}", markup=False)
    for check in report.checks:
        console.print(f"  {MARKS[check.outcome]} ", end="")
        console.print(f"{translate(CHECK_TITLES[check.name])}: {check.text(translate)}", markup=False)
    said = [note.text(translate) for note in (*report.warnings, *report.notes)]
    for text in [*said, *(remark.text(translate) for remark in finding.remarks)]:
        console.print(f"  ! {text}", markup=False)


def _shown(report: Report, translate: Translate) -> Iterator[tuple[str, str]]:
    """Return what is to be compared with the paper, under the labels of the page."""
    paper = result_view(report, language=terminal_language()).paper
    if paper is None:
        return
    yield translate(N_("Document")), paper.kind
    yield translate(N_("Holder")), paper.holder
    yield from ((row.label, row.value) for row in paper.rows)
    yield from (mark for _, marks in paper.marks for mark in marks)
    if paper.issuer:
        yield translate(N_("Issued by")), paper.issuer
    if paper.code:
        yield translate(N_("Check code")), paper.code


def print_summary(summary: Summary, bad: list[Row], terms: Terms, translate: Translate) -> None:
    """Print counts by verdict and the first documents that are not valid."""
    console = Console(highlight=False, soft_wrap=True)
    for row in bad:
        console.print(f"[{COLOURS.get(row.verdict, 'yellow')}]{row.verdict:13}[/]", end=" ")
        console.print(f"{row.source}: {row.message}", markup=False)
    counted = summary.total - summary.counts.get("VALID", 0) - len(bad)
    if counted > 0:
        console.print(translate(N_("... and %(count)s more; --report FILE writes them all.")) % {"count": counted})
    for verdict, count in sorted(summary.counts.items()):
        console.print(f"[bold]{verdict:13}[/bold] {count}")
    if terms.offline:
        console.print(translate(remarks.MESSAGES["offline"]))
    if summary.unchecked_end:
        console.print(translate(remarks.MESSAGES["end_unchecked"]))
