"""What a verifier is told: decoded answers at one block, and `PairUnknown` for whatever a node does wrong."""

from __future__ import annotations

import time
from dataclasses import replace

import orjson
import pytest

import proxy as faults
from chain_world import account, eventually, new_digest
from portfolio.chain.client import ChainClient
from portfolio.chain.errors import ChainMismatchError, UnreachableError
from portfolio.chain.local import LocalChain
from portfolio.chain.reader import PairReader
from portfolio.credentials.facts import Checkpoint, Custody, PairFacts, PairUnknown, Reason, UnknownCode
from ports import free_port

pytestmark = pytest.mark.chain

NOW = int(time.time())


@pytest.fixture(scope="module")
def anchored(world):
    """An issuer, three digests of it, the tree they stand in and the transaction that anchored it."""
    issuer, digests = world.admit(custody=Custody.HOSTED), [new_digest() for _ in range(3)]
    tree, mined = world.anchor(digests)
    return issuer, digests, tree, mined


@pytest.fixture
def question(world, anchored):
    issuer, digests, tree, mined = anchored
    return world.question(issuer, digests[0], world.receipt(digests[0], tree, mined))


def code_of(facts: PairFacts | PairUnknown) -> str:
    return facts.code if isinstance(facts, PairUnknown) else "facts"


def test_everything_is_read_at_one_block(world, anchored, question):
    issuer, _, tree, mined = anchored
    facts = world.reader().read_facts(question, now=NOW)
    head, block = world.chain.head(), world.chain.block(mined.block_number)
    assert (facts.head_number, facts.head_hash, facts.head_time) == (head.number, head.hash, head.time)
    assert (facts.pair, facts.sources, facts.read_at) == ("test", 1, NOW)
    assert facts.transactions == {"0x" + tree.root.hex(): mined.hash}
    without, with_receipt = facts.answers[""], facts.answers["0x" + tree.root.hex()]
    assert (without.proof_valid, without.anchored, without.as_of) == (False, False, head.time)
    assert with_receipt.proof_valid
    assert with_receipt.anchored
    assert (with_receipt.anchor_block, with_receipt.anchor_time) == (block.number, block.time)
    for answer in facts.answers.values():
        assert answer.issuer_known
        assert answer.issuer_admitted
        assert answer.key_known
        assert answer.key_valid
        assert answer.custody is Custody.HOSTED
        assert answer.name_at_time == answer.name_now == issuer.name
        assert (answer.key_until, answer.revoked, answer.reason) == (0, False, Reason.UNSPECIFIED)
        assert (answer.block_number, answer.block_time) == (head.number, head.time)


def test_history_is_answered_at_the_anchors_time(own_world):
    world = own_world
    issuer, digest = world.admit(name="Школа"), new_digest()
    tree, mined = world.anchor([digest])
    world.chain.command("evm_increaseTime", 100)
    world.send(world.registrar, world.calls.rename(issuer.id, "Гимназия"))
    world.send(world.controller, world.calls.retire_key(issuer.id, issuer.public_key, world.chain.head().time))
    world.send(world.registrar, world.calls.suspend(issuer.id, world.chain.head().time))
    world.send(world.controller, world.calls.revoke(issuer.id, [digest], Reason.ISSUED_IN_ERROR))
    asked = world.question(issuer, digest, world.receipt(digest, tree, mined))
    facts = world.reader().read_facts(asked, now=NOW)
    then, now = facts.answers["0x" + tree.root.hex()], facts.answers[""]
    assert (then.issuer_admitted, then.key_valid, then.name_at_time) == (True, True, "Школа")
    assert (now.issuer_admitted, now.key_valid, now.name_at_time) == (False, False, "Гимназия")
    assert then.key_until == now.key_until > then.anchor_time
    assert then.name_now == "Гимназия"
    assert (then.revoked, then.reason, now.revoked) == (True, Reason.ISSUED_IN_ERROR, True)


