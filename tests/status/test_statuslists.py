"""Bits and signed lists: in and out, to the byte, and what is refused."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from credential_examples import SIGNER, SeedSigner, example
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.canonical import CONTEXTS, StructureError, canonical_document, canonical_options
from portfolio.credentials.shapes import canonical_proof
from portfolio.credentials.signing import SigningError
from portfolio.credentials.statuslists import (
    LIST_LENGTH,
    Listed,
    OwnList,
    bit_at,
    decode_bits,
    encode_bits,
    listed,
    read_own_list,
    sign_list,
)

DAY = 86_400
SIGNED_AT = 1_795_341_600  # 2026-11-22T10:00:00Z
STATEMENT = example()


def unsigned(*places: int, **changes: Any) -> OwnList:
    values = {
        "url": STATEMENT.status_list,
        "issuer_did": STATEMENT.issuer_did,
        "valid_from": "2026-11-22T10:00:00Z",
        "valid_until": "2026-11-23T10:00:00Z",
        "encoded": encode_bits(places),
    }
    return OwnList(**{**values, **changes})


def signed(*places: int, by: SeedSigner = SIGNER, **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sign_list(unsigned(*places, **changes), by))
    return document


@given(st.sets(st.integers(0, LIST_LENGTH - 1), max_size=200))
def test_what_is_encoded_is_decoded(places: set[int]) -> None:
    bits = decode_bits(encode_bits(places))
    assert len(bits) * 8 == LIST_LENGTH
    assert sum(byte.bit_count() for byte in bits) == len(places)
    assert all(bit_at(bits, place) for place in places)


def test_the_first_entry_is_the_highest_bit_of_the_first_byte() -> None:
    """The recommendation's own order; another would revoke the wrong credentials."""
    assert decode_bits(encode_bits([0]))[:2] == b"\x80\x00"
    assert decode_bits(encode_bits([9]))[:2] == b"\x00\x40"
    assert decode_bits(encode_bits([LIST_LENGTH - 1]))[-1] == 1


EMPTY_LIST = gzip.compress(bytes(16_384), mtime=0)  # the names of tests must not depend on the second


@pytest.mark.parametrize("place", [-1, LIST_LENGTH])
def test_a_place_outside_the_list_is_refused(place: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        encode_bits([place])
    with pytest.raises(StructureError):
        bit_at(decode_bits(encode_bits([])), place)


def packed(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "u",
        packed(b"")[1:] + "zzz",
        encode_bits([])[1:],
        encode_bits([]) + "=",
        packed(bytes(100)),
        packed(EMPTY_LIST[:-1]),
        packed(EMPTY_LIST + b"\x00"),
        packed(EMPTY_LIST * 2),
        packed(EMPTY_LIST[:-8] + bytes(8)),
        "uабв",
        "u" + "A" * 5,
    ],
)
def test_what_is_no_list_is_refused(encoded: str) -> None:
    with pytest.raises(StructureError) as refused:
        decode_bits(encoded)
    assert refused.value.code == "bad_status_list"


@pytest.mark.fault(123)
def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = packed(gzip.compress(bytes(8 * 1024 * 1024)))
    with pytest.raises(StructureError, match="too large"):
        decode_bits(bomb, limit=16_384)


def test_our_quads_are_those_of_the_canonicalisation_algorithm() -> None:
    document = signed(4, 5)
    proof = document.pop("proof")
    proof.pop("proofValue")
    assert unsigned(4, 5).quads() == canonical_document(document)
    options = canonical_proof(created=proof["created"], verification_method=proof["verificationMethod"])
    assert options == canonical_options(proof, [CONTEXTS[0]])


def test_a_signed_list_is_read_back() -> None:
    assert read_own_list(signed(4)) == unsigned(4)


def alterations() -> dict[str, dict[str, Any]]:
    good, other = signed(4), signed(5)
    subject = good["credentialSubject"]
    return {
        "another bit": {**good, "credentialSubject": other["credentialSubject"]},
        "another end": {**good, "validUntil": "2036-11-23T10:00:00Z"},
        "another beginning": {**good, "validFrom": "2026-11-22T11:00:00Z"},
        "another list": {**good, "id": good["id"] + "1"},
        "another issuer": {**good, "issuer": "did:web:elsewhere.example"},
        "another purpose": {**good, "credentialSubject": {**subject, "statusPurpose": "suspension"}},
        "one member more": {**good, "name": "x"},
        "subject in an array": {**good, "credentialSubject": [subject]},
        "no proof": {name: value for name, value in good.items() if name != "proof"},
        "another's proof": {**good, "proof": other["proof"]},
        "a key of somebody else": {**good, "proof": signed(4, by=SeedSigner.of(8))["proof"] | {"proofValue": "z1"}},
        "a number for a text": {**good, "id": 1},
        "days that do not exist": {**good, "validFrom": "2026-02-30T10:00:00Z"},
        "an address with a quad in it": {**good, "id": "https://a.example/x> <b> <c> .\n<d"},
    }


@pytest.mark.parametrize("name", alterations())
def test_an_altered_list_is_refused(name: str) -> None:
    altered = alterations()[name]
    with pytest.raises(StructureError):
        read_own_list(altered)
    assert listed(altered, STATEMENT, now=SIGNED_AT) is None


def test_a_signer_that_answers_nonsense_is_refused() -> None:
    class Broken(SeedSigner):
        def sign(self, message: bytes) -> bytes:  # noqa: ARG002
            return bytes(64)

    with pytest.raises(SigningError):
        sign_list(unsigned(), Broken.of(7))


@pytest.mark.fault(123)
def test_a_list_says_something_only_while_it_is_in_force_and_about_its_own() -> None:
    place = STATEMENT.status_index % LIST_LENGTH
    ours = example(status_index=place)
    assert listed(signed(place), ours, now=SIGNED_AT) == Listed(True, SIGNED_AT)
    assert listed(signed(place), ours, now=SIGNED_AT + DAY) == Listed(True, SIGNED_AT)
    assert listed(signed(place ^ 1), ours, now=SIGNED_AT - 300) == Listed(False, SIGNED_AT)
    assert listed(signed(place), ours, now=SIGNED_AT + DAY + 1) is None
    assert listed(signed(place), ours, now=SIGNED_AT - 301) is None
    assert listed(None, ours, now=SIGNED_AT) is None
    assert listed(signed(place, url=ours.status_list + "0"), ours, now=SIGNED_AT) is None
    assert listed(signed(place, issuer_did=ours.issuer_did + "x"), ours, now=SIGNED_AT) is None
    assert listed(signed(place), example(status_index=LIST_LENGTH), now=SIGNED_AT) is None
    assert listed(signed(encoded=encode_bits([place], length=2 * LIST_LENGTH)), ours, now=SIGNED_AT) is None
