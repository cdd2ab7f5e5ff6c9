from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from library import KEYS, Library, make_png
from sqlmodel import select

from portfolio.documents.cid import compute_cid
from portfolio.documents.encryption import (
    MasterKey,
    MasterKeys,
    SealError,
    UnknownMasterKeyError,
    bind,
    person_key,
    rewrap,
    unseal,
    version_of,
)
from portfolio.documents.fake import FakeStore, Misbehaviour
from portfolio.documents.media import MediaType, UnsupportedMediaError
from portfolio.documents.mirror import audit_documents
from portfolio.documents.models import Document
from portfolio.documents.service import WrongOwnerError, open_store, read_document, store_document
from portfolio.documents.storage import (
    ContentDamagedError,
    ContentMissingError,
    EmbeddedStore,
    MirroredStore,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)
from portfolio.errors import NotFoundError
from portfolio.people.models import Person


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library.db")


@pytest.fixture
def store(tmp_path: Path) -> EmbeddedStore:
    return EmbeddedStore(tmp_path / "documents")


def read(library: Library, store: EmbeddedStore, document: Document, person: Person | None) -> bytes:
    with library.database.read() as session:
        return read_document(session, store=store, keys=KEYS, person=person, document_id=document.id).content


@pytest.mark.parametrize("owned", [True, False], ids=["person", "organisation"])
@pytest.mark.parametrize("size", [300, 700 * 1024])
def test_what_is_stored_is_read_back_and_only_ciphertext_lies_about(
    library: Library, store: EmbeddedStore, tmp_path: Path, size: int, *, owned: bool
) -> None:
    person = library.make_person() if owned else None
    content = make_png(size)
    document = library.store(store, content, person)
    assert (document.media_type, document.size) == (MediaType.PNG, len(content))
    assert document.key_version == (None if owned else 1)
    assert read(library, store, document, person) == content
    canary = content[60:160]
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or canary not in path.read_bytes()


def test_the_time_is_the_clock_s(library: Library, store: EmbeddedStore, clock: Callable[[], datetime]) -> None:
    with library.database.write() as session:
        document = store_document(
            session,
            store=store,
            keys=KEYS,
            organisation_id=library.organisation_id,
            person=None,
            content=make_png(),
            clock=clock,
        )
    assert document.created_at == clock()
    assert document.pushed_at is None


@pytest.mark.fault(49)
def test_the_same_file_twice_is_two_documents_that_nobody_can_tell_are_equal(
    library: Library, store: EmbeddedStore
) -> None:
    person, content = library.make_person(), make_png()
    one, other = library.store(store, content, person), library.store(store, content, person)
    assert one.cid != other.cid
    assert one.sealed_key != other.sealed_key
    assert compute_cid(content) not in (one.cid, other.cid)
    assert store.get(one.cid)[13:] != store.get(other.cid)[13:]


def test_a_refused_file_leaves_nothing(library: Library, store: EmbeddedStore) -> None:
    with pytest.raises(UnsupportedMediaError):
        library.store(store, b"<svg/>")
    assert not list(store.iterate())
    with library.database.read() as session:
        assert not session.exec(select(Document)).all()


def test_absent_documents_and_foreign_persons(library: Library, store: EmbeddedStore) -> None:
    ours, other = library.make_person(), library.make_person()
    document = library.store(store, make_png(), ours)
    with library.database.read() as session:
        with pytest.raises(NotFoundError):
            read_document(session, store=store, keys=KEYS, person=ours, document_id="nothing")
        for wrong in (other, None):
            with pytest.raises(WrongOwnerError):
                read_document(session, store=store, keys=KEYS, person=wrong, document_id=document.id)


@pytest.mark.parametrize("column", ["cid", "sealed_key", "both", "media_type", "size", "person_id", "organisation_id"])
def test_a_row_whose_parts_were_exchanged_does_not_open(library: Library, store: EmbeddedStore, column: str) -> None:
    """Somebody who can write to the database makes no document appear as another, or another person's."""
    ours, other = library.make_person(), library.make_person()
    stranger = library.make_person()
    stranger.sealed_key = ours.sealed_key
    one, two = library.store(store, make_png(), ours), library.store(store, make_png(), ours)
    third = library.store(store, make_png(), other)
    changes = {
        "cid": ("cid", two.cid),
        "sealed_key": ("sealed_key", two.sealed_key),
        "both": ("cid", third.cid),
        "media_type": ("media_type", "application/pdf"),
        "size": ("size", 5),
        "person_id": ("person_id", other.id),
        "organisation_id": ("organisation_id", "another"),
    }
    with library.database.read() as session:
        row = session.get_one(Document, one.id)
        two_or_third = session.get_one(Document, two.id if column != "both" else third.id)
        two_or_third.cid = "freed"
        setattr(row, *changes[column])
        if column == "both":
            row.sealed_key = third.sealed_key
        owner = other if column == "person_id" else ours
        with session.no_autoflush, pytest.raises(SealError):
            read_document(session, store=store, keys=KEYS, person=owner, document_id=one.id)


