"""Fetches what a credential from elsewhere names: DID documents, keys, status lists, hosted badges.

The addresses come from strangers' files, so only public https hosts are asked, and neither long nor much (SSRF).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final, Protocol, cast
from urllib.parse import urlsplit

from portfolio.errors import PortfolioError

MAX_BYTES: Final = 2 * 1024 * 1024
SECONDS: Final = 5.0
SECONDS_IN_ALL: Final = 20.0
"""For all addresses of one import."""
MAX_FETCHES: Final = 8
"""Of one import: a file may not make us knock at many doors."""

_PORT: Final = 443
_CHUNK: Final = 64 * 1024
_TRANSLATED: Final = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
"""IPv6 that carries an IPv4 address inside: NAT64, 6to4, Teredo."""


class FetchError(PortfolioError):
    """An address that gave no document, or one that is not asked at all; says nothing of the credential."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "not_fetched"


class AddressRefusedError(FetchError):
    """An address that is never asked: not https on the usual port, or not of the public internet."""


class Fetcher(Protocol):
    """A way to public documents."""

    def get(self, url: str) -> bytes:
        """Return the body of an answer 200, at most `MAX_BYTES`. Raises `FetchError`."""
        ...


class OfflineFetcher:
    """Fetches nothing: what a credential does not carry itself stays unknown."""

    def get(self, url: str) -> bytes:  # noqa: ARG002  the same call as of the others
        raise FetchError("nothing is fetched here")


class FakeFetcher:
    """Answers from a mapping of URLs, for tests; what is absent is out of reach. `asked` holds every URL in order."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def get(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.documents:
            raise FetchError("the address did not answer")
        return self.documents[url]


class LimitedFetcher:
    """Another fetcher, at most `MAX_FETCHES` addresses and each only once: one object for one import."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._known: dict[str, bytes | FetchError] = {}
        self._until = time.monotonic() + SECONDS_IN_ALL

    def get(self, url: str) -> bytes:
        if url not in self._known:
            if len(self._known) == MAX_FETCHES:
                raise FetchError("the file names more addresses than are asked")
            if time.monotonic() > self._until:
                raise FetchError("the addresses that the file names answer too slowly")
            try:
                self._known[url] = self._fetcher.get(url)
            except FetchError as error:
                self._known[url] = error
        found = self._known[url]
        if isinstance(found, FetchError):
            raise found
        return found


class PublicFetcher:
    """Asks public https hosts on port 443. Names are resolved once, and the very address that was checked is used."""

    def get(self, url: str) -> bytes:
        host, target = _taken_apart(url)
        until = time.monotonic() + SECONDS
        try:
            connection = _PinnedConnection(host, _public_address(host), until=until)
            try:
                connection.request(
                    "GET", target, headers={"accept": "application/json, */*", "user-agent": "portfolio"}
                )
                answer = connection.getresponse()
                if answer.status != HTTPStatus.OK:
                    raise FetchError("the address did not give a document", status=answer.status)
                return _body(answer)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchError(f"the address did not answer ({type(error).__name__})") from None


class _PinnedConnection(http.client.HTTPSConnection):
    """A TLS connection to one address, whose certificate must be good for the host's name, for `SECONDS` in all."""

    def __init__(self, host: str, address: str, *, until: float) -> None:
        context = ssl.create_default_context()
        super().__init__(host, _PORT, timeout=SECONDS, context=context)
        self._address = address
        context.sslsocket_class = _TimedSocket
        self._tls = context
        self._until = until

    def connect(self) -> None:
        plain = socket.create_connection((self._address, _PORT), timeout=_left(self._until))
        try:
            plain.settimeout(_left(self._until))  # of the whole handshake
            tls = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock = tls
        tls.settimeout(_left(self._until))
        cast("_TimedSocket", tls).until = self._until


class _TimedSocket(ssl.SSLSocket):
    """Reads until a moment: a socket's own timeout starts anew with every byte, this one does not."""

    until: float

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(_left(self.until))
        return super().recv_into(buffer, nbytes, flags)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise FetchError("the address answered too slowly")
    return left


def _taken_apart(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressRefusedError("the address is none") from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme != "https" or not host or not plain or port not in {None, _PORT} or parts.username is not None:
        raise AddressRefusedError("only public https addresses are asked")
    return host, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _public_address(host: str) -> str:
    """Return an address of the host; refuses a host with even one address that is not public."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)}
    if not found or not all(is_public(address) for address in found):
        raise AddressRefusedError("only public https addresses are asked")
    return min(found, key=lambda address: (":" in address, address))


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet, and carries no other inside."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in net for net in _TRANSLATED) or found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _body(answer: http.client.HTTPResponse) -> bytes:
    received = bytearray()
    while chunk := answer.read1(_CHUNK):
        received += chunk
        if len(received) > MAX_BYTES:
            raise FetchError("the address gave too much")
    return bytes(received)
