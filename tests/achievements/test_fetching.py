"""Addresses out of strangers' files lead nowhere but to the public internet, and not for long."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from portfolio import fetching
from portfolio.fetching import (
    MAX_BYTES,
    MAX_FETCHES,
    FakeFetcher,
    FetchError,
    LimitedFetcher,
    OfflineFetcher,
    PublicFetcher,
    is_public,
)

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2001:0:1:2::", "2001:db8::1", "fec0::1", "nonsense",
]  # fmt: skip


@pytest.mark.fault(110)
@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "77.88.55.60", "2a02:6b8::2:242", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://badges.example/",
        "ftp://badges.example/",
        "file:///etc/passwd",
        "https://",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://badges.example:8443/",
        "https://badges.example:22/",
        "https://user@badges.example/",
        "https://badges.example/\r\nx: y",
        "https://badges.example/ x",
        "https://[bad",
        "",
    ],
)
def test_other_addresses_are_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> None:
        pytest.fail("it was asked")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(FetchError):
        PublicFetcher().get(url)


def test_a_host_with_one_private_address_among_public_ones_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(FetchError, match="public"):
        PublicFetcher().get("https://badges.example/")


def certificate(folder: Path) -> Path:
    """A certificate for badges.example that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "badges.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("badges.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return path


@contextmanager
def server(pem: Path, pieces: list[bytes], *, pause: float = 0.0, first: float = 0.0) -> Iterator[int]:
    """A TLS server that answers every request with these pieces, resting between them and before the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            time.sleep(first)
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(4096)
                    for piece in pieces:
                        tls.sendall(piece)
                        time.sleep(pause)
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(timeout=5)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    """As if badges.example were a public host of this machine whose certificate is good."""
    made = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: made(cafile=str(pem)))


def ask(monkeypatch: pytest.MonkeyPatch, port: int) -> bytes:
    monkeypatch.setattr(fetching, "_PORT", port)
    monkeypatch.setattr(fetching, "_public_address", lambda _: "127.0.0.1")
    return PublicFetcher().get("https://badges.example/x")


OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"


@pytest.mark.usefixtures("trusting")
def test_a_document_is_fetched(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    with server(pem, [OK, b'{"a": 1}']) as port:
        assert ask(monkeypatch, port) == b'{"a": 1}'


def test_a_certificate_that_nobody_vouches_for_is_refused(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    with server(pem, [OK, b"{}"]) as port, pytest.raises(FetchError, match="SSL"):
        ask(monkeypatch, port)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("status", [b"302 Found\r\nlocation: http://127.0.0.1/", b"404 Not Found", b"500 No"])
def test_redirects_and_errors_give_nothing(monkeypatch: pytest.MonkeyPatch, pem: Path, status: bytes) -> None:
    with server(pem, [b"HTTP/1.1 " + status + b"\r\n\r\n"]) as port, pytest.raises(FetchError):
        ask(monkeypatch, port)


@pytest.mark.usefixtures("trusting")
def test_too_much_is_not_taken(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    with server(pem, [OK, bytes(MAX_BYTES + 1)]) as port, pytest.raises(FetchError, match="too much"):
        ask(monkeypatch, port)


@pytest.mark.usefixtures("trusting")
def test_a_host_that_drips_is_left(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    begun = time.monotonic()
    with server(pem, [b"HTTP/1.1 200 OK\r\n", *[b"x: y\r\n"] * 50], pause=0.1) as port, pytest.raises(FetchError):
        ask(monkeypatch, port)
    assert time.monotonic() - begun < 6


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("first", [0.0, 0.35, 1.0])
def test_a_host_that_is_late_with_its_handshake_and_then_drips_is_left(
    monkeypatch: pytest.MonkeyPatch, pem: Path, first: float
) -> None:
    """The time counts from the beginning, and whatever arrives does not begin it anew."""
    connect = socket.create_connection

    def late(*arguments: Any, **how: Any) -> socket.socket:
        connected = connect(*arguments, **how)
        time.sleep(0.3)
        return connected

    monkeypatch.setattr(socket, "create_connection", late)
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    with server(pem, [OK, *[b"x"] * 60], pause=0.05, first=first and first + 0.3) as port:
        begun = time.monotonic()
        with pytest.raises(FetchError):
            ask(monkeypatch, port)
        assert time.monotonic() - begun < 0.9


def test_one_import_waits_only_so_long_for_all_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 0.0)
    fake = FakeFetcher({"https://a.example/": b"x"})
    limited = LimitedFetcher(fake)
    time.sleep(0.01)
    with pytest.raises(FetchError, match="slowly"):
        limited.get("https://a.example/")
    assert fake.asked == []


def test_one_import_knocks_at_few_doors_and_at_each_once() -> None:
    fake = FakeFetcher({"https://a.example/": b"x"})
    limited = LimitedFetcher(fake)
    for _ in range(3):
        assert limited.get("https://a.example/") == b"x"
    for number in range(2 * MAX_FETCHES):
        with pytest.raises(FetchError):
            limited.get(f"https://b.example/{number}")
    assert len(fake.asked) == MAX_FETCHES


def test_offline_nothing_is_fetched() -> None:
    with pytest.raises(FetchError):
        OfflineFetcher().get("https://badges.example/")
