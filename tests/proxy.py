"""P of the fault catalogue: an HTTP proxy in front of a node that misbehaves on demand.

    with Proxy(node_url) as proxy:
        proxy.when("eth_sendRawTransaction", cut_after_request, times=1)
        client = ChainClient(proxy.url)

Knows JSON-RPC, batches included; for other protocols use it with the method "*".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import orjson
import urllib3


class Exchange:
    """One request at the proxy; a fault decides what becomes of it."""

    def __init__(self, proxy: Proxy, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.proxy = proxy
        self.body = body
        self._handler = handler
        try:
            self.request: Any = orjson.loads(body)
        except orjson.JSONDecodeError:
            self.request = None
        asked = self.request if isinstance(self.request, list) else [self.request]
        self.methods = [item["method"] for item in asked if isinstance(item, dict) and "method" in item]

    def forward(self) -> bytes:
        """The upstream's answer."""
        response = self.proxy.pool.request(
            self._handler.command,
            self.proxy.upstream + (self._handler.path if self._handler.path != "/" else ""),
            body=self.body,
            headers={"Content-Type": self._handler.headers.get("Content-Type", "application/json")},
        )
        return response.data

    def answer(self, body: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> None:
        self._handler.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("Content-Length", str(len(body) if length is None else length))
        self._handler.end_headers()
        self._handler.wfile.write(body)

    def cut(self) -> None:
        """Close the connection as it stands."""
        self._handler.wfile.flush()
        self._handler.close_connection = True

    def edited(self, edit: Callable[[dict[str, Any]], dict[str, Any]], methods: frozenset[str]) -> bytes:
        """The upstream's answer with the parts that answer one of `methods` edited."""
        answer = orjson.loads(self.forward())
        if isinstance(answer, dict):
            return orjson.dumps(edit(answer))
        wanted = {item["id"] for item in self.request if item["method"] in methods or "*" in methods}
        return orjson.dumps([edit(item) if item["id"] in wanted else item for item in answer])


Fault = Callable[[Exchange], None]


@dataclass
class Rule:
    methods: frozenset[str]
    fault: Fault
    times: int | None
    used: int = 0

    def applies(self, exchange: Exchange) -> bool:
        if self.times is not None and self.used >= self.times:
            return False
        return "*" in self.methods or bool(self.methods.intersection(exchange.methods))


@dataclass
class Proxy:
    """Forwards to `upstream` (which may be changed while running) unless a rule says otherwise: the newest wins."""

    upstream: str
    rules: list[Rule] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Methods in the order asked."""
    requests: int = 0
    """HTTP requests."""

    def when(self, *methods: str, fault: Fault, times: int | None = None) -> Rule:
        """Let `fault` happen to requests with one of `methods` ("*": any), `times` times or for good."""
        rule = Rule(frozenset(methods), fault, times)
        self.rules.insert(0, rule)
        return rule

    def behave(self) -> None:
        self.rules.clear()

    def __enter__(self) -> Self:
        proxy = self
        self.pool = urllib3.PoolManager(retries=False)
        self._lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy._handle(Exchange(proxy, self, body))

            do_GET = do_POST  # noqa: N815 - the base's name

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # broken pipes are what this proxy is for

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.pool.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _handle(self, exchange: Exchange) -> None:
        with self._lock:
            self.requests += 1
            self.asked += exchange.methods
            rule = next((rule for rule in self.rules if rule.applies(exchange)), None)
            if rule is not None:
                rule.used += 1
        if rule is None:
            exchange.answer(exchange.forward())
        else:
            rule.fault(exchange)


def cut_before(exchange: Exchange) -> None:
    """The request never reaches the node."""
    exchange.cut()


def cut_after_request(exchange: Exchange) -> None:
    """The node acts, its answer is lost."""
    exchange.forward()
    exchange.cut()


def cut_mid_body(exchange: Exchange) -> None:
    body = exchange.forward()
    exchange.answer(body[: len(body) // 2], length=len(body))
    exchange.cut()


def truncated(exchange: Exchange) -> None:
    """Half of the JSON, as if that were all."""
    body = exchange.forward()
    exchange.answer(body[: len(body) // 2])


def html(exchange: Exchange) -> None:
    exchange.answer(b"<html><body>Welcome to the gateway</body></html>", Content_Type="text/html")


def huge(exchange: Exchange) -> None:
    """A body that does not end before the reader has had enough."""
    exchange.answer(b'{"jsonrpc":"2.0","id":1,"result":"0x' + b"0" * (64 * 1024 * 1024))


def not_an_answer(exchange: Exchange) -> None:
    exchange.answer(b'"hello"')


def wrong_id(exchange: Exchange) -> None:
    exchange.answer(exchange.edited(lambda item: item | {"id": 4711}, frozenset({"*"})))


def delay(seconds: float) -> Fault:
    def late(exchange: Exchange) -> None:
        time.sleep(seconds)
        exchange.answer(exchange.forward())

    return late


def drip(seconds: float) -> Fault:
    """A byte now and then for `seconds`."""

    def slow(exchange: Exchange) -> None:
        body = exchange.forward()
        exchange.answer(body[:1], length=len(body))
        end = time.monotonic() + seconds
        for byte in body[1:]:
            if time.monotonic() > end:
                break
            exchange._handler.wfile.write(bytes([byte]))
            exchange._handler.wfile.flush()
            time.sleep(0.05)
        exchange.cut()

    return slow


def status(code: int, *, retry_after: str | None = None) -> Fault:
    def refused(exchange: Exchange) -> None:
        headers = {} if retry_after is None else {"Retry_After": retry_after}
        exchange.answer(b"slow down", status=code, **headers)

    return refused


def result(*methods: str, value: Any) -> Fault:
    """Answer `methods` with another result (e.g. another chain id); `value` may be made from the true one."""

    def edit(item: dict[str, Any]) -> dict[str, Any]:
        return item | {"result": value(item.get("result")) if callable(value) else value}

    return lambda exchange: exchange.answer(exchange.edited(edit, frozenset(methods or {"*"})))


def refusal(*methods: str, code: int, message: str, data: Any = None, forwarded: bool = True) -> Fault:
    """Answer `methods` with a JSON-RPC error; with `forwarded` the node has acted nevertheless."""

    def edit(item: dict[str, Any]) -> dict[str, Any]:
        error = {"code": code, "message": message} | ({} if data is None else {"data": data})
        return {"jsonrpc": "2.0", "id": item["id"], "error": error}

    def refused(exchange: Exchange) -> None:
        if forwarded:
            exchange.answer(exchange.edited(edit, frozenset(methods or {"*"})))
        else:
            exchange.answer(orjson.dumps(edit(exchange.request)))

    return refused


def old_answer() -> Fault:
    """Repeat the first answer to each set of methods for ever, as a cache or a node that fell behind does."""
    first: dict[tuple[str, ...], bytes] = {}

    def replayed(exchange: Exchange) -> None:
        key = tuple(exchange.methods)
        first.setdefault(key, exchange.forward())
        answer = orjson.loads(first[key])
        if isinstance(answer, dict):
            answer["id"] = exchange.request["id"]
        exchange.answer(orjson.dumps(answer))

    return replayed


SEND_REFUSALS = {
    # What nodes say to a transaction that they have, had, or that cannot be mined any more (fault 19).
    "geth already known": (-32000, "already known"),
    "geth nonce too low": (-32000, "nonce too low: next nonce 5, tx nonce 4"),
    "geth underpriced": (-32000, "replacement transaction underpriced"),
    "geth pool full": (-32000, "txpool is full"),
    "geth fee": (-32000, "max fee per gas less than block base fee: address 0x, maxFeePerGas: 1, baseFee: 7"),
    "besu known": (-32000, "Known transaction"),
    "besu nonce too low": (-32001, "Nonce too low"),
    "besu underpriced": (-32000, "Replacement transaction underpriced"),
    "reth already known": (-32000, "already known"),
    "reth nonce too low": (-32000, "nonce too low: next nonce 5, tx nonce 4"),
    "reth underpriced": (-32000, "replacement transaction underpriced"),
    "nethermind already known": (-32010, "AlreadyKnown"),
    "nethermind old nonce": (-32010, "OldNonce, Current nonce: 5, nonce of rejected tx: 4"),
    "nethermind fee": (-32010, "FeeTooLowToCompete"),
    "parity imported": (-32010, "Transaction with the same hash was already imported."),
    "anvil imported": (-32003, "transaction already imported"),
    "anvil nonce too low": (-32003, "nonce too low"),
    "anvil underpriced": (-32003, "replacement transaction underpriced"),
    "insufficient funds": (-32000, "insufficient funds for gas * price + value: balance 0"),
}
