"""An honest pair of registries in plain Python: what the contracts keep, what `check` answers, and nothing else.

Every change is written down in `history` with its block and the account it is from, and every attempt that the
contracts must refuse, so that a scenario can be replayed on the real ones (`tests/chain/test_scenarios_on_chain.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiny_keccak import keccak256

from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.anchoring.merkle import Tree, root_from
from portfolio.credentials.facts import (
    CheckAnswer,
    Custody,
    PairFacts,
    Question,
    Reason,
    Receipt,
    TrustedPair,
)

START = 1_795_341_600  # 2026-11-22T10:00:00Z
BLOCK_SECONDS = 12
QUIET = 50  # blocks that a chain adds at most while nothing happens: a replay has to add them all
NO_ROOT = bytes(32)
REGISTRARS = ("registrar 1", "registrar 2")
ANYBODY = "anybody"
NOTICE = 7 * 86_400
WINDOW = 30 * 86_400


@dataclass
class Issuer:
    did: str
    admitted_at: int
    names: list[tuple[int, str]]
    kinds: list[tuple[int, int]]
    suspended: list[int] = field(default_factory=list)
    reinstated: list[int] = field(default_factory=list)
    keys: dict[bytes, Key] = field(default_factory=dict)
    controller: str = ""
    successor: bytes = b""
    proposed: dict[str, Proposal] = field(default_factory=dict)

    def is_admitted_at(self, time: int) -> bool:
        if time < self.admitted_at:
            return False
        begun = bisect_right(self.suspended, time)
        if begun == 0:
            return True
        return begun <= len(self.reinstated) and time >= self.reinstated[begun - 1]


@dataclass
class Key:
    signs_credentials: bool
    custody: Custody
    start: int
    until: int = 0

    def is_valid_at(self, time: int) -> bool:
        return self.signs_credentials and self.start <= time and (self.until == 0 or time < self.until)


@dataclass
class Proposal:
    subject: str | bytes
    proposer: str
    due: int = 0


class SimulatedPair:
    """`now` and `block` are those of the head; every call mines one block first. Accounts are words."""

    def __init__(self, name: str = "main", chain_id: int = 2026, depth: int = 0, **changes: Any) -> None:
        seed = f"{name} {chain_id}".encode()
        self.trusted = TrustedPair(
            **{
                "name": name,
                "chain_id": chain_id,
                "genesis_hash": _hash(seed + b" genesis"),
                "issuer_registry": _hash(seed + b" issuers")[:42],
                "credential_registry": _hash(seed + b" credentials")[:42],
                "issuer_registry_code_hash": _hash(b"issuer code"),
                "credential_registry_code_hash": _hash(b"credential code"),
                "registrars": (_hash(seed + b" one")[:42], _hash(seed + b" two")[:42]),
                "depth": depth,
                "max_head_age": 900,
                **changes,
            }
        )
        self.now = START
        self.block = 1
        self.issuers: dict[bytes, Issuer] = {}
        self.anchors: dict[bytes, tuple[int, int]] = {}
        self.revocations: dict[tuple[bytes, bytes], tuple[Reason, int]] = {}
        self.history: list[dict[str, Any]] = []

    # ------------------------------------------------------------------ time

    def wait(self, seconds: int) -> int:
        """Let `seconds` go by in whole blocks, at least one; return the head's time."""
        blocks = max(1, min(seconds // BLOCK_SECONDS, QUIET))
        self.block += blocks
        self.now += seconds
        return self.now

    def wait_until(self, time: int) -> None:
        """Let time go by so that the next call stands in a block of exactly this time."""
        self.wait(time - BLOCK_SECONDS - self.now)

    def together(self, *calls: Callable[[], Any]) -> list[Any]:
        """Let several calls stand in one block."""
        answers: list[Any] = []
        for call in calls:
            if answers:
                self.now -= BLOCK_SECONDS
                self.block -= 1
            answers.append(call())
        return answers

    def _mine(self, call: str, sender: str, **arguments: Any) -> int:
        self.wait(BLOCK_SECONDS)
        self._write(call, sender, arguments)
        return self.now

    def refused(self, error: str, call: str, sender: str, **arguments: Any) -> None:
        """An attempt that the contracts must refuse with this error; it stands in a block and changes nothing."""
        self._mine(call, sender, **arguments)
        self.history[-1]["refused"] = error

    def _write(self, call: str, sender: str, arguments: Mapping[str, Any]) -> None:
        written = {name: _plain(value) for name, value in arguments.items()}
        self.history.append({"call": call, "from": sender, "block": self.block, "time": self.now, **written})

    # ------------------------------------------------------- issuer registry

    def admit(self, did: str, name: str, kinds: int) -> bytes:
        controller = f"controller of {did}"
        time = self._mine("admit", REGISTRARS[0], did=did, controller=controller, name=name, kinds=hex(kinds))
        issuer_id = keccak256(did.encode())
        assert issuer_id not in self.issuers
        self.issuers[issuer_id] = Issuer(did, time, [(time, name)], [(time, kinds)], controller=controller)
        return issuer_id

    def rename(self, issuer_id: bytes, name: str) -> None:
        time = self._mine("rename", REGISTRARS[0], issuerId=issuer_id, name=name)
        self.issuers[issuer_id].names.append((time, name))

    def set_kinds(self, issuer_id: bytes, kinds: int) -> None:
        time = self._mine("setKinds", REGISTRARS[0], issuerId=issuer_id, kinds=hex(kinds))
        self.issuers[issuer_id].kinds.append((time, kinds))

    def suspend(self, issuer_id: bytes, as_of: int | None = None) -> int:
        start = self.now + BLOCK_SECONDS if as_of is None else as_of
        time = self._mine("suspend", REGISTRARS[0], issuerId=issuer_id, asOf=start)
        issuer = self.issuers[issuer_id]
        assert time - 30 * 86_400 <= start <= time
        assert start >= max([issuer.admitted_at, *issuer.reinstated])
        if len(issuer.suspended) > len(issuer.reinstated):
            assert start < issuer.suspended.pop()
        issuer.suspended.append(start)
        return start

    def reinstate(self, issuer_id: bytes) -> int:
        time = self._mine("reinstate", REGISTRARS[0], issuerId=issuer_id)
        self.issuers[issuer_id].reinstated.append(time)
        return time

    def controller(self, issuer_id: bytes) -> str:
        return self.issuers[issuer_id].controller

    def add_key(
        self, issuer_id: bytes, public_key: bytes, *, custody: Custody = Custody.OWN, signs_credentials: bool = True
    ) -> int:
        time = self._mine(
            "addKey",
            self.controller(issuer_id),
            issuerId=issuer_id,
            publicKey=public_key,
            purpose="CREDENTIAL" if signs_credentials else "STATUS",
            custody=custody.name,
        )
        assert public_key not in self.issuers[issuer_id].keys
        self.issuers[issuer_id].keys[public_key] = Key(signs_credentials, custody, time)
        return time

    def retire_key(self, issuer_id: bytes, public_key: bytes, as_of: int) -> None:
        """End a key as of at most 30 days back, which the controller may do alone."""
        time = self._mine("retireKey", self.controller(issuer_id), issuerId=issuer_id, publicKey=public_key, asOf=as_of)
        assert as_of >= time - 30 * 86_400
        self._retire(issuer_id, public_key, as_of)

    def retire_key_far_back(self, issuer_id: bytes, public_key: bytes, as_of: int) -> None:
        """End a key as of any time: the controller asks, a registrar confirms."""
        asked = {"issuerId": issuer_id, "publicKey": public_key, "asOf": as_of}
        self._mine("requestRetirement", self.controller(issuer_id), **asked)
        self._mine("confirmRetirement", REGISTRARS[0], **asked)
        self._retire(issuer_id, public_key, as_of)

    def _retire(self, issuer_id: bytes, public_key: bytes, as_of: int) -> None:
        key = self.issuers[issuer_id].keys[public_key]
        assert key.start <= as_of <= self.now
        assert key.until == 0 or as_of < key.until
        key.until = as_of

    # ------------------------------------------- successors and controllers

    def name_successor(self, issuer_id: bytes, successor: bytes) -> None:
        self._mine("nameSuccessor", self.controller(issuer_id), issuerId=issuer_id, successor=successor)
        assert successor in self.issuers
        self.issuers[issuer_id].successor = successor

    def propose_controller(self, issuer_id: bytes, controller: str) -> None:
        self._propose("CONTROLLER", issuer_id, controller, "proposeController", controller=controller)

    def propose_successor(self, issuer_id: bytes, successor: bytes) -> None:
        self._propose("SUCCESSOR", issuer_id, successor, "proposeSuccessor", successor=successor)

    def _propose(self, change: str, issuer_id: bytes, subject: str | bytes, call: str, **arguments: Any) -> None:
        self._mine(call, REGISTRARS[0], issuerId=issuer_id, **arguments)
        assert change not in self.issuers[issuer_id].proposed
        self.issuers[issuer_id].proposed[change] = Proposal(subject, REGISTRARS[0])

    def confirm_change(self, issuer_id: bytes, change: str) -> int:
        """The second registrar agrees; returns the first second in which the change may be carried out."""
        proposal = self.issuers[issuer_id].proposed[change]
        proposal.due = NOTICE + self._mine(
            "confirmChange", REGISTRARS[1], issuerId=issuer_id, change=change, subject=proposal.subject
        )
        return proposal.due

    def cancel_change(self, issuer_id: bytes, change: str) -> None:
        self._mine("cancelChange", REGISTRARS[1], issuerId=issuer_id, change=change)
        del self.issuers[issuer_id].proposed[change]

    def execute_change(self, issuer_id: bytes, change: str) -> int:
        time = self._mine("executeChange", REGISTRARS[0], issuerId=issuer_id, change=change)
        proposal = self.issuers[issuer_id].proposed.pop(change)
        assert proposal.due <= time < proposal.due + WINDOW
        if isinstance(proposal.subject, bytes):
            self.issuers[issuer_id].successor = proposal.subject
        else:
            self.issuers[issuer_id].controller = proposal.subject
        return time

    # --------------------------------------------------- credential registry

    def anchor(self, digests: Sequence[bytes]) -> Tree:
        tree = Tree.of(digests)
        assert tree.root not in self.anchors
        time = self._mine("anchor", ANYBODY, root=tree.root)
        self.anchors[tree.root] = (self.block, time)
        return tree

    def revoke(self, issuer_id: bytes, digest: bytes, reason: Reason, *, by: bytes | None = None) -> int:
        """Revoke by the issuer's controller, or by that of the issuer `by`, its successor."""
        assert by is None or by == self.issuers[issuer_id].successor
        sender = self.controller(issuer_id if by is None else by)
        time = self._mine("revoke", sender, issuerId=issuer_id, digests=[digest], reason=reason.name)
        self.revocations.setdefault((issuer_id, digest), (reason, time))
        return time

    def check(
        self, issuer_id: bytes, public_key: bytes, digest: bytes, root: bytes, proof: Sequence[bytes]
    ) -> CheckAnswer:
        anchor_block, anchor_time = self.anchors.get(root, (0, 0))
        proof_valid = len(proof) <= 64 and root_from(digest, proof) == root
        as_of = anchor_time if proof_valid and anchor_time else self.now
        issuer = self.issuers.get(issuer_id)
        key = issuer.keys.get(public_key) if issuer else None
        reason, revoked_at = self.revocations.get((issuer_id, digest), (Reason.UNSPECIFIED, 0))
        return CheckAnswer(
            proof_valid=proof_valid,
            anchored=anchor_time != 0,
            anchor_block=anchor_block,
            anchor_time=anchor_time,
            as_of=as_of,
            issuer_known=issuer is not None,
            issuer_admitted=issuer is not None and issuer.is_admitted_at(as_of),
            kinds=_at(issuer.kinds, as_of, 0) if issuer else 0,
            name_at_time=_at(issuer.names, as_of, "") if issuer else "",
            name_now=issuer.names[-1][1] if issuer else "",
            key_known=key is not None,
            key_valid=key is not None and key.is_valid_at(as_of),
            custody=key.custody if key else Custody.OWN,
            key_from=key.start if key else 0,
            key_until=key.until if key else 0,
            revoked=revoked_at != 0,
            reason=reason,
            revoked_at=revoked_at,
            block_number=self.block,
            block_time=self.now,
        )

    # ----------------------------------------------------- a verifier's view

    def facts(self, question: Question, *, sources: int = 1, read_at: int | None = None) -> PairFacts:
        """Answer exactly as an honest node would: once without a receipt, once for each that concerns this pair."""
        asked = (question.issuer_id, question.public_key, question.digest)
        answers = {"": self.check(*asked, NO_ROOT, ())}
        transactions = {}
        for receipt in question.receipts:
            if not self.trusted.concerns(receipt):
                continue
            root = _unhex(receipt.root)
            answers[receipt.root] = self.check(*asked, root, [_unhex(step) for step in receipt.proof])
            if root in self.anchors:
                transactions[receipt.root] = self.transaction(root)
        return PairFacts(
            pair=self.trusted.name,
            head_number=self.block,
            head_hash=self.block_hash(self.block),
            head_time=self.now,
            read_at=self.now if read_at is None else read_at,
            sources=sources,
            answers=answers,
            transactions=transactions,
        )

    def receipt(self, tree: Tree, digest: bytes) -> Receipt:
        block, time = self.anchors[tree.root]
        return Receipt(
            tag="0x" + TAG_CREDENTIAL.hex(),
            digest="0x" + digest.hex(),
            root="0x" + tree.root.hex(),
            proof=tuple("0x" + step.hex() for step in tree.proof(digest)),
            chain_id=self.trusted.chain_id,
            genesis_hash=self.trusted.genesis_hash,
            contract=self.trusted.credential_registry,
            transaction=self.transaction(tree.root),
            block_number=block,
            block_hash=self.block_hash(block),
            block_time=time,
        )

    def transaction(self, root: bytes) -> str:
        return _hash(self.trusted.name.encode() + b" transaction " + root)

    def block_hash(self, number: int) -> str:
        return _hash(f"{self.trusted.name} block {number}".encode())


def _at(history: Sequence[tuple[int, Any]], time: int, before: Any) -> Any:
    """The value in force at a time; of two set in one block, the later."""
    begun = bisect_right([start for start, _ in history], time)
    return history[begun - 1][1] if begun else before


def _hash(seed: bytes) -> str:
    return "0x" + keccak256(seed).hex()


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return [_plain(item) for item in value] if isinstance(value, list) else value
