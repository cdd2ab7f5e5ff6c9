"""JSON-RPC over HTTP with bounds: one exchange, a deadline, a size, and nothing repeated behind the caller's back."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError

from portfolio.chain.errors import BadAnswerError, BatchRefusedError, NodeAddressError, RpcRefusal, UnreachableError

MAX_ANSWER: Final = 32 * 1024 * 1024
"""Bytes; a window of logs or a batch of 100 checks stays far below."""
_CHUNK: Final = 64 * 1024
_CONNECT_TIMEOUT: Final = 2.0
_MAX_BODY_IN_TEXT: Final = 200


class Endpoint(Protocol):
    """Where a client's questions go: `RpcEndpoint` is real, `FakeNode` misbehaves on demand."""

    @property
    def shown_address(self) -> str: ...

    def exchange(
        self, requests: Sequence[tuple[str, Sequence[Any]]], *, batch: bool = True, timeout: float | None = None
    ) -> list[Any]: ...


class RpcEndpoint:
    """One node's HTTP address.

    web3's own HTTP provider is not used: it re-sends `eth_sendRawTransaction` five times when an answer is lost, reads
    answers of any size, has no deadline for slow ones, and takes seconds to load. Proxy variables of the environment
    and redirects are not followed: a chain's node is named, not found.
    """

    def __init__(self, url: str, *, timeout: float, max_answer: int = MAX_ANSWER) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise NodeAddressError("the chain's address must be an http:// or https:// URL of a JSON-RPC node")
        self._timeout = timeout
        self._max_answer = max_answer
        # Addresses of hosted nodes carry keys in user, path or query: only this part may reach logs and messages.
        self.shown_address = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=32, retries=False)
        self._url, self._headers = _split_credentials(url)

    def exchange(
        self, requests: Sequence[tuple[str, Sequence[Any]]], *, batch: bool = True, timeout: float | None = None
    ) -> list[Any]:
        """Ask once, in one HTTP request; answers stand in the order of `requests`, a refusal as `RpcRefusal`.

        Raises `UnreachableError` for every failure of the exchange as a whole.
        """
        calls = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(requests, start=1)
        ]
        body = self._post(orjson.dumps(calls if batch else calls[0]), timeout=timeout or self._timeout)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise BadAnswerError(f"{self.shown_address} answered no JSON: {_excerpt(body)}") from None
        if not batch:
            return [self._result(answer, 1)]
        if isinstance(answer, dict):
            raise BatchRefusedError(f"{self.shown_address} refused a batch: {answer.get('error')}")
        return self._results(answer, len(calls))

    def _results(self, answer: Any, count: int) -> list[Any]:
        if not isinstance(answer, list) or len(answer) != count or not all(isinstance(item, dict) for item in answer):
            raise BadAnswerError(f"{self.shown_address} answered a batch of {count} with something else")
        by_number = {item.get("id"): item for item in answer}
        return [self._result(by_number.get(number), number) for number in range(1, count + 1)]

    def _result(self, answer: Any, number: int) -> Any:
        if not isinstance(answer, dict):
            raise BadAnswerError(f"{self.shown_address} answered something that is no JSON-RPC")
        error = answer.get("error")
        # Some nodes answer a request that they could not read with `id: null`; that is a refusal all the same.
        if isinstance(error, dict) and answer.get("id") in {number, None}:
            code = error.get("code")
            return RpcRefusal(code if isinstance(code, int) else 0, str(error.get("message", "")), error.get("data"))
        if answer.get("id") != number or "result" not in answer:
            raise BadAnswerError(f"{self.shown_address} answered another request than the one asked")
        return answer["result"]

    def _post(self, body: bytes, *, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        limits = urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, timeout), read=timeout)
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=body,
                headers=self._headers,
                timeout=limits,
                redirect=False,
                preload_content=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            raise UnreachableError(f"{self.shown_address} does not answer ({type(error).__name__})") from None
        try:
            received = self._read(response, deadline)
        except (HTTPError, OSError) as error:
            response.close()
            raise UnreachableError(f"{self.shown_address} broke off its answer ({type(error).__name__})") from None
        except UnreachableError:
            response.close()
            raise
        response.release_conn()
        if response.status != HTTPStatus.OK:
            raise UnreachableError(
                f"{self.shown_address} answered HTTP {response.status}: {_excerpt(received)}",
                retry_after=_seconds(response.headers.get("Retry-After")),
            )
        return received

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        received = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=True):
            received += chunk
            if len(received) > self._max_answer:
                raise BadAnswerError(f"{self.shown_address} answered more than {self._max_answer} bytes")
            if time.monotonic() > deadline:
                raise UnreachableError(f"{self.shown_address} was too slow")
        return bytes(received)


def _split_credentials(url: str) -> tuple[str, dict[str, str]]:
    """Move `user:password@` into a header, because urllib3 does not send what stands in the URL."""
    parsed = urllib3.util.parse_url(url)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if parsed.auth:
        headers |= urllib3.util.make_headers(basic_auth=parsed.auth)
    return parsed._replace(auth=None).url, headers


def _seconds(header: str | None) -> float | None:
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _excerpt(body: bytes) -> str:
    return repr(body[:_MAX_BODY_IN_TEXT].decode("utf-8", "replace"))
