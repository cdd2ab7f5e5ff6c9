"""What can be wrong with a real Kubo node: down, hung, damaged, full, forgetful, open to the world."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from kubo_daemon import KuboDaemon

from portfolio.documents.cid import CHUNK_SIZE, compute_cid
from portfolio.documents.kubo import KuboStore, multiaddress
from portfolio.documents.storage import (
    MAX_STORED_SIZE,
    ContentDamagedError,
    ContentMissingError,
    EmbeddedStore,
    MirroredStore,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)
from portfolio.documents.swarm import check_private
from ports import free_port

pytestmark = pytest.mark.kubo
Maker = Callable[..., KuboDaemon]


@pytest.fixture
def daemon(make_kubo: Maker) -> KuboDaemon:
    return make_kubo()


@pytest.fixture
def store(daemon: KuboDaemon) -> Iterator[KuboStore]:
    opened = KuboStore(daemon.url, seconds=3)
    yield opened
    opened.close()


def block_file(daemon: KuboDaemon, leaf: bytes) -> Path:
    """The file of a raw block: flatfs names it by the multihash in base32, without the CID's version and codec."""
    name = daemon.run("cid", "format", "-b=base32upper", "-f=%M", compute_cid(leaf)).strip()[1:]
    (path,) = (daemon.repo / "blocks").rglob(f"*{name}.data")
    return path


# --- down, hung, killed -----------------------------------------------------------------------------------------------


@pytest.mark.fault(44)
def test_a_hung_node_stops_nobody_from_storing(daemon: KuboDaemon, store: KuboStore, tmp_path: Path) -> None:
    mirrored = MirroredStore(own=EmbeddedStore(tmp_path), mirror=store)
    daemon.signal(signal.SIGSTOP)
    started = time.monotonic()
    cid = mirrored.put(b"ciphertext")
    assert mirrored.get(cid) == b"ciphertext"
    assert time.monotonic() - started < 1
    with pytest.raises(StoreUnavailableError):
        store.put(b"ciphertext")
    assert time.monotonic() - started < 10
    daemon.signal(signal.SIGCONT)
    assert store.put(b"ciphertext") == cid


@pytest.mark.fault(44)
def test_a_node_that_is_not_there_is_unavailable_and_nothing_else(store: KuboStore, daemon: KuboDaemon) -> None:
    cid = store.put(b"ciphertext")
    daemon.stop()
    for use in (store.get, store.has, store.pin, store.delete):
        with pytest.raises(StoreUnavailableError):
            use(cid)
    with pytest.raises(StoreUnavailableError):
        list(store.iterate())
    with pytest.raises(StoreUnavailableError):
        store.check()
    with pytest.raises(StoreUnavailableError):
        KuboStore(f"http://127.0.0.1:{free_port()}").put(b"x")


def test_a_restart_behind_kept_connections_is_not_noticed(make_kubo: Maker) -> None:
    port = free_port()
    daemon = make_kubo()
    config_file = daemon.repo / "config"
    daemon.stop()
    config = json.loads(config_file.read_text())
    config["Addresses"]["API"] = f"/ip4/127.0.0.1/tcp/{port}"
    config_file.write_text(json.dumps(config))
    daemon.start()
    store = KuboStore(daemon.url)
    cid = store.put(b"before")
    daemon.kill()
    daemon.start()
    assert store.get(cid) == b"before"
    daemon.stop()
    daemon.start()
    assert store.put(b"after") == compute_cid(b"after")
    store.close()


def test_something_else_on_the_port_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            for reply in (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"SSH-2.0-x\r\n", b""):
                for _ in range(2):
                    with suppress(OSError):  # the client may hang up first
                        connection, _address = server.accept()
                        with connection:
                            connection.recv(65536)
                            connection.sendall(reply)

        threading.Thread(target=answer, daemon=True).start()
        for _ in range(3):
            store = KuboStore(f"http://127.0.0.1:{port}", seconds=2)
            with pytest.raises(StoreUnavailableError):
                store.check()
            store.close()


# --- the content ------------------------------------------------------------------------------------------------------


@pytest.mark.fault(45)
@pytest.mark.parametrize("size", [1000, 3 * CHUNK_SIZE])
def test_a_flipped_bit_in_the_nodes_blocks_is_seen_and_the_other_copy_serves(
    daemon: KuboDaemon, store: KuboStore, tmp_path: Path, size: int
) -> None:
    own = EmbeddedStore(tmp_path)
    content = os.urandom(size)
    cid = store.put(content)
    own.put(content)
    path = block_file(daemon, content[:CHUNK_SIZE])
    damaged = bytearray(path.read_bytes())
    damaged[17] ^= 4
    path.chmod(0o600)
    path.write_bytes(damaged)
    daemon.stop()
    daemon.start()  # so that no cache of the daemon's answers
    fresh = KuboStore(daemon.url)
    with pytest.raises((ContentDamagedError, StoreUnavailableError)):
        fresh.get(cid)
    assert MirroredStore(own=own, mirror=fresh).get(cid) == content
    fresh.close()


