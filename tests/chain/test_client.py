"""The node client in front of a real chain with a proxy between: lost answers, nonsense, other networks."""

from __future__ import annotations

import threading
import time

import pytest

import proxy as faults
from chain_world import account, eventually
from portfolio.chain.accounts import SignedTransaction
from portfolio.chain.answers import NetworkPin
from portfolio.chain.client import ChainClient
from portfolio.chain.errors import BadAnswerError, ChainMismatchError, NodeRefusedError, RevertedError, UnreachableError
from portfolio.chain.local import LOCAL_CHAIN_ID
from portfolio.chain.transport import RpcEndpoint
from proxy import SEND_REFUSALS, Proxy

pytestmark = pytest.mark.chain

STRANGER = "0x" + "77" * 20


@pytest.fixture
def direct(shared_chain) -> ChainClient:
    return ChainClient(shared_chain.rpc_url, timeout=5)


@pytest.fixture
def client(proxy: Proxy) -> ChainClient:
    return ChainClient(proxy.url, timeout=2)


def payment(client: ChainClient, *, value: int = 1, nonce: int | None = None) -> SignedTransaction:
    sender = account(0)
    return sender.sign(
        chain_id=LOCAL_CHAIN_ID,
        nonce=client.nonce(sender.address) if nonce is None else nonce,
        gas=21_000,
        fees=client.fees(),
        to=STRANGER,
        data=b"",
        value=value,
    )


def test_reads_are_typed(direct):
    head, genesis = direct.head(), direct.block(0)
    assert direct.chain_id() == LOCAL_CHAIN_ID
    assert direct.genesis_hash() == genesis.hash == direct.block(genesis.hash).hash
    assert head.number >= 0
    assert direct.block(10**9) is None
    assert direct.block("0x" + "12" * 32) is None
    assert direct.balance(account(1).address) == 10_000 * 10**18
    assert direct.transaction("0x" + "12" * 32) is None
    assert direct.receipt("0x" + "12" * 32) is None
    assert direct.fees().max_fee > direct.fees().priority_fee
    with pytest.raises(NodeRefusedError):
        direct.call(to=STRANGER, data=b"", block_hash="0x" + "12" * 32)


def test_an_estimate_that_reverts_says_so(direct):
    with pytest.raises(RevertedError) as refused:
        direct.estimate(sender=account(0).address, to=None, data=bytes.fromhex("60006000fd"))
    assert refused.value.revert == b""


def test_a_sent_transaction_is_accepted_and_found_by_its_hash(direct):
    signed = payment(direct)
    outcome = direct.send_raw(signed.raw)
    assert outcome.accepted
    assert outcome.hash == signed.hash
    mined = eventually(lambda: direct.receipt(signed.hash))
    assert mined.ok
    assert direct.transaction(signed.hash).nonce == signed.nonce
    standing = direct.standing(signed.hash, sender=signed.sender)
    assert standing.mined == mined
    assert standing.mined_nonce == signed.nonce + 1


@pytest.mark.fault(18)
@pytest.mark.parametrize("loss", [faults.cut_after_request, faults.cut_mid_body, faults.truncated, faults.wrong_id])
def test_a_lost_answer_to_a_send_is_unsure_and_the_send_is_not_repeated(client, direct, proxy, loss):
    signed = payment(direct)
    proxy.when("eth_sendRawTransaction", fault=loss)
    outcome = client.send_raw(signed.raw)
    assert not outcome.accepted
    assert outcome.hash == signed.hash
    assert proxy.asked.count("eth_sendRawTransaction") == 1
    mined = eventually(lambda: client.standing(outcome.hash, sender=signed.sender).mined)
    assert mined.ok
    assert client.nonce(signed.sender) == signed.nonce + 1


