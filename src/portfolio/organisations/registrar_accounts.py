"""`portfolio registrars`: accounts that decide about applications. Two at least are needed."""

from __future__ import annotations

from typing import Annotated

import typer

from portfolio.config import Settings
from portfolio.errors import NotFoundError

registrars = typer.Typer(no_args_is_help=True, help="Accounts that admit organisations; two at least are needed.")

Address = Annotated[str, typer.Argument(help="e-mail address of the account")]


@registrars.command("add")
def add(address: Address, language: Annotated[str, typer.Option(help="of the letter: ru or en")] = "ru") -> None:
    """Invite an address by mail to be a registrar; whoever has an account with it accepts by the link."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.invitations import invite_registrar
    from portfolio.people.journal import record_act

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        row = invite_registrar(
            session,
            vault=portfolio.vault,
            address=address,
            public_url=portfolio.settings.public_url,
            language="en" if language == "en" else "ru",
            clock=portfolio.clock,
        )
        record_act(
            session, actor="command", act="registrar.invite", subject=f"invitation:{row.id}", clock=portfolio.clock
        )
    typer.echo("the invitation is queued; the worker sends it")


@registrars.command("remove")
def remove(address: Address) -> None:
    """Take the office of registrar from an account, from its next request on."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.people.accounts import find_account, normalise_address
    from portfolio.people.journal import record_act

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        account = find_account(session, vault=portfolio.vault, address=normalise_address(address))
        if account is None or not account.is_registrar:
            raise NotFoundError("there is no registrar with this address")
        account.is_registrar = False
        session.add(account)
        record_act(
            session, actor="command", act="registrar.remove", subject=f"account:{account.id}", clock=portfolio.clock
        )
    typer.echo("this account is no registrar any more")
