"""A running service for measurements: `portfolio up` in a folder of its own, stopped at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2


@dataclass(frozen=True, slots=True)
class Running:
    """Where the service answers, and an API key of its one issuer."""

    url: str
    api_key: str
    process: int
    data_dir: Path
    chain_port: int

    def memory(self) -> int:
        """Return the largest resident set (bytes) of the service's own processes, the chain's left out."""
        pids = [self.process, *children_of(self.process)]
        return max(_peak(pid) for pid in pids if "anvil" not in command_of(pid))

    def open_work(self) -> float:
        """Return how many leaves wait and calls are open."""
        text = httpx2.get(f"{self.url}/metrics", timeout=30).text
        return sum(
            float(line.split()[1])
            for line in text.splitlines()
            if line.startswith(("portfolio_leaves_waiting", "portfolio_calls_open"))
        )


@contextlib.contextmanager
def running(**settings: str) -> Iterator[Running]:
    """Start chain, server and worker; add an issuer; yield when it is admitted."""
    port, chain_port = _free_port(), _free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PORTFOLIO_DATA_DIR": folder,
            "PORTFOLIO_PORT": str(port),
            "PORTFOLIO_CHAIN_PORT": str(chain_port),
            "PORTFOLIO_PUBLIC_URL": f"http://127.0.0.1:{port}",
            **settings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "portfolio.cli", "up"], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(lambda: httpx2.get(f"{url}/healthz", timeout=5).status_code == httpx2.codes.OK)

            def portfolio(*arguments: str) -> str:
                command = [sys.executable, "-m", "portfolio.cli", *arguments]
                return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

            portfolio(
                "issuer", "add", "bench", "--name", "Bench", "--contact", "x@y.example", "--kind", "olympiad_award"
            )
            _wait(lambda: portfolio("issuer", "list").count(" active") == 2)
            key = portfolio("key", "create", "bench").strip()
            yield Running(url, key, process.pid, Path(folder), chain_port)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait(condition: object, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx2.HTTPError):
            if condition():  # type: ignore[operator]
                return
        if time.monotonic() > deadline:
            raise TimeoutError("the service did not come up")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                child = int(entry.parent.name)
                found += [child, *children_of(child)]
    return found


def command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    return ""


def _peak(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return 0
