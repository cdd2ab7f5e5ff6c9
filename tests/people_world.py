"""People who are signed in, over a composed application without a chain: quick to make, for tests of pages and rights.

Issuers here are admitted and have keys by decree; what they issue stays PENDING. Use `service_world` where the chain
matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlmodel import select

from empty_database import copy_empty_database
from movable_clock import MovableClock
from one_application import Served
from portfolio.app import Portfolio
from portfolio.config import Settings
from portfolio.credentials.facts import TrustedPair, TrustRoots
from portfolio.credentials.kinds import ISSUED_KINDS
from portfolio.db import Database
from portfolio.documents.encryption import load_master_keys
from portfolio.documents.service import open_store
from portfolio.documents.vault import Vault
from portfolio.organisations.models import IssuerKey, Membership, Organisation, OrganisationType, StaffRole
from portfolio.organisations.service import create_organisation, organisation_by_slug
from portfolio.people.accounts import create_account, hash_password
from portfolio.people.models import Account, Guardianship, GuardianState
from portfolio.people.service import Profile
from portfolio.people.sign_ins import open_sign_in
from portfolio.verification.keeper import FactsKeeper

PASSWORD = "короткое предложение"
ORIGIN = "http://testserver"

PAIR = TrustedPair(
    name="local",
    chain_id=31337,
    genesis_hash="0x" + "11" * 32,
    issuer_registry="0x" + "22" * 20,
    credential_registry="0x" + "33" * 20,
    issuer_registry_code_hash="0x" + "44" * 32,
    credential_registry_code_hash="0x" + "55" * 32,
    registrars=(),
    local=True,
)


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)


@dataclass(slots=True)
class Someone:
    """An account that is signed in; `client` sends its cookie and says that forms come from our own pages."""

    account: Account
    client: TestClient
    address: str

    @property
    def person_id(self) -> str:
        return self.account.person_id

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, follow_redirects=False, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        return self.client.post(path, data=data or {}, follow_redirects=False, **more)


@dataclass(slots=True)
class World:
    portfolio: Portfolio
    clock: MovableClock
    count: int = 0
    clients: list[TestClient] = field(default_factory=list)

    def visitor(self) -> TestClient:
        client = TestClient(
            Served(self.portfolio), base_url=ORIGIN, headers={"origin": ORIGIN, "accept-language": "en"}
        )
        self.clients.append(client)
        return client

    def someone(
        self, name: str = "Иванов Пётр Алексеевич", *, birth_date: str | None = "1990-05-05", strong: bool = False
    ) -> Someone:
        """Make an account with a confirmed address and sign it in; `strong`: past a second factor."""
        self.count += 1
        address = f"someone{self.count}@example.ru"
        with self.portfolio.database.write() as session:
            account = create_account(
                session,
                vault=self.portfolio.vault,
                address=address,
                profile=Profile(name=name, birth_date=birth_date),
                password_hash=_password_hash(),
                language="ru",
                clock=self.clock,
                confirmed_at=self.clock(),
            )
            token = open_sign_in(session, account=account, device="Test", strong=strong, clock=self.clock)
        client = self.visitor()
        client.cookies.set("session", token, domain="testserver.local")
        return Someone(account, client, address)

    def pupil(self, age: int = 15, name: str = "Сидорова Анна Олеговна") -> Someone:
        today = self.clock().date()
        return self.someone(name, birth_date=today.replace(year=today.year - age).isoformat())

    def guardian_of(self, child: Someone, name: str = "Сидорова Мария Ивановна") -> Someone:
        """Make an active guardian."""
        guardian = self.someone(name)
        with self.portfolio.database.write() as session:
            session.add(
                Guardianship(
                    person_id=child.person_id,
                    account_id=guardian.account.id,
                    state=GuardianState.ACTIVE,
                    proof="code",
                    created_at=self.clock(),
                    active_at=self.clock(),
                )
            )
        return guardian

    def organisation(
        self, slug: str = "school", *, kind: OrganisationType = OrganisationType.SCHOOL, name: str = ""
    ) -> Organisation:
        """Make an issuer that is admitted and has keys, as if the chain had said so."""
        with self.portfolio.database.write() as session:
            create_organisation(
                session,
                vault=self.portfolio.vault,
                identifier_host=self.portfolio.settings.identifier_host,
                slug=slug,
                name=name or f"Школа «{slug}»",
                contact=f"office@{slug}.example",
                kinds=list(ISSUED_KINDS),
                clock=self.clock,
            )
            organisation = organisation_by_slug(session, slug=slug)
            organisation.type = kind
            organisation.admitted_at = self.clock()
            session.add(organisation)
            for key in session.exec(select(IssuerKey).where(IssuerKey.organisation_id == organisation.id)):
                key.active_at = self.clock()
                session.add(key)
            return organisation

    def staff(self, slug: str = "school", role: StaffRole = StaffRole.ADMIN, *, strong: bool = True) -> Someone:
        """Make a member of staff; the organisation must exist."""
        member = self.someone("Кузнецова Ольга Петровна", strong=strong)
        with self.portfolio.database.write() as session:
            organisation = organisation_by_slug(session, slug=slug)
            session.add(
                Membership(
                    organisation_id=organisation.id,
                    account_id=member.account.id,
                    role=role,
                    created_at=self.clock(),
                )
            )
        return member

    def registrar(self) -> Someone:
        found = self.someone("Орлов Глеб Юрьевич", strong=True)
        with self.portfolio.database.write() as session:
            account = session.get_one(Account, found.account.id)
            account.is_registrar = True
            session.add(account)
        return found

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.portfolio.database.dispose()


def make_world(folder: Path, **more: Any) -> World:
    """Compose an application over an empty database."""
    path = folder / "portfolio.db"
    copy_empty_database(path)
    more = {"public_url": ORIGIN, **more}
    settings = Settings(_env_file=None, data_dir=folder, database_url=f"sqlite:///{path}", **more)
    clock = MovableClock()
    clock.now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    database = Database(settings.resolved_database_url)
    trust = TrustRoots((PAIR,))
    portfolio = Portfolio(
        settings=settings,
        database=database,
        vault=Vault(load_master_keys(value=None, path=folder / "master.key", is_production=False)),
        store=open_store(data_dir=folder, ipfs_api_url=None, is_production=False),
        pair=PAIR,
        pairs={1: PAIR},
        keeper=FactsKeeper(trust=trust, readers={}, database=database, clock=clock, max_age=60),
        clock=clock,
    )
    return World(portfolio, clock)
