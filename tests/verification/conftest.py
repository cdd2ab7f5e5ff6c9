"""A service over a real chain whose credentials the command verifies, and a plain web server that hands out bundles."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chain_world import free_port
from portfolio.chain.local import LocalChain
from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.models import Credential
from portfolio.credentials.trust import dump_trust
from portfolio.verification.judging import Terms
from service_world import Service, make_service


@dataclass
class Issued:
    """A service with some credentials, their bundles, and trust roots as a verifier's own file."""

    service: Service
    credentials: list[Credential]
    bundles: list[bytes]
    trust: TrustRoots
    trust_file: Path

    @property
    def terms(self) -> Terms:
        return Terms(self.trust)


@dataclass
class Site:
    """A web server that knows nothing but what it is given: path to status and body."""

    url: str = ""
    pages: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def verified_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    with LocalChain(tmp_path_factory.mktemp("verified-chain"), port=free_port()) as chain:
        yield chain


@pytest.fixture(scope="module")
def issued(verified_chain: LocalChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issued]:
    folder = tmp_path_factory.mktemp("issued")
    service = make_service(folder, verified_chain.rpc_url)
    service.add_issuer("school")
    credentials = service.issue(5)
    trust = TrustRoots((service.portfolio.pair,))
    trust_file = folder / "trust.json"
    trust_file.write_text(dump_trust(trust))
    yield Issued(service, credentials, [service.bundle(one) for one in credentials], trust, trust_file)
    service.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            status, body = made.pages.get(self.path, (404, b"nothing"))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
