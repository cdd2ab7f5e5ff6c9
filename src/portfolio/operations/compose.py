"""Puts a process together from the settings; refuses to start on anything unsafe, with a sentence that says what to
do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, select

from portfolio.anchoring.gateway import ChainGateway
from portfolio.anchoring.models import Sender
from portfolio.anchoring.pairs import FIRST, add_pair, known_pairs, present_number
from portfolio.app import Portfolio
from portfolio.chain.accounts import LOCAL_CHAIN_IDS, Account, development_account
from portfolio.chain.client import ChainClient
from portfolio.chain.deployment import Deployment, deploy, deployment_of, read_deployment
from portfolio.chain.reader import PairReader
from portfolio.config import Settings
from portfolio.credentials.facts import TrustedPair, TrustRoots
from portfolio.credentials.trust import dump_trust
from portfolio.db import Database, utc_now
from portfolio.documents.encryption import load_master_keys
from portfolio.documents.service import open_store
from portfolio.documents.vault import Vault
from portfolio.errors import PortfolioError
from portfolio.migrations import require_newest
from portfolio.organisations.models import Organisation
from portfolio.organisations.service import controller_key_of
from portfolio.verification.keeper import FactsKeeper

LOCAL_CHAIN_ID = 31337
DEFAULT_HEAD_AGE = 900  # seconds without a block after which a chain that mines by itself is not believed


class UnsafeSettingsError(PortfolioError):
    """Settings that may not be used in production, or that contradict what is stored."""

    status = 500
    code = "unsafe_settings"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts this process sends with; registrars only where this process admits issuers."""

    operator: Account
    registrars: tuple[Account, ...]

    def of(self, sender: Sender) -> Account:
        """Return the account of a sender; raises when this process was not given it."""
        if sender is Sender.OPERATOR:
            return self.operator
        place = int(sender is Sender.SECOND_REGISTRAR)
        if len(self.registrars) <= place:
            # Where the second registrar is somebody else's, it confirms by itself: the chain is asked whether it has.
            raise UnsafeSettingsError("the key of another registrar is needed here: add it to PORTFOLIO_REGISTRAR_KEYS")
        return self.registrars[place]


def accounts_of(settings: Settings) -> Accounts:
    """Return the accounts of the settings; the local chain's own where none are set and this is no production."""
    if settings.operator_key is None:
        if settings.is_production or not settings.uses_local_chain:
            raise UnsafeSettingsError("set PORTFOLIO_OPERATOR_KEY to the key of the account that sends transactions")
        operator, *registrars = (development_account(index, chain_id=LOCAL_CHAIN_ID) for index in range(3))
        return Accounts(operator, tuple(registrars))
    keys = settings.registrar_keys.get_secret_value() if settings.registrar_keys else ""
    accounts = Accounts(
        Account.from_hex(settings.operator_key.get_secret_value()),
        tuple(Account.from_hex(key) for key in keys.split(",") if key.strip()),
    )
    known = [account for account in (accounts.operator, *accounts.registrars) if account.is_known_to_everybody]
    if settings.is_production and known:
        raise UnsafeSettingsError(f"the key of {known[0].address} is printed in manuals: make a new one")
    return accounts


def check_production(settings: Settings) -> None:
    """Refuse what only development may do (fault 73)."""
    if not settings.is_production:
        return
    if settings.uses_local_chain:
        raise UnsafeSettingsError("production needs a chain: set PORTFOLIO_CHAIN_RPC_URL")
    if settings.max_head_age is None:
        raise UnsafeSettingsError("production needs PORTFOLIO_MAX_HEAD_AGE: a node that stopped must not be believed")
    if settings.finality_depth == 0:
        raise UnsafeSettingsError("production needs PORTFOLIO_FINALITY_DEPTH: how many blocks make an entry final")
    if settings.identifier_host.endswith("localhost"):
        raise UnsafeSettingsError("production needs PORTFOLIO_IDENTIFIER_HOST: it is frozen at the first issuer")
    if not settings.public_url.startswith("https://"):
        raise UnsafeSettingsError("production needs https in PORTFOLIO_PUBLIC_URL")
    accounts_of(settings)


def deploy_contracts(settings: Settings) -> Deployment:
    """Deploy the pair of contracts unless the record shows it deployed; harmless to repeat."""
    accounts = accounts_of(settings)
    client = ChainClient(settings.resolved_rpc_url)
    return deploy(
        client,
        registrars=[account.address for account in accounts.registrars],
        operator=accounts.operator,
        record_path=settings.resolved_deployment_file,
    )


