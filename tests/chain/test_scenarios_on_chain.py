"""Every scenario of the verdict vectors, replayed call by call on the real contracts: the same facts, the same verdict.

Python and the page judge the facts that stand in the vectors; here Solidity's `check` must give those very facts.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from tiny_keccak import keccak256

from portfolio.chain.abi import credential_registry, issuer_registry
from portfolio.chain.accounts import create_address
from portfolio.chain.bulk import check_data, view_call
from portfolio.chain.calls import Calls, ContractCall, Purpose
from portfolio.chain.client import ChainClient
from portfolio.chain.errors import RevertedError, UnreachableError
from portfolio.chain.local import find_anvil
from portfolio.chain.registry import refusal_of, view_answer
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import CheckAnswer, Custody, PairFacts, Reason, TrustedPair, load_facts
from portfolio.credentials.trust import load_trust
from portfolio.credentials.verdict import ask, judge
from ports import free_port

VECTORS = Path(__file__).parents[1] / "vectors" / "verdicts"
START = 1_795_341_600  # block 1 of every simulated pair
GAS = 3_000_000
REGISTRARS = ("registrar 1", "registrar 2")
CHANGES = ("CONTROLLER", "SUCCESSOR")
NO_ROOT = bytes(32)

TOLD_OTHERWISE = {
    # A node lied, or the reader was handed less than was asked; the contracts themselves say this.
    "answers_contradict_each_other": "VALID",
    "answer_is_missing": "VALID",
    "answers_from_after_the_head": "VALID",
}


def address_of(word: str) -> str:
    """The address that a word of a history stands for."""
    return "0x" + keccak256(f"account {word}".encode()).hex()[-40:]


class Replayed:
    """A chain whose blocks have the numbers and times that a history wants; every account may send, for nothing."""

    def __init__(self, url: str) -> None:
        self.chain = ChainClient(url, timeout=30)
        self.command = self.chain.command
        for setting in ("evm_setAutomine", "anvil_autoImpersonateAccount"):
            self.command(setting, setting != "evm_setAutomine")
        self.deployer = address_of("operator")
        issuers, credentials = (self._deploy(nonce) for nonce in range(2))
        self.calls = Calls(issuer_registry=issuers, credential_registry=credentials, chain_id=2026)
        self._mine(START)
        assert self.chain.head().number == 1
        self._clean = self.command("evm_snapshot")

    def _deploy(self, nonce: int) -> str:
        issuers = create_address(self.deployer, 0)
        interface, argument = (
            (issuer_registry(), tuple(map(address_of, REGISTRARS))),
            (credential_registry(), issuers),
        )[nonce]
        self._send(self.deployer, None, interface.constructor_data(argument), gas=10_000_000)
        return create_address(self.deployer, nonce)

    def begin(self) -> None:
        assert self.command("evm_revert", self._clean)
        self._clean = self.command("evm_snapshot")

    def _send(self, sender: str, to: str | None, data: bytes, gas: int = GAS) -> str:
        transaction = {"from": sender, "data": "0x" + data.hex(), "gas": hex(gas), "gasPrice": "0x0"}
        return str(self.command("eth_sendTransaction", transaction | ({"to": to} if to else {})))

    def _mine(self, block_time: int, blocks: int = 1) -> None:
        self.command("evm_setNextBlockTimestamp", block_time)
        self.command("anvil_mine", hex(blocks), "0x1")

    def go_to(self, number: int, block_time: int) -> None:
        """Mine so that the next block would have this number; the last one before it is empty."""
        head = self.chain.head()
        if number - 1 > head.number:
            self._mine(head.time + 1, number - 1 - head.number)
        assert self.chain.head().number == number - 1
        assert self.chain.head().time < block_time

    def replay(self, history: Sequence[Mapping[str, Any]]) -> None:
        for (number, block_time), group in itertools.groupby(history, key=lambda call: (call["block"], call["time"])):
            self.go_to(number, block_time)
            sent = [(call, self._make(call)) for call in group]
            self._mine(block_time)
            for call, (transaction, made) in sent:
                mined = self.chain.receipt(transaction)
                assert mined is not None
                assert mined.block_number == number
                assert mined.ok == ("refused" not in call), call
                if "refused" in call:
                    assert self._refusal(call, made) == call["refused"]

    def _make(self, call: Mapping[str, Any]) -> tuple[str, ContractCall]:
        made = call_of(self.calls, call)
        return self._send(address_of(call["from"]), made.to, made.data), made

    def _refusal(self, call: Mapping[str, Any], made: ContractCall) -> str:
        """Ask again in the block that holds the refused transaction: nothing has changed, so the answer is the same."""
        try:
            self.chain.estimate(sender=address_of(call["from"]), to=made.to, data=made.data)
        except RevertedError as error:
            return refusal_of(error).name
        return "not refused"

    def facts(self, asked: Any, pair: TrustedPair, told: PairFacts) -> PairFacts:
        """What the contracts answer, at the block whose answers the vector holds."""
        present = told.answers[""]
        if self.chain.head().number < present.block_number:
            self.go_to(present.block_number, present.block_time)
            self._mine(present.block_time)
        head = self.chain.head()
        assert (head.number, head.time) == (present.block_number, present.block_time)
        roots = {"": (NO_ROOT, [])} | {
            receipt.root: (unhex(receipt.root), [unhex(step) for step in receipt.proof])
            for receipt in asked.question.receipts
            if pair.concerns(receipt)
        }
        who = (asked.question.issuer_id, asked.question.public_key, asked.question.digest)
        views = [
            view_call(self.calls.credential_registry, head.hash, check_data(*who, root, proof))
            for root, proof in roots.values()
        ]
        answers = map(self._answer, self.chain.batch(views))
        return replace(told, answers=dict(zip(roots, answers, strict=True)))

    def _answer(self, answer: Any) -> CheckAnswer:
        (fields,) = credential_registry().answer("check", view_answer(self.chain.address, answer))
        values = dict(zip(CheckAnswer.__dataclass_fields__, fields, strict=True))
        kinds = {"custody": Custody(values["custody"]), "reason": Reason(values["reason"])}
        return CheckAnswer(**values | kinds)


def call_of(calls: Calls, call: Mapping[str, Any]) -> ContractCall:
    """The call of a history as the contracts take it."""
    values = {name: value for name, value in call.items() if name not in {"call", "from", "block", "time", "refused"}}
    change = values.get("change")
    for name, value in values.items():
        if name == "controller" or (name == "subject" and change == "CONTROLLER"):
            address = address_of(value)
            values[name] = bytes(12) + unhex(address) if name == "subject" else address
        elif isinstance(value, str) and re.fullmatch(r"0x[0-9a-f]{64}", value):
            values[name] = unhex(value)
        elif name == "kinds":
            values[name] = int(value, 16)
        elif name == "digests":
            values[name] = [unhex(item) for item in value]
    known = {"purpose": Purpose, "custody": Custody, "reason": Reason}
    values |= {name: kind[values[name]] for name, kind in known.items() if name in values}
    if change is not None:
        values["change"] = CHANGES.index(change)
    to = calls.credential_registry if call["call"] in {"anchor", "revoke"} else calls.issuer_registry
    interface = credential_registry() if to == calls.credential_registry else issuer_registry()
    names = next(item for item in interface.abi if item.get("name") == call["call"])["inputs"]
    ordered = [values.pop(item["name"]) for item in names]
    assert not values, "a history gives an argument that the contract does not take"
    return ContractCall(to, interface.call_data(call["call"], *ordered))


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@pytest.fixture(scope="module")
def replayed() -> Iterator[Replayed]:
    port = free_port()
    anvil = subprocess.Popen(
        [
            *(str(find_anvil()), "--port", str(port), "--quiet", "--timestamp", str(START - 1000)),
            *("--gas-price", "0", "--base-fee", "0", "--prune-history", "256", "--no-mining"),
        ]
    )
    try:
        yield Replayed(_ready(f"http://127.0.0.1:{port}"))
    finally:
        anvil.terminate()
        anvil.wait()


def _ready(url: str) -> str:
    deadline = time.monotonic() + 20
    while True:
        try:
            ChainClient(url).head()
        except UnreachableError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return url


def marked() -> list[Any]:
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        vector = json.loads(path.read_text())
        faults = [pytest.mark.fault(number) for number in vector["faults"]]
        found.append(pytest.param(vector, id=path.stem, marks=faults))
    return found


@pytest.mark.parametrize("vector", marked())
def test_the_contracts_give_the_facts_and_so_the_verdict(
    vector: dict[str, Any], replayed: Replayed, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    trust = load_trust(json.dumps(vector["trust"]))
    facts = [load_facts(fact) for fact in vector["facts"]]
    try:
        asked: Any = ask(json.dumps(vector["bundle"]).encode())
    except StructureError as error:
        asked = error
        assert not facts, "who cannot be read is not asked about"
    pairs = {pair.name: pair for pair in trust.pairs}
    told = {fact.pair: fact for fact in facts if isinstance(fact, PairFacts) and fact.pair in pairs}
    found = {pair: _replay(replayed, vector["history"][pair], asked, pairs[pair], told[pair]) for pair in told}
    if name in TOLD_OTHERWISE:
        read = [replace(fact, head_number=fact.answers[""].block_number) for fact in found.values()]
        assert judge(asked, trust=trust, facts=read, now=vector["now"]).verdict == TOLD_OTHERWISE[name]
        return
    for pair, fact in found.items():
        assert {root: asdict(answer) for root, answer in fact.answers.items()} == {
            root: asdict(answer) for root, answer in told[pair].answers.items()
        }
    report = judge(asked, trust=trust, facts=[found.get(fact.pair, fact) for fact in facts], now=vector["now"])
    if not isinstance(asked, StructureError):
        assert report.to_json() == vector["expected"]


def _replay(
    replayed: Replayed, history: Sequence[Mapping[str, Any]], asked: Any, pair: TrustedPair, told: PairFacts
) -> PairFacts:
    replayed.begin()
    replayed.replay(history)
    return replayed.facts(asked, pair, told)


def test_each_side_of_every_moment_was_replayed() -> None:
    """The table has refused calls of every sort that a registrar, a controller or a stranger may try in vain."""
    refused = {
        call["refused"]
        for path in VECTORS.glob("*.json")
        for history in json.loads(path.read_text())["history"].values()
        for call in history
        if "refused" in call
    }
    assert refused >= {
        *("AlreadySuspended", "KeyAlreadyKnown", "NotController", "NotExecutable", "NotRegistrar", "NotRevoker"),
        *("NothingProposed", "RetirementNeedsRegistrar", "RetirementOutOfRange", "SameRegistrar"),
        "SuspensionOutOfRange",
    }
