"""`portfolio up --demo` as its user starts it: it asks nobody outside of this machine, and a stop loses nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from portfolio.cli import REFUSED
from ports import free_port

# Read by every Python process of the service as it starts: whoever is about to talk to another machine is written down.
LISTENER = """
import os, sys

def _note(event, arguments):
    if event == "socket.getaddrinfo":
        asked = arguments[0]
        asked = asked.decode() if isinstance(asked, bytes) else str(asked)
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        asked = arguments[1][0]
    else:
        return
    with open(os.environ["CONTACTED"], "a") as file:
        file.write(asked + "\\n")

sys.addaudithook(_note)
"""
HERE = {"127.0.0.1", "::1", "localhost", "None"}
STARTED = 300.0
STOPPED = 120.0
WORKER = b"\0worker\0"
SERVER = b"\0serve\0"


class Service:
    def __init__(self, folder: Path) -> None:
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(LISTENER)
        self.contacted = folder / "contacted"
        self.log = folder / "log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "CONTACTED": str(self.contacted),
            "PYTHONPATH": os.pathsep.join([str(folder / "hook"), os.environ.get("PYTHONPATH", "")]),
            "PORTFOLIO_DATA_DIR": str(folder / "data"),
            "PORTFOLIO_PORT": str(self.port),
            "PORTFOLIO_CHAIN_PORT": str(free_port()),
            "PORTFOLIO_PUBLIC_URL": self.url,
            "PORTFOLIO_SERVER_PROCESSES": "2",
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "portfolio.cli", *arguments]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def until(self, condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + STARTED
        while not condition():
            assert process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.2)

    def stop(self, process: subprocess.Popen[bytes], number: int) -> None:
        process.send_signal(number)
        ended = {signal.SIGTERM: 0, signal.SIGINT: 130}  # 130: what a shell says of Ctrl-C
        assert process.wait(STOPPED) == ended[signal.Signals(number)], self.log.read_text()
        self.gone()

    def gone(self) -> None:
        """Wait until nothing of the service is left."""
        deadline = time.monotonic() + STOPPED
        while self.processes():
            assert time.monotonic() < deadline, self.processes()
            time.sleep(0.2)

    def command(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "portfolio.cli", *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def processes(self, kind: bytes = b"") -> list[int]:
        """Return the process ids of this service, also of those whose parent is gone: all, or of one kind."""
        found = []
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                said = (folder / "cmdline").read_bytes() if folder.name.isdigit() else b""
                if said and kind in said and str(self.contacted).encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def healthy(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/healthz", timeout=5).status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    def metric(self, name: str) -> float:
        lines = httpx2.get(f"{self.url}/metrics", timeout=30).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def quiet(self) -> bool:
        """Whether every award of the examples is registered."""
        return self.metric("portfolio_leaves_waiting") + self.metric("portfolio_calls_open") == 0


def kill_all(service: Service, process: subprocess.Popen[bytes], kind: bytes, number: int) -> None:
    """Kill all processes of a kind and wait for those that take their places."""
    before = set(service.processes(kind))
    assert len(before) == number
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    service.until(lambda: len(now := set(service.processes(kind))) == number and not now & before, process)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@pytest.mark.chain
@pytest.mark.fault(141)
def test_the_service_asks_nobody_outside_and_keeps_what_it_has_however_it_stops(service: Service) -> None:
    process = service.start("up", "--demo")
    try:
        service.until(service.healthy, process)
        service.until(service.quiet, process)
        for path in ("/", "/verify", "/about", "/privacy", "/style", "/sign-in"):
            assert httpx2.get(service.url + path).status_code == httpx2.codes.OK
        issuers = service.command("issuer", "list")
        service.stop(process, signal.SIGTERM)

        process = service.start("up", "--demo")
        service.until(service.healthy, process)
        service.until(service.quiet, process)
        assert service.command("issuer", "list") == issuers
        assert "agrees" in service.command("audit")
        kill_all(service, process, WORKER, 1)
        kill_all(service, process, SERVER, 2)
        service.until(service.healthy, process)
        second = service.start("serve")
        assert second.wait(STARTED) == REFUSED
        assert f"127.0.0.1:{service.port} is in use by another program" in service.log.read_text()
        process.kill()
        process.wait()
        service.gone()

        process = service.start("up")
        service.until(service.healthy, process)
        assert service.command("issuer", "list") == issuers
        service.stop(process, signal.SIGINT)
    finally:
        process.kill()
        process.wait()
    contacted = set(service.contacted.read_text().split())
    assert "127.0.0.1" in contacted  # the listener hears
    assert contacted <= HERE
