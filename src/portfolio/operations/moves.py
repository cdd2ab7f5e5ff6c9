"""Moving to another pair of contracts: deploy it beside the others, enter everybody, and later close the one left."""

from __future__ import annotations

from dataclasses import dataclass

from portfolio.anchoring import pairs
from portfolio.app import Portfolio
from portfolio.chain.client import ChainClient
from portfolio.chain.deployment import Deployment, deploy
from portfolio.operations.compose import accounts_of, known_deployments, trusted_pair, write_trust
from portfolio.organisations import moving


@dataclass(frozen=True, slots=True)
class AddedPair:
    """A pair that was added; `issuers` are to be entered in it."""

    number: int
    name: str
    credential_registry: str
    issuers: int


def add_pair(portfolio: Portfolio, *, name: str | None = None) -> AddedPair:
    """Deploy another pair beside those there are and queue the entry of all issuers; a rerun takes up what was begun.

    Only one pair is filled at a time: while one is, `PairError`. The processes that run have to be started again.
    """
    settings, database = portfolio.settings, portfolio.database
    known = known_deployments(database, settings)
    number = max(known) + 1
    with database.read() as session:
        if pairs.pair_waits(session):
            raise pairs.PairError("a pair is being filled already: let the worker finish it first")
    deployment = _deploy(portfolio, number, [deployment for _, deployment in known.values()])
    chosen = name or f"{known[pairs.FIRST][0]}-{number}"
    with database.write() as session:
        row = pairs.add_pair(session, name=chosen, record=deployment.to_json(), now=portfolio.clock())
        issuers = moving.enter_issuers(session, pair=row, clock=portfolio.clock)
    trusted = trusted_pair(settings, deployment, number=number, name=chosen)
    write_trust(settings, [*portfolio.pairs.values(), trusted])
    return AddedPair(number, chosen, deployment.credential_registry, issuers)


def close_pair(portfolio: Portfolio, *, number: int) -> int:
    """Queue the end of all keys in a pair that was left, as of its chain's newest block; returns how many."""
    now = ChainClient(portfolio.settings.rpc_url_of(number)).head().time
    with portfolio.database.write() as session:
        pair = pairs.pair_by_number(session, number=number)
        return moving.close_pair(session, pair=pair, now=now, clock=portfolio.clock)


def _deploy(portfolio: Portfolio, number: int, others: list[Deployment]) -> Deployment:
    settings = portfolio.settings
    accounts = accounts_of(settings)
    first = settings.resolved_deployment_file
    return deploy(
        ChainClient(settings.rpc_url_of(number)),
        registrars=[account.address for account in accounts.registrars],
        operator=accounts.operator,
        record_path=first.with_name(f"{first.stem}-{number}{first.suffix}"),
        beside=others,
    )
