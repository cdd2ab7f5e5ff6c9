"""Many questions in few calls: the same answers as asked one by one, also from nodes that refuse to be asked so."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

import proxy as faults
from chain_world import new_digest
from portfolio.chain.abi import credential_registry, many_checks
from portfolio.chain.bulk import FEW, check_data
from portfolio.chain.client import ChainClient
from portfolio.chain.reader import PairReader
from portfolio.credentials.facts import CheckAnswer, PairUnknown, Reason, UnknownCode

pytestmark = pytest.mark.chain

NOW = int(time.time())
MANY = 3 * FEW


@pytest.fixture(scope="module")
def questions(world):
    """Credentials of one issuer under one root, one of them revoked, one without a receipt, one with a wrong proof."""
    issuer, digests = world.admit(), [new_digest() for _ in range(MANY)]
    tree, mined = world.anchor(digests)
    world.send(world.controller, world.calls.revoke(issuer.id, [digests[5]], Reason.FRAUD))
    asked = [world.question(issuer, digest, world.receipt(digest, tree, mined)) for digest in digests]
    asked[7] = world.question(issuer, digests[7])
    asked[9] = world.question(issuer, new_digest(), world.receipt(digests[9], tree, mined))
    return asked


def only_for_lent(answer: dict[str, Any]) -> faults.Fault:
    """Answer calls that lend code with `answer`, and everything else honestly."""

    def fault(exchange: faults.Exchange) -> None:
        lending = {item["id"] for item in exchange.request if len(item["params"]) > 2}
        told = orjson.loads(exchange.forward())
        exchange.answer(
            orjson.dumps(
                [{"jsonrpc": "2.0", "id": one["id"], **answer} if one["id"] in lending else one for one in told]
            )
        )

    return fault


def without_revocations(result: str) -> str:
    """The same answers of many checks, but nothing is revoked."""
    (answers,) = many_checks().answer("many", bytes.fromhex(result[2:]))
    place = list(CheckAnswer.__dataclass_fields__).index("revoked")
    lies = []
    for answer in answers:
        (fields,) = credential_registry().answer("check", answer)
        lies.append(credential_registry().returned("check", (*fields[:place], False, *fields[place + 1 :])))
    return "0x" + many_checks().returned("many", lies).hex()


def test_arguments_are_written_as_eth_abi_writes_them():
    values = [new_digest() for _ in range(4)]
    for steps in (0, 1, 14):
        proof = [new_digest() for _ in range(steps)]
        assert check_data(*values, proof) == credential_registry().call_data("check", *values, proof)
    with pytest.raises(ValueError, match="32 bytes"):
        check_data(*values[:3], b"short", [])


def test_many_at_once_are_answered_as_one_by_one(world, questions, proxy):
    reader = PairReader(world.pair(), [ChainClient(proxy.url)])
    together = reader.read_many(questions, now=NOW)
    assert proxy.requests == 3, "the network, the contracts and the event, and all checks together"
    assert [reader.read_facts(question, now=NOW) for question in questions] == together
    assert together[5].answers[""].reason is Reason.FRAUD
    assert set(together[7].answers) == {""}
    assert not together[9].answers[questions[9].receipts[0].root].proof_valid
    assert len({id(facts.answers[""]) for facts in together}) < 5, "equal answers are read and kept once"


def test_a_block_can_be_named_and_an_unknown_one_is_no_answer(world, questions):
    head = world.chain.head()
    world.chain.command("anvil_mine", "0x2")
    facts = world.reader().read_many(questions, now=NOW, at=head.hash)
    assert {found.head_hash for found in facts} == {head.hash}
    unknown = world.reader().read_many(questions, now=NOW, at="0x" + "12" * 32)
    assert all(isinstance(found, PairUnknown) for found in unknown)


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": -32602, "message": "too many arguments, want at most 2"}},
        {"error": {"code": -32000, "message": "out of gas"}},
        {"result": "0x"},
        {"result": "0x" + "00" * 64},
        {"result": 7},
    ],
    ids=["refused", "out of gas", "override ignored", "nonsense", "not even hex"],
)
def test_a_node_that_does_not_lend_an_address_is_asked_plainly(world, questions, proxy, answer):
    plain = [world.reader().read_facts(question, now=NOW) for question in questions]
    proxy.when("eth_call", fault=only_for_lent(answer))
    reader = PairReader(world.pair(), [ChainClient(proxy.url)])
    assert reader.read_many(questions, now=NOW) == plain
    proxy.behave()
    before = proxy.requests
    reader.read_many(questions, now=NOW)
    assert proxy.requests - before == 4, "it is remembered, and the rest is asked in batches of 100"


@pytest.mark.fault(128)
def test_a_second_node_that_lies_about_one_of_many_makes_all_unknown(world, shared_chain, questions, proxy):
    nodes = (shared_chain.rpc_url, proxy.url)
    assert {facts.sources for facts in world.reader(*nodes).read_many(questions, now=NOW)} == {2}
    proxy.when("eth_call", fault=lying_about_many())
    found = world.reader(*nodes).read_many(questions, now=NOW)
    assert {type(facts) for facts in found} == {PairUnknown}
    assert found[0].code is UnknownCode.BAD_ANSWER
    assert "differently" in found[0].detail


def lying_about_many() -> faults.Fault:
    def fault(exchange: faults.Exchange) -> None:
        lending = {item["id"] for item in exchange.request if len(item["params"]) > 2}
        told = orjson.loads(exchange.forward())
        for one in told:
            if one["id"] in lending:
                one["result"] = without_revocations(one["result"])
        exchange.answer(orjson.dumps(told))

    return fault
