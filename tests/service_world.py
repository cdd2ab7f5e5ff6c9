"""A composed service for tests, and short ways to act on it; the parts are the real ones."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlmodel import Session, col, select

from empty_database import copy_empty_database
from portfolio.app import Portfolio, create_app
from portfolio.auth import create_api_key
from portfolio.chain.accounts import Account
from portfolio.chain.client import ChainClient
from portfolio.config import Settings
from portfolio.credentials.kinds import KINDS
from portfolio.credentials.models import Credential
from portfolio.credentials.report import Report
from portfolio.credentials.service import token_of
from portfolio.errors import UnavailableError
from portfolio.issuing.service import TableRequest, process_part, read_request, start_run
from portfolio.operations.compose import open_gateways
from portfolio.operations.up import prepare
from portfolio.operations.worker import Worker
from portfolio.organisations.models import Organisation
from portfolio.organisations.service import create_organisation, organisation_by_slug
from portfolio.verification.service import bundle_of, verify_document

HEADER = "ФИО;Предмет;Класс;Балл;Статус"
DEFAULTS = {"title": "Олимпиада «Росток»", "level": "школьный этап", "award_date": "2026-11-20"}


@dataclass(slots=True)
class Service:
    """A composed process with its worker; `settings` may be used to open a second one over the same data."""

    settings: Settings
    portfolio: Portfolio
    worker: Worker
    clients: list[TestClient] = field(default_factory=list)

    def add_issuer(self, slug: str, *, kinds: list[str] | None = None, **more: Any) -> Organisation:
        with self.portfolio.database.write() as session:
            create_organisation(
                session,
                vault=self.portfolio.vault,
                identifier_host=self.settings.identifier_host,
                slug=slug,
                name=f"Школа «{slug}»",
                contact=f"office@{slug}.example",
                kinds=kinds or list(KINDS),
                clock=self.portfolio.clock,
                **more,
            )
        self.work_as_one_who_comes_again()
        with self.portfolio.database.read() as session:
            return organisation_by_slug(session, slug=slug)

    def work_as_one_who_comes_again(self) -> None:
        """`work`, once more when the node says what it must not for a moment: anvil does while it mines under load."""
        for left in reversed(range(5)):
            try:
                self.work()
            except UnavailableError:
                if not left:
                    raise
                time.sleep(0.2)
            else:
                return

    def work(self) -> None:
        """Do everything that can be done now, and let another worker send."""
        self.worker.run_until_idle()
        self.worker.release()

    def start(self, content: bytes, *, slug: str = "school", kind: str = "olympiad_award", **more: Any) -> str:
        """Accept a table and return the run's id; nothing is issued yet."""
        key = more.pop("idempotency_key", None)
        request = TableRequest(
            content=content, filename="table.csv", kind=kind, defaults=more.pop("defaults", DEFAULTS), **more
        )
        found, report = read_request(request)
        with self.portfolio.database.write() as session:
            run = start_run(
                session,
                vault=self.portfolio.vault,
                organisation=organisation_by_slug(session, slug=slug),
                request=request,
                kind=found,
                report=report,
                idempotency_key=key,
                clock=self.portfolio.clock,
            )
        return run.id

    def part(self, run_id: str) -> Any:
        with self.portfolio.database.write() as session:
            return process_part(session, vault=self.portfolio.vault, run_id=run_id, clock=self.portfolio.clock)

    def issue(self, rows: int = 3, **more: Any) -> list[Credential]:
        """Issue a table of made-up rows and anchor them; returns the credentials by row."""
        run_id = self.start(table(rows), **more)
        self.work()
        return self.credentials(run_id)

    def credentials(self, run_id: str | None = None, *, minimal: bool = False) -> list[Credential]:
        """The full forms, or the minimal ones, of all runs or of one, by row."""
        with self.portfolio.database.read() as session:
            query = select(Credential).order_by(col(Credential.row), col(Credential.created_at))
            query = query.where(col(Credential.minimal_of).is_not(None) == minimal)
            if run_id:
                query = query.where(Credential.run_id == run_id)
            return list(session.exec(query))

    def issue_more(self, *, first: int, rows: int = 1) -> list[Credential]:
        """Issue further rows; returns all credentials of that run."""
        run_id = self.start(table(rows, first=first))
        self.work()
        return self.credentials(run_id)

    def bundle(self, credential: Credential) -> bytes:
        with self.portfolio.database.read() as session:
            return bundle_of(
                session,
                vault=self.portfolio.vault,
                credential=session.get_one(Credential, credential.id),
                organisation=session.get_one(Organisation, credential.organisation_id),
            )

    def verify(self, bundle: bytes) -> Report:
        """Judge with a fresh look at the chain."""
        self.portfolio.keeper.watch_once()
        return verify_document(bundle, keeper=self.portfolio.keeper, clock=self.portfolio.clock).report

    def token(self, credential: Credential) -> str:
        with self.portfolio.database.read() as session:
            return token_of(self.portfolio.vault, session.get_one(Credential, credential.id))

    def api_key(self, slug: str = "school") -> str:
        with self.portfolio.database.write() as session:
            organisation = organisation_by_slug(session, slug=slug)
            return create_api_key(session, organisation=organisation, label="test", clock=self.portfolio.clock)

    def client(self, slug: str | None = None) -> TestClient:
        """An HTTP client, with the organisation's key when a slug is given."""
        headers = {"authorization": f"Bearer {self.api_key(slug)}"} if slug else {}
        client = TestClient(create_app(self.portfolio), headers=headers, base_url=self.settings.public_url)
        client.__enter__()
        self.clients.append(client)
        return client

    def read(self) -> Session:
        return Session(self.portfolio.database.engine)

    def close(self) -> None:
        for client in self.clients:
            client.__exit__(None, None, None)
        self.portfolio.database.dispose()


