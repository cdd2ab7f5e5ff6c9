"""`portfolio pairs`: a second pair of contracts beside the first, and what is in each (ADR 0091)."""

from __future__ import annotations

from typing import Annotated

import typer

from portfolio.config import Settings

pairs = typer.Typer(no_args_is_help=True, help="Pairs of contracts: list, add another beside, close one that was left.")


@pairs.command("list")
def list_pairs() -> None:
    """List the pairs with what is under way in each."""
    from portfolio.anchoring.pairs import known_pairs, present_number, unfinished_calls
    from portfolio.operations.compose import open_portfolio

    portfolio = open_portfolio(Settings())
    with portfolio.database.read() as session:
        present = present_number(session)
        for pair in known_pairs(session):
            state = "closed" if pair.closed_at else "left" if pair.opened_at else "being filled with issuers"
            state = "present" if pair.number == present else state
            waiting = unfinished_calls(session, number=pair.number)
            typer.echo(
                f"{pair.number}  {pair.name}  chain {pair.chain_id}  {pair.credential_registry}  {state}  "
                f"calls not final: {waiting}"
            )


@pairs.command("add")
def add(
    name: Annotated[
        str | None, typer.Option(help="what trust roots call it; default: the first's with a number")
    ] = None,
) -> None:
    """Deploy another pair and enter all issuers and their keys in it; the worker opens it when that is final.

    Harmless to repeat after an interruption. For another chain set PORTFOLIO_PAIR_RPC_URLS first. Start the other
    processes again afterwards: they then trust both pairs.
    """
    from portfolio.operations.compose import open_portfolio
    from portfolio.operations.moves import add_pair

    made = add_pair(open_portfolio(Settings()), name=name)
    typer.echo(f"pair {made.number}, {made.name}, at {made.credential_registry}: issuers to enter: {made.issuers}")
    typer.echo("start serve and worker again; new anchors are made in it once everything entered is final")


@pairs.command("close")
def close(number: int) -> None:
    """End all keys in a pair that was left, as of its chain's newest block: what is anchored in it later is worth
    nothing.
    """
    from portfolio.operations.compose import open_portfolio
    from portfolio.operations.moves import close_pair

    ended = close_pair(open_portfolio(Settings()), number=number)
    typer.echo(f"pair {number}: keys to end: {ended}")
