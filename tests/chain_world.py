"""A deployed pair on a running chain, with short ways to act on it: `world.admit()`, `world.anchor(digests)`."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny_keccak import keccak256

from portfolio.anchoring.merkle import Tree
from portfolio.chain.accounts import Account, development_account
from portfolio.chain.answers import MinedTransaction
from portfolio.chain.calls import Calls, ContractCall, Purpose
from portfolio.chain.client import Chain, ChainClient
from portfolio.chain.deployment import deploy
from portfolio.chain.local import LOCAL_CHAIN_ID
from portfolio.chain.reader import PairReader
from portfolio.credentials.facts import Custody, Question, Receipt, TrustedPair

ALL_KINDS = 63
_numbers = itertools.count()


def eventually(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait until `condition()` is true and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
    return found


def account(index: int) -> Account:
    return development_account(index, chain_id=LOCAL_CHAIN_ID)


def new_digest() -> bytes:
    return os.urandom(32)


@dataclass(frozen=True)
class AdmittedIssuer:
    did: str
    id: bytes
    name: str
    public_key: bytes


class World:
    """Operator, two registrars, a controller, a stranger, and a pair of contracts."""

    def __init__(self, chain: Chain | str, record: Path) -> None:
        self.chain: Chain = ChainClient(chain, timeout=5) if isinstance(chain, str) else chain
        self.operator, self.registrar, self.second_registrar, self.controller, self.stranger = map(account, range(5))
        self.record = record
        self.deployment = deploy(
            self.chain,
            operator=self.operator,
            registrars=[self.registrar.address, self.second_registrar.address],
            record_path=record,
        )
        self.registry = self.deployment.registry(self.chain)
        self.calls = Calls(
            issuer_registry=self.deployment.issuer_registry,
            credential_registry=self.deployment.credential_registry,
            chain_id=LOCAL_CHAIN_ID,
        )

    def send(self, sender: Account, call: ContractCall) -> MinedTransaction:
        """Sign, send and wait; the call must succeed. Raises `RevertedError` when the contract would refuse."""
        signed = sender.sign(
            chain_id=LOCAL_CHAIN_ID,
            nonce=self.chain.nonce(sender.address),
            gas=self.chain.estimate(sender=sender.address, to=call.to, data=call.data) * 5 // 4,
            fees=self.chain.fees(),
            to=call.to,
            data=call.data,
        )
        self.chain.send_raw(signed.raw)
        mined: MinedTransaction = eventually(lambda: self.chain.receipt(signed.hash))
        assert mined.ok
        return mined

    def deadline(self) -> int:
        return self.chain.head().time + 600

    def admit(
        self, *, name: str = "Школа № 1", kinds: int = ALL_KINDS, custody: Custody = Custody.OWN
    ) -> AdmittedIssuer:
        """A new issuer with one key for credentials."""
        did = f"did:web:issuer-{next(_numbers)}-{os.urandom(4).hex()}.example"
        issuer = AdmittedIssuer(did, keccak256(did.encode()), name, os.urandom(32))
        self.send(self.registrar, self.calls.admit(did, self.controller.address, name, kinds))
        self.send(self.controller, self.calls.add_key(issuer.id, issuer.public_key, Purpose.CREDENTIAL, custody))
        return issuer

    def anchor(self, digests: Sequence[bytes], sender: Account | None = None) -> tuple[Tree, MinedTransaction]:
        tree = Tree.of(digests)
        return tree, self.send(sender or self.operator, self.calls.anchor(tree.root))

    def receipt(self, digest: bytes, tree: Tree, mined: MinedTransaction) -> Receipt:
        block = self.chain.block(mined.block_number)
        assert block is not None
        return Receipt(
            tag="0x" + "00" * 32,
            digest="0x" + digest.hex(),
            root="0x" + tree.root.hex(),
            proof=tuple("0x" + step.hex() for step in tree.proof(digest)),
            chain_id=self.deployment.chain_id,
            genesis_hash=self.deployment.genesis_hash,
            contract=self.deployment.credential_registry,
            transaction=mined.hash,
            block_number=mined.block_number,
            block_hash=block.hash,
            block_time=block.time,
        )

    def question(self, issuer: AdmittedIssuer, digest: bytes, *receipts: Receipt) -> Question:
        return Question(issuer_id=issuer.id, public_key=issuer.public_key, digest=digest, receipts=receipts)

    def pair(self, *, rpc_urls: Sequence[str] = (), **changes: Any) -> TrustedPair:
        return self.deployment.trusted_pair(name="test", rpc_urls=rpc_urls, local=True, **changes)

    def reader(self, *urls: str, **changes: Any) -> PairReader:
        if not urls:
            return PairReader(self.pair(**changes), [self.chain])
        return PairReader.of(self.pair(rpc_urls=urls, **changes), timeout=2)
