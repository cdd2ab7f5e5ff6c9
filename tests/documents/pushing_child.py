"""Pushes documents and kills itself at a chosen moment: `pushing_child.py DATABASE OWN TARGET MOMENT NUMBER`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from portfolio.db import Database
from portfolio.documents import mirror
from portfolio.documents.kubo import KuboStore
from portfolio.documents.storage import DocumentStore, EmbeddedStore


class DeadlyStore:
    """Passes on to a real store and dies before or after its n-th `put`, or before the n-th reading back."""

    def __init__(self, store: DocumentStore, *, moment: str, number: int) -> None:
        self._store = store
        self._moment = moment
        self._left = {"before_put": number, "after_put": number, "before_get": number}

    def put(self, content: bytes) -> str:
        self._maybe_die("before_put")
        cid = self._store.put(content)
        self._maybe_die("after_put")
        return cid

    def get(self, cid: str) -> bytes:
        self._maybe_die("before_get")
        return self._store.get(cid)

    def _maybe_die(self, moment: str) -> None:
        self._left[moment] -= 1
        if moment == self._moment and self._left[moment] < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(database_file: str, own: str, target: str, moment: str, number: str) -> None:
    store = KuboStore(target) if target.startswith("http") else EmbeddedStore(Path(target))
    database = Database(f"sqlite:///{database_file}")
    mirror.PUSH_BATCH = 4
    mirror.push_all(
        read=database.read,
        write=database.write,
        source=EmbeddedStore(Path(own)),
        target=DeadlyStore(store, moment=moment, number=int(number)),  # type: ignore[arg-type]
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
