"""A real Kubo daemon for tests: a private swarm of one, everything on loopback, nothing announced to anybody."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = Path(__file__).parents[2] / "scripts" / "kubo.py"
_READY_SECONDS = 60


def find_ipfs() -> Path:
    """Return the `ipfs` command; without one the test fails in CI and is skipped elsewhere."""
    spec = importlib.util.spec_from_file_location("portfolio_scripts_kubo", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    spec.loader.exec_module(script)
    found: Path | None = script.installed()
    if found is None:
        message = "there is no `ipfs` here; run `python scripts/kubo.py`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return found


@dataclass
class KuboDaemon:
    """One daemon and its repository; `stop` and `start` keep the repository."""

    ipfs: Path
    repo: Path
    private: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    output: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        # No reports to its makers (IPFS_TELEMETRY), and no start without a swarm key (LIBP2P_FORCE_PNET).
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("IPFS_", "LIBP2P_"))}
        force = {"LIBP2P_FORCE_PNET": "1"} if self.private else {}
        return kept | {"IPFS_PATH": str(self.repo), "IPFS_TELEMETRY": "off"} | force

    def initialise(self) -> None:
        without_force = {k: v for k, v in self.environment.items() if k != "LIBP2P_FORCE_PNET"}
        subprocess.run([self.ipfs, "init", "--empty-repo"], env=without_force, check=True, capture_output=True)
        config_file = self.repo / "config"
        config_file.write_text(json.dumps(_closed(json.loads(config_file.read_text())) | self.settings))
        if self.private:
            key_file = self.repo / "swarm.key"
            key_file.write_text(f"/key/swarm/psk/1.0.0/\n/base16/\n{secrets.token_hex(32)}\n")
            key_file.chmod(0o600)

    def start(self) -> None:
        self.output.clear()
        self.process = subprocess.Popen(
            [self.ipfs, "daemon"], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        ready = threading.Event()
        threading.Thread(target=self._follow, args=(self.process, ready), daemon=True).start()
        deadline = time.monotonic() + _READY_SECONDS
        while not ready.wait(0.02):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("Kubo did not start:\n" + "".join(self.output))

    def _follow(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.output.append(line)
                if "Daemon is ready" in line:
                    ready.set()

    @property
    def url(self) -> str:
        # The daemon was given port 0 and writes down which one it got.
        *_, host, _tcp, port = (self.repo / "api").read_text().strip().split("/")
        return f"http://{host}:{port}"

    def run(self, *arguments: str) -> str:
        """Run an `ipfs` command against this daemon (or its repository when it is stopped) and return its output."""
        done = subprocess.run(
            [self.ipfs, *arguments], env=self.environment, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def _closed(config: dict[str, Any]) -> dict[str, Any]:
    """The fresh configuration without any way out: no bootstrap, routing or announcing, TCP on loopback only."""
    config["Bootstrap"] = []
    config["AutoConf"] = {"Enabled": False}
    config["AutoTLS"] = {"Enabled": False}
    config["Routing"] = {"Type": "none", "DelegatedRouters": []}
    config["Ipns"]["DelegatedPublishers"] = []
    config["DNS"] = {"Resolvers": {}}
    config["Provide"] = {"Enabled": False}
    config["Discovery"]["MDNS"]["Enabled"] = False
    config["Addresses"] |= {"API": "/ip4/127.0.0.1/tcp/0", "Gateway": [], "Swarm": ["/ip4/127.0.0.1/tcp/0"]}
    config["Swarm"] |= {
        "DisableNatPortMap": True,
        "EnableHolePunching": False,
        "RelayClient": {"Enabled": False},
        "RelayService": {"Enabled": False},
    }
    config["Swarm"]["Transports"]["Network"] = {
        "Websocket": False,
        "QUIC": False,
        "WebTransport": False,
        "WebRTCDirect": False,
    }
    config["Version"] = {"SwarmCheckEnabled": False}
    config["Plugins"] = {"Plugins": {"telemetry": {"Config": {"Mode": "off"}}}}
    return config