@pytest.mark.fault(46)
def test_garbage_collection_takes_what_is_unpinned_and_a_pin_brings_it_back(
    daemon: KuboDaemon, store: KuboStore
) -> None:
    kept, dropped = store.put(os.urandom(CHUNK_SIZE * 2)), store.put(b"dropped")
    daemon.run("pin", "rm", dropped)
    daemon.run("repo", "gc")
    assert store.get(kept)
    with pytest.raises(ContentMissingError):
        store.get(dropped)
    assert set(store.iterate()) == {kept}
    assert store.put(b"dropped") == dropped
    daemon.run("repo", "gc")
    assert store.get(dropped) == b"dropped"


@pytest.mark.fault(5)
def test_content_added_without_a_pin_is_pinned_by_storing_it_again(daemon: KuboDaemon, store: KuboStore) -> None:
    content = os.urandom(700_000)
    file = daemon.repo / "content"
    file.write_bytes(content)
    cid = daemon.run("add", "-Q", "--pin=false", "--cid-version=1", "--raw-leaves", str(file)).strip()
    assert list(store.iterate()) == []
    assert store.put(content) == cid
    daemon.run("repo", "gc")
    assert store.get(cid) == content


@pytest.mark.fault(47)
def test_a_pin_whose_block_is_gone_deceives_nobody(daemon: KuboDaemon, store: KuboStore) -> None:
    content = os.urandom(3 * CHUNK_SIZE)
    cid = store.put(content)
    block_file(daemon, content[CHUNK_SIZE : 2 * CHUNK_SIZE]).unlink()
    daemon.stop()
    daemon.start()
    fresh = KuboStore(daemon.url, seconds=5)
    assert cid in set(fresh.iterate())
    # Kubo breaks the answer off, and to the client it looks whole.
    with pytest.raises((ContentMissingError, ContentDamagedError, StoreUnavailableError)):
        fresh.get(cid)
    assert fresh.put(content) == cid
    assert fresh.get(cid) == content
    fresh.close()


@pytest.mark.fault(51)
def test_only_files_are_read_and_never_more_than_the_largest(daemon: KuboDaemon, store: KuboStore) -> None:
    big = daemon.repo / "big"
    big.write_bytes(bytes(MAX_STORED_SIZE * 2))
    huge = daemon.run("add", "-Q", "--cid-version=1", "--raw-leaves", str(big)).strip()
    folder = daemon.repo / "folder"
    folder.mkdir()
    (folder / "index.html").write_text("<script>alert(1)</script>")
    listing = daemon.run("add", "-Q", "-r", "--cid-version=1", "--raw-leaves", str(folder)).strip()
    for hostile in (huge, listing):
        with pytest.raises((ContentDamagedError, StoreUnavailableError)):
            store.get(hostile)


def test_the_nodes_own_import_settings_do_not_change_an_identifier(make_kubo: Maker) -> None:
    other = {
        "CidVersion": 0,
        "UnixFSRawLeaves": False,
        "UnixFSChunker": "size-1048576",
        "HashFunction": "sha2-512",
        "UnixFSFileMaxLinks": 5,
    }
    daemon = make_kubo(settings={"Import": other})
    store = KuboStore(daemon.url)
    content = os.urandom(3 * CHUNK_SIZE + 1)
    assert store.put(content) == compute_cid(content)
    assert store.get(compute_cid(content)) == content
    store.close()


@pytest.mark.fault(48)
def test_a_full_disk_of_the_node_refuses_and_the_node_comes_back(small_disk: Path, make_kubo: Maker) -> None:
    daemon = make_kubo(repo=small_disk / "repo")
    store = KuboStore(daemon.url)
    kept = store.put(b"kept")
    with pytest.raises(StoreFullError) as caught:
        store.put(os.urandom(MAX_STORED_SIZE))
    assert caught.value.status == 507
    daemon.kill()
    daemon.start()
    fresh = KuboStore(daemon.url)
    assert fresh.get(kept) == b"kept"
    fresh.close()
    store.close()


# --- private and closed -----------------------------------------------------------------------------------------------


@pytest.mark.fault(53)
def test_a_private_node_is_accepted_and_its_swarm_port_tells_strangers_nothing(
    daemon: KuboDaemon, store: KuboStore
) -> None:
    store.check()
    assert any("private network" in line for line in daemon.output)
    assert store.version()


@pytest.mark.fault(53)
def test_a_node_without_a_swarm_key_gets_nothing(make_kubo: Maker) -> None:
    daemon = make_kubo(private=False)
    store = KuboStore(daemon.url)
    with pytest.raises(StoreRefusedError, match="swarm key"):
        store.put(b"ciphertext")
    with pytest.raises(StoreRefusedError, match="swarm key"):
        store.pin(compute_cid(b"ciphertext"))
    assert list(store.iterate()) == []
    store.close()


