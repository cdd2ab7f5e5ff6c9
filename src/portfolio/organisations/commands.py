"""`portfolio issuer` and `portfolio key`: issuers, their keys on chain, and API keys of their machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from portfolio.config import Settings
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.organisations import registrar_commands, staffing_commands
from portfolio.organisations.registrar_accounts import registrars as registrars  # noqa: PLC0414  a command of its own
from portfolio.organisations.registrar_commands import head_time, moment_of, shown
from portfolio.organisations.staffing_commands import TypeName

issuer = typer.Typer(no_args_is_help=True, help="Issuing organisations and their keys.")
for _command, _does in (
    ("suspend", registrar_commands.suspend),
    ("reinstate", registrar_commands.reinstate),
    ("rename", registrar_commands.rename),
    ("set-kinds", registrar_commands.set_kinds),
    ("name-successor", registrar_commands.name_successor),
    ("recover-controller", registrar_commands.recover_controller),
    ("set-type", staffing_commands.set_type),
    ("invite-admin", staffing_commands.invite_admin),
):
    issuer.command(_command)(_does)
key = typer.Typer(no_args_is_help=True, help="API keys of an organisation's machines.")


class BadKeyError(PortfolioError):
    code = "bad_key"


@issuer.command("add")
def add(
    slug: str,
    name: Annotated[str, typer.Option(help="official name, as verdicts will show it")],
    contact: Annotated[str, typer.Option(help="whom to ask; verdicts show it")],
    kinds: Annotated[list[str], typer.Option("--kind", help="a kind it may issue; repeat for several")],
    time_zone: str = "Europe/Moscow",
    organisation_type: Annotated[
        TypeName, typer.Option("--type", help="what it is; its pages follow from it")
    ] = "school",
    own_credential_key: Annotated[
        str | None, typer.Option(help="public key (64 hex digits) if the issuer keeps its own; default: hosted here")
    ] = None,
) -> None:
    """Add an issuer; the worker has it admitted and its keys registered on chain."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.models import OrganisationType, Purpose
    from portfolio.organisations.service import create_organisation

    portfolio = open_portfolio(Settings())
    own = {Purpose.CREDENTIAL: public_key_of(own_credential_key)} if own_credential_key else None
    with portfolio.database.write() as session:
        organisation = create_organisation(
            session,
            vault=portfolio.vault,
            identifier_host=portfolio.settings.identifier_host,
            slug=slug,
            name=name,
            contact=contact,
            kinds=kinds,
            time_zone=time_zone,
            own_keys=own,
            organisation_type=OrganisationType(organisation_type),
            clock=portfolio.clock,
        )
    typer.echo(f"{organisation.did}: to be admitted")


@issuer.command("list")
def list_issuers() -> None:
    """List the issuers with their keys."""
    from sqlmodel import select

    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.models import Organisation
    from portfolio.organisations.service import keys_of, kinds_of_mask

    portfolio = open_portfolio(Settings())
    with portfolio.database.read() as session:
        for row in session.exec(select(Organisation).order_by(Organisation.slug)):
            admitted = row.admitted_at.isoformat() if row.admitted_at else "not yet admitted"
            since = row.suspended_from
            state = f"suspended as of {shown(since)}" if since is not None else admitted
            typer.echo(f"{row.slug}  {row.name}  {state}  {','.join(kinds_of_mask(row.kinds))}")
            for item in keys_of(session, organisation=row):
                state = "retired" if item.retired_at else "active" if item.active_at else "waiting for the chain"
                typer.echo(f"  {item.public_key.hex()}  {item.purpose}  {item.custody}  {state}")


@issuer.command("rotate-key")
def rotate(
    slug: str,
    purpose: Annotated[
        Literal["credential", "status"], typer.Option(help="what the key signs: credentials, or status lists")
    ] = "credential",
) -> None:
    """Give an issuer a new hosted key; the old one stays good until it is retired."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.models import Purpose
    from portfolio.organisations.service import organisation_by_slug, rotate_key

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        made = rotate_key(
            session,
            vault=portfolio.vault,
            organisation=organisation_by_slug(session, slug=slug),
            purpose=Purpose(purpose),
            clock=portfolio.clock,
        )
    typer.echo(f"{made.public_key.hex()}: to be registered; it signs from then on")


@issuer.command("retire-key")
def retire(
    slug: str,
    public_key: str,
    as_of: registrar_commands.AsOf = None,
) -> None:
    """End a key as of a moment: what was anchored before stays valid, what came after is not."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.service import keys_of, organisation_by_slug, retire_key

    portfolio = open_portfolio(Settings())
    wanted = public_key_of(public_key)
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=slug)
        found = [item for item in keys_of(session, organisation=organisation) if item.public_key == wanted]
        if not found:
            raise NotFoundError(f"{slug} has no such key")
        # The contract goes by block time, which lags behind this clock on a chain that mines by itself.
        now = head_time(portfolio.settings)
        moment = now if as_of is None else moment_of(as_of)
        retire_key(session, key=found[0], organisation=organisation, as_of=moment, now=now, clock=portfolio.clock)
    typer.echo(f"{public_key}: to be retired as of {shown(moment)}")


@issuer.command("logo")
def logo(
    slug: str, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="PNG or JPEG")]
) -> None:
    """Set the logo that the issuer's diplomas show; it is encoded anew, and nothing but its pixels is kept."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.logos import set_logo
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        kept = set_logo(
            session,
            organisation=organisation_by_slug(session, slug=slug),
            content=file.read_bytes(),
            clock=portfolio.clock,
        )
    typer.echo(f"{slug}: logo of {kept.width} x {kept.height} pixels, {len(kept.png)} bytes")


@issuer.command("design")
def design(slug: str, name: Annotated[str, typer.Argument(help="one of the designs of diplomas")]) -> None:
    """Choose the design of the issuer's diplomas; a run may have its own (`portfolio diplomas --design`)."""
    from portfolio.diplomas.service import choose_design
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=slug)
        choose_design(session, organisation_id=organisation.id, design=name)
    typer.echo(f"{slug}: {name}")


@key.command("create")
def create(slug: str, label: Annotated[str, typer.Option(help="what machine it is for")] = "api") -> None:
    """Make an API key and print it; it is shown this once."""
    from portfolio.auth import create_api_key
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        made = create_api_key(
            session, organisation=organisation_by_slug(session, slug=slug), label=label, clock=portfolio.clock
        )
    typer.echo(made)


def public_key_of(text: str) -> bytes:
    """Return the 32 bytes of a public key given in hexadecimal."""
    try:
        data = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        data = b""
    if len(data) != 32:  # noqa: PLR2004
        raise BadKeyError("a public key is 64 hexadecimal digits")
    return data
