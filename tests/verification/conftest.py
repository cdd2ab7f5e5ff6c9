"""A service over a real chain whose credentials the command verifies, and a plain web server that hands out bundles."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from issued_world import Issued, Site

from portfolio.chain.local import LocalChain
from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.trust import dump_trust
from ports import free_port
from service_world import make_service


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

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = made.post(body) if made.post else None
            content = answer.content if answer else b""
            self.send_response(answer.status_code if answer else 503)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

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
