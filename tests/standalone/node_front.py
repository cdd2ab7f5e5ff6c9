"""A node as a browser sees it, before the real one: allows any origin, changes answers where a test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import urllib3

Change = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
"""(request, answer) -> what is answered instead."""


@contextmanager
def node_front(upstream: str, change: Change) -> Iterator[str]:
    """Serve on loopback; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = orjson.loads(body)
            told = urllib3.request("POST", upstream, body=body, headers={"Content-Type": "application/json"}).json()
            if isinstance(asked, list):
                told = [change(one, other) for one, other in zip(asked, told, strict=True)]
            else:
                told = change(asked, told)
            self._answer(orjson.dumps(told))

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Headers"):
                self.send_header(name, "*")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the base class's name

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
