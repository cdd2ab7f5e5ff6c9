"""Pushing to a second store: nothing lost, nothing doubled, whatever dies on the way."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from kubo_daemon import KuboDaemon
from library import KEYS, Library, make_png
from sqlmodel import select

from portfolio.documents import mirror
from portfolio.documents.fake import FakeStore, Misbehaviour
from portfolio.documents.kubo import KuboStore
from portfolio.documents.mirror import PushReport, audit_documents, push_all, restore_pins
from portfolio.documents.models import Document
from portfolio.documents.service import read_document
from portfolio.documents.storage import (
    ContentDamagedError,
    DocumentStore,
    EmbeddedStore,
    StoreFullError,
    StoreUnavailableError,
)
from portfolio.errors import UnavailableError

COUNT = 10


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library.db")


@pytest.fixture
def own(tmp_path: Path) -> EmbeddedStore:
    return EmbeddedStore(tmp_path / "own")


@pytest.fixture
def target() -> FakeStore:
    with pytest.warns(UserWarning, match="fake"):
        return FakeStore(is_production=False)


@pytest.fixture
def documents(library: Library, own: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    monkeypatch.setattr(mirror, "PUSH_BATCH", 4)
    return [library.store(own, make_png(300 if number else 600_000)) for number in range(COUNT)]


def push(library: Library, source: DocumentStore, target: DocumentStore) -> PushReport:
    return push_all(read=library.database.read, write=library.database.write, source=source, target=target)


def pushed(library: Library) -> set[str]:
    with library.database.read() as session:
        return {row.id for row in session.exec(select(Document)) if row.pushed_at is not None}


def test_everything_arrives_once_and_a_second_push_does_nothing(
    library: Library, own: EmbeddedStore, target: FakeStore, documents: list[Document], clock: Callable[[], datetime]
) -> None:
    steps: list[tuple[int, int]] = []
    report = push_all(
        read=library.database.read,
        write=library.database.write,
        source=own,
        target=target,
        progress=lambda done, total: steps.append((done, total)),
        clock=clock,
    )
    assert (report.total, report.pushed, report.already, report.failed) == (COUNT, COUNT, 0, [])
    assert steps == [(number, COUNT) for number in range(1, COUNT + 1)]
    assert set(target.iterate()) == {document.cid for document in documents} == set(own.iterate())
    with library.database.read() as session:
        assert {row.pushed_at for row in session.exec(select(Document))} == {clock()}
        for document in documents:
            assert read_document(session, store=target, keys=KEYS, person=None, document_id=document.id).content
    again = push(library, own, target)
    assert (again.total, again.pushed, again.already) == (COUNT, 0, COUNT)
    assert target.puts == COUNT


@pytest.mark.fault(45)
def test_a_document_our_own_store_lost_is_reported_and_stops_nothing(
    library: Library, own: EmbeddedStore, target: FakeStore, documents: list[Document]
) -> None:
    gone, rotten = documents[2], documents[7]
    own.delete(gone.cid)
    (path,) = (p for p in own.folder.rglob(rotten.cid) if p.is_file())
    path.write_bytes(path.read_bytes()[::-1])
    report = push(library, own, target)
    assert report.pushed == COUNT - 2
    assert set(report.failed) == {gone.id, rotten.id}
    assert pushed(library) == {document.id for document in documents} - {gone.id, rotten.id}
    assert rotten.cid not in set(target.iterate())


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Misbehaviour.DOWN, StoreUnavailableError),
        (Misbehaviour.FULL, StoreFullError),
        (Misbehaviour.LOSES_ANSWER, StoreUnavailableError),
        (Misbehaviour.WRONG_CID, ContentDamagedError),
        (Misbehaviour.FLIPS_BITS, ContentDamagedError),
        (Misbehaviour.LOSES_CONTENT, UnavailableError),
    ],
)
def test_a_target_that_misbehaves_is_never_believed(
    *,
    library: Library,
    own: EmbeddedStore,
    target: FakeStore,
    documents: list[Document],
    trouble: Misbehaviour,
    error: type[UnavailableError],
) -> None:
    done: list[int] = []

    def break_later(count: int, _total: int) -> None:
        done.append(count)
        if count == 6:
            target.misbehaviour = {trouble}

    with pytest.raises(error):
        push_all(
            read=library.database.read,
            write=library.database.write,
            source=own,
            target=target,
            progress=break_later,
        )
    # The six that were read back before it broke count, although their batch was never finished.
    assert len(pushed(library)) == len(done) == 6
    target.misbehaviour = set()
    assert push(library, own, target).pushed == COUNT - 6
    assert pushed(library) == {document.id for document in documents}
    assert set(target.iterate()) == {document.cid for document in documents}


MOMENTS = [(moment, number) for moment in ("before_put", "after_put", "before_get") for number in (0, 5, 9)]


def killed_push(library_file: Path, own: Path, target: str, moment: str, number: int) -> int:
    program = Path(__file__).with_name("pushing_child.py")
    command = [sys.executable, str(program), str(library_file), str(own), target, moment, str(number)]
    return subprocess.run(command, check=False, timeout=60).returncode


@pytest.mark.fault(3, 4)
@pytest.mark.parametrize(("moment", "number"), MOMENTS)
def test_killed_anywhere_and_run_again_nothing_is_lost_or_doubled(
    *, library: Library, own: EmbeddedStore, documents: list[Document], tmp_path: Path, moment: str, number: int
) -> None:
    target = EmbeddedStore(tmp_path / "target")
    code = killed_push(tmp_path / "library.db", own.folder, str(target.folder), moment, number)
    assert code == -signal.SIGKILL
    assert len(pushed(library)) == number // 4 * 4
    before = set(target.iterate())
    report = push(library, own, target)
    assert report.pushed == COUNT - number // 4 * 4
    assert before <= set(target.iterate()) == {document.cid for document in documents}
    assert pushed(library) == {document.id for document in documents}
    with library.database.read() as session:
        assert audit_documents(session, store=target).is_clean
        assert audit_documents(session, store=own).is_clean


@pytest.mark.fault(3, 4, 5)
@pytest.mark.kubo
@pytest.mark.parametrize(("moment", "number"), MOMENTS[1::3])
def test_the_same_with_a_real_kubo_which_then_collects_its_garbage(
    *,
    library: Library,
    own: EmbeddedStore,
    documents: list[Document],
    tmp_path: Path,
    make_kubo: Callable[..., KuboDaemon],
    moment: str,
    number: int,
) -> None:
    daemon = make_kubo()
    assert killed_push(tmp_path / "library.db", own.folder, daemon.url, moment, number) == -signal.SIGKILL
    kubo = KuboStore(daemon.url)
    push(library, own, kubo)
    daemon.run("repo", "gc")
    assert set(kubo.iterate()) == {document.cid for document in documents}
    with library.database.read() as session:
        audit = audit_documents(session, store=kubo)
        assert audit.is_clean
        assert not audit.orphans
        for document in documents:
            assert read_document(session, store=kubo, keys=KEYS, person=None, document_id=document.id).content
    kubo.close()


@pytest.mark.fault(54)
def test_a_target_set_back_to_an_older_backup_gets_everything_again(
    library: Library, own: EmbeddedStore, target: FakeStore, documents: list[Document]
) -> None:
    push(library, own, target)
    for document in documents[3:6]:
        target.lose(document.cid)
    own.delete(documents[5].cid)
    with library.database.read() as session:
        lost = restore_pins(session, source=own, target=target)
    assert lost == [documents[5].id]
    assert set(target.iterate()) == {document.cid for document in documents} - {documents[5].cid}


@pytest.mark.fault(44)
def test_a_target_that_is_down_is_no_finding_about_documents(
    library: Library, target: FakeStore, documents: list[Document]
) -> None:
    target.misbehaviour = {Misbehaviour.DOWN}
    with library.database.read() as session, pytest.raises(StoreUnavailableError):
        audit_documents(session, store=target)


def test_the_writers_lock_is_free_while_the_target_is_waited_for(
    library: Library, own: EmbeddedStore, target: FakeStore, documents: list[Document]
) -> None:
    def write_meanwhile(_done: int, _total: int) -> None:
        library.make_person()

    report = push_all(
        read=library.database.read,
        write=library.database.write,
        source=own,
        target=target,
        progress=write_meanwhile,
    )
    assert report.pushed == len(documents)
