"""The local chain comes back after a stop and after `kill -9` of anvil or of whoever started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from chain_world import eventually
from portfolio.chain.accounts import development_account
from portfolio.chain.client import ChainClient
from portfolio.chain.errors import LocalChainError, NodeAddressError
from portfolio.chain.local import LOCAL_CHAIN_ID, LocalChain, find_anvil
from ports import free_port

pytestmark = pytest.mark.chain

OTHER = "0x" + "77" * 20


def has_ended(process: int) -> bool:
    """Gone, or a zombie that nobody in this container collects."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def pay(client: ChainClient, value: int = 1) -> str:
    """Send a transaction and return its hash once it is mined."""
    account = development_account(0, chain_id=LOCAL_CHAIN_ID)
    signed = account.sign(
        chain_id=LOCAL_CHAIN_ID,
        nonce=client.nonce(account.address),
        gas=21_000,
        fees=client.fees(),
        to=OTHER,
        data=b"",
        value=value,
    )
    assert client.send_raw(signed.raw).accepted
    eventually(lambda: client.receipt(signed.hash))
    return signed.hash


@pytest.fixture
def chain(tmp_path):
    local = LocalChain(tmp_path, port=free_port())
    yield local
    local.stop()


@pytest.fixture
def client(chain):
    return ChainClient(chain.rpc_url, timeout=5)


def test_a_restart_keeps_block_zero_history_and_time(chain, client):
    chain.start()
    genesis = client.genesis_hash()
    paid = [pay(client, value) for value in (1, 2, 3)]
    before, receipt = client.head(), client.receipt(paid[0])
    for _ in range(3):  # anvil alone changes block 0 at the second reload, not at the first
        chain.stop()
        chain.start()
        assert client.genesis_hash() == genesis
    assert client.head() == before
    assert client.receipt(paid[0]) == receipt
    assert client.balance(OTHER) == 6
    pay(client)
    after = client.head()
    assert after.parent_hash == before.hash
    assert before.time <= after.time
    assert abs(after.time - time.time()) <= 2
    assert client.call(to=OTHER, data=b"", block_hash=before.hash) == b""


def test_kill_9_of_anvil_heals_itself(chain, client, monkeypatch):
    monkeypatch.setattr("portfolio.chain.local._QUICK_DEATH", 0.0)
    chain.start()
    genesis = client.genesis_hash()
    pay(client, 5)
    chain.flush()
    first = chain.process_id
    os.kill(first, signal.SIGKILL)
    eventually(lambda: chain.process_id not in {None, first}, 20)
    eventually(lambda: client.balance(OTHER) == 5)
    assert client.genesis_hash() == genesis
    pay(client, 1)
    assert client.balance(OTHER) == 6


