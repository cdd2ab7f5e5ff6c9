"""`portfolio doctor`: what is missing or misconfigured, and what to do about it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from portfolio.anchoring.pairs import known_pairs
from portfolio.chain.accounts import Account
from portfolio.chain.client import ChainClient
from portfolio.chain.deployment import Deployment, deployment_of, read_deployment, verify_deployment
from portfolio.chain.local import find_anvil
from portfolio.config import Settings
from portfolio.db import Database
from portfolio.documents.encryption import load_master_keys
from portfolio.documents.kubo import KuboStore
from portfolio.errors import PortfolioError
from portfolio.migrations import require_newest
from portfolio.notifications.mailer import OutboxMailer, open_mailer

LEAST_FREE = 1 << 30  # bytes


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at: fine, or what is wrong and what to do."""

    what: str
    fine: bool
    message: str


def examine(settings: Settings) -> Iterator[Diagnosis]:
    """Look at everything a process needs, without changing anything."""
    yield Diagnosis("python", sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}; 3.11 or newer is needed")
    yield _look("master key", lambda: _master_key(settings))
    yield _look("database", lambda: _database(settings))
    if settings.uses_local_chain:
        yield _look("anvil", lambda: f"the local chain's program is {find_anvil()}")
    yield _look("chain", lambda: _chain(settings))
    yield _look("accounts", lambda: _accounts(settings))
    if settings.ipfs_api_url:
        yield _look("ipfs", lambda: _ipfs(settings.ipfs_api_url or ""))
    yield _look("mail", lambda: _mail(settings))
    yield _disk(settings)
    yield Diagnosis(
        "addresses",
        not settings.is_production or settings.public_url.startswith("https://"),
        f"public links begin with {settings.public_url}; in production use https (PORTFOLIO_PUBLIC_URL)",
    )
    yield _operator(settings)


def _operator(settings: Settings) -> Diagnosis:
    names = ("operator_name", "operator_address", "operator_contact")
    invented = [name for name in names if getattr(settings, name) == Settings.model_fields[name].default]
    wanted = ", ".join(f"PORTFOLIO_{name.upper()}" for name in invented)
    said = f"{settings.operator_name}, {settings.operator_address}"
    return Diagnosis(
        "operator",
        not (settings.is_production and invented),
        f"the privacy notice and acts of destruction name {said}" + (f"; invented: set {wanted}" if invented else ""),
    )


def _look(what: str, ask: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(what, fine=True, message=ask())
    except PortfolioError as error:
        return Diagnosis(what, fine=False, message=error.message)


def _master_key(settings: Settings) -> str:
    value = settings.master_key.get_secret_value() if settings.master_key else None
    path = settings.resolved_master_key_file
    if value is None and not path.exists() and not settings.is_production:
        return f"none yet; the first start makes {path} (keep a copy elsewhere: without it documents are lost)"
    keys = load_master_keys(value=value, path=path, is_production=True)
    return f"versions {', '.join(map(str, keys.versions))}"


def _database(settings: Settings) -> str:
    database = Database(settings.resolved_database_url)
    try:
        require_newest(database)
    finally:
        database.dispose()
    return f"{database.engine.dialect.name}, at the newest version"


def _chain(settings: Settings) -> str:
    deployments = {1: read_deployment(settings.resolved_deployment_file)} | _further_pairs(settings)
    for number, deployment in deployments.items():
        verify_deployment(ChainClient(settings.rpc_url_of(number), timeout=5), deployment)
    return "; ".join(
        f"chain {deployment.chain_id} at {settings.rpc_url_of(number)} holds pair {number} of contracts as recorded"
        for number, deployment in deployments.items()
    )


def _further_pairs(settings: Settings) -> dict[int, Deployment]:
    """Return the pairs beside the first, as far as there is a database that knows of any."""
    database = Database(settings.resolved_database_url)
    try:
        require_newest(database)
        with database.read() as session:
            known = known_pairs(session)
    except PortfolioError:
        return {}  # said under "database"
    finally:
        database.dispose()
    return {pair.number: deployment_of(pair.record, where=f"pair {pair.number}") for pair in known}


def _accounts(settings: Settings) -> str:
    if settings.operator_key is None:
        if not settings.uses_local_chain or settings.is_production:
            raise PortfolioError("no account to send with: set PORTFOLIO_OPERATOR_KEY")
        return "development accounts of the local chain"
    account = Account.from_hex(settings.operator_key.get_secret_value())
    if settings.is_production and account.is_known_to_everybody:
        raise PortfolioError("PORTFOLIO_OPERATOR_KEY is a key that everybody knows: make a new one")
    balance = ChainClient(settings.resolved_rpc_url, timeout=5).balance(account.address)
    return f"operator {account.address} holds {balance / 10**18:.4f} coins"


def _ipfs(url: str) -> str:
    store = KuboStore(url)
    try:
        store.check()
        return f"Kubo {store.version()} on a private swarm"
    finally:
        store.close()


def _mail(settings: Settings) -> str:
    mailer = open_mailer(settings)
    if isinstance(mailer, OutboxMailer):
        return f"letters go to {mailer.folder} and to nobody; PORTFOLIO_SMTP_URL sets a server"
    return f"letters go out as {settings.resolved_mail_from}"


def _disk(settings: Settings) -> Diagnosis:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.resolve().parent
    free = shutil.disk_usage(folder if folder.exists() else ".").free
    return Diagnosis("disk", free > LEAST_FREE, f"{free >> 20} MiB free where {settings.data_dir} is; keep 1024")
