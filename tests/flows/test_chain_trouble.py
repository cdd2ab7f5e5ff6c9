"""The chain misbehaves while the worker sends: nothing is guessed, nothing sent twice, no verdict is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from portfolio.anchoring.merkle import Tree
from portfolio.anchoring.models import Batch, ChainAttempt, ChainCall
from portfolio.anchoring.states import ALLOWED, CallState, TransitionError, check_transition
from portfolio.chain.accounts import Account
from portfolio.chain.client import ChainClient
from portfolio.chain.deployment import read_deployment
from portfolio.chain.errors import ChainMismatchError
from portfolio.chain.local import LocalChain
from portfolio.credentials.report import Verdict
from portfolio.operations.compose import open_gateways
from portfolio.operations.worker import Worker
from ports import free_port
from proxy import Proxy, cut_after_request, refusal, result
from service_world import Service, make_service, table


def work_through(service: Service, proxy: Proxy) -> None:
    """Do the work with a node that is behind the proxy."""
    settings = service.settings.model_copy(update={"chain_rpc_url": proxy.url})
    original = service.portfolio.settings
    service.portfolio.settings = settings
    worker = Worker(service.portfolio, open_gateways(service.portfolio))
    service.portfolio.settings = original
    try:
        worker.run_until_idle()
    finally:
        worker.release()


def calls(service: Service) -> list[ChainCall]:
    with service.portfolio.database.read() as session:
        return list(session.exec(select(ChainCall).order_by(ChainCall.sequence)))


@pytest.mark.fault(38)
def test_a_root_that_somebody_else_anchored_is_a_success(service: Service) -> None:
    service.start(table(3))
    service.worker.issue_part()
    service.worker.seal_all()
    with service.portfolio.database.read() as session:
        root = session.exec(select(Batch)).one().root
    stranger = Account.from_hex("11" * 32)
    client = ChainClient(service.settings.resolved_rpc_url)
    client.command("anvil_setBalance", stranger.address, hex(10**20))
    deployment = read_deployment(service.settings.resolved_deployment_file)
    gateway = open_gateways(service.portfolio)[1]
    call = gateway._calls.anchor(root)
    raw = stranger.sign(
        chain_id=deployment.chain_id,
        nonce=client.nonce(stranger.address),
        gas=100_000,
        fees=client.fees(),
        to=call.to,
        data=call.data,
    ).raw
    client.send_raw(raw)
    sent = len(attempts(service))
    service.work()
    assert calls(service)[-1].state is CallState.FINAL
    assert len(attempts(service)) == sent, "our own transaction was not needed"
    assert {service.verify(service.bundle(item)).verdict for item in service.credentials()} == {Verdict.VALID}


NODES = {
    "geth": "already known",
    "besu": "Known transaction",
    "reth": "transaction already imported",
    "nethermind": "AlreadyKnown",
    "anvil": "nonce too low",
}


@pytest.mark.fault(19)
@pytest.mark.parametrize("text", NODES.values(), ids=NODES.keys())
def test_whatever_a_node_says_to_a_transaction_it_took_it_is_looked_up(
    service: Service, flow_chain: LocalChain, text: str
) -> None:
    service.start(table(2))
    before = len(attempts(service))
    with Proxy(flow_chain.rpc_url) as proxy:
        proxy.when("eth_sendRawTransaction", fault=refusal("eth_sendRawTransaction", code=-32000, message=text))
        work_through(service, proxy)
    assert calls(service)[-1].state is CallState.FINAL
    assert len(attempts(service)) == before + 1


@pytest.mark.fault(18)
def test_a_lost_answer_costs_one_nonce_and_no_second_transaction(service: Service, flow_chain: LocalChain) -> None:
    service.start(table(2))
    before = len(attempts(service))
    with Proxy(flow_chain.rpc_url) as proxy:
        proxy.when("eth_sendRawTransaction", fault=cut_after_request)
        work_through(service, proxy)
    assert calls(service)[-1].state is CallState.FINAL
    assert len(attempts(service)) == before + 1


@pytest.mark.fault(31)
def test_a_node_of_another_chain_is_sent_nothing(service: Service, flow_chain: LocalChain) -> None:
    service.start(table(2))
    before = len(attempts(service))
    with Proxy(flow_chain.rpc_url) as proxy:
        proxy.when("eth_chainId", fault=result("eth_chainId", value="0x63"))
        with pytest.raises(ChainMismatchError) as refused:
            work_through(service, proxy)
    assert refused.value.what == "wrong_chain"
    assert len(attempts(service)) == before
    service.work()
    assert calls(service)[-1].state is CallState.FINAL


@pytest.mark.fault(32)
def test_a_contract_with_other_code_is_sent_nothing(service: Service, flow_chain: LocalChain) -> None:
    service.start(table(2))
    with Proxy(flow_chain.rpc_url) as proxy:
        proxy.when("eth_getCode", fault=result("eth_getCode", value="0x6000"))
        with pytest.raises(ChainMismatchError) as refused:
            work_through(service, proxy)
    assert refused.value.what == "wrong_code"


def attempts(service: Service) -> list[ChainAttempt]:
    with service.portfolio.database.read() as session:
        return list(session.exec(select(ChainAttempt)))


def test_a_digest_stands_in_one_batch_only(service: Service) -> None:
    service.issue(3)
    with service.portfolio.database.read() as session:
        from portfolio.anchoring.models import Leaf

        leaves = session.exec(select(Leaf)).all()
        batch = session.exec(select(Batch)).one()
    assert Tree.of([leaf.digest for leaf in leaves]).root == batch.root


@pytest.mark.fault(33)
def test_a_chain_that_was_reset_is_refused_and_gives_no_verdict(tmp_path: Path) -> None:
    first, second = free_port(), free_port()
    with LocalChain(tmp_path / "one", port=first) as chain:
        service = make_service(tmp_path / "data", chain.rpc_url)
        service.add_issuer("school")
        bundle = service.bundle(service.issue(1)[0])
    with LocalChain(tmp_path / "two", port=second) as other:
        settings = service.settings.model_copy(update={"chain_rpc_url": other.rpc_url})
        service.portfolio.settings = settings
        gateways = open_gateways(service.portfolio)
        with pytest.raises(ChainMismatchError) as refused:
            gateways[1].check()
        assert refused.value.what == "wrong_genesis"
        service.start(table(2, first=5))
        with pytest.raises(ChainMismatchError):
            Worker(service.portfolio, gateways).run_until_idle()
    report = service.verify(bundle)
    assert report.verdict is Verdict.CANNOT_CHECK
    service.close()


def test_an_outage_keeps_what_was_issued_pending_and_never_invalid(
    new_service: Callable[..., Service], flow_chain: LocalChain
) -> None:
    service = new_service()
    service.add_issuer("school")
    service.start(table(2))
    service.worker.issue_part()
    report = service.verify(service.bundle(service.credentials()[0]))
    assert report.verdict is Verdict.PENDING
    service.work()
    assert service.verify(service.bundle(service.credentials()[0])).verdict is Verdict.VALID


@pytest.mark.parametrize("present", list(CallState))
@pytest.mark.parametrize("wanted", list(CallState))
def test_only_the_steps_of_the_table_are_allowed(present: CallState, wanted: CallState) -> None:
    if wanted in ALLOWED[present]:
        assert check_transition(present, wanted) is wanted
    else:
        with pytest.raises(TransitionError):
            check_transition(present, wanted)
