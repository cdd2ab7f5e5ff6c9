"""A document store in memory that misbehaves on demand; for tests, it warns when made and is refused in production."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from enum import StrEnum

from portfolio.documents.cid import check_cid, compute_cid
from portfolio.documents.storage import (
    ContentDamagedError,
    ContentMissingError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
    check_size,
    verified,
)


class Misbehaviour(StrEnum):
    """What can be wrong with a store; several at once are allowed."""

    DOWN = "down"  # every call fails
    FULL = "full"  # nothing more is taken
    FLIPS_BITS = "flips_bits"  # what is read differs by one bit from what was written
    LOSES_CONTENT = "loses_content"  # says it stored and pinned, and did not
    LIES_ABOUT_PINS = "lies_about_pins"  # lists content that is gone
    WRONG_CID = "wrong_cid"  # gives another identifier at put
    LOSES_ANSWER = "loses_answer"  # stores, and then the answer does not arrive


class FakeStore:
    """A DocumentStore in a dictionary; `misbehaviour` is a set that a test changes as it goes."""

    def __init__(self, *, is_production: bool) -> None:
        if is_production:
            raise StoreRefusedError("The fake document store is refused in production.")
        warnings.warn("documents go to a fake store and are lost when the process ends", UserWarning, stacklevel=2)
        self.misbehaviour: set[Misbehaviour] = set()
        self.puts = 0
        self._contents: dict[str, bytes] = {}
        self._lost: set[str] = set()

    def put(self, content: bytes) -> str:
        self._answer()
        check_size(content)
        if Misbehaviour.FULL in self.misbehaviour:
            raise StoreFullError("The fake store has no room left.")
        cid = compute_cid(content)
        if Misbehaviour.WRONG_CID in self.misbehaviour:
            raise ContentDamagedError("The fake store gave another identifier.", cid=cid)
        self.puts += 1
        if Misbehaviour.LOSES_CONTENT in self.misbehaviour:
            self._lost.add(cid)
            return cid
        self._contents[cid] = content
        self._lost.discard(cid)
        if Misbehaviour.LOSES_ANSWER in self.misbehaviour:
            raise StoreUnavailableError("The answer of the fake store was lost.")
        return cid

    def get(self, cid: str) -> bytes:
        check_cid(cid)
        self._answer()
        if cid not in self._contents:
            raise ContentMissingError("A document is not in the fake store.", cid=cid)
        content = self._contents[cid]
        if Misbehaviour.FLIPS_BITS in self.misbehaviour:
            content = bytes([content[0] ^ 1]) + content[1:] if content else b"\0"
        return verified(cid, content)

    def has(self, cid: str) -> bool:
        check_cid(cid)
        self._answer()
        return cid in self._contents or (Misbehaviour.LIES_ABOUT_PINS in self.misbehaviour and cid in self._lost)

    def pin(self, cid: str) -> None:
        if not self.has(cid):
            raise ContentMissingError("A document is not in the fake store.", cid=cid)

    def delete(self, cid: str) -> None:
        check_cid(cid)
        self._answer()
        self._contents.pop(cid, None)

    def iterate(self) -> Iterator[str]:
        self._answer()
        listed = set(self._contents)
        if Misbehaviour.LIES_ABOUT_PINS in self.misbehaviour:
            listed |= self._lost
        yield from listed

    def lose(self, cid: str) -> None:
        """Forget the content but, under LIES_ABOUT_PINS, go on listing it: fault 47."""
        self._contents.pop(cid, None)
        self._lost.add(cid)

    def _answer(self) -> None:
        if Misbehaviour.DOWN in self.misbehaviour:
            raise StoreUnavailableError("The fake store does not answer.")