@pytest.mark.fault(53)
def test_with_forced_privacy_kubo_itself_does_not_start_without_a_key(make_kubo: Maker) -> None:
    daemon = make_kubo()
    daemon.stop()
    (daemon.repo / "swarm.key").unlink()
    with pytest.raises(RuntimeError, match=r"(?i)private network"):
        daemon.start()


@pytest.mark.fault(53)
def test_two_nodes_meet_only_with_the_same_key(make_kubo: Maker) -> None:
    ours, stranger = make_kubo(), make_kubo()
    address = json.loads(stranger.run("id", "--format", '["<addrs>"]').replace("\n", '","'))[0]
    with pytest.raises(Exception, match="returned non-zero"):
        ours.run("swarm", "connect", address)
    for daemon in (ours, stranger):
        daemon.stop()
        (daemon.repo / "swarm.key").write_bytes((ours.repo / "swarm.key").read_bytes())
        daemon.start()
    address = json.loads(stranger.run("id", "--format", '["<addrs>"]').replace("\n", '","'))[0]
    assert "success" in ours.run("swarm", "connect", address)
    theirs, mine = KuboStore(stranger.url), KuboStore(ours.url)
    content = os.urandom(2 * CHUNK_SIZE)
    cid = theirs.put(content)
    with pytest.raises(ContentMissingError):
        mine.get(cid)
    mine.pin(cid)
    assert mine.get(cid) == content
    theirs.close()
    mine.close()


PRIVATE = {"AutoConf": {"Enabled": False}, "Bootstrap": [], "Addresses": {"API": "/ip4/127.0.0.1/tcp/5001"}}


@pytest.mark.fault(52, 53)
@pytest.mark.parametrize(
    ("config", "listeners", "reason"),
    [
        (PRIVATE | {"Addresses": {"API": "/ip4/0.0.0.0/tcp/5001"}}, [], "open to other machines"),
        (PRIVATE | {"Addresses": {"API": ["/ip6/::1/tcp/1", "/ip4/10.0.0.5/tcp/5001"]}}, [], "open to other machines"),
        (PRIVATE | {"Addresses": {"API": "/dns/node/tcp/5001"}}, [], "open to other machines"),
        (PRIVATE | {"AutoConf": {}}, [], "public network"),
        (PRIVATE | {"Bootstrap": ["auto"]}, [], "public network"),
        (PRIVATE | {"Bootstrap": ["/dnsaddr/bootstrap.libp2p.io/p2p/Qm"]}, [], "public network"),
        (PRIVATE, ["/ip4/127.0.0.1/udp/4001/quic-v1"], "cannot be private"),
        (PRIVATE, [], "nobody can tell"),
        (PRIVATE, ["/p2p-circuit"], "nobody can tell"),
        (PRIVATE | {"Addresses": {"API": ["/unix/run/ipfs.sock", "/ip4/127.1.2.3/tcp/1"]}}, [], "nobody can tell"),
        (
            PRIVATE | {"Addresses": {"API": "/ip4/0.0.0.0/tcp/1"}, "API": {"Authorizations": {"us": {}}}},
            [],
            "nobody can",
        ),
    ],
)
def test_an_open_node_is_refused_with_the_reason(config: dict[str, object], listeners: list[str], reason: str) -> None:
    with pytest.raises(StoreRefusedError, match=reason):
        check_private(config, listeners, api_host="127.0.0.1")


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    ("greeting", "accepted"),
    [(bytes(range(100, 124)), True), (b"\x13/multistream/1.0.0\n", False), (b"", False), (b"short", False)],
)
def test_the_greeting_decides(greeting: bytes, *, accepted: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):
                connection, _address = server.accept()
                with connection:
                    connection.sendall(greeting)

        threading.Thread(target=answer, daemon=True).start()
        listeners = [f"/ip4/127.0.0.1/tcp/{server.getsockname()[1]}"]
        if accepted:
            check_private(PRIVATE, listeners, api_host="127.0.0.1")
        else:
            with pytest.raises(StoreRefusedError, match="no swarm key"):
                check_private(PRIVATE, listeners, api_host="127.0.0.1")


@pytest.mark.fault(52)
def test_the_daemon_of_the_tests_listens_on_loopback_only(daemon: KuboDaemon) -> None:
    assert daemon.process is not None
    table = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    links = Path(f"/proc/{daemon.process.pid}/fd").iterdir()
    inodes = {str(link.readlink()) for link in links if link.is_symlink()}
    listening = [row[1].split(":")[0] for row in table if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    assert listening
    assert set(listening) == {"0100007F"}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001/http"),
        ("http://localhost:5001/", "/dns/localhost/tcp/5001/http"),
        ("https://user:secret@kubo.school.example:443", "/dns/kubo.school.example/tcp/443/https"),
        ("http://[::1]:5001", "/ip6/::1/tcp/5001/http"),
        ("http://kubo", "/dns/kubo/tcp/5001/http"),
    ],
)
def test_an_ordinary_url_becomes_the_multiaddress_the_client_wants(url: str, address: str) -> None:
    assert multiaddress(url) == address