@pytest.mark.fault(120)
def test_receipts_of_other_chains_and_contracts_are_not_asked_about(world, question):
    (receipt,) = question.receipts
    strangers = (
        replace(receipt, chain_id=1),
        replace(receipt, genesis_hash="0x" + "12" * 32),
        replace(receipt, contract=world.deployment.issuer_registry),
    )
    for stranger in strangers:
        facts = world.reader().read_facts(replace(question, receipts=(stranger,)), now=NOW)
        assert set(facts.answers) == {""}


def test_a_receipts_own_block_is_only_a_hint(world, question):
    (receipt,) = question.receipts
    for number in (0, 10**9, -1):
        lied = replace(receipt, block_number=number)
        facts = world.reader().read_facts(replace(question, receipts=(lied,)), now=NOW)
        assert facts.answers[receipt.root].anchor_block == receipt.block_number
        assert facts.transactions == {}


def test_proofs_that_are_wrong_or_too_long_prove_nothing(world, question):
    (receipt,) = question.receipts
    wrong = replace(receipt, proof=("0x" + "12" * 32, *receipt.proof))
    facts = world.reader().read_facts(replace(question, receipts=(wrong,)), now=NOW)
    assert not facts.answers[receipt.root].proof_valid
    endless = replace(receipt, proof=("0x" + "12" * 32,) * 65)
    facts = world.reader().read_facts(replace(question, receipts=(endless,)), now=NOW)
    assert set(facts.answers) == {""}


def test_an_unknown_issuer_and_key_are_answered_not_refused(world, question):
    facts = world.reader().read_facts(replace(question, issuer_id=bytes(32), public_key=bytes(32)), now=NOW)
    assert not any(answer.issuer_known or answer.key_known or answer.key_valid for answer in facts.answers.values())


def test_facts_cost_two_requests_and_code_is_proved_now_and_then(world, question, proxy):
    moment = [0.0]
    reader = PairReader(world.pair(), [ChainClient(proxy.url)], monotonic=lambda: moment[0])
    reader.read_facts(question, now=NOW)
    assert proxy.requests == 2
    assert proxy.asked.count("eth_getCode") == 2
    reader.read_facts(question, now=NOW)
    assert proxy.requests == 4
    assert proxy.asked.count("eth_getCode") == 2
    assert proxy.asked.count("eth_chainId") == 2
    moment[0] = 301.0
    reader.read_facts(question, now=NOW)
    assert proxy.asked.count("eth_getCode") == 4


@pytest.mark.fault(31)
def test_an_rpc_swapped_to_another_chain_id_is_noticed_at_that_read(world, question, proxy):
    reader = world.reader(proxy.url)
    assert code_of(reader.read_facts(question, now=NOW)) == "facts"
    proxy.when("eth_chainId", fault=faults.result("eth_chainId", value="0x63"))
    unknown = reader.read_facts(question, now=NOW)
    assert unknown.code is UnknownCode.WRONG_CHAIN
    assert "runs chain 99, not 31337" in unknown.detail
    with pytest.raises(ChainMismatchError):
        reader.touched_since(None)
    proxy.behave()
    assert code_of(reader.read_facts(question, now=NOW)) == "facts"


@pytest.mark.fault(32)
@pytest.mark.fault(33)
def test_a_reset_chain_behind_the_same_address_is_noticed_at_that_read(world, shared_chain, question, proxy, tmp_path):
    reader = world.reader(proxy.url)
    assert code_of(reader.read_facts(question, now=NOW)) == "facts"
    with LocalChain(tmp_path, port=free_port()) as empty:
        proxy.upstream = empty.rpc_url
        assert reader.read_facts(question, now=NOW).code is UnknownCode.WRONG_GENESIS
        # An empty chain that even has the same block 0 is still found out, although the code was proved before.
        genesis = world.chain.block(0).hash
        shown = lambda block: block | {"hash": genesis} if block["number"] == "0x0" else block  # noqa: E731
        ChainClient(empty.rpc_url).command("anvil_mine", "0x1")
        proxy.upstream = shared_chain.rpc_url
        assert code_of(reader.read_facts(question, now=NOW)) == "facts"
        proxy.upstream = empty.rpc_url
        proxy.when("eth_chainId", fault=faults.result("eth_getBlockByNumber", value=shown))
        unknown = reader.read_facts(question, now=NOW)
        assert unknown.code is UnknownCode.WRONG_CODE
        assert "there is no code" in unknown.detail