def make_settings(folder: Path, rpc_url: str, **more: Any) -> Settings:
    """Settings of a service whose operator and registrars are new accounts with coins on the given local chain."""
    keys = [secrets.token_hex(32) for _ in range(3)]
    client = ChainClient(rpc_url)
    for key in keys:
        client.command("anvil_setBalance", Account.from_hex(key).address, hex(10**24))
    return Settings(
        _env_file=None,
        data_dir=folder,
        chain_rpc_url=rpc_url,
        operator_key=keys[0],
        registrar_keys=",".join(keys[1:]),
        **more,
    )


def make_service(folder: Path, rpc_url: str, **more: Any) -> Service:
    """Deploy, migrate and compose a service."""
    settings = make_settings(folder, rpc_url, **more)
    if settings.database_url is None and not (folder / "portfolio.db").exists():
        copy_empty_database(folder / "portfolio.db")
    portfolio = prepare(settings)
    return Service(settings, portfolio, Worker(portfolio, open_gateways(portfolio)))


def surname(number: int) -> str:
    """A made-up surname of its own for every number: its digits in letters."""
    letters = "абвгдежзик"
    return "Петр" + "".join(letters[int(digit)] for digit in str(number)) + "ов"


def table(rows: int, *, first: int = 1) -> bytes:
    """A results table of made-up people, UTF-8 with `;`."""
    degrees = ("победитель", "призёр", "участник")
    lines = [
        f"{surname(number)} Пётр Алексеевич;математика;{5 + number % 7}А;{number % 100};{degrees[number % 3]}"
        for number in range(first, first + rows)
    ]
    return "\n".join([HEADER, *lines]).encode()


def new_database(url: str, test: str) -> str:
    """Make an empty database for one test and return its URL."""
    name = "t_" + "".join(letter if letter.isalnum() else "_" for letter in test.lower())[:50]
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"))
    engine.dispose()
    return url.rpartition("/")[0] + f"/{name}"
