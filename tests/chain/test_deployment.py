"""One pair however often it is deployed, and a node that holds another is refused with a sentence that says which."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import proxy as faults
from chain_world import World, account
from portfolio.chain.accounts import create_address
from portfolio.chain.client import ChainClient
from portfolio.chain.deployment import DeploymentError, deploy, read_deployment, verify_deployment
from portfolio.chain.errors import BadAnswerError, ChainMismatchError, UnreachableError
from portfolio.chain.local import LOCAL_CHAIN_ID, LocalChain
from portfolio.chain.proving import require_pair
from portfolio.chain.snapshots import write_durably
from ports import free_port
from proxy import Exchange, Proxy

pytestmark = pytest.mark.chain

OPERATOR, REGISTRARS = account(0), [account(1).address, account(2).address]


# Every question in the long campaign, every third otherwise.
EVERY = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 3


class KilledError(BaseException):
    """Stands for SIGKILL: nothing catches it."""


class Dying:
    """A node client that dies at the n-th question, before or after it was carried out."""

    def __init__(self, chain: ChainClient, at: int, *, after: bool) -> None:
        self._chain = chain
        self._left = at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._chain, name)
        if not callable(real):
            return real

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise KilledError
            answer = real(*args, **kwargs)
            if self._left == 0:
                raise KilledError
            return answer

        return counted


def deploy_here(chain: Any, record: Path) -> Any:
    return deploy(chain, operator=OPERATOR, registrars=REGISTRARS, record_path=record)


def test_deploying_again_changes_nothing(own_world, own_chain):
    nonce = own_world.chain.nonce(OPERATOR.address)
    written = own_world.record.read_bytes()
    assert deploy_here(own_world.chain, own_world.record) == own_world.deployment
    assert own_world.chain.nonce(OPERATOR.address) == nonce == 2
    assert own_world.record.read_bytes() == written
    assert read_deployment(own_world.record) == own_world.deployment


@pytest.mark.parametrize(("times", "found"), [(2, True), (None, False)])
def test_a_node_that_says_nothing_for_a_contract_is_asked_again(own_world, own_chain, times, found):
    """Code at the address, and an empty answer of its view: for a moment, or for good."""

    def nothing(exchange: Exchange) -> None:
        exchange.answer(exchange.edited(lambda one: {**one, "result": "0x"}, frozenset({"eth_call"})))

    nonce = own_world.chain.nonce(OPERATOR.address)
    own_world.record.unlink()
    with Proxy(own_chain.rpc_url) as proxy:
        proxy.when("eth_call", fault=nothing, times=times)
        chain = ChainClient(proxy.url)
        if found:
            assert deploy_here(chain, own_world.record).issuer_registry == own_world.deployment.issuer_registry
        else:
            with pytest.raises(BadAnswerError):
                deploy_here(chain, own_world.record)
    assert own_world.chain.nonce(OPERATOR.address) == nonce


def test_a_lost_record_is_written_again_for_the_same_pair(own_world):
    own_world.anchor([bytes(32)])
    own_world.record.unlink()
    found = deploy_here(own_world.chain, own_world.record)
    assert found.issuer_registry == own_world.deployment.issuer_registry
    assert found.credential_registry == own_world.deployment.credential_registry
    assert own_world.chain.nonce(OPERATOR.address) == 3


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_question_and_run_again_there_is_one_pair(own_chain, tmp_path, after):
    client = ChainClient(own_chain.rpc_url, timeout=5)
    fresh = client.command("evm_snapshot")
    for at in range(2 if after else 1, 200, EVERY):
        record = tmp_path / f"{at}.json"
        try:
            deploy_here(Dying(client, at, after=after), record)
        except KilledError:
            finished = False
        else:
            finished = True
        found = deploy_here(client, record)
        assert client.nonce(OPERATOR.address) == 2
        assert found.issuer_registry == create_address(OPERATOR.address, 0)
        assert found.credential_registry == create_address(OPERATOR.address, 1)
        verify_deployment(client, read_deployment(record))
        client.command("evm_revert", fresh)
        fresh = client.command("evm_snapshot")
        if finished:
            assert at > 20
            return
    pytest.fail("the deployment never finished")


@pytest.mark.fault(18)
def test_a_lost_answer_while_deploying_makes_no_second_pair(own_chain, tmp_path):
    with Proxy(own_chain.rpc_url) as proxy:
        proxy.when("eth_sendRawTransaction", fault=faults.cut_after_request)
        client = ChainClient(proxy.url, timeout=5)
        deploy_here(client, tmp_path / "deployment.json")
        assert client.nonce(OPERATOR.address) == 2
        assert proxy.asked.count("eth_sendRawTransaction") == 2


def test_a_chain_that_lost_its_last_blocks_gets_the_same_pair_back(own_chain, tmp_path):
    client = ChainClient(own_chain.rpc_url, timeout=5)
    fresh = client.command("evm_snapshot")
    record = tmp_path / "deployment.json"
    before = deploy_here(client, record)
    client.command("evm_revert", fresh)  # as after kill -9, when the last snapshot was older
    again = deploy_here(client, record)
    assert (again.issuer_registry, again.credential_registry) == (before.issuer_registry, before.credential_registry)
    verify_deployment(client, before)


@pytest.mark.fault(32)
def test_a_pair_that_cannot_come_back_is_refused_and_nothing_is_sent(own_chain, tmp_path):
    world = World(own_chain.rpc_url, tmp_path / "deployment.json")
    gone = "0x" + "12" * 20
    fields = read_deployment(world.record)
    write_durably(world.record, world.record.read_bytes().replace(fields.issuer_registry.encode(), gone.encode()))
    with pytest.raises(ChainMismatchError, match=f"IssuerRegistry at {gone} is not on the chain") as refused:
        deploy_here(world.chain, world.record)
    assert refused.value.what == "wrong_code"
    assert world.chain.nonce(OPERATOR.address) == 2


def test_other_registrars_need_another_record(own_world, tmp_path):
    others = [account(3).address, account(4).address]
    with pytest.raises(ChainMismatchError, match="other registrars") as refused:
        deploy(own_world.chain, operator=OPERATOR, registrars=others, record_path=own_world.record)
    assert refused.value.what == "wrong_registrars"
    second = deploy(own_world.chain, operator=OPERATOR, registrars=others, record_path=tmp_path / "second.json")
    assert second.issuer_registry != own_world.deployment.issuer_registry
    verify_deployment(own_world.chain, own_world.deployment)


@pytest.mark.fault(39)
def test_an_operator_without_coin_is_told_so(own_chain, tmp_path):
    client = ChainClient(own_chain.rpc_url, timeout=5)
    client.command("anvil_setBalance", OPERATOR.address, "0x1")
    with pytest.raises(DeploymentError, match="holds 1 wei"):
        deploy_here(client, tmp_path / "deployment.json")
    assert client.nonce(OPERATOR.address) == 0


@pytest.mark.fault(31)
def test_another_chain_id_is_refused(tmp_path, own_world):
    with LocalChain(tmp_path / "other", port=free_port(), chain_id=1337) as other:
        client = ChainClient(other.rpc_url, timeout=5)
        for act in (
            lambda: verify_deployment(client, own_world.deployment),
            lambda: deploy_here(client, own_world.record),
        ):
            with pytest.raises(ChainMismatchError, match=r"runs chain 1337, not 31337") as refused:
                act()
            assert refused.value.what == "wrong_chain"
        assert client.nonce(OPERATOR.address) == 0


@pytest.mark.fault(33)
def test_a_chain_begun_anew_is_refused(tmp_path, own_world):
    with LocalChain(tmp_path / "other", port=free_port()) as other:
        client = ChainClient(other.rpc_url, timeout=5)
        with pytest.raises(ChainMismatchError, match="it was reset") as refused:
            deploy_here(client, own_world.record)
        assert refused.value.what == "wrong_genesis"
        assert client.nonce(OPERATOR.address) == 0


@pytest.mark.fault(32)
@pytest.mark.parametrize(("contract", "name"), [("issuer_registry", "issuer"), ("credential_registry", "credential")])
@pytest.mark.parametrize(("code", "found"), [("0x", "there is no code"), ("0x6000", "there is other code")])
def test_other_code_at_the_address_is_refused(own_world, contract, name, code, found):
    address = getattr(own_world.deployment, contract)
    own_world.chain.command("anvil_setCode", address, code)
    with pytest.raises(ChainMismatchError, match=rf"{name} registry should be at {address}, but {found}") as refused:
        verify_deployment(own_world.chain, own_world.deployment)
    assert refused.value.what == "wrong_code"


@pytest.mark.fault(32)
def test_a_credential_registry_of_another_pair_is_refused(own_world, tmp_path):
    second = deploy(
        own_world.chain,
        operator=OPERATOR,
        registrars=[account(3).address, account(4).address],
        record_path=tmp_path / "second.json",
    )
    mixed = own_world.pair()
    mixed = type(mixed)(
        **{field: getattr(mixed, field) for field in mixed.__dataclass_fields__}
        | {
            "credential_registry": second.credential_registry,
            "credential_registry_code_hash": second.credential_registry_code_hash,
        }
    )
    with pytest.raises(ChainMismatchError, match="asks the issuer registry at"):
        require_pair(own_world.chain, mixed)


def test_an_outage_while_verifying_is_no_mismatch(own_world, own_chain):
    with Proxy(own_chain.rpc_url) as proxy:
        proxy.when("*", fault=faults.cut_before)
        with pytest.raises(UnreachableError):
            verify_deployment(ChainClient(proxy.url, timeout=0.3), own_world.deployment)


def test_a_record_missing_or_damaged_is_said_so(tmp_path, own_world):
    with pytest.raises(DeploymentError, match="is missing"):
        read_deployment(tmp_path / "none.json")
    written = own_world.record.read_text()
    for damage in (written[:-20], "[]", written.replace('"version": 1', '"version": 2'), written.replace("0x", "0y")):
        own_world.record.write_text(damage)
        with pytest.raises(DeploymentError):
            read_deployment(own_world.record)


@pytest.mark.fault(40)
def test_a_chain_without_a_base_fee_is_used_with_a_gas_price(tmp_path, monkeypatch):
    monkeypatch.setattr("portfolio.chain.snapshots._HARDFORK", "berlin")
    with LocalChain(tmp_path, port=free_port()) as chain:
        client = ChainClient(chain.rpc_url, timeout=5)
        assert client.fees().gas_price
        signed = OPERATOR.sign(
            chain_id=LOCAL_CHAIN_ID,
            nonce=0,
            gas=21_000,
            fees=client.fees(),
            to=account(1).address,
            data=b"",
        )
        assert client.send_raw(signed.raw).accepted


def test_a_pair_beside_another_is_another_however_often_it_is_deployed(own_world, tmp_path):
    first = own_world.deployment

    def beside() -> Any:
        return deploy(
            own_world.chain,
            operator=OPERATOR,
            registrars=REGISTRARS,
            record_path=tmp_path / "second.json",
            beside=[first],
        )

    second = beside()
    assert not {first.issuer_registry, first.credential_registry} & {second.issuer_registry, second.credential_registry}
    (tmp_path / "second.json").unlink()
    again = beside()
    assert (again.issuer_registry, again.credential_registry) == (second.issuer_registry, second.credential_registry)
    assert own_world.chain.nonce(OPERATOR.address) == 4
    verify_deployment(own_world.chain, second)
    assert deploy_here(own_world.chain, own_world.record) == first
