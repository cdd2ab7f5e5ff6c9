"""The real contracts on anvil behind the methods of `SimulatedPair`, so that a scene can take place on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tiny_keccak import keccak256

from chain_world import World as ChainWorld
from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.anchoring.merkle import Tree
from portfolio.chain.abi import credential_registry
from portfolio.chain.answers import MinedTransaction
from portfolio.chain.calls import Purpose
from portfolio.credentials.facts import CheckAnswer, Custody, Question, Reason, Receipt


class RealPair:
    """Every call is a transaction of its own; time is that of the newest block."""

    def __init__(self, world: ChainWorld) -> None:
        self.chain_world = world
        self.trusted = world.pair()
        self.reader = world.reader()
        self.history: list[dict[str, Any]] = []
        self.mined: dict[bytes, MinedTransaction] = {}

    @property
    def now(self) -> int:
        return self.chain_world.chain.head().time

    @property
    def block(self) -> int:
        return self.chain_world.chain.head().number

    def wait(self, seconds: int) -> int:
        self.chain_world.chain.command("evm_increaseTime", seconds)
        self.chain_world.chain.command("anvil_mine", "0x1")
        return self.now

    def admit(self, did: str, name: str, kinds: int) -> bytes:
        world = self.chain_world
        world.send(world.registrar, world.calls.admit(did, world.controller.address, name, kinds))
        return keccak256(did.encode())

    def add_key(
        self, issuer_id: bytes, public_key: bytes, *, custody: Custody = Custody.OWN, signs_credentials: bool = True
    ) -> None:
        purpose = Purpose.CREDENTIAL if signs_credentials else Purpose.STATUS
        self._as_controller("add_key", issuer_id, public_key, purpose, custody)

    def retire_key(self, issuer_id: bytes, public_key: bytes, as_of: int) -> None:
        self._as_controller("retire_key", issuer_id, public_key, as_of)

    def revoke(self, issuer_id: bytes, digest: bytes, reason: Reason) -> None:
        self._as_controller("revoke", issuer_id, [digest], reason)

    def suspend(self, issuer_id: bytes) -> None:
        world = self.chain_world
        world.send(world.registrar, world.calls.suspend(issuer_id, self.now))

    def _as_controller(self, call: str, *values: Any) -> None:
        world = self.chain_world
        world.send(world.controller, getattr(world.calls, call)(*values))

    def anchor(self, digests: Sequence[bytes]) -> Tree:
        tree, mined = self.chain_world.anchor(digests, sender=self.chain_world.stranger)
        self.mined[tree.root] = mined
        return tree

    def receipt(self, tree: Tree, digest: bytes) -> Receipt:
        made = self.chain_world.receipt(digest, tree, self.mined[tree.root])
        return replace(made, tag="0x" + TAG_CREDENTIAL.hex())

    def facts(self, question: Question, **_: Any) -> Any:
        return self.reader.read_facts(question, now=self.now)

    def check(self, question: Question, receipt: Receipt) -> CheckAnswer:
        """Ask Solidity's `check` plainly about one receipt, whatever Python thinks of it."""
        interface = credential_registry()
        proof = [bytes.fromhex(step[2:]) for step in receipt.proof]
        asked = (question.issuer_id, question.public_key, question.digest, bytes.fromhex(receipt.root[2:]), proof)
        answer = self.chain_world.chain.call(
            to=self.trusted.credential_registry,
            data=interface.call_data("check", *asked),
            block_hash=self.chain_world.chain.head().hash,
        )
        (values,) = interface.answer("check", answer)
        return CheckAnswer(**dict(zip(CheckAnswer.__dataclass_fields__, values, strict=True)))