@pytest.mark.fault(32)
def test_missing_code_is_said_even_where_it_was_proved_before(own_world):
    issuer, digest = own_world.admit(), new_digest()
    asked, reader = own_world.question(issuer, digest), own_world.reader()
    assert code_of(reader.read_facts(asked, now=NOW)) == "facts"
    own_world.chain.command("anvil_setCode", own_world.deployment.credential_registry, "0x")
    unknown = reader.read_facts(asked, now=NOW)
    assert unknown.code is UnknownCode.WRONG_CODE
    assert "there is no code" in unknown.detail


def test_other_registrars_than_the_trusted_ones_are_refused(world, question):
    pair = replace(world.pair(), registrars=(account(1).address, account(7).address))
    unknown = PairReader(pair, [world.chain]).read_facts(question, now=NOW)
    assert unknown.code is UnknownCode.WRONG_REGISTRARS


def test_checkpoints_published_elsewhere_must_be_in_the_chain(world, question):
    block = world.chain.block(2)
    good = world.reader(checkpoints=[Checkpoint(2, block.hash)])
    assert code_of(good.read_facts(question, now=NOW)) == "facts"
    for wrong in (Checkpoint(2, "0x" + "12" * 32), Checkpoint(10**9, block.hash)):
        unknown = world.reader(checkpoints=[wrong]).read_facts(question, now=NOW)
        assert unknown.code is UnknownCode.WRONG_CHECKPOINT


def test_an_old_head_makes_everything_unknown(world, question):
    head = world.chain.head()
    fresh = world.reader(max_head_age=60)
    assert code_of(fresh.read_facts(question, now=head.time + 60)) == "facts"
    stale = fresh.read_facts(question, now=head.time + 61)
    assert (stale.code, stale.head_time) == (UnknownCode.STALE_HEAD, head.time)


TROUBLES = {
    "cut before": (faults.cut_before, UnknownCode.UNREACHABLE),
    "cut after": (faults.cut_after_request, UnknownCode.UNREACHABLE),
    "cut mid-body": (faults.cut_mid_body, UnknownCode.UNREACHABLE),
    "429": (faults.status(429), UnknownCode.UNREACHABLE),
    "503": (faults.status(503, retry_after="99"), UnknownCode.UNREACHABLE),
    "hung": (faults.delay(10), UnknownCode.UNREACHABLE),
    "html": (faults.html, UnknownCode.BAD_ANSWER),
    "truncated": (faults.truncated, UnknownCode.BAD_ANSWER),
    "wrong id": (faults.wrong_id, UnknownCode.BAD_ANSWER),
    "not an answer": (faults.not_an_answer, UnknownCode.BAD_ANSWER),
}
BAD_ANSWERS = {
    "empty answer": (faults.result("eth_call", value="0x"), UnknownCode.BAD_ANSWER),
    "short answer": (faults.result("eth_call", value=lambda text: text[:-64]), UnknownCode.BAD_ANSWER),
    "null": (faults.result("eth_call", value=None), UnknownCode.BAD_ANSWER),
    "revert": (faults.refusal("eth_call", code=3, message="execution reverted", data="0x"), UnknownCode.BAD_ANSWER),
    "rate limit": (faults.refusal("eth_call", code=-32005, message="limit exceeded"), UnknownCode.BAD_ANSWER),
}


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    ("method", "trouble"),
    [
        *((method, trouble) for method in ("eth_chainId", "eth_call") for trouble in TROUBLES),
        *(("eth_call", trouble) for trouble in BAD_ANSWERS),
    ],
)
def test_whatever_a_node_does_wrong_is_unknown_never_a_fact_and_never_an_error(
    world, question, proxy, method, trouble, monkeypatch
):
    monkeypatch.setattr("portfolio.chain.client._FIRST_PAUSE", 0.01)
    reader = PairReader.of(world.pair(rpc_urls=[proxy.url]), timeout=0.5)
    fault, code = (TROUBLES | BAD_ANSWERS)[trouble]
    proxy.when(method, fault=fault)
    assert code_of(reader.read_facts(question, now=NOW)) == code
    proxy.behave()
    assert code_of(reader.read_facts(question, now=NOW)) == "facts"


