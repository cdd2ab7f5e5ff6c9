from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from portfolio.anchoring.leaf import TAG_CLAIM, TAG_CREDENTIAL
from portfolio.anchoring.merkle import Tree
from portfolio.credentials.bundles import (
    MAX_BUNDLE,
    MAX_RECEIPTS,
    ReceiptError,
    bundle_json,
    read_bundle,
    read_receipt,
    receipt_json,
    usable_receipts,
)
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import Receipt

DIGEST = bytes(range(32))
TREE = Tree.of([DIGEST, bytes(32), bytes([7]) * 32])


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


RECEIPT = Receipt(
    tag=hexed(TAG_CREDENTIAL),
    digest=hexed(DIGEST),
    root=hexed(TREE.root),
    proof=tuple(hexed(step) for step in TREE.proof(DIGEST)),
    chain_id=2026,
    genesis_hash="0x" + "ab" * 32,
    contract="0x" + "cd" * 20,
    transaction="0x" + "ef" * 32,
    block_number=8,
    block_hash="0x" + "12" * 32,
    block_time=1_795_341_696,
)


def bundle(**changes: Any) -> bytes:
    document = bundle_json(credential={"id": "urn:x"}, receipts=[RECEIPT], issuer={"keys": []}) | changes
    return json.dumps({name: value for name, value in document.items() if value is not ...}).encode()


def test_a_bundle_survives_writing_and_reading() -> None:
    found = read_bundle(bundle())
    assert found.credential == {"id": "urn:x"}
    assert [read_receipt(item) for item in found.receipts] == [RECEIPT]
    assert found.issuer == {"keys": []}
    assert found.status_list is None


def test_snapshots_may_be_left_out() -> None:
    found = read_bundle(bundle(issuer=..., status_list=...))
    assert (found.issuer, found.status_list) == (None, None)


def test_a_bare_credential_is_a_bundle_without_receipts() -> None:
    found = read_bundle(b'{"type": ["VerifiableCredential"], "id": "urn:x"}')
    assert found.credential == {"type": ["VerifiableCredential"], "id": "urn:x"}
    assert found.receipts == ()


@pytest.mark.fault(130)
@pytest.mark.parametrize("version", [0, 2, "1", 1.0, True, None, ...])
def test_a_bundle_of_unknown_version_is_refused(version: Any) -> None:
    with pytest.raises(StructureError) as caught:
        read_bundle(bundle(version=version))
    assert caught.value.code == "bundle_version"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"credential": ...}, "bundle_members"),
        ({"receipts": ...}, "bundle_members"),
        ({"extra": 1}, "bundle_members"),
        ({"credential": []}, "bundle_credential"),
        ({"credential": "x"}, "bundle_credential"),
        ({"receipts": {}}, "bundle_receipts"),
        ({"receipts": None}, "bundle_receipts"),
        ({"issuer": []}, "bundle_issuer"),
        ({"status_list": "x"}, "bundle_status_list"),
    ],
)
def test_a_bundle_of_another_form_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(StructureError) as caught:
        read_bundle(bundle(**changes))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'"PortfolioBundle"',
        b"\xef\xbb\xbf{}",
        bundle()[:-1],
        bundle().replace(b'"version": 1', b'"version": 1, "version": 1'),
        bundle() + b" " * MAX_BUNDLE,
        b"[" * 1000,
    ],
)
def test_what_is_no_strict_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(StructureError):
        read_bundle(data)


def test_a_good_receipt_is_usable() -> None:
    assert usable_receipts([RECEIPT], DIGEST) == ((RECEIPT,), ())
    assert usable_receipts([receipt_json(RECEIPT)], DIGEST) == ((RECEIPT,), ())
    assert usable_receipts([], DIGEST) == ((), ())


@pytest.mark.fault(130)
@pytest.mark.parametrize("version", [0, 2, 1.0, True, "1", None])
def test_a_receipt_of_unknown_version_is_left_aside(version: Any) -> None:
    usable, warnings = usable_receipts([receipt_json(RECEIPT) | {"version": version}], DIGEST)
    assert usable == ()
    assert [note.code for note in warnings] == ["receipt_version"]


@pytest.mark.parametrize("name", [name for name in receipt_json(RECEIPT) if name != "version"])
@pytest.mark.parametrize("wrong", [None, "", "0x", "0xAB", 1.5, -1, True, 2**53, [], {}, ["0x"], [1]])
def test_a_receipt_with_a_value_of_another_form_is_left_aside(name: str, wrong: Any) -> None:
    document = receipt_json(RECEIPT) | {name: wrong}
    if name == "proof" and wrong == []:
        assert read_receipt(document).proof == ()
        return
    with pytest.raises(ReceiptError) as caught:
        read_receipt(document)
    assert caught.value.code == "receipt_malformed"


@pytest.mark.parametrize("document", [None, 1, "x", [], {**receipt_json(RECEIPT), "more": 1}])
def test_what_is_no_receipt_is_left_aside(document: Any) -> None:
    with pytest.raises(ReceiptError):
        read_receipt(document)


def test_hexadecimal_has_one_form() -> None:
    for name in ("root", "contract", "digest"):
        document = receipt_json(RECEIPT)
        for other in (document[name].upper(), document[name][2:], document[name] + "\n", " " + document[name]):
            with pytest.raises(ReceiptError):
                read_receipt(document | {name: other})


@pytest.mark.fault(115, 116)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tag": hexed(TAG_CLAIM)}, "receipt_tag"),
        ({"digest": hexed(bytes(32))}, "receipt_digest"),
        ({"root": hexed(DIGEST)}, "receipt_proof"),
        ({"proof": ()}, "receipt_proof"),
        ({"proof": RECEIPT.proof[::-1]}, "receipt_proof"),
        ({"proof": (*RECEIPT.proof, RECEIPT.root)}, "receipt_proof"),
    ],
)
def test_a_receipt_that_does_not_lead_from_the_digest_to_its_root_is_left_aside(
    changes: dict[str, Any], code: str
) -> None:
    usable, warnings = usable_receipts([replace(RECEIPT, **changes), RECEIPT], DIGEST)
    assert usable == (RECEIPT,)
    assert [note.code for note in warnings] == [code]


def test_a_receipt_with_64_steps_is_read_and_one_with_65_is_not() -> None:
    step = "0x" + "00" * 32
    assert len(read_receipt(receipt_json(replace(RECEIPT, proof=(step,) * 64))).proof) == 64
    with pytest.raises(ReceiptError):
        read_receipt(receipt_json(replace(RECEIPT, proof=(step,) * 65)))


def test_repeats_are_dropped_and_each_reason_is_told_once() -> None:
    bad = replace(RECEIPT, proof=())
    usable, warnings = usable_receipts([RECEIPT, bad, RECEIPT, bad], DIGEST)
    assert usable == (RECEIPT,)
    assert [note.code for note in warnings] == ["receipt_proof"]


def test_no_bundle_makes_a_verifier_ask_without_end() -> None:
    receipts = [replace(RECEIPT, chain_id=number) for number in range(MAX_RECEIPTS + 5)]
    usable, warnings = usable_receipts(receipts, DIGEST)
    assert usable == tuple(receipts[:MAX_RECEIPTS])
    assert [note.code for note in warnings] == ["receipt_surplus"]
    assert usable_receipts(receipts[:MAX_RECEIPTS], DIGEST)[1] == ()
