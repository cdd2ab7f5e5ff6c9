"""Whether a Kubo node is on a private swarm and its API closed to strangers: faults 52 and 53.

Kubo tells nobody over its API whether it has a swarm key, and its configuration file may have been edited since it
started. So its swarm port is asked: a public libp2p node greets every caller in the clear, a private one with noise.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from portfolio.documents.storage import StoreRefusedError

_GREETING = b"/multistream/1.0.0\n"  # multistream-select 1.0, the first words of every libp2p connection in the clear
_NONCE_SIZE = 24  # libp2p pre-shared key networks, spec v1: a connection opens with 24 random bytes
_DIAL_SECONDS = 3.0
_ADVICE = "See docs/spec/documents.md, section Kubo."


def check_private(config: Mapping[str, Any], listeners: Iterable[str], *, api_host: str) -> None:
    """Raise StoreRefusedError unless the node is on a private swarm, and its API is for this machine or wants a secret.

    `config` is the node's configuration, `listeners` its multiaddresses, `api_host` where its API was reached.
    """
    _check_api(config)
    _check_bootstrap(config)
    listeners = [address for address in listeners if not address.startswith("/p2p-circuit")]
    for address in listeners:
        # These transports do not know pre-shared keys; a private Kubo refuses to start with them.
        if "/udp/" in address:
            raise StoreRefusedError(f"The Kubo node listens on a transport that cannot be private. {_ADVICE}")
    greeting = _first_greeting(listeners, api_host)
    if greeting is None:
        raise StoreRefusedError(f"No swarm address of the Kubo node answers, so nobody can tell its swarm. {_ADVICE}")
    if _GREETING in greeting or len(greeting) < _NONCE_SIZE:
        raise StoreRefusedError(f"The Kubo node is not on a private swarm: it has no swarm key. {_ADVICE}")


def _check_api(config: Mapping[str, Any]) -> None:
    addresses = config.get("Addresses", {}).get("API") or []
    addresses = [addresses] if isinstance(addresses, str) else addresses
    if config.get("API", {}).get("Authorizations") or all(map(_is_local, addresses)):
        return
    raise StoreRefusedError(f"The API of the Kubo node is open to other machines without a secret. {_ADVICE}")


def _is_local(address: str) -> bool:
    kind, host = [*address.split("/"), "", ""][1:3]
    if kind == "unix":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_bootstrap(config: Mapping[str, Any]) -> None:
    peers = config.get("Bootstrap") or []
    if config.get("AutoConf", {}).get("Enabled") is not False or any(
        peer == "auto" or "bootstrap.libp2p.io" in peer for peer in peers
    ):
        raise StoreRefusedError(f"The Kubo node is set up to join the public network. {_ADVICE}")


def _first_greeting(listeners: Iterable[str], api_host: str) -> bytes | None:
    for host, port in _dialled(listeners, api_host):
        try:
            return _greeting(host, port)
        except OSError:
            continue
    return None


def _dialled(listeners: Iterable[str], api_host: str) -> Iterable[tuple[str, int]]:
    """The TCP addresses to try: first as the node names them, then the same ports where its API was reached."""
    named = []
    for address in listeners:
        parts = address.split("/")
        if len(parts) == 5 and parts[1] in ("ip4", "ip6") and parts[3] == "tcp":  # noqa: PLR2004
            named.append((parts[2], int(parts[4])))
    return dict.fromkeys(named + [(api_host, port) for _, port in named])


def _greeting(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), timeout=_DIAL_SECONDS) as connection:
        received = b""
        while len(received) < _NONCE_SIZE and _GREETING not in received:
            part = connection.recv(256)
            if not part:
                break
            received += part
        return received
