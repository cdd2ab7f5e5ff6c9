"""One contract for every store: embedded, fake, mirrored and a real Kubo daemon."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubo_daemon import KuboDaemon

from portfolio.documents.cid import InvalidCidError, compute_cid
from portfolio.documents.fake import FakeStore, Misbehaviour
from portfolio.documents.kubo import KuboStore
from portfolio.documents.storage import (
    MAX_STORED_SIZE,
    ContentDamagedError,
    ContentMissingError,
    ContentTooLargeError,
    DocumentStore,
    EmbeddedStore,
    MirroredStore,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)

KIB = 1024
SIZES = [0, 1, 255 * KIB, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 512 * KIB, KIB * KIB, 20 * KIB * KIB]
ABSENT = compute_cid(b"nobody ever stored this")


def make_fake() -> FakeStore:
    with pytest.warns(UserWarning, match="fake"):
        return FakeStore(is_production=False)


@pytest.fixture(params=["embedded", "fake", "mirrored", pytest.param("kubo", marks=pytest.mark.kubo)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DocumentStore]:
    if request.param == "embedded":
        yield EmbeddedStore(tmp_path / "documents")
    elif request.param == "fake":
        yield make_fake()
    elif request.param == "mirrored":
        yield MirroredStore(own=EmbeddedStore(tmp_path / "own"), mirror=EmbeddedStore(tmp_path / "mirror"))
    else:
        kubo = KuboStore(request.getfixturevalue("kubo").url)
        yield kubo
        kubo.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_store_gives_the_content_back_under_the_computed_cid(store: DocumentStore, size: int) -> None:
    content = os.urandom(size)
    cid = store.put(content)
    assert cid == compute_cid(content)
    assert store.get(cid) == content
    assert store.has(cid)
    assert cid in set(store.iterate())


def test_storing_twice_is_storing_once(store: DocumentStore) -> None:
    content = os.urandom(300 * KIB)
    assert store.put(content) == store.put(content)
    assert list(store.iterate()).count(compute_cid(content)) == 1


def test_absent_content_is_missing_and_never_empty(store: DocumentStore) -> None:
    assert not store.has(ABSENT)
    with pytest.raises(ContentMissingError):
        store.get(ABSENT)


def test_delete_removes_and_may_be_repeated(store: DocumentStore) -> None:
    for size in (10, 600 * KIB):
        content = os.urandom(size)
        cid = store.put(content)
        store.delete(cid)
        store.delete(cid)
        assert not store.has(cid)
        assert cid not in set(store.iterate())
        with pytest.raises(ContentMissingError):
            store.get(cid)
        assert store.put(content) == cid
        assert store.get(cid) == content


def test_pin_is_harmless_when_repeated(store: DocumentStore) -> None:
    cid = store.put(os.urandom(400 * KIB))
    store.pin(cid)
    store.pin(cid)
    assert cid in set(store.iterate())


@pytest.mark.fault(50)
@pytest.mark.parametrize(
    "cid",
    [
        "",
        "../../etc/passwd",
        "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG",
        ABSENT.upper(),
        ABSENT + "/x",
        ABSENT + "\n",
    ],
)
def test_a_foreign_identifier_reaches_no_store(store: DocumentStore, cid: str) -> None:
    for use in (store.get, store.has, store.pin, store.delete):
        with pytest.raises(InvalidCidError):
            use(cid)


def test_more_than_the_largest_document_is_refused(store: DocumentStore) -> None:
    with pytest.raises(ContentTooLargeError):
        store.put(bytes(MAX_STORED_SIZE + 1))


def test_many_threads_share_a_store(store: DocumentStore) -> None:
    contents = [os.urandom(50 * KIB) for _ in range(24)]
    failures: list[BaseException] = []

    def work(mine: list[bytes]) -> None:
        try:
            for content in mine:
                assert store.get(store.put(content)) == content
        except BaseException as error:  # noqa: BLE001  carried out of the thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(contents[i % 6 :: 3],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# --- the embedded store on its disk -----------------------------------------------------------------------------------


def path_of(folder: Path, cid: str) -> Path:
    (path,) = [path for path in folder.rglob(cid) if path.is_file()]
    return path


@pytest.mark.fault(45)
def test_a_flipped_bit_on_disk_is_never_served(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    content = os.urandom(1000)
    cid = store.put(content)
    path = path_of(tmp_path, cid)
    for position in (0, 500, 999):
        damaged = bytearray(content)
        damaged[position] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(ContentDamagedError):
            store.get(cid)
    path.write_bytes(content[:-1])
    with pytest.raises(ContentDamagedError):
        store.get(cid)
    assert store.put(content) == cid
    assert store.get(cid) == content


def test_files_are_private_and_nothing_is_left_beside_them(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    cid = store.put(b"ciphertext")
    path = path_of(tmp_path, cid)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_what_a_killed_process_left_is_removed_and_never_listed(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    old, young = (tmp_path / "incoming" / name for name in ("old", "young"))
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (0, 0))
    cid = store.put(b"whole")
    (path_of(tmp_path, cid).parent / ".DS_Store").touch()
    reopened = EmbeddedStore(tmp_path)
    assert list(reopened.iterate()) == [cid]
    assert not old.exists()
    assert young.exists()


@pytest.mark.fault(48)
def test_a_full_disk_refuses_with_507_and_stores_nothing(small_disk: Path) -> None:
    store = EmbeddedStore(small_disk)
    kept = store.put(os.urandom(100 * KIB))
    with pytest.raises(StoreFullError) as caught:
        store.put(os.urandom(20 * KIB * KIB))
    assert caught.value.status == 507
    assert list(store.iterate()) == [kept]
    assert not list((small_disk / "incoming").iterdir())
    assert store.get(kept)
    store.put(os.urandom(100 * KIB))


def test_a_disk_that_fails_is_unavailable_and_nothing_else(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    cid = compute_cid(b"ciphertext")
    (tmp_path / cid[-3:-1]).write_text("a file where a folder should be")
    for use in (lambda: store.put(b"ciphertext"), lambda: store.get(cid), lambda: store.delete(cid)):
        with pytest.raises(StoreUnavailableError):
            use()
    assert not list((tmp_path / "incoming").iterdir())
    with pytest.raises(ContentMissingError):
        store.pin(cid)


# --- a mirror behind our own store ------------------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> tuple[MirroredStore, EmbeddedStore, FakeStore]:
    own, mirror = EmbeddedStore(tmp_path), make_fake()
    return MirroredStore(own=own, mirror=mirror), own, mirror


@pytest.mark.fault(44)
def test_a_mirror_that_is_down_does_not_stop_storing(pair: tuple[MirroredStore, EmbeddedStore, FakeStore]) -> None:
    store, own, mirror = pair
    mirror.misbehaviour = {Misbehaviour.DOWN}
    cid = store.put(b"ciphertext")
    assert own.get(cid) == b"ciphertext"
    assert store.get(cid) == b"ciphertext"


@pytest.mark.fault(45)
@pytest.mark.parametrize("harm", ["damaged", "lost"])
def test_the_mirror_serves_and_repairs_our_own_copy(
    pair: tuple[MirroredStore, EmbeddedStore, FakeStore], harm: str
) -> None:
    store, own, mirror = pair
    cid = store.put(b"ciphertext")
    mirror.put(b"ciphertext")
    path = path_of(own.folder, cid)
    if harm == "damaged":
        path.write_bytes(b"Ciphertext")
    else:
        path.unlink()
    assert store.get(cid) == b"ciphertext"
    assert own.get(cid) == b"ciphertext"


@pytest.mark.fault(45)
@pytest.mark.parametrize("trouble", [Misbehaviour.FLIPS_BITS, Misbehaviour.DOWN, Misbehaviour.LOSES_CONTENT])
def test_two_bad_copies_are_an_error_and_change_nothing(
    pair: tuple[MirroredStore, EmbeddedStore, FakeStore], trouble: Misbehaviour
) -> None:
    store, own, mirror = pair
    mirror.misbehaviour = {trouble}
    cid = store.put(b"ciphertext")
    if trouble is not Misbehaviour.DOWN:
        mirror.put(b"ciphertext")
    path_of(own.folder, cid).write_bytes(b"Ciphertext")
    with pytest.raises(ContentDamagedError):
        store.get(cid)
    assert path_of(own.folder, cid).read_bytes() == b"Ciphertext"


def test_the_reader_is_served_although_the_repair_fails() -> None:
    own, mirror = make_fake(), make_fake()
    store = MirroredStore(own=own, mirror=mirror)
    cid = mirror.put(b"ciphertext")
    own.misbehaviour = {Misbehaviour.FULL}
    assert store.get(cid) == b"ciphertext"
    assert store.has(cid)
    store.pin(cid)
    assert list(store.iterate()) == []
    own.misbehaviour = set()
    assert store.get(cid) == b"ciphertext"
    assert list(store.iterate()) == [cid]


def test_delete_reaches_both_copies_or_says_that_it_did_not(
    pair: tuple[MirroredStore, EmbeddedStore, FakeStore],
) -> None:
    store, own, mirror = pair
    cid = store.put(b"ciphertext")
    mirror.put(b"ciphertext")
    mirror.misbehaviour = {Misbehaviour.DOWN}
    with pytest.raises(StoreUnavailableError):
        store.delete(cid)
    assert not own.has(cid)
    mirror.misbehaviour = set()
    store.delete(cid)
    assert not mirror.has(cid)


# --- the fake ---------------------------------------------------------------------------------------------------------


def test_the_fake_is_refused_in_production() -> None:
    with pytest.raises(StoreRefusedError):
        FakeStore(is_production=True)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Misbehaviour.DOWN, StoreUnavailableError),
        (Misbehaviour.FULL, StoreFullError),
        (Misbehaviour.WRONG_CID, ContentDamagedError),
        (Misbehaviour.LOSES_ANSWER, StoreUnavailableError),
    ],
)
def test_the_fake_misbehaves_at_put_on_demand(trouble: Misbehaviour, error: type[Exception]) -> None:
    store = make_fake()
    store.misbehaviour = {trouble}
    with pytest.raises(error):
        store.put(b"x")
    store.misbehaviour = set()
    assert store.has(compute_cid(b"x")) == (trouble is Misbehaviour.LOSES_ANSWER)


@pytest.mark.fault(47)
def test_the_fake_lists_pins_it_does_not_have() -> None:
    store = make_fake()
    cid = store.put(b"x")
    store.misbehaviour = {Misbehaviour.LIES_ABOUT_PINS}
    store.lose(cid)
    assert store.has(cid)
    assert cid in set(store.iterate())
    with pytest.raises(ContentMissingError):
        store.get(cid)


@pytest.mark.kubo
@pytest.mark.parametrize("size", SIZES)
def test_embedded_store_and_kubo_agree_on_the_cid(kubo: KuboDaemon, tmp_path: Path, size: int) -> None:
    """Asked of Kubo's own command line too, so that our options to its API are not the judge of themselves."""
    content = bytes(range(251)) * (size // 251 + 1)
    file = tmp_path / "content"
    file.write_bytes(content[:size])
    cid = EmbeddedStore(tmp_path / "store").put(content[:size])
    told = kubo.run(
        "add", "--quieter", "--only-hash", "--cid-version=1", "--raw-leaves", "--chunker=size-262144", str(file)
    )
    assert told.strip() == cid
