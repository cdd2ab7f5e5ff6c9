"""The document store on a Kubo node of a private swarm, through ipfshttpclient; checks every byte it gets back.

`ipfshttpclient.connect()` is not used: it refuses every daemon since 0.8.0 by its version number alone.
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import ipfshttpclient
import requests
from ipfshttpclient import exceptions as ipfs_errors
from urllib3.exceptions import HTTPError

from portfolio.documents.cid import check_cid, compute_cid, is_cid
from portfolio.documents.storage import (
    MAX_STORED_SIZE,
    ContentDamagedError,
    ContentMissingError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
    check_size,
    verified,
)
from portfolio.documents.swarm import check_private
from portfolio.errors import UnavailableError

log = logging.getLogger(__name__)

T = TypeVar("T")

# Once for every pool the client opens; it is why urllib3 3 is kept out.
warnings.filterwarnings("ignore", message="The 'strict' parameter", category=FutureWarning, module="urllib3")

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 30.0
PIN_SECONDS = 120.0
"""Pinning may fetch the content from another node of the swarm."""

_PRIVATE_FOR_SECONDS = 60.0

# Everything the node's own settings (`Import.*`) could otherwise change, so that the CID is the one computed here.
_ADD_OPTIONS: Final = {
    "cid-version": 1,
    "raw-leaves": "true",
    "hash": "sha2-256",
    "chunker": "size-262144",
    "max-file-links": 174,
    "trickle": "false",
    "inline": "false",
    "wrap-with-directory": "false",
    "pin": "true",
}

# The client asserts and indexes its way through answers that it does not expect, hence the last four.
_FAILURES = (
    ipfs_errors.Error,
    requests.RequestException,
    HTTPError,
    OSError,
    AssertionError,
    KeyError,
    TypeError,
    ValueError,
)
_BROKEN_CONNECTION = (ipfs_errors.ConnectionError, ipfs_errors.ProtocolError)


def multiaddress(url: str) -> str:
    """Return the multiaddress of `http://host:port`, the only form the client takes; raises StoreRefusedError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise StoreRefusedError("PORTFOLIO_IPFS_API_URL must look like http://127.0.0.1:5001.")
    try:
        port = parts.port or 5001
    except ValueError:
        raise StoreRefusedError("PORTFOLIO_IPFS_API_URL has no valid port.") from None
    host = parts.hostname
    name_kind = "ip4" if host.replace(".", "").isdigit() else "dns"
    kind = "ip6" if ":" in host else name_kind
    return f"/{kind}/{host}/tcp/{port}/{parts.scheme}"