@pytest.mark.fault(18)
@pytest.mark.parametrize("loss", [faults.cut_before, faults.html, faults.status(503), faults.status(429)])
def test_a_send_that_never_reached_the_node_is_unsure_too(client, direct, proxy, loss):
    signed = payment(direct)
    proxy.when("eth_sendRawTransaction", fault=loss)
    outcome = client.send_raw(signed.raw)
    assert not outcome.accepted
    standing = client.standing(signed.hash, sender=signed.sender)
    assert (standing.mined, standing.pooled, standing.mined_nonce) == (None, False, signed.nonce)
    proxy.behave()
    assert client.send_raw(signed.raw).accepted  # the very same bytes
    assert proxy.asked.count("eth_sendRawTransaction") == 2


@pytest.mark.fault(19)
@pytest.mark.parametrize("acted", [True, False], ids=["had it", "never had it"])
@pytest.mark.parametrize("said", SEND_REFUSALS)
def test_whatever_a_node_says_about_a_send_decides_nothing(client, direct, proxy, said, acted):
    code, message = SEND_REFUSALS[said]
    signed = payment(direct)
    proxy.when("eth_sendRawTransaction", fault=faults.refusal(code=code, message=message, forwarded=acted))
    outcome = client.send_raw(signed.raw)
    assert not outcome.accepted
    assert message in outcome.text
    standing = client.standing(outcome.hash, sender=signed.sender)
    if acted:
        assert eventually(lambda: client.standing(outcome.hash, sender=signed.sender).mined).ok
    else:
        assert standing.mined is None
        assert standing.mined_nonce == signed.nonce


@pytest.mark.fault(19)
def test_the_real_nodes_own_words_decide_nothing_either(direct):
    signed = payment(direct)
    assert direct.send_raw(signed.raw).accepted
    eventually(lambda: direct.receipt(signed.hash))
    again = direct.send_raw(signed.raw)
    assert not again.accepted
    assert again.text
    assert direct.standing(signed.hash, sender=signed.sender).mined.ok
    late = payment(direct, nonce=0, value=2)
    assert not direct.send_raw(late.raw).accepted
    standing = direct.standing(late.hash, sender=late.sender)
    assert standing.mined is None
    assert standing.mined_nonce > late.nonce  # another transaction took its place


def test_a_transaction_that_fell_out_of_the_pool_is_nowhere_and_its_nonce_is_free(own_chain):
    client = ChainClient(own_chain.rpc_url, timeout=5)
    client.command("evm_setAutomine", False)
    first, second = payment(client, nonce=0), payment(client, nonce=1)
    for signed in (first, second):
        assert client.send_raw(signed.raw).accepted
    assert client.standing(first.hash, sender=first.sender).pooled
    assert client.nonce(first.sender, pending=True) == 2
    client.command("anvil_dropTransaction", first.hash)
    standing = client.standing(first.hash, sender=first.sender)
    assert (standing.mined, standing.pooled, standing.mined_nonce) == (None, False, 0)
    assert client.send_raw(first.raw).accepted  # the same bytes fill the gap
    client.send_raw(second.raw)  # anvil drops what depends on a dropped one too
    client.command("evm_mine")
    assert eventually(lambda: client.receipt(second.hash)).ok


def test_a_reorganisation_may_mine_the_same_transaction_elsewhere(own_chain):
    client = ChainClient(own_chain.rpc_url, timeout=5)
    signed = payment(client)
    client.send_raw(signed.raw)
    before = eventually(lambda: client.receipt(signed.hash))
    client.command("anvil_mine", "0x2")
    client.command("anvil_reorg", 3, [["0x" + signed.raw.hex(), 1]])
    after = client.receipt(signed.hash)
    assert after.ok
    assert (after.hash, after.block_number) == (before.hash, before.block_number + 1)
    assert after.block_hash != before.block_hash
    assert client.block(before.block_number).hash != before.block_hash


@pytest.mark.fault(18)
def test_a_node_that_names_another_hash_is_not_believed(client, direct, proxy):
    signed = payment(direct)
    proxy.when("eth_sendRawTransaction", fault=faults.result(value="0x" + "12" * 32))
    outcome = client.send_raw(signed.raw)
    assert not outcome.accepted
    assert outcome.hash == signed.hash


