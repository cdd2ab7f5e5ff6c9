"""Where ciphertext lies: the port every store implements, the embedded store, and a store with a second copy.

It sees ciphertext only, and knows neither keys nor the database.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from portfolio.documents.cid import check_cid, compute_cid, is_cid
from portfolio.documents.durable import sync_folder, write_beside
from portfolio.errors import PortfolioError, UnavailableError

log = logging.getLogger(__name__)

MAX_STORED_SIZE = 20 * 1024 * 1024 + 1024
"""Bytes of the largest ciphertext: a document of 20 MiB and what sealing adds; a longer answer is cut and refused."""

_STALE_SECONDS = 3600


class StoreUnavailableError(UnavailableError):
    """The store did not answer, or could not do what it was asked; says nothing about the document."""

    code = "store_unavailable"


class ContentMissingError(UnavailableError):
    """The store answers and does not hold the content."""

    code = "content_missing"


class ContentDamagedError(UnavailableError):
    """What the store gave has another digest than its identifier says: fault 45."""

    code = "content_damaged"


class StoreFullError(UnavailableError):
    """No room is left; nothing was stored."""

    status = 507
    code = "store_full"


class StoreRefusedError(UnavailableError):
    """The store must not be used as it is set up, e.g. it is not on a private swarm: faults 52 and 53."""

    code = "store_refused"


class ContentTooLargeError(PortfolioError):
    status = 413
    code = "content_too_large"


class DocumentStore(Protocol):
    """A store of ciphertext addressed by Kubo's CIDs; all calls are idempotent and may come from several threads.

    Every method raises InvalidCidError for an identifier that is not ours, and StoreUnavailableError (or another
    UnavailableError) when the store cannot do it; no other error leaves it.
    """

    def put(self, content: bytes) -> str:
        """Store and pin; return the CID once the content is durable. Raises StoreFullError, ContentTooLargeError."""
        ...

    def get(self, cid: str) -> bytes:
        """Return the content, its digest checked now. Raises ContentMissingError, ContentDamagedError."""
        ...

    def has(self, cid: str) -> bool:
        """Tell whether the content seems to be here; only `get` proves it."""
        ...

    def pin(self, cid: str) -> None:
        """See to it that no garbage collection takes the content. Raises ContentMissingError."""
        ...

    def delete(self, cid: str) -> None:
        """Unpin and remove the content; absent content is no error."""
        ...

    def iterate(self) -> Iterator[str]:
        """Yield the CIDs of everything pinned here, in no order."""
        ...


def verified(cid: str, content: bytes) -> bytes:
    """Return `content` if its digest is the one `cid` names; raises ContentDamagedError."""
    if compute_cid(content) != cid:
        raise ContentDamagedError("A stored document does not have the digest of its identifier.", cid=cid)
    return content


def check_size(content: bytes) -> None:
    """Raise ContentTooLargeError for more than MAX_STORED_SIZE bytes."""
    if len(content) > MAX_STORED_SIZE:
        raise ContentTooLargeError(f"A stored document may have at most {MAX_STORED_SIZE} bytes.", size=len(content))


class EmbeddedStore:
    """A folder of files named by their CIDs, in shards like Kubo's own (next to the last two characters).

    A file appears whole or not at all (write, fsync, rename, fsync of the folder), so a reader never sees half of one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._remove_stale()

    def put(self, content: bytes) -> str:
        check_size(content)
        cid = compute_cid(content)
        try:
            self._write(self._path(cid), content)
        except OSError as error:
            raise _translated(error) from error
        return cid

    def get(self, cid: str) -> bytes:
        path = self._path(check_cid(cid))
        try:
            with path.open("rb") as file:
                content = file.read(MAX_STORED_SIZE + 1)
        except FileNotFoundError:
            raise ContentMissingError("A document is not in the embedded store.", cid=cid) from None
        except OSError as error:
            raise _translated(error) from error
        return verified(cid, content)

    def has(self, cid: str) -> bool:
        return self._path(check_cid(cid)).is_file()

    def pin(self, cid: str) -> None:
        if not self.has(cid):
            raise ContentMissingError("A document is not in the embedded store.", cid=cid)

    def delete(self, cid: str) -> None:
        path = self._path(check_cid(cid))
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)
        except OSError as error:
            raise _translated(error) from error

    def iterate(self) -> Iterator[str]:
        for shard in sorted(self.folder.iterdir()):
            if shard != self._incoming and shard.is_dir():
                yield from sorted(entry.name for entry in shard.iterdir() if is_cid(entry.name))

    def _path(self, cid: str) -> Path:
        return self.folder / cid[-3:-1] / cid

    def _write(self, path: Path, content: bytes) -> None:
        # A copy that is there already is written again: it may be damaged, or not yet durable in another process.
        beside = write_beside(self._incoming, path.name, content)
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(exist_ok=True, mode=0o700)
                sync_folder(self.folder)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def _remove_stale(self) -> None:
        # What a killed process left; a young one may be another process's that is still writing.
        limit = time.time() - _STALE_SECONDS
        for path in self._incoming.iterdir():
            try:
                if path.stat().st_mtime < limit:
                    path.unlink()
            except FileNotFoundError:
                continue


class MirroredStore:
    """Our own store first, a mirror behind it: the mirror may be down without anybody noticing but the push job.

    `put` answers when our own store has the content (fault 44); `portfolio documents push` brings it to the mirror. A
    copy that is damaged or lost here is served from the mirror and put right (fault 45).
    """

    def __init__(self, *, own: DocumentStore, mirror: DocumentStore) -> None:
        self.own = own
        self.mirror = mirror

    def put(self, content: bytes) -> str:
        return self.own.put(content)

    def get(self, cid: str) -> bytes:
        try:
            return self.own.get(cid)
        except UnavailableError as error:
            log.warning("own store cannot give %s (%s), asking the mirror", cid, error.code)
            try:
                content = self.mirror.get(cid)
            except UnavailableError:
                log.exception("the mirror cannot give %s either", cid)
                raise error from None
        self._repair(cid, content)
        return content

    def has(self, cid: str) -> bool:
        return self.own.has(cid) or self.mirror.has(cid)

    def pin(self, cid: str) -> None:
        if self.own.has(cid):
            self.own.pin(cid)
        else:
            self.mirror.pin(cid)

    def delete(self, cid: str) -> None:
        """Remove both copies; when the mirror cannot be reached its error is raised, so that the caller comes again."""
        self.own.delete(cid)
        self.mirror.delete(cid)

    def iterate(self) -> Iterator[str]:
        return self.own.iterate()

    def _repair(self, cid: str, content: bytes) -> None:
        try:
            self.own.put(content)
        except UnavailableError as error:
            # The reader gets his document all the same; the next read tries again.
            log.warning("own copy of %s could not be repaired (%s)", cid, error.code)
        else:
            log.warning("own copy of %s was repaired from the mirror", cid)


def _translated(error: OSError) -> UnavailableError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFullError("The document store has no room left.")
    return StoreUnavailableError(f"The document store failed: {error.strerror}.")
