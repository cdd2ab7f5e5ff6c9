"""`portfolio issuer set-type` and `invite-admin`: people for an organisation that no application has brought here."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from portfolio.config import Settings

TypeName: TypeAlias = Literal["school", "organiser", "cpd_provider", "university", "employer"]


def set_type(slug: str, organisation_type: Annotated[TypeName, typer.Argument(metavar="TYPE")]) -> None:
    """Say what an organisation is; which pages its staff have follows from it at once."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.models import OrganisationType
    from portfolio.organisations.service import organisation_by_slug
    from portfolio.people.journal import record_act

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=slug)
        organisation.type = OrganisationType(organisation_type)
        session.add(organisation)
        record_act(
            session,
            actor="command",
            act="organisation.type",
            subject=organisation.id,
            detail=organisation_type,
            clock=portfolio.clock,
        )
    typer.echo(f"{slug}: {organisation_type}")


def invite_admin(
    slug: str,
    address: Annotated[str, typer.Argument(metavar="EMAIL", help="e-mail address of the administrator")],
    language: Annotated[str, typer.Option(help="of the letter: ru or en")] = "ru",
) -> None:
    """Invite an address by mail to be an administrator of an organisation; all other staff he invites himself."""
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.administrators import invite_admin as invite
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=slug)
        invite(
            session,
            vault=portfolio.vault,
            organisation=organisation,
            address=address,
            invited_by="command",
            actor="command",
            public_url=portfolio.settings.public_url,
            language="en" if language == "en" else "ru",
            clock=portfolio.clock,
        )
    typer.echo("the invitation is queued; the worker sends it")
