"""Settings from the environment or `.env` (prefix `PORTFOLIO_`), read once where a process starts and passed on as a
value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from portfolio.processes import cores

MOST_BY_ITSELF = 4
"""Server processes that are started unasked: each takes some 200 MB."""


class Settings(BaseSettings):
    """Everything an operator may set; times are in seconds.

    Defaults run the whole service on one machine: SQLite, a local chain, the embedded document store.
    """

    model_config = SettingsConfigDict(env_prefix="PORTFOLIO_", env_file=".env", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "development"
    data_dir: Path = Path("data")
    database_url: str | None = None
    public_url: str = "http://127.0.0.1:8000"
    identifier_host: str = "portfolio.localhost"
    operator_name: str = "ООО «Пример» (оператор для разработки)"
    """Who answers for personal data here (152-ФЗ, article 3): in the privacy notice and in acts of destruction."""
    operator_address: str = "123456, Москва, Примерная улица, дом 1"
    """Postal address of the operator, in the same places."""
    operator_contact: str = "privacy@portfolio.example"
    """Where people write about their data: an address of e-mail, or a postal address."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    server_processes: int = Field(default=0, ge=0, le=64)
    """Processes that answer visitors; 0: one for each core of this machine, at most 4."""
    trusted_proxies: str = ""
    """Addresses, by commas, of proxies before the service: only they are believed about who asks."""

    chain_rpc_url: str | None = None
    chain_port: int = Field(default=8545, ge=1, le=65535)
    pair_rpc_urls: str = ""
    """`NUMBER=URL` for each pair of contracts on another chain than CHAIN_RPC_URL's, separated by commas."""
    public_rpc_urls: str = ""
    """Nodes, by commas, that the static verifier names to everybody (`verification/standalone/page.py`)."""
    deployment_file: Path | None = None
    operator_key: SecretStr | None = None
    registrar_keys: SecretStr | None = None
    finality_depth: int = Field(default=0, ge=0, le=10_000)
    max_head_age: int | None = Field(default=None, ge=1)

    batch_interval: float = Field(default=5.0, gt=0)
    batch_max_leaves: int = Field(default=16_384, ge=1, le=1 << 20)

    ipfs_api_url: str | None = None
    master_key: SecretStr | None = None
    master_key_file: Path | None = None

    facts_max_age: int = Field(default=60, ge=1)
    trust_file: Path | None = None
    smtp_url: SecretStr | None = None
    """Mail server, `smtp://user:password@host:587` (STARTTLS) or `smtps://`; none: letters go to DATA_DIR/outbox."""
    mail_from: str | None = None

    upload_limit: int = Field(default=50 * 1024 * 1024, ge=1)

    @field_validator("identifier_host")
    @classmethod
    def _host_is_lower_case_ascii(cls, value: str) -> str:
        if not value.isascii() or value != value.lower() or "/" in value:
            raise ValueError("must be a lower-case ASCII host name (punycode), as protocol.md says of DID hosts")
        return value

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("must begin with smtp:// or smtps://")
        return value

    @property
    def resolved_mail_from(self) -> str:
        """Address that letters come from."""
        return self.mail_from or f"no-reply@{self.identifier_host}"

    @property
    def resolved_database_url(self) -> str:
        """SQLAlchemy URL of the database; SQLite under the data folder unless one is set."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.resolve() / 'portfolio.db'}"
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def resolved_rpc_url(self) -> str:
        """URL of the chain's JSON-RPC; the local chain unless one is set."""
        return self.chain_rpc_url or f"http://127.0.0.1:{self.chain_port}"

    @field_validator("pair_rpc_urls")
    @classmethod
    def _numbered_urls(cls, value: str) -> str:
        for item in value.split(",") if value.strip() else ():
            number, separator, url = item.strip().partition("=")
            if not (separator and number.isdecimal() and url):
                raise ValueError("must be NUMBER=URL, separated by commas: the number of a pair and its chain's node")
        return value

    def rpc_url_of(self, pair: int) -> str:
        """URL of the node for a pair of contracts, by its number."""
        named = dict(item.strip().split("=", 1) for item in self.pair_rpc_urls.split(",") if item.strip())
        return named.get(str(pair), self.resolved_rpc_url)

    @property
    def resolved_server_processes(self) -> int:
        """How many processes answer visitors."""
        return self.server_processes or min(cores(), MOST_BY_ITSELF)

    @property
    def uses_local_chain(self) -> bool:
        return self.chain_rpc_url is None

    @property
    def resolved_master_key_file(self) -> Path:
        return self.master_key_file or self.data_dir / "master.key"

    @property
    def resolved_deployment_file(self) -> Path:
        return self.deployment_file or self.data_dir / "chain" / "deployment.json"

    @property
    def is_production(self) -> bool:
        return self.environment == "production"
