"""The local chain's state on disk: a snapshot that is always whole, and what block 0 must be.

anvil's own `--state` file is emptied and rewritten in place without a sync, so a kill in between would lose everything;
and reloaded without a fixed `--timestamp` it may come back with another block 0.
"""

from __future__ import annotations

import gzip
import logging
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from portfolio.chain.answers import Block
from portfolio.chain.errors import BadAnswerError, LocalChainError

log = logging.getLogger(__name__)

_VERSION: Final = 1
_NEEDED: Final = frozenset({"block", "accounts", "best_block_number", "blocks", "transactions"})
_HARDFORK: Final = "osaka"  # named, because another default of another anvil would change block 0
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Genesis:
    """What block 0 is made from, and its hash once known; the same for the life of the folder."""

    chain_id: int
    time: int
    gas_limit: int
    hardfork: str
    hash: str | None = None


class _Node(Protocol):
    def head(self) -> Block: ...
    def command(self, method: str, *params: Any) -> Any: ...


class Snapshots:
    """Files of one chain's folder: `chain.json` (block 0), `state.json` (whole), `exit.json` (written by anvil)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record = folder / "chain.json"
        self._state = folder / "state.json"
        self.exit_state = folder / "exit.json"
        self._taken_at: str | None = None

    def genesis(self, *, chain_id: int, gas_limit: int) -> Genesis:
        """Read what block 0 is made from, or settle it for a new chain. Raises `LocalChainError`."""
        if not self._record.exists():
            genesis = Genesis(chain_id, int(time.time()), gas_limit, _HARDFORK)
            self._write_record(genesis)
            return genesis
        try:
            fields = orjson.loads(self._record.read_bytes())
            version = fields.pop("version")
            genesis = Genesis(**fields)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise LocalChainError(f"{self._record} is damaged: {_RESTORE}") from None
        if version != _VERSION:
            raise LocalChainError(f"{self._record} has version {version}; this program reads version {_VERSION}")
        if genesis.chain_id != chain_id:
            raise LocalChainError(f"the chain in {self._folder} has id {genesis.chain_id}, not {chain_id}")
        if genesis.hash is not None and not self._state.exists() and not self.exit_state.exists():
            raise LocalChainError(f"the state of the local chain is missing from {self._folder}: {_RESTORE}")
        return genesis

    def require_genesis(self, genesis: Genesis, found: str) -> None:
        """Refuse a chain whose block 0 is not the recorded one; record it for a new chain."""
        if genesis.hash is None:
            self._write_record(replace(genesis, hash=found))
        elif genesis.hash != found:
            raise LocalChainError(
                f"the local chain began with block {genesis.hash}, but anvil made {found} of it: was another version "
                f"of anvil or another state put into {self._folder}? {_RESTORE}"
            )

    def load_arguments(self) -> list[str]:
        """How anvil is told to go on from the snapshot; nothing for a new chain."""
        return ["--load-state", str(self._state)] if self._state.exists() else []

    def take(self, node: _Node) -> float:
        """Write the node's state if its head is not the one written last; returns the seconds spent on it.

        Raises `UnreachableError` and OSError; the previous snapshot then stands.
        """
        began = time.monotonic()
        head = node.head().hash
        if head == self._taken_at:
            return 0.0
        answer = node.command("anvil_dumpState")
        if not isinstance(answer, str):
            raise BadAnswerError("anvil gave no state")
        dump = bytes.fromhex(answer.removeprefix("0x"))
        state = gzip.decompress(dump) if dump.startswith(_GZIP) else dump
        if not _is_state(state):
            raise BadAnswerError("anvil gave a state that cannot be read back")
        write_durably(self._state, state)
        self._taken_at = head
        return time.monotonic() - began

    def adopt_exit_state(self) -> None:
        """Take over what anvil wrote when it was told to end, if it is whole: it is newer than any snapshot."""
        self._taken_at = None
        try:
            state = self.exit_state.read_bytes()
        except FileNotFoundError:
            return
        if _is_state(state):
            write_durably(self._state, state)
        else:
            log.warning("the state that anvil wrote when it ended is cut short; the last snapshot stands")
        self.exit_state.unlink()

    def _write_record(self, genesis: Genesis) -> None:
        write_durably(self._record, orjson.dumps({"version": _VERSION} | asdict(genesis), option=orjson.OPT_INDENT_2))


_RESTORE: Final = (
    "restore the folder from a backup, or move it away to begin a new test chain (everything anchored so far will then "
    "be on no chain)"
)


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file so that a crash or power cut leaves the old or the new one whole. Raises OSError."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_state(content: bytes) -> bool:
    try:
        state = orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(state, dict) and state.keys() >= _NEEDED