def test_an_answer_for_another_block_is_nonsense(world, question, proxy):
    """A node that ignores which block it is asked about would mix two states."""
    reader = world.reader(proxy.url)
    reader.read_facts(question, now=NOW)

    def at_the_newest(exchange):
        for item in exchange.request:
            if item["method"] == "eth_call":
                item["params"][1] = "latest"
        exchange.body = orjson.dumps(exchange.request)
        exchange.answer(exchange.forward())

    def behind(exchange):
        for item in exchange.request:
            if item["params"][:1] == ["latest"]:
                item["params"][0] = "0x2"
        exchange.body = orjson.dumps(exchange.request)
        exchange.answer(exchange.forward())

    proxy.when("eth_call", fault=at_the_newest)
    proxy.when("eth_chainId", fault=behind)
    assert code_of(reader.read_facts(question, now=NOW)) == "bad_answer"


@pytest.mark.fault(30)
def test_a_node_that_falls_behind_gives_older_facts_not_wrong_ones(world, anchored, proxy):
    issuer, _, _, _ = anchored
    digest = new_digest()
    reader = world.reader(proxy.url)
    proxy.when("eth_chainId", fault=faults.old_answer())
    before = reader.read_facts(world.question(issuer, digest), now=NOW)
    tree, mined = world.anchor([digest])
    asked = world.question(issuer, digest, world.receipt(digest, tree, mined))
    after = reader.read_facts(asked, now=NOW)
    assert after.head_number == before.head_number < mined.block_number
    assert not after.answers["0x" + tree.root.hex()].anchored


@pytest.mark.fault(23)
def test_a_block_that_vanishes_between_two_questions_is_read_anew(world, question, proxy):
    reader = world.reader(proxy.url)
    reader.read_facts(question, now=NOW)
    proxy.when("eth_call", fault=faults.refusal("eth_call", code=-32001, message="Resource not found"), times=1)
    assert code_of(reader.read_facts(question, now=NOW)) == "facts"


@pytest.mark.fault(128)
def test_a_node_that_is_named_twice_is_one_source_and_asked_once(world, shared_chain, question, proxy):
    nodes = [shared_chain.rpc_url, f"{proxy.url}/", shared_chain.rpc_url.replace("http:", "HTTP:"), f"{proxy.url}#x"]
    assert world.reader(*nodes).read_facts(question, now=NOW).sources == 2
    assert world.reader(*nodes[::2]).read_facts(question, now=NOW).sources == 1


@pytest.mark.fault(128)
def test_two_nodes_that_agree_are_two_sources_and_a_liar_makes_all_unknown(world, shared_chain, question, proxy):
    reader = world.reader(shared_chain.rpc_url, proxy.url)
    assert reader.read_facts(question, now=NOW).sources == 2
    honest = world.chain.head()
    proxy.when("*", fault=faults.status(503))
    assert reader.read_facts(question, now=NOW).sources == 1
    proxy.behave()

    def revoked(text: str) -> str:
        words = text[2:]
        at = 64 * 16  # offset of the struct, then the 16th field: revoked
        return "0x" + words[:at] + "1".rjust(64, "0") + words[at + 64 :]

    proxy.when("eth_call", fault=faults.result("eth_call", value=revoked))
    assert code_of(reader.read_facts(question, now=NOW)) == "bad_answer"
    assert world.chain.head() == honest


