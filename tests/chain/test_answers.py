"""Nothing a node says is taken for what it is not."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.chain.abi import credential_registry, issuer_registry
from portfolio.chain.answers import (
    Log,
    block_of,
    data_of,
    hash_of,
    logs_of,
    mined_of,
    pooled_of,
    quantity_of,
    revert_data,
)
from portfolio.chain.errors import BadAnswerError, RpcRefusal

HASH = "0x" + "ab" * 32
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([HASH, "0x1", "0x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["hash", "number", "timestamp", "parentHash", "logs", "status", "from", "blockHash", "topics"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(value=JSON)
def test_any_json_is_read_or_refused(value):
    for read in (
        quantity_of,
        hash_of,
        data_of,
        block_of,
        logs_of,
        lambda answer: mined_of(answer, HASH),
        lambda answer: pooled_of(answer, HASH),
    ):
        with contextlib.suppress(BadAnswerError):
            read(value)


@pytest.mark.parametrize("text", ["0x", "0x01", "1", "-0x1", "0x1_0", "0x" + "f" * 65, " 0x1", "0x1\n", "0x١", 1, True])
def test_what_is_no_quantity(text):
    with pytest.raises(BadAnswerError):
        quantity_of(text)


@given(data=st.binary(max_size=900))
def test_any_bytes_of_a_contract_are_decoded_or_refused(data):
    for interface, view in (
        (credential_registry(), "check"),
        (credential_registry(), "anchorOf"),
        (issuer_registry(), "issuer"),
        (issuer_registry(), "registrars"),
        (issuer_registry(), "keys"),
    ):
        with contextlib.suppress(BadAnswerError):
            interface.answer(view, data)


REVERT = "0x" + "ab" * 36


@pytest.mark.parametrize(
    ("refusal", "found"),
    [
        (RpcRefusal(3, "execution reverted", REVERT), REVERT),  # geth, reth, anvil
        (RpcRefusal(-32000, "Execution reverted", REVERT), REVERT),  # besu
        (RpcRefusal(-32015, "VM execution error.", f"Reverted {REVERT}"), REVERT),  # nethermind, parity
        (RpcRefusal(-32603, "execution reverted", {"data": REVERT}), REVERT),  # Hardhat
        (RpcRefusal(-32000, "execution reverted", None), "0x"),
        (RpcRefusal(-32000, "execution reverted", {"data": None}), "0x"),
        (RpcRefusal(-32000, "header not found", None), None),
        (RpcRefusal(-32005, "limit exceeded", REVERT), None),
    ],
)
def test_every_nodes_way_to_say_that_a_contract_refused(refusal, found):
    assert revert_data(refusal) == (None if found is None else bytes.fromhex(found[2:]))


def test_a_receipt_of_another_transaction_is_refused():
    with pytest.raises(BadAnswerError):
        mined_of({"transactionHash": "0x" + "cd" * 32}, HASH)
    with pytest.raises(BadAnswerError):
        pooled_of({"hash": "0x" + "cd" * 32}, HASH)
    assert mined_of({"transactionHash": HASH, "blockHash": None}, HASH) is None
    assert mined_of(None, HASH) is None
    assert pooled_of(None, HASH) is None


def test_events_and_errors_round_trip():
    interface = credential_registry()
    root = bytes(range(32))
    topics, data = interface.emitted("Anchored", root, "0x" + "12" * 20, 7, 9)
    log = Log("0x" + "34" * 20, tuple(topics), data, 7, HASH, HASH, 0)
    assert interface.event(log) == (
        "Anchored",
        {"root": root, "sender": "0x" + "12" * 20, "blockNumber": 7, "blockTime": 9},
    )
    assert interface.error(interface.refused("AlreadyAnchored", root, 7, 9)) == (
        "AlreadyAnchored",
        {"root": root, "blockNumber": 7, "blockTime": 9},
    )
    assert interface.error(b"") is None
    assert interface.error(b"\x12\x34\x56\x78") is None
