"""Raw JSON-RPC to a fresh anvil, so that what ships is judged without the code that will use it."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_utils import abi_to_signature
from tiny_keccak import keccak256

ABI = Path(__file__).parents[2] / "src" / "portfolio" / "chain" / "abi"
GENEROUS = 12_000_000
PATIENCE = 20.0  # seconds


@dataclass(frozen=True)
class Artefact:
    """One file of src/portfolio/chain/abi."""

    name: str

    @cached_property
    def content(self) -> dict[str, Any]:
        return json.loads((ABI / f"{self.name}.json").read_text(encoding="utf-8"))

    def call(self, function: str, *arguments: Any) -> str:
        """Calldata of a function, or of the deployment for "constructor"."""
        entry = next(
            entry
            for entry in self.content["abi"]
            if entry.get("name") == function or (function == "constructor" and entry["type"] == "constructor")
        )
        types = [one["type"] for one in entry["inputs"]]
        start = self.content["bytecode"][2:]
        if function != "constructor":
            start = keccak256(abi_to_signature(entry).encode())[:4].hex()
        return f"0x{start}{encode(types, arguments).hex()}"


@dataclass
class Ledger:
    """A node whose accounts are unlocked and that mines on demand."""

    rpc_url: str
    ids: count[int] = field(default_factory=count)

    def ask(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params}).encode()
        request = urllib.request.Request(self.rpc_url, body, {"content-type": "application/json"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            content = json.load(answer)
        assert "error" not in content, content["error"]
        return content["result"]

    @cached_property
    def accounts(self) -> list[str]:
        return self.ask("eth_accounts")

    def transact(self, data: str, *, to: str | None = None, sender: int = 0) -> dict[str, Any]:
        """Send and return the receipt of a transaction that succeeded."""
        sent = {"from": self.accounts[sender], "data": data, "gas": hex(GENEROUS)} | ({"to": to} if to else {})
        sent_hash = self.ask("eth_sendTransaction", sent)
        deadline = time.monotonic() + PATIENCE
        while not (receipt := self.ask("eth_getTransactionReceipt", sent_hash)):  # mined just after the answer
            assert time.monotonic() < deadline, "never mined"
            time.sleep(0.02)
        assert receipt["status"] == "0x1", receipt
        return receipt

    def deploy_pair(self) -> tuple[str, str]:
        """Addresses of a new issuer registry (registrars: accounts 0 and 1) and credential registry."""
        issuers = self.transact(Artefact("IssuerRegistry").call("constructor", self.accounts[:2]))["contractAddress"]
        data = Artefact("CredentialRegistry").call("constructor", issuers)
        return issuers, self.transact(data)["contractAddress"]

    def code(self, address: str) -> str:
        return self.ask("eth_getCode", address, "latest")
