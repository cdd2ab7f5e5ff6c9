"""`portfolio verifier`: writes the page that checks credentials without any service, for a USB stick or any site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portfolio.config import Settings
from portfolio.credentials.trust import load_trust
from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.verification.standalone.page import host_of, verifier_file


class VerifierFileError(PortfolioError):
    code = "verifier_file"


def verifier(
    out: Annotated[Path, typer.Option(help="where to write the page")],
    trust: Annotated[Path | None, typer.Option(help="trust roots file; default: DATA_DIR/trust.json")] = None,
    host: Annotated[list[str] | None, typer.Option(help="host of a service whose links it may open")] = None,
) -> None:
    """Write the page that checks credentials without the service, with your trust roots inside."""
    settings = Settings()
    chosen = trust or settings.trust_file or settings.data_dir / "trust.json"
    try:
        roots = load_trust(chosen.read_bytes())
    except OSError:
        raise VerifierFileError(N_("There are no trust roots at this place: give the file with --trust.")) from None
    hosts = [host_of(f"//{name}") for name in host] if host else [host_of(settings.public_url)]
    try:
        out.write_bytes(verifier_file(trust=roots, hosts=hosts))
    except OSError:
        raise VerifierFileError(N_("The page cannot be written to this place.")) from None
    typer.echo(str(out))