@pytest.mark.parametrize("whole_group", [False, True], ids=["starter", "starter and anvil"])
def test_kill_9_of_whoever_started_it(tmp_path, whole_group):
    port = free_port()
    program = (
        "import sys,time,pathlib; from portfolio.chain.local import LocalChain\n"
        f"chain = LocalChain(pathlib.Path({str(tmp_path)!r}), port={port}); chain.start()\n"
        "print(chain.process_id, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as starter:
        anvil = int(starter.stdout.readline())
        client = ChainClient(f"http://127.0.0.1:{port}", timeout=5)
        genesis = client.genesis_hash()
        pay(client, 9)
        if whole_group:
            time.sleep(1.0)
            os.kill(anvil, signal.SIGKILL)
        starter.kill()
    with LocalChain(tmp_path, port=port) as chain:
        again = ChainClient(chain.rpc_url, timeout=5)
        assert again.genesis_hash() == genesis
        assert again.balance(OTHER) == 9
        assert has_ended(anvil)


def test_a_state_cut_short_at_the_end_does_not_spoil_the_snapshot(chain, client, caplog):
    chain.start()
    pay(client, 4)
    chain.stop()
    whole = (chain.folder / "state.json").read_bytes()
    (chain.folder / "exit.json").write_bytes(whole[: len(whole) // 2])
    chain.start()
    assert client.balance(OTHER) == 4
    assert "cut short" in caplog.text


def test_a_clock_set_back_does_not_take_the_chain_back(chain, client, monkeypatch):
    chain.start()
    pay(client)
    before = client.head()
    chain.stop()
    monkeypatch.setattr("portfolio.chain.local.time.time", lambda: before.time - 86_400)
    chain.start()
    pay(client)
    assert client.head().time >= before.time


def test_one_folder_has_one_chain(chain, tmp_path, monkeypatch):
    chain.start()
    monkeypatch.setattr("portfolio.chain.local._LOCK_TIMEOUT", 0.2)
    with pytest.raises(LocalChainError, match=rf"process {os.getpid()}.*stop it first"):
        LocalChain(tmp_path, port=free_port()).start()


def test_a_port_in_use_is_refused_with_a_sentence(chain):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", chain.port))
        taken.listen()
        with pytest.raises(LocalChainError, match=rf"port {chain.port} is in use.*PORTFOLIO_CHAIN_PORT"):
            chain.start()
    chain.start()  # and the failed start left nothing behind
    assert chain.process_id is not None


def test_anvil_that_hangs_is_killed_and_the_last_snapshot_stands(chain, client, monkeypatch, caplog):
    monkeypatch.setattr("portfolio.chain.local._STOP_TIMEOUT", 0.2)
    monkeypatch.setattr("portfolio.chain.local._ANSWER_TIMEOUT", 0.5)
    chain = LocalChain(chain.folder.parent, port=chain.port)
    chain.start()
    pay(client, 3)
    chain.flush()
    os.kill(chain.process_id, signal.SIGSTOP)
    chain.stop()
    assert "killing it" in caplog.text
    chain.start()
    assert client.balance(OTHER) == 3
    chain.stop()


def test_anvil_that_dies_again_and_again_is_given_up(chain, caplog):
    chain.start()
    os.kill(chain.process_id, signal.SIGKILL)
    eventually(lambda: "keeps dying" in caplog.text)
    chain.stop()
    chain.start()
    assert chain.process_id is not None


def test_two_chains_begun_together_are_two_chains(tmp_path):
    with LocalChain(tmp_path / "a", port=free_port()) as a, LocalChain(tmp_path / "b", port=free_port()) as b:
        assert ChainClient(a.rpc_url).genesis_hash() != ChainClient(b.rpc_url).genesis_hash()


@pytest.mark.fault(33)
def test_a_folder_that_lost_its_state_is_refused(chain):
    chain.start()
    chain.stop()
    (chain.folder / "state.json").unlink()
    with pytest.raises(LocalChainError, match=r"state of the local chain is missing.*restore"):
        chain.start()


@pytest.mark.fault(33)
def test_a_state_of_another_chain_is_refused(chain, tmp_path):
    chain.start()
    chain.stop()
    record = chain.folder / "chain.json"
    fields = orjson.loads(record.read_bytes())
    record.write_bytes(orjson.dumps(fields | {"hash": "0x" + "ab" * 32}))
    with pytest.raises(LocalChainError, match="began with block 0xabab"):
        chain.start()
    record.write_bytes(b"{}")
    with pytest.raises(LocalChainError, match="damaged"):
        chain.start()


def test_anvil_is_looked_for_where_it_is_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTFOLIO_ANVIL", str(tmp_path / "nothing"))
    with pytest.raises(LocalChainError, match=r"PORTFOLIO_ANVIL names .*nothing"):
        find_anvil()
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PORTFOLIO_ANVIL", str(program))
    assert find_anvil() == program
    with pytest.raises(LocalChainError, match="exit code 3"):
        LocalChain(tmp_path / "data", port=free_port()).start()


def test_an_address_must_be_http():
    with pytest.raises(NodeAddressError):
        ChainClient("ws://127.0.0.1:8545")
