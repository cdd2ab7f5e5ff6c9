"""The `portfolio` command: puts the slices' commands together and turns refusals into one sentence and an exit code."""

from __future__ import annotations

import logging
import sys

import typer

from portfolio.credentials.commands import drafts, revoke, sign, submit
from portfolio.documents.commands import documents
from portfolio.errors import PortfolioError
from portfolio.issuing.commands import issue
from portfolio.operations.commands import audit, bench, chain, doctor, migrate, serve, up, worker
from portfolio.organisations.commands import issuer, key
from portfolio.verification.commands import verify

REFUSED = 64  # EX_USAGE of sysexits.h: the call, not the credential, was wrong

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Credentials that anybody can verify.",
)
for command in (up, chain, serve, worker, migrate, doctor, issue, drafts, sign, submit, revoke, verify, audit, bench):
    app.command(command.__name__)(command)
app.add_typer(issuer, name="issuer")
app.add_typer(key, name="key")
app.add_typer(documents, name="documents")


def main() -> None:
    """Run the command line; a refusal is a sentence on standard error, never a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        app(standalone_mode=True)
    except PortfolioError as error:
        from portfolio.i18n import terminal_translator

        sys.stderr.write(terminal_translator()(error.message) + "\n")
        raise SystemExit(REFUSED) from None


if __name__ == "__main__":
    main()