class KuboStore:
    """A DocumentStore on a Kubo node at `url` (`http://host:port`, with `user:secret@` where the API wants it).

    Making one asks nothing of the node, so that the service starts while it is down; before it is given anything, and
    again every minute, it must show that it is on a private swarm (StoreRefusedError).
    """

    def __init__(self, url: str, *, connect_seconds: float = CONNECT_SECONDS, seconds: float = ANSWER_SECONDS) -> None:
        parts = urlsplit(url)
        auth = (parts.username, parts.password or "") if parts.username else None
        self._host = parts.hostname or ""
        self._client = ipfshttpclient.Client(multiaddress(url), auth=auth, timeout=(connect_seconds, seconds))
        self._client.__enter__()  # keeps connections open; the `session=True` of 0.7.0 fails an assertion
        self._http = self._client._client  # noqa: SLF001  the last release has no method for block/rm and others
        self._http._session.trust_env = False  # noqa: SLF001  a proxy of the environment is not for a node of our own
        self._connect_seconds = connect_seconds
        self._private_until = 0.0
        self._lock = threading.Lock()

    def close(self) -> None:
        self._client.close()

    def put(self, content: bytes) -> str:
        check_size(content)
        self._ensure_private()
        expected = compute_cid(content)
        cid: str = _asked(lambda: self._client.add_bytes(content, opts=dict(_ADD_OPTIONS)))
        if cid != expected:
            raise ContentDamagedError("The Kubo node gave a document another identifier than its own.", cid=expected)
        return cid

    def get(self, cid: str) -> bytes:
        # Offline: what this node does not have is missing, and nobody waits for a search of the swarm. When a block is
        # missing Kubo breaks off in the middle of a good answer, and the client does not notice: the digest does.
        check_cid(cid)
        content: bytes = _asked(lambda: self._client.cat(cid, 0, MAX_STORED_SIZE + 1, offline=True), cid=cid)
        return verified(cid, content)

    def has(self, cid: str) -> bool:
        check_cid(cid)
        try:
            _asked(lambda: self._client.block.stat(cid, offline=True), cid=cid)
        except ContentMissingError:
            return False
        return True

    def pin(self, cid: str) -> None:
        """Pin, fetching what is missing from the swarm; raises StoreUnavailableError when nobody has it in time."""
        check_cid(cid)
        self._ensure_private()
        timeout = (self._connect_seconds, PIN_SECONDS)
        _asked(lambda: self._client.pin.add(cid, timeout=timeout, opts={}), cid=cid)

    def delete(self, cid: str) -> None:
        check_cid(cid)
        with suppress(_NotPinnedError):
            _asked(lambda: self._client.pin.rm(cid, opts={}), cid=cid)
        if not self.has(cid):
            return
        # Without this the blocks would lie there until the node next collects its garbage, if ever.
        blocks = dict.fromkeys([*self._children(cid), cid])
        for answer in self._request("/block/rm", tuple(blocks), opts={"force": "true"}):
            if answer.get("Error"):
                raise StoreUnavailableError("The Kubo node could not remove a document.", cid=cid)

    def iterate(self) -> Iterator[str]:
        answer = _asked(lambda: self._client.pin.ls(type="recursive", opts={}))
        yield from filter(is_cid, answer.get("Keys", {}))

    def version(self) -> str:
        """Return the node's version, e.g. "0.42.0"; for `portfolio doctor`."""
        return str(_asked(self._client.version)["Version"])

    def check(self) -> None:
        """Raise StoreRefusedError unless the node is private and its API closed, StoreUnavailableError if down."""
        config = _asked(self._client.config.get)
        listeners = _asked(lambda: self._request("/swarm/addrs/listen")[0]["Strings"] or [])
        check_private(config, listeners, api_host=self._host)

    def _ensure_private(self) -> None:
        with self._lock:
            if time.monotonic() >= self._private_until:
                self.check()
                self._private_until = time.monotonic() + _PRIVATE_FOR_SECONDS

    def _children(self, cid: str) -> list[str]:
        answers = self._request("/refs", (cid,), opts={"recursive": "true", "unique": "true", "offline": "true"})
        return [answer["Ref"] for answer in answers if answer.get("Ref")]

    def _request(
        self, path: str, args: tuple[str, ...] = (), opts: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        answers = _asked(lambda: self._http.request(path, args, opts=opts or {}, decoder="json"))
        return list(answers)


class _NotPinnedError(UnavailableError):
    code = "not_pinned"


def _asked(question: Callable[[], T], *, cid: str | None = None) -> T:
    """Ask the node, once more if the kept connection turned out to be dead: every question here may be repeated."""
    try:
        try:
            return question()
        except _BROKEN_CONNECTION:
            return question()
    except _FAILURES as error:
        raise _translated(error, cid) from error


def _translated(error: Exception, cid: str | None) -> UnavailableError:
    # Kubo has no error codes that tell these apart, only texts; what is not recognised says nothing of the document.
    if not isinstance(error, ipfs_errors.ErrorResponse):
        return StoreUnavailableError("The Kubo node does not answer.", reason=type(error).__name__)
    text = str(error).lower()
    if "not pinned" in text:
        return _NotPinnedError("The document is not pinned.", cid=cid)
    if "not found" in text or "could not find" in text:
        return ContentMissingError("A document is not on the Kubo node.", cid=cid)
    if "no space left" in text or "disk quota exceeded" in text:
        return StoreFullError("The Kubo node has no room left.")
    log.warning("the Kubo node refused a request: %s", error)
    return StoreUnavailableError("The Kubo node refused a request.", reason="ErrorResponse")
