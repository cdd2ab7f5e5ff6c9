"""Commands about single credentials: revoke, correct, and signing with a key that stays on its owner's computer."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from portfolio.config import Settings
from portfolio.credentials.models import RevocationReason
from portfolio.errors import PortfolioError

PASSPHRASE_VARIABLE = "PORTFOLIO_KEY_PASSPHRASE"  # noqa: S105  the variable's name, not a secret


class KeyFileError(PortfolioError):
    code = "key_file"


def revoke(
    credential_id: str,
    issuer: Annotated[str, typer.Option(help="slug of the organisation that issued it, or of its successor")],
    reason: Annotated[RevocationReason, typer.Option(help="why; shown to everybody who checks")],
) -> None:
    """Revoke a credential. It holds once the worker has told the chain."""
    from portfolio.credentials import revocations
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=issuer)
        credential = revocations.revocable(session, organisation=organisation, credential_id=credential_id)
        revocations.revoke(session, credential=credential, reason=reason, by=organisation, clock=portfolio.clock)
    typer.echo(f"{credential_id}: to be revoked ({reason})")


def drafts(issuer: Annotated[str, typer.Option(help="slug of the organisation")]) -> None:
    """Print the drafts that wait for an issuer's own signature, a JSON line each."""
    from portfolio.credentials.drafts import pending_drafts
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    with portfolio.database.read() as session:
        organisation = organisation_by_slug(session, slug=issuer)
        for draft in pending_drafts(session, vault=portfolio.vault, organisation=organisation):
            sys.stdout.buffer.write(draft + b"\n")


def sign(
    drafts_file: Annotated[Path, typer.Argument(metavar="DRAFTS", help="JSON lines from `portfolio drafts`")],
    key: Annotated[Path, typer.Option(help="Ed25519 private key, PEM (PKCS 8); made with --new-key")],
    out: Annotated[Path | None, typer.Option(help="where the signed credentials go; default: standard output")] = None,
    new_key: Annotated[bool, typer.Option("--new-key", help="make the key first if the file is absent")] = False,
) -> None:
    """Sign drafts on this computer: needs neither database nor network. The key never leaves the file."""
    from dataclasses import replace

    from portfolio.credentials.signing import issue
    from portfolio.credentials.statement import statement_of
    from portfolio.organisations.keys import EmbeddedSigner

    signer = EmbeddedSigner.of_seed(read_key(key, make=new_key))
    lines = []
    for line in drafts_file.read_bytes().splitlines():
        now = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(issue(replace(statement_of(line), valid_from=now), signer).document)
    data = b"".join(line + b"\n" for line in lines)
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)
    typer.echo(f"signed {len(lines)} with {signer.public_key.hex()}", err=True)


def submit(
    signed_file: Annotated[Path, typer.Argument(metavar="SIGNED", help="JSON lines from `portfolio sign`")],
    issuer: Annotated[str, typer.Option(help="slug of the organisation")],
) -> None:
    """Hand in signed drafts: all of the file, or nothing of it."""
    from portfolio.credentials.drafts import submit_signed
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    lines = signed_file.read_bytes().splitlines()
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=issuer)
        for line in lines:
            submit_signed(
                session, vault=portfolio.vault, organisation=organisation, document=line, clock=portfolio.clock
            )
    typer.echo(f"accepted {len(lines)}")


def read_key(path: Path, *, make: bool) -> bytes:
    """Return the 32-byte seed of an Ed25519 PEM file; a file that others may read is refused (fault 73)."""
    phrase = os.environ.get(PASSPHRASE_VARIABLE, "").encode() or None
    if make and not path.exists():
        private = Ed25519PrivateKey.generate()
        encryption = BestAvailableEncryption(phrase) if phrase else NoEncryption()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path} may be read by others: run chmod 600 on it")
        private_key = load_pem_private_key(path.read_bytes(), phrase)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise KeyFileError(f"{path} is no PEM private key, or {PASSPHRASE_VARIABLE} is wrong") from None
    if not isinstance(private_key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds another kind of key; Ed25519 is needed")
    return private_key.private_bytes_raw()
