"""The `portfolio` command: puts the slices' commands together and turns refusals into one sentence and an exit code.

Only the module of the command that was asked for is imported: `portfolio verify` must not wait for all
libraries of the rest.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from keyword import iskeyword
from types import MappingProxyType
from typing import Final

import typer
from pydantic import ValidationError
from typer._click.exceptions import UsageError

from portfolio.errors import PortfolioError

REFUSED: Final = 64  # EX_USAGE of sysexits.h: the call, not the credential, was wrong
FAULT: Final = 70  # EX_SOFTWARE
INTERRUPTED: Final = 130

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "up": "operations",
        "chain": "operations",
        "serve": "operations",
        "worker": "operations",
        "migrate": "operations",
        "doctor": "operations",
        "issue": "issuing",
        "diplomas": "diplomas",
        "drafts": "credentials",
        "sign": "credentials",
        "submit": "credentials",
        "revoke": "credentials",
        "verify": "verification",
        "upgrade": "verification",
        "verifier": "verification.standalone",
        "import": "achievements",
        "clr": "achievements",
        "pairs": "operations",
        "erasures": "operations",
        "audit": "operations",
        "retry": "operations",
        "bench": "operations",
        "demo-code": "operations",
        "issuer": "organisations",
        "key": "organisations",
        "registrars": "organisations",
        "documents": "documents",
    }
)
"""Command to the slice whose `commands` module has it, in the order of `--help`."""


def build(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line with the named commands."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Credentials that anybody can verify.",
    )
    app.callback()(lambda: None)  # so that a single command keeps its name
    for name in names:
        found = name.replace("-", "_") + "_" * iskeyword(name)
        command = getattr(import_module(f"portfolio.{COMMANDS[name]}.commands"), found)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def main() -> None:
    """Run the command line; a refusal is a sentence on standard error, never a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        code = build([asked] if asked in COMMANDS else COMMANDS)(standalone_mode=False)
    except UsageError as error:
        error.show()
        raise SystemExit(REFUSED) from None
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            sys.stderr.write(f"PORTFOLIO_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}\n")
        raise SystemExit(REFUSED) from None
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(INTERRUPTED) from None
    except PortfolioError as error:
        from portfolio.i18n import terminal_translator

        sys.stderr.write(terminal_translator()(error.message) + "\n")
        raise SystemExit(REFUSED) from None
    except Exception:
        # A fault of the program must not look like a verdict: 1 would say INVALID.
        logging.getLogger(__name__).exception("a fault of this program")
        raise SystemExit(FAULT) from None
    raise SystemExit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