@pytest.mark.fault(31)
def test_a_pinned_client_does_not_send_to_another_network(proxy, direct):
    pinned = ChainClient(proxy.url, timeout=2, pin=NetworkPin(LOCAL_CHAIN_ID, direct.genesis_hash()))
    signed = payment(direct)
    proxy.when("eth_chainId", fault=faults.result("eth_chainId", value="0x63"))
    with pytest.raises(ChainMismatchError, match=r"runs chain 99, not 31337") as refused:
        pinned.send_raw(signed.raw)
    assert refused.value.what == "wrong_chain"
    proxy.behave()
    other = lambda block: block | {"hash": "0x" + "12" * 32}  # noqa: E731
    proxy.when("eth_chainId", fault=faults.result("eth_getBlockByNumber", value=other))
    with pytest.raises(ChainMismatchError, match="reset") as refused:
        pinned.send_raw(signed.raw)
    assert refused.value.what == "wrong_genesis"
    assert "eth_sendRawTransaction" not in proxy.asked
    proxy.behave()
    assert pinned.send_raw(signed.raw).accepted


READS = {
    "eth_chainId": lambda client: client.chain_id(),
    "eth_getBlockByNumber": lambda client: client.head(),
    "eth_getBlockByHash": lambda client: client.block("0x" + "12" * 32),
    "eth_getTransactionCount": lambda client: client.nonce(STRANGER),
    "eth_getBalance": lambda client: client.balance(STRANGER),
    "eth_maxPriorityFeePerGas": lambda client: client.fees(),
    "eth_estimateGas": lambda client: client.estimate(sender=STRANGER, to=STRANGER, data=b""),
    "eth_getCode": lambda client: client.code(STRANGER, block_hash=client.genesis_hash()),
    "eth_call": lambda client: client.call(to=STRANGER, data=b"", block_hash=client.genesis_hash()),
    "eth_getLogs": lambda client: client.logs(addresses=[STRANGER], topics=[], first=0, last=1),
    "eth_getTransactionByHash": lambda client: client.transaction("0x" + "12" * 32),
    "eth_getTransactionReceipt": lambda client: client.receipt("0x" + "12" * 32),
}
TROUBLES = {
    "cut before": faults.cut_before,
    "cut after": faults.cut_after_request,
    "cut mid-body": faults.cut_mid_body,
    "truncated": faults.truncated,
    "html": faults.html,
    "no answer": faults.not_an_answer,
    "wrong id": faults.wrong_id,
    "429": faults.status(429, retry_after="0.05"),
    "503": faults.status(503),
    "404": faults.status(404),
    "wrong type": faults.result(value={"unexpected": True}),
}


@pytest.mark.fault(34)
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("method", READS)
def test_a_read_survives_one_trouble_and_reports_a_lasting_one_as_outage(proxy, method, trouble, monkeypatch):
    monkeypatch.setattr("portfolio.chain.client._FIRST_PAUSE", 0.01)
    client = ChainClient(proxy.url, timeout=1)
    rule = proxy.when(method, fault=TROUBLES[trouble], times=1)
    if trouble == "wrong type":  # such a node is not asked again: what it says would not become better
        with pytest.raises(BadAnswerError):
            READS[method](client)
        return
    READS[method](client)
    assert rule.used == 1
    proxy.when(method, fault=TROUBLES[trouble])
    with pytest.raises(UnreachableError):
        READS[method](ChainClient(proxy.url, timeout=0.2))


@pytest.mark.fault(34)
@pytest.mark.parametrize("trouble", [faults.huge, faults.drip(30), faults.delay(30)], ids=["huge", "drip", "hung"])
def test_a_read_ends_in_time_whatever_the_node_does(proxy, trouble):
    client = ChainClient(proxy.url, timeout=1)
    proxy.when("eth_getBlockByNumber", fault=trouble)
    began = time.monotonic()
    with pytest.raises(UnreachableError):
        client.head()
    assert time.monotonic() - began < 4