@pytest.mark.fault(30)
def test_a_second_node_that_is_behind_does_not_count_but_does_no_harm(world, shared_chain, question, proxy):
    def unaware(exchange):
        exchange.answer(exchange.edited(lambda item: item | {"result": None}, frozenset({"eth_getBlockByHash"})))

    proxy.when("eth_getBlockByHash", fault=unaware)
    assert world.reader(shared_chain.rpc_url, proxy.url).read_facts(question, now=NOW).sources == 1


def test_the_first_node_may_be_the_one_that_is_down(world, shared_chain, question):
    facts = world.reader(f"http://127.0.0.1:{free_port()}", shared_chain.rpc_url).read_facts(question, now=NOW)
    assert facts.sources == 1
    down = world.reader(f"http://127.0.0.1:{free_port()}").read_facts(question, now=NOW)
    assert down.code is UnknownCode.UNREACHABLE
    assert code_of(PairReader.of(world.pair()).read_facts(question, now=NOW)) == "unreachable"


def test_many_questions_are_answered_at_one_block_in_few_requests(world, anchored, proxy):
    issuer, digests, tree, mined = anchored
    asked = [world.question(issuer, digest, world.receipt(digest, tree, mined)) for digest in digests] * 50
    facts = world.reader(proxy.url).read_many(asked, now=NOW)
    assert len(facts) == 150
    assert len({one.head_hash for one in facts}) == 1
    assert all(one.answers["0x" + tree.root.hex()].anchored for one in facts)
    assert proxy.requests <= 7


def test_the_watch_tells_what_was_touched(own_world):
    world, reader = own_world, own_world.reader()
    first = reader.touched_since(None)
    assert first.everything
    assert reader.touched_since(first.head) == replace(first, everything=False)
    issuer, digest = world.admit(), new_digest()
    tree, _ = world.anchor([digest])
    world.send(world.controller, world.calls.revoke(issuer.id, [digest], Reason.FRAUD))
    touched = reader.touched_since(first.head)
    assert touched.issuers == {issuer.id}
    assert touched.roots == {"0x" + tree.root.hex()}
    assert touched.digests == {digest}
    assert not touched.everything
    assert touched.head.number == world.chain.head().number
    assert reader.touched_since(touched.head).issuers == frozenset()


@pytest.mark.fault(20)
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_reorganisation_loses_a_receipt_and_the_watch_says_so(own_world, depth):
    world, reader = own_world, own_world.reader()
    issuer, digest = world.admit(), new_digest()
    for _ in range(5 - depth):
        world.chain.command("anvil_mine", "0x1")
    tree, mined = world.anchor([digest])
    world.chain.command("anvil_mine", hex(depth - 1)) if depth > 1 else None
    asked = world.question(issuer, digest, world.receipt(digest, tree, mined))
    before = reader.touched_since(None)
    assert reader.read_facts(asked, now=NOW).answers["0x" + tree.root.hex()].anchored
    nonce = world.chain.nonce(world.operator.address)
    world.chain.command("anvil_reorg", depth, [])
    assert reader.touched_since(before.head).everything
    assert world.chain.receipt(mined.hash) is None
    assert world.chain.nonce(world.operator.address) == nonce - 1
    facts = reader.read_facts(asked, now=NOW)
    assert not facts.answers["0x" + tree.root.hex()].anchored
    assert facts.transactions == {}
    assert world.registry.anchor_of(tree.root) is None
    world.anchor([digest])  # the same call again
    assert eventually(lambda: world.registry.anchor_of(tree.root)).sender == world.operator.address


def test_the_watch_asks_the_next_node_and_else_reports_the_outage(world, shared_chain):
    dead = f"http://127.0.0.1:{free_port()}"
    assert world.reader(dead, shared_chain.rpc_url).touched_since(None).everything
    with pytest.raises(UnreachableError):
        world.reader(dead).touched_since(None)
