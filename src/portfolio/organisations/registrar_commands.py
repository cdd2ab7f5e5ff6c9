"""`portfolio issuer ...`: what registrars and controllers decide in the course of time. It holds once the worker has
brought it to the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from portfolio.config import Settings
from portfolio.errors import PortfolioError

if TYPE_CHECKING:
    from sqlmodel import Session

    from portfolio.app import Portfolio
    from portfolio.organisations.models import Decision, Organisation

Slug = Annotated[str, typer.Argument(help="the issuer")]
AsOf = Annotated[
    str | None, typer.Option(help="moment, as 2026-11-22T10:00:00Z or unix seconds; default: the newest block")
]


class BadMomentError(PortfolioError):
    code = "bad_as_of"


class Step(StrEnum):
    """Steps of replacing a controller."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    EXECUTE = "execute"
    SHOW = "show"


def suspend(slug: Slug, as_of: AsOf = None) -> None:
    """Suspend an issuer: what was anchored before stays valid, what comes after is not; nothing is issued any more."""
    from portfolio.organisations import standing

    with _issuer(slug) as (portfolio, session, organisation):
        now = head_time(portfolio.settings)
        moment = now if as_of is None else moment_of(as_of)
        standing.suspend(session, organisation=organisation, as_of=moment, now=now, clock=portfolio.clock)
    typer.echo(f"{slug}: to be suspended as of {shown(moment)}")


def reinstate(slug: Slug) -> None:
    """End the suspension of an issuer, from the block on that holds it."""
    from portfolio.organisations import standing

    with _issuer(slug) as (portfolio, session, organisation):
        standing.reinstate(session, organisation=organisation, clock=portfolio.clock)
    typer.echo(f"{slug}: to be reinstated")


def rename(slug: Slug, name: Annotated[str, typer.Argument(help="the new official name")]) -> None:
    """Give an issuer another name; verdicts show the name of the time, and the new one beside it."""
    from portfolio.organisations import standing

    with _issuer(slug) as (portfolio, session, organisation):
        decision = standing.rename(session, organisation=organisation, name=name, clock=portfolio.clock)
    typer.echo(f"{slug}: to be renamed to {decision.value['name']}")


def set_kinds(
    slug: Slug, kinds: Annotated[list[str], typer.Option("--kind", help="a kind it may issue; repeat for several")]
) -> None:
    """Set the kinds that an issuer may issue; what it issued before stays valid."""
    from portfolio.organisations import standing

    with _issuer(slug) as (portfolio, session, organisation):
        standing.set_kinds(session, organisation=organisation, kinds=kinds, clock=portfolio.clock)
    typer.echo(f"{slug}: to issue {', '.join(kinds)}")


def name_successor(slug: Slug, successor: Annotated[str, typer.Argument(help="the issuer that follows it")]) -> None:
    """Name the legal successor of an issuer: it may revoke what the issuer issued, and nothing else."""
    from portfolio.organisations import standing
    from portfolio.organisations.service import organisation_by_slug

    with _issuer(slug) as (portfolio, session, organisation):
        heir = organisation_by_slug(session, slug=successor)
        standing.name_successor(session, organisation=organisation, successor=heir, clock=portfolio.clock)
    typer.echo(f"{slug}: to be followed by {successor}")


def recover_controller(
    slug: Slug,
    step: Annotated[Step, typer.Argument(help="what to do; `show` tells how far it is")] = Step.SHOW,
    controller: Annotated[
        str | None, typer.Option(help="address of a controller kept elsewhere; default: a new key hosted here")
    ] = None,
) -> None:
    """Replace a lost or stolen controller: propose, confirm by a second registrar, execute after 7 days."""
    from portfolio.organisations import recovery

    with _issuer(slug) as (portfolio, session, organisation):
        made: dict[Step, Callable[[], Decision]] = {
            Step.PROPOSE: lambda: recovery.propose(
                session, vault=portfolio.vault, organisation=organisation, controller=controller, clock=portfolio.clock
            ),
            Step.CONFIRM: lambda: recovery.confirm(session, organisation=organisation, clock=portfolio.clock),
            Step.CANCEL: lambda: recovery.cancel(session, organisation=organisation, clock=portfolio.clock),
            Step.EXECUTE: lambda: recovery.execute(
                session, organisation=organisation, now=head_time(portfolio.settings), clock=portfolio.clock
            ),
        }
        if step is not Step.SHOW:
            decision = made[step]()
            typer.echo(f"{slug}: {step} controller {decision.value['controller']}")
            return
        found = recovery.recovery_of(session, organisation=organisation)
    if found is None:
        typer.echo(f"{slug}: no recovery is under way")
    elif found.executable_at is None:
        typer.echo(f"{slug}: {found.controller} is proposed; a second registrar has to confirm")
    else:
        typer.echo(f"{slug}: {found.controller} may be carried out from {shown(found.executable_at)} on, for 30 days")


def moment_of(text: str) -> int:
    """Return unix seconds of a moment given as such, or as ISO 8601 with its zone."""
    if text.isdecimal():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min  # noqa: DTZ901  refused below, having no zone
    if found.tzinfo is None:
        raise BadMomentError("give the moment as 2026-11-22T10:00:00Z, or in unix seconds")
    return int(found.timestamp())


def shown(moment: int) -> str:
    """Return a moment (unix seconds) as people read it, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def head_time(settings: Settings) -> int:
    """Return the time of the chain's newest block in unix seconds: contracts go by it, not by this clock."""
    from portfolio.chain.client import ChainClient

    return ChainClient(settings.resolved_rpc_url).head().time


@contextmanager
def _issuer(slug: str) -> Iterator[tuple[Portfolio, Session, Organisation]]:
    from portfolio.operations.compose import open_portfolio
    from portfolio.organisations.service import organisation_by_slug

    portfolio = open_portfolio(Settings())
    with portfolio.database.write() as session:
        yield portfolio, session, organisation_by_slug(session, slug=slug)