@pytest.mark.fault(34)
def test_an_answer_is_read_only_up_to_a_limit(proxy):
    proxy.when("eth_getBlockByNumber", fault=faults.huge)
    with pytest.raises(BadAnswerError, match="more than 1048576 bytes"):
        ChainClient(RpcEndpoint(proxy.url, timeout=5, max_answer=1 << 20), timeout=5).head()


@pytest.mark.fault(34)
def test_the_nodes_wish_to_be_left_alone_is_respected_as_far_as_there_is_time(proxy):
    proxy.when("eth_chainId", fault=faults.status(429, retry_after="0.6"), times=1)
    began = time.monotonic()
    assert ChainClient(proxy.url, timeout=3).chain_id() == LOCAL_CHAIN_ID
    assert time.monotonic() - began >= 0.6
    proxy.when("eth_chainId", fault=faults.status(429, retry_after="3600"))
    began = time.monotonic()
    with pytest.raises(UnreachableError):
        ChainClient(proxy.url, timeout=3).chain_id()
    assert time.monotonic() - began < 1


def test_a_node_without_batches_is_asked_one_by_one(client, proxy):
    single = faults.refusal(code=-32600, message="batch not supported", forwarded=False)

    def refuse_batches(exchange):
        exchange.request = {"id": None} if isinstance(exchange.request, list) else exchange.request
        single(exchange) if exchange.request["id"] is None else exchange.answer(exchange.forward())

    proxy.when("*", fault=refuse_batches)
    chain_id, block = client.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
    assert int(chain_id, 16) == LOCAL_CHAIN_ID
    assert block["number"] == "0x0"


def test_a_fallen_answer_inside_a_batch_leaves_the_others(client):
    good, bad = client.batch([("eth_chainId", []), ("eth_noSuchMethod", [])])
    assert int(good, 16) == LOCAL_CHAIN_ID
    assert bad.code == -32601


@pytest.mark.fault(35)
def test_a_window_of_logs_that_is_too_large_is_halved(client, direct, proxy, world):
    for _ in range(3):
        world.anchor(
            [bytes([number]) * 32 for number in range(2, 4)] + [bytes(31) + bytes([world.chain.head().number])]
        )
    head = direct.head().number
    whole = direct.logs(addresses=[world.deployment.credential_registry], topics=[], first=0, last=head)
    too_large = faults.refusal(code=-32005, message="query exceeds max block range 2", forwarded=False)

    def narrow(exchange):
        wanted = exchange.request["params"][0]
        if int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) >= 2:
            too_large(exchange)
        else:
            answer = faults.orjson.loads(exchange.forward())
            answer["result"] *= 2  # and every log comes twice
            exchange.answer(faults.orjson.dumps(answer))

    proxy.when("eth_getLogs", fault=narrow)
    assert client.logs(addresses=[world.deployment.credential_registry], topics=[], first=0, last=head) == whole
    proxy.when("eth_getLogs", fault=too_large)
    with pytest.raises(NodeRefusedError):
        client.logs(addresses=[STRANGER], topics=[], first=0, last=head)


def test_one_client_serves_many_threads(direct):
    seen, threads = [], []
    for _ in range(16):
        threads.append(threading.Thread(target=lambda: seen.extend(direct.chain_id() for _ in range(20))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert seen == [LOCAL_CHAIN_ID] * 320


def test_keys_in_the_address_stay_out_of_messages(proxy):
    address = proxy.url.replace("http://", "http://user:secret@") + "/v3/apikey?token=hidden"
    proxy.when("*", fault=faults.status(503))
    with pytest.raises(UnreachableError) as refused:
        ChainClient(address, timeout=0.2).chain_id()
    for secret in ("secret", "apikey", "hidden"):
        assert secret not in str(refused.value)
