"""How fast a list of bundles is verified against a local chain: `python -m bench.verifying [ROWS ...]`.

A chain, a pair of contracts, one issuer with one key and one anchored tree for each size are made first and not
measured; then `portfolio verify LIST --report FILE` runs as a process of its own, with a worker for each core.
"""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
from bench.signing import SIGNER, statement
from tiny_keccak import keccak256

from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.anchoring.merkle import Tree
from portfolio.chain.accounts import Account, development_account
from portfolio.chain.calls import Calls, ContractCall, Purpose
from portfolio.chain.client import ChainClient
from portfolio.chain.deployment import Deployment, deploy
from portfolio.chain.local import LOCAL_CHAIN_ID, LocalChain
from portfolio.credentials.bundles import bundle_json
from portfolio.credentials.facts import Custody, Receipt, TrustRoots
from portfolio.credentials.report import Verdict
from portfolio.credentials.signing import issue
from portfolio.credentials.trust import dump_trust

SIZES = (1_000, 10_000)
WANTED = 10.0  # seconds for 10,000


class BenchChain:
    """A local chain with a pair on it, whose one issuer holds the key of `bench.signing`."""

    def __init__(self, url: str, folder: Path, process_id: int | None = None) -> None:
        self.url = url
        self.process_id = process_id
        self.client = ChainClient(url, timeout=30)
        self.operator, self.registrar, second, self.controller = (
            development_account(index, chain_id=LOCAL_CHAIN_ID) for index in range(4)
        )
        self.deployment: Deployment = deploy(
            self.client,
            operator=self.operator,
            registrars=[self.registrar.address, second.address],
            record_path=folder / "deployment.json",
        )
        self.calls = Calls(
            issuer_registry=self.deployment.issuer_registry,
            credential_registry=self.deployment.credential_registry,
            chain_id=LOCAL_CHAIN_ID,
        )
        did = statement(0).issuer_did
        self.send(self.registrar, self.calls.admit(did, self.controller.address, "Оргкомитет олимпиады «Звезда»", 63))
        key = self.calls.add_key(keccak256(did.encode()), SIGNER.public_key, Purpose.CREDENTIAL, Custody.OWN)
        self.send(self.controller, key)

    def send(self, sender: Account, call: ContractCall) -> None:
        signed = sender.sign(
            chain_id=LOCAL_CHAIN_ID,
            nonce=self.client.nonce(sender.address),
            gas=2_000_000,
            fees=self.client.fees(),
            to=call.to,
            data=call.data,
        )
        self.client.send_raw(signed.raw)
        while (mined := self.client.receipt(signed.hash)) is None:
            time.sleep(0.01)
        if not mined.ok:
            raise RuntimeError("the transaction was refused")

    @property
    def trust(self) -> TrustRoots:
        return TrustRoots((self.deployment.trusted_pair(name="bench", rpc_urls=[self.url], local=True),))

    def write_bundles(self, count: int, path: Path) -> None:
        """Sign `count` credentials, anchor them under one root, and write their bundles as JSON Lines."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        signed = [issue(_dated(number, now), SIGNER) for number in range(count)]
        tree = Tree.of([one.digest for one in signed])
        self.send(self.operator, self.calls.anchor(tree.root))
        block = self.client.head()
        with path.open("wb") as file:
            for one in signed:
                receipt = Receipt(
                    tag="0x" + TAG_CREDENTIAL.hex(),
                    digest="0x" + one.digest.hex(),
                    root="0x" + tree.root.hex(),
                    proof=tuple("0x" + step.hex() for step in tree.proof(one.digest)),
                    chain_id=self.deployment.chain_id,
                    genesis_hash=self.deployment.genesis_hash,
                    contract=self.deployment.credential_registry,
                    transaction="0x" + bytes(32).hex(),
                    block_number=block.number,
                    block_hash=block.hash,
                    block_time=block.time,
                )
                bundle = bundle_json(credential=orjson.loads(one.document), receipts=[receipt])
                file.write(orjson.dumps(bundle) + b"\n")  # as the service gives them out


def _dated(number: int, now: str):  # noqa: ANN202 - a Statement
    from dataclasses import replace

    return replace(statement(number), valid_from=now)


@contextlib.contextmanager
def bench_chain() -> Iterator[tuple[BenchChain, Path]]:
    """Start a chain of its own and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name), port=port) as chain:
        yield BenchChain(chain.rpc_url, Path(name), chain.process_id), Path(name)


def measure(chain: BenchChain, count: int, folder: Path) -> tuple[float, float]:
    """Return seconds of `portfolio verify LIST --report CSV`, its start included, and its largest resident set (bytes).

    The command runs by itself, as people run it: it forks its workers, which only a process without threads does.
    """
    path, trust, report = folder / f"{count}.jsonl", folder / "trust.json", folder / f"{count}.json"
    chain.write_bundles(count, path)
    trust.write_text(dump_trust(chain.trust))
    command = [sys.executable, "-m", "portfolio.cli", "verify", str(path), "--trust", str(trust), "--report"]
    started = time.perf_counter()
    subprocess.run([*command, str(report)], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    if json.loads(report.read_text())["counts"] != {Verdict.VALID.value: count}:
        raise RuntimeError("not all are valid")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    before: tuple[int, float] | None = None
    with bench_chain() as (chain, folder):
        for count in sizes:
            seconds, memory = measure(chain, count, folder)
            growth = f", {seconds / before[1] / (count / before[0]):.2f} x linear" if before else ""
            print(
                f"verifying {count:>7,} bundles: {seconds:6.2f} s, {count / seconds:,.0f} a second, "
                f"peak memory of a process {memory / 2**20:.0f} MiB{growth}",
                flush=True,
            )
            before = count, seconds
    print(json.dumps({"verified": before[0] if before else 0, "seconds": round(before[1], 2) if before else 0}))


if __name__ == "__main__":
    main()