def test_a_persons_key_moved_to_another_person_does_not_open(library: Library, store: EmbeddedStore) -> None:
    ours, thief = library.make_person(), library.make_person()
    library.store(store, make_png(), ours)
    thief.sealed_key = ours.sealed_key
    with pytest.raises(SealError):
        library.store(store, make_png(), thief)


@pytest.mark.fault(69)
def test_without_the_master_key_nothing_opens(library: Library, store: EmbeddedStore) -> None:
    person = library.make_person()
    document = library.store(store, make_png(), person)
    for keys, error in (
        (MasterKeys({1: MasterKey(1, b"other" + bytes(27))}), SealError),
        (MasterKeys({2: MasterKey(2, KEYS.current.secret)}), UnknownMasterKeyError),
    ):
        with library.database.read() as session, pytest.raises(error):
            read_document(session, store=store, keys=keys, person=person, document_id=document.id)


@pytest.mark.fault(70)
def test_rotating_the_master_key_touches_no_document(library: Library, store: EmbeddedStore) -> None:
    person, content = library.make_person(), make_png()
    document = library.store(store, content, person)
    both = MasterKeys({1: KEYS.current, 2: MasterKey(2, bytes(range(1, 33)))})
    person.sealed_key = rewrap(both, person.sealed_key, bind("person-key", person.id))
    assert version_of(person.sealed_key) == 2
    only_new = MasterKeys({2: both.current})
    with library.database.read() as session:
        found = read_document(session, store=store, keys=only_new, person=person, document_id=document.id)
    assert found.content == content


def test_the_key_hierarchy_is_as_the_specification_says(library: Library, store: EmbeddedStore) -> None:
    person, content = library.make_person(), make_png()
    document = library.store(store, content, person)
    owner = person_key(KEYS, person.id, person.sealed_key)
    place = (document.id, library.organisation_id, person.id)
    key = unseal(owner, document.sealed_key, bind("document-key", *place))
    sealed = store.get(document.cid)
    assert unseal(key, sealed, bind("document", *place, "image/png", len(content))) == content


@pytest.mark.fault(44, 48)
@pytest.mark.parametrize("trouble", [Misbehaviour.FULL, Misbehaviour.DOWN, Misbehaviour.LOSES_ANSWER])
def test_when_our_own_store_fails_there_is_no_row(library: Library, trouble: Misbehaviour) -> None:
    store = fake()
    store.misbehaviour = {trouble}
    with pytest.raises(StoreFullError if trouble is Misbehaviour.FULL else StoreUnavailableError):
        library.store(store, make_png())
    with library.database.read() as session:
        assert not session.exec(select(Document)).all()


def fake() -> FakeStore:
    with pytest.warns(UserWarning, match="fake"):
        return FakeStore(is_production=False)


def test_a_transaction_rolled_back_leaves_an_orphan_that_the_audit_lists(
    library: Library, store: EmbeddedStore
) -> None:
    def fail_after_storing() -> None:
        with library.database.write() as session:
            store_document(
                session,
                store=store,
                keys=KEYS,
                organisation_id=library.organisation_id,
                person=None,
                content=make_png(),
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_storing()
    with library.database.read() as session:
        audit = audit_documents(session, store=store)
    assert audit.is_clean
    assert audit.checked == 0
    assert audit.orphans == list(store.iterate())


@pytest.mark.fault(45, 47)
def test_the_audit_reads_every_document_and_believes_no_list(library: Library) -> None:
    store = fake()
    good, lost, damaged = (library.store(store, make_png()) for _ in range(3))
    store.misbehaviour = {Misbehaviour.LIES_ABOUT_PINS}
    store.lose(lost.cid)
    store._contents[damaged.cid] = b"rotten"
    with library.database.read() as session:
        audit = audit_documents(session, store=store)
    assert (audit.checked, audit.missing, audit.damaged, audit.orphans) == (3, [lost.id], [damaged.id], [])
    assert not audit.is_clean
    assert read(library, store, good, None)
    for document, error in ((lost, ContentMissingError), (damaged, ContentDamagedError)):
        with pytest.raises(error):
            read(library, store, document, None)


def test_the_settings_choose_the_store(tmp_path: Path) -> None:
    def opened(url: str | None, *, is_production: bool = False) -> object:
        return open_store(data_dir=tmp_path, ipfs_api_url=url, is_production=is_production)

    assert isinstance(opened(None), EmbeddedStore)
    assert isinstance(opened("http://127.0.0.1:5001", is_production=True), MirroredStore)
    with pytest.warns(UserWarning, match="fake"):
        assert isinstance(opened("fake:"), FakeStore)
    with pytest.raises(StoreRefusedError):
        opened("fake:", is_production=True)
    for wrong in ("127.0.0.1:5001", "ftp://host:1", "http://", "http://host:99999", "http://host/api/v0"):
        with pytest.raises(StoreRefusedError):
            opened(wrong)
