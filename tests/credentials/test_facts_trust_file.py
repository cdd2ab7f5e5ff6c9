from __future__ import annotations

import json
from typing import Any

import pytest

from portfolio.credentials.facts import Checkpoint, TrustedPair, TrustRoots
from portfolio.credentials.trust import TrustFileError, dump_trust, load_trust, node_of

PAIR = TrustedPair(
    name="consortium",
    chain_id=2026,
    genesis_hash="0x" + "ab" * 32,
    issuer_registry="0x" + "11" * 20,
    credential_registry="0x" + "cd" * 20,
    issuer_registry_code_hash="0x" + "22" * 32,
    credential_registry_code_hash="0x" + "33" * 32,
    registrars=("0x" + "44" * 20, "0x" + "55" * 20),
    depth=6,
    max_head_age=900,
    checkpoints=(Checkpoint(12, "0x" + "66" * 32),),
    rpc_urls=("https://node.example/rpc",),
)
LOCAL = TrustedPair(
    name="local",
    chain_id=31337,
    genesis_hash="0x" + "ef" * 32,
    issuer_registry="0x" + "11" * 20,
    credential_registry="0x" + "cd" * 20,
    issuer_registry_code_hash="0x" + "22" * 32,
    credential_registry_code_hash="0x" + "33" * 32,
    registrars=("0x" + "44" * 20,),
    local=True,
)
DELETE = object()


def file_with(path: tuple[str | int, ...], value: Any) -> str:
    """The trust file of both pairs with one place set (or deleted)."""
    document: Any = json.loads(dump_trust(TrustRoots((PAIR, LOCAL))))
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is DELETE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document)


def test_what_is_written_is_read_back() -> None:
    trust = TrustRoots((PAIR, LOCAL))
    assert load_trust(dump_trust(trust)) == trust
    assert load_trust(dump_trust(trust).encode()) == trust
    assert load_trust('{"version": 1, "pairs": []}') == TrustRoots()


def test_what_may_be_left_out_has_the_safe_default() -> None:
    document = json.loads(dump_trust(TrustRoots((PAIR,))))
    for name in ("depth", "checkpoints", "rpc_urls", "local"):
        del document["pairs"][0][name]
    (pair,) = load_trust(json.dumps(document)).pairs
    assert (pair.depth, pair.checkpoints, pair.rpc_urls, pair.local) == (0, (), (), False)


def test_hex_is_read_in_either_case() -> None:
    text = file_with(("pairs", 0, "credential_registry"), "0x" + "CD" * 20)
    assert load_trust(text).pairs[0].credential_registry == PAIR.credential_registry


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("version",), 2, "version"),
        (("version",), True, "version"),
        (("version",), DELETE, "version"),
        (("pairs",), {}, "pairs"),
        (("surplus",), 1, "surplus"),
        (("pairs", 0), [], "pairs[0]"),
        (("pairs", 0, "name"), "", "pairs[0].name"),
        (("pairs", 1, "name"), "consortium", "pairs[1].name"),
        (("pairs", 0, "chain_id"), "2026", "pairs[0].chain_id"),
        (("pairs", 0, "chain_id"), -1, "pairs[0].chain_id"),
        (("pairs", 0, "chain_id"), 1.0, "pairs[0].chain_id"),
        (("pairs", 0, "chain_id"), 2**53, "pairs[0].chain_id"),
        (("pairs", 0, "genesis_hash"), "0x12", "pairs[0].genesis_hash"),
        (("pairs", 0, "genesis_hash"), DELETE, "pairs[0].genesis_hash"),
        (("pairs", 0, "issuer_registry"), "11" * 20, "pairs[0].issuer_registry"),
        (("pairs", 0, "credential_registry"), None, "pairs[0].credential_registry"),
        (("pairs", 0, "issuer_registry_code_hash"), 5, "pairs[0].issuer_registry_code_hash"),
        (("pairs", 0, "credential_registry_code_hash"), "0x" + "zz" * 32, "pairs[0].credential_registry_code_hash"),
        (("pairs", 0, "registrars"), "0x", "pairs[0].registrars"),
        (("pairs", 0, "registrars"), [], "pairs[0].registrars"),
        (("pairs", 0, "registrars", 1), "0x", "pairs[0].registrars[1]"),
        (("pairs", 0, "registrars", 1), "0x" + "44" * 20, "pairs[0].registrars"),
        (("pairs", 0, "depth"), 1.5, "pairs[0].depth"),
        (("pairs", 0, "max_head_age"), None, "pairs[0].max_head_age"),
        (("pairs", 0, "max_head_age"), DELETE, "pairs[0].max_head_age"),
        (("pairs", 1, "max_head_age"), "soon", "pairs[1].max_head_age"),
        (("pairs", 0, "checkpoints", 0), 12, "pairs[0].checkpoints[0]"),
        (("pairs", 0, "checkpoints", 0, "hash"), DELETE, "pairs[0].checkpoints[0].hash"),
        (("pairs", 0, "checkpoints", 0, "number"), None, "pairs[0].checkpoints[0].number"),
        (("pairs", 0, "rpc_urls", 0), "ftp://node", "pairs[0].rpc_urls[0]"),
        (("pairs", 0, "local"), "yes", "pairs[0].local"),
        (("pairs", 0, "owner"), "me", "pairs[0].owner"),
    ],
)
def test_each_wrong_field_is_named(path: tuple[str | int, ...], value: Any, field: str) -> None:
    with pytest.raises(TrustFileError) as caught:
        load_trust(file_with(path, value))
    assert caught.value.data["field"] == field
    assert field in caught.value.message


def test_one_contract_may_not_be_trusted_under_two_names() -> None:
    twin = json.loads(dump_trust(TrustRoots((PAIR, PAIR))))
    twin["pairs"][1]["name"] = "twin"
    with pytest.raises(TrustFileError, match=r"pairs\[1\].credential_registry: is listed twice"):
        load_trust(json.dumps(twin))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", b"\xff\xfe", "[" * 100_000])
def test_what_is_no_trust_file_is_refused(text: str | bytes) -> None:
    with pytest.raises(TrustFileError):
        load_trust(text)


def test_a_member_given_twice_is_refused() -> None:
    text = dump_trust(TrustRoots((PAIR,))).replace('"depth": 6', '"depth": 6, "depth": 0')
    with pytest.raises(TrustFileError, match="depth: is given twice"):
        load_trust(text)


@pytest.mark.fault(128)
@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("https://node.example", "HTTPS://Node.Example.:443/#x", True),
        ("http://node.example:80/rpc/", "http://node.example/rpc", True),
        ("http://user:word@node.example/rpc", "http://node.example/rpc", True),
        ("http://node.example:443", "http://node.example", False),
        ("http://node.example", "https://node.example", False),
        ("http://node.example/a", "http://node.example/A", False),
        ("http://node.example/?key=1", "http://node.example/?key=2", False),
        ("http://node.example:99999", "http://node.example", False),
    ],
)
def test_two_spellings_of_one_node_are_one(url: str, other: str, same: bool) -> None:
    assert (node_of(url) == node_of(other)) is same
