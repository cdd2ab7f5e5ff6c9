"""The second copy of documents: pushing to Kubo, auditing a store against the rows, putting losses right."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from portfolio.db import utc_now
from portfolio.documents.models import Document
from portfolio.documents.storage import ContentDamagedError, ContentMissingError, DocumentStore
from portfolio.errors import UnavailableError

log = logging.getLogger(__name__)

PUSH_BATCH = 64
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(slots=True)
class PushReport:
    """What a push did: counts of documents, and the ids of those that could not be read from our own store."""

    total: int = 0
    pushed: int = 0
    already: int = 0
    failed: list[str] = field(default_factory=list)


def push_all(
    *,
    read: Transaction,
    write: Transaction,
    source: DocumentStore,
    target: DocumentStore,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    clock: Callable[[], datetime] = utc_now,
) -> PushReport:
    """Bring every document that is not yet there to `target`, e.g. from the embedded store to Kubo.

    `read` and `write` are `Database.read` and `Database.write`: a batch of rows is one transaction, and none is open
    while the network is waited for. A document counts only after it was read back whole. Killed anywhere and run again,
    it goes on where the last batch ended; storing again what the target has is harmless. The copy in `source` stays.
    What `source` cannot give is reported and stops nothing; when `target` fails its UnavailableError is raised, and
    what was done until then counts. `progress(done, total)` is called after each document.
    """
    report = _new_report(read)
    done, last = report.already, ""
    while batch := _next_batch(read, after=last):
        last = batch[-1][0]
        arrived: list[str] = []
        try:
            for document_id, cid in batch:
                is_there = _push_one(document_id, cid, source=source, target=target)
                (arrived if is_there else report.failed).append(document_id)
                done += 1
                progress(done, report.total)
        finally:
            report.pushed += _mark_pushed(write, arrived, clock())
    return report


def _new_report(read: Transaction) -> PushReport:
    with read() as session:
        total = session.exec(select(func.count()).select_from(Document)).one()
        pushed = session.exec(select(func.count()).where(col(Document.pushed_at).is_not(None))).one()
    return PushReport(total=total, already=pushed)


def _next_batch(read: Transaction, *, after: str) -> list[tuple[str, str]]:
    # By id and not by offset: rows leave the set as they are pushed, and those that failed must not come again.
    query = (
        select(Document.id, Document.cid)
        .where(col(Document.pushed_at).is_(None), col(Document.id) > after)
        .order_by(col(Document.id))
        .limit(PUSH_BATCH)
    )
    with read() as session:
        return [(document_id, cid) for document_id, cid in session.exec(query)]


def _push_one(document_id: str, cid: str, *, source: DocumentStore, target: DocumentStore) -> bool:
    try:
        content = source.get(cid)
    except UnavailableError as error:
        log.warning("document %s cannot be pushed: %s", document_id, error.code)
        return False
    given = target.put(content)
    if given != cid or target.get(cid) != content:
        raise ContentDamagedError("The target store did not keep a document as it was.", cid=cid)
    return True


def _mark_pushed(write: Transaction, document_ids: list[str], now: datetime) -> int:
    if not document_ids:
        return 0
    with write() as session:
        session.exec(update(Document).where(col(Document.id).in_(document_ids)).values(pushed_at=now))
    return len(document_ids)


@dataclass(slots=True)
class DocumentAudit:
    """What is wrong between rows and a store: ids of documents, and CIDs nobody refers to."""

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Orphans are no harm: a store that got a document whose transaction was then rolled back has one."""
        return not (self.missing or self.damaged)


def audit_documents(session: Session, *, store: DocumentStore) -> DocumentAudit:
    """Read every document's ciphertext from `store`, pinned or not, and compare; lists of pins are not believed (47).

    Raises StoreUnavailableError when the store does not answer: that is no finding about documents.
    """
    audit = DocumentAudit()
    known: set[str] = set()
    for document_id, cid in _all_documents(session):
        known.add(cid)
        audit.checked += 1
        try:
            store.get(cid)
        except ContentMissingError:
            audit.missing.append(document_id)
        except ContentDamagedError:
            audit.damaged.append(document_id)
    audit.orphans = sorted(set(store.iterate()) - known)
    return audit


def restore_pins(session: Session, *, source: DocumentStore, target: DocumentStore) -> list[str]:
    """Put back and pin what `target` lost of our documents (faults 46, 54); return the ids of those gone from both."""
    lost: list[str] = []
    for document_id, cid in _all_documents(session):
        try:
            target.get(cid)
            target.pin(cid)
        except (ContentMissingError, ContentDamagedError):
            if not _push_one(document_id, cid, source=source, target=target):
                lost.append(document_id)
    return lost


def _all_documents(session: Session) -> Iterator[tuple[str, str]]:
    query = select(Document.id, Document.cid).order_by(col(Document.id)).execution_options(yield_per=1000)
    yield from session.exec(query)