def trusted_pair(settings: Settings, deployment: Deployment, *, number: int = FIRST, name: str = "") -> TrustedPair:
    """Return a pair as the service trusts it: a chain that mines on demand may be silent, any other may not."""
    local = is_local(deployment)
    return deployment.trusted_pair(
        name=name or ("local" if local else "main"),
        depth=settings.finality_depth,
        max_head_age=settings.max_head_age or (None if local else DEFAULT_HEAD_AGE),
        rpc_urls=(settings.rpc_url_of(number),),
        local=local,
    )


def is_local(deployment: Deployment) -> bool:
    """Tell whether a pair stands on a chain of one machine, by the chain's id."""
    return deployment.chain_id in LOCAL_CHAIN_IDS


def known_deployments(database: Database, settings: Settings) -> dict[int, tuple[str, Deployment]]:
    """Return name and deployment of every pair by number; the first is entered when the service sees it first."""
    with database.read() as session:
        known = known_pairs(session)
    if not known:
        first = read_deployment(settings.resolved_deployment_file)
        with database.write() as session:
            name = trusted_pair(settings, first).name
            known = known_pairs(session) or [add_pair(session, name=name, record=first.to_json(), now=utc_now())]
    return {pair.number: (pair.name, deployment_of(pair.record, where=f"pair {pair.number}")) for pair in known}


def write_trust(settings: Settings, pairs: Iterable[TrustedPair]) -> None:
    """Write the trust roots that `portfolio verify` takes by default on this machine."""
    path = settings.data_dir / "trust.json"
    text = dump_trust(TrustRoots(tuple(pairs)))
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def open_portfolio(settings: Settings) -> Portfolio:
    """Compose a process over a migrated database and a deployed pair."""
    check_production(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.resolved_database_url)
    require_newest(database)
    value = settings.master_key.get_secret_value() if settings.master_key else None
    keys = load_master_keys(value=value, path=settings.resolved_master_key_file, is_production=settings.is_production)
    with database.read() as session:
        _check_identifier_host(session, settings)
        present = present_number(session)
    deployments = known_deployments(database, settings)
    _check_first(settings, deployments[FIRST][1])
    pairs = {
        number: trusted_pair(settings, deployment, number=number, name=name)
        for number, (name, deployment) in deployments.items()
    }
    keeper = FactsKeeper(
        trust=TrustRoots(tuple(pairs.values())),
        readers={pair.name: PairReader.of(pair) for pair in pairs.values()},
        database=database,
        clock=utc_now,
        max_age=settings.facts_max_age,
    )
    store = open_store(
        data_dir=settings.data_dir, ipfs_api_url=settings.ipfs_api_url, is_production=settings.is_production
    )
    return Portfolio(
        settings=settings,
        database=database,
        vault=Vault(keys),
        store=store,
        pair=pairs[present],
        pairs=pairs,
        keeper=keeper,
        clock=utc_now,
    )


def open_gateways(portfolio: Portfolio) -> dict[int, ChainGateway]:
    """Return what the worker sends through, for each pair of contracts by its number."""
    settings = portfolio.settings
    deployments = known_deployments(portfolio.database, settings)

    def controller(issuer_id: bytes) -> Account | None:
        with portfolio.database.read() as session:
            key = controller_key_of(session, vault=portfolio.vault, issuer_id=issuer_id)
        return Account(key) if key else None

    return {
        number: ChainGateway(
            ChainClient(settings.rpc_url_of(number), pin=deployment.pin),
            deployment,
            accounts=accounts_of(settings).of,
            controller=controller,
        )
        for number, (_, deployment) in deployments.items()
    }


def _check_first(settings: Settings, first: Deployment) -> None:
    """The record of the deployment must be of the pair in which this database's first batches stand."""
    if settings.resolved_deployment_file.exists() and read_deployment(settings.resolved_deployment_file) != first:
        raise UnsafeSettingsError(
            "the deployment record names other contracts than this database anchored in: set it back; another pair "
            "is added with `portfolio pairs add`"
        )


def _check_identifier_host(session: Session, settings: Settings) -> None:
    """The host of the DIDs is frozen at the first issuer: another would orphan every credential."""
    did = session.exec(select(Organisation.did).limit(1)).first()
    if did is not None and did.split(":")[2].replace("%3A", ":") != settings.identifier_host:
        raise UnsafeSettingsError(
            "PORTFOLIO_IDENTIFIER_HOST differs from the host that issuers already have: set it back"
        )
