"""The chain of one machine: anvil on the loopback, with its state kept on disk through restarts and `kill -9`.

A test chain in every respect: it mines on demand, its keys are public, and whoever owns the folder can rewrite it.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from portfolio.chain.client import ChainClient
from portfolio.chain.errors import LocalChainError, UnreachableError
from portfolio.chain.snapshots import Genesis, Snapshots
from portfolio.chain.transport import RpcEndpoint
from portfolio.processes import end_with_parent

log = logging.getLogger(__name__)

ANVIL_VARIABLE: Final = "PORTFOLIO_ANVIL"
LOOPBACK: Final = "127.0.0.1"
LOCAL_CHAIN_ID: Final = 31337
_PACKAGES: Final = {
    ("linux", "x86_64"): "anvil-linux-amd64",
    ("linux", "aarch64"): "anvil-linux-arm64",
    ("darwin", "x86_64"): "anvil-darwin-amd64",
    ("darwin", "arm64"): "anvil-darwin-arm64",
}
_GAS_LIMIT: Final = 30_000_000
_STATES_IN_MEMORY: Final = 256  # blocks whose state can be asked for; a reorganisation reaches no deeper either
_START_TIMEOUT: Final = 20.0
_STOP_TIMEOUT: Final = 8.0
_ANSWER_TIMEOUT: Final = 8.0
_MAX_STATE: Final = 1 << 30
_LOCK_TIMEOUT: Final = 5.0
_POLL: Final = 0.05
_SNAPSHOT_INTERVAL: Final = 0.25
_SNAPSHOT_SHARE: Final = 4  # a snapshot that takes t seconds is followed by at least 4 t without one
_QUICK_DEATH: Final = 10.0


def find_anvil(explicit: Path | str | None = None) -> Path:
    """Find the native anvil: the given one, `PORTFOLIO_ANVIL`, the npm package under hardhat/, or PATH, in this order.

    The npm shim is not used: it is a Node process in front of anvil, and stopping it leaves anvil running.
    Raises `LocalChainError` with what to do.
    """
    named = explicit or os.environ.get(ANVIL_VARIABLE)
    if named:
        if os.access(named, os.X_OK) and Path(named).is_file():
            return Path(named)
        raise LocalChainError(f"{ANVIL_VARIABLE} names {named}, which is no program: correct it or unset it")
    package = _PACKAGES.get((sys.platform, os.uname().machine), "anvil-linux-amd64")
    for parent in Path(__file__).resolve().parents:
        candidate = parent / "hardhat" / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
        if candidate.is_file():
            return candidate
    if on_path := shutil.which("anvil"):
        return Path(on_path)
    raise LocalChainError(
        "anvil, the local chain's program, is missing: run hardhat/install.sh, or set "
        f"{ANVIL_VARIABLE} to its path, or PORTFOLIO_CHAIN_RPC_URL to use another node"
    )


class LocalChain:
    """A local chain in `data_dir`/chain: the same block 0 and an unbroken history as long as the folder lives.

    `start` from a thread that lives as long as the chain shall (on Linux anvil ends with the thread that started it).
    Should anvil die, it is started again from the last snapshot; what was mined in the quarter of a second before is
    then gone, as after a reorganisation, and callers send their stored transactions again.
    """

    def __init__(
        self, data_dir: Path, *, port: int = 8545, chain_id: int = LOCAL_CHAIN_ID, anvil: Path | str | None = None
    ) -> None:
        self.folder = data_dir / "chain"
        self.port = port
        self.chain_id = chain_id
        self._anvil = anvil
        self._snapshots = Snapshots(self.folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock_file: int | None = None
        self._client = ChainClient(RpcEndpoint(self.rpc_url, timeout=_ANSWER_TIMEOUT, max_answer=_MAX_STATE))
        self._genesis: Genesis | None = None
        self._keeper: threading.Thread | None = None
        self._stopping = threading.Event()
        self._change = threading.Lock()

    @property
    def rpc_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def process_id(self) -> int | None:
        """Of anvil, while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start anvil from the folder's state and wait until it answers. Raises `LocalChainError` with what to do."""
        anvil = find_anvil(self._anvil)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_file = _lock(self.folder / "lock", _LOCK_TIMEOUT)
        try:
            self._genesis = self._snapshots.genesis(chain_id=self.chain_id, gas_limit=_unique_gas_limit())
            self._snapshots.adopt_exit_state()
            shutil.rmtree(self.folder / "cache", ignore_errors=True)
            self._run(anvil)
            self._snapshots.take(self._client)
        except BaseException:
            self._end_process()
            self._unlock()
            raise
        self._stopping.clear()
        self._keeper = threading.Thread(target=self._keep, args=(anvil,), name="local-chain", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """Let anvil write its state and end; harmless when it is not running."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if self.process_id is not None:
            with contextlib.suppress(UnreachableError, OSError):  # a second chance, should anvil not end in order
                self._snapshots.take(self._client)
        self._end_process()
        if self._lock_file is not None:
            self._snapshots.adopt_exit_state()
            self._unlock()

    def flush(self) -> None:
        """Return when everything mined so far is safe on disk."""
        with self._change:
            self._snapshots.take(self._client)

    def _run(self, anvil: Path) -> None:
        """Start the process, see that it is the chain of this folder, set its clock, and only then let it mine."""
        _require_free(self.port)
        genesis = self._genesis
        if genesis is None:
            raise AssertionError("start() reads the genesis first")
        arguments = [
            *(str(anvil), "--host", LOOPBACK, "--port", str(self.port), "--quiet"),
            *("--chain-id", str(genesis.chain_id), "--timestamp", str(genesis.time), "--hardfork", genesis.hardfork),
            *("--gas-limit", str(genesis.gas_limit), "--prune-history", str(_STATES_IN_MEMORY)),
            *("--cache-path", str(self.folder / "cache"), "--dump-state", str(self._snapshots.exit_state)),
            *("--no-mining", *self._snapshots.load_arguments()),
        ]
        self._process = self._spawn(arguments)
        self._await(self._process)
        self._snapshots.require_genesis(genesis, self._client.genesis_hash())
        # --timestamp fixes block 0 but also lets the clock begin there again at every start.
        self._client.command("evm_setTime", max(int(time.time()), self._client.head().time))
        self._client.command("evm_setAutomine", True)

    def _spawn(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        try:
            with (self.folder / "anvil.log").open("wb") as output:
                return subprocess.Popen(
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C reaches us, and we end anvil after everybody who uses it
                    pass_fds=[self._lock_file] if self._lock_file is not None else [],  # locked while anvil lives
                    preexec_fn=end_with_parent,  # noqa: PLW1509 - only a prepared C function is called in the child
                )
        except OSError as error:
            raise LocalChainError(f"{arguments[0]} cannot be started: {error.strerror}") from None

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        impatient = ChainClient(self.rpc_url, timeout=_POLL * 4)
        while time.monotonic() < deadline:
            if process.poll() is not None:
                said = (self.folder / "anvil.log").read_text("utf-8", "replace").strip()[-500:]
                raise LocalChainError(f"anvil ended while starting (exit code {process.returncode}): {said}")
            try:
                impatient.chain_id()
            except UnreachableError:
                time.sleep(_POLL)
            else:
                return
        raise LocalChainError(f"anvil did not answer on {self.rpc_url} within {_START_TIMEOUT:.0f} seconds")

    def _keep(self, anvil: Path) -> None:
        """Take a snapshot whenever there is a new head, start anvil again when it died."""
        pause, started = _SNAPSHOT_INTERVAL, time.monotonic()
        while not self._stopping.wait(pause):
            try:
                with self._change:
                    if self.process_id is None:
                        if time.monotonic() - started < _QUICK_DEATH:
                            log.error("anvil keeps dying; see %s", self.folder / "anvil.log")
                            return
                        log.warning("anvil ended by itself; starting it again from the last snapshot")
                        started = time.monotonic()
                        self._snapshots.adopt_exit_state()
                        self._run(anvil)
                    taken = self._snapshots.take(self._client)
                pause = max(_SNAPSHOT_INTERVAL, _SNAPSHOT_SHARE * taken)
            except (UnreachableError, LocalChainError, OSError) as error:
                log.warning("no snapshot of the local chain: %s", error)

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            log.warning("anvil does not end; killing it, the last snapshot stands")
            process.kill()
            process.wait()

    def _unlock(self) -> None:
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


def _unique_gas_limit() -> int:
    """Part of block 0's header: two chains begun in the same second would else share their genesis hash."""
    return _GAS_LIMIT + secrets.randbelow(1 << 24)


def _lock(path: Path, patience: float) -> int:
    """Lock the folder for this process and the anvil it starts; waits a little for an anvil that is just ending."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                owner = os.read(descriptor, 20).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise LocalChainError(
                    f"another local chain uses {path.parent} (process {owner or 'unknown'}): "
                    "stop it first, or set PORTFOLIO_DATA_DIR to another folder"
                ) from None
            time.sleep(_POLL)
        else:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
            return descriptor


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise LocalChainError(
                f"port {port} is in use by another program: stop it, or set PORTFOLIO_CHAIN_PORT to a free port"
            ) from None
