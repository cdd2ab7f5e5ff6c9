"""Prepare, sign, attach and read: what goes out comes back, and a bad signer gets nothing out."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import based58
import pytest
from credential_examples import EXAMPLES, SIGNER, SeedSigner, example, random_ids, statements
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from test_canonical_keys import BAD_POINTS, L
from tiny_keccak import keccak256

from portfolio.anchoring.leaf import TAG_AUDIT, TAG_CLAIM, TAG_CREDENTIAL, audit_digest, claim_digest, credential_digest
from portfolio.credentials.canonical import (
    CONTEXTS,
    StructureError,
    canonical_document,
    canonical_options,
    multibase_of,
    parse_json,
    verify_signature,
)
from portfolio.credentials.kinds import KINDS, FieldType
from portfolio.credentials.openbadges import Statement, compose
from portfolio.credentials.signing import SigningError, attach, issue, prepare, read_credential
from portfolio.credentials.values import MAX_MARK, MAX_NAME, MAX_ROWS, MAX_SUBJECT


@given(statements())
def test_an_issued_credential_is_read_back_whole(statement: Statement) -> None:
    signed = issue(statement, SIGNER)
    read = read_credential(signed.document)
    assert read.statement == signed.statement == statement
    assert read.digest == signed.digest
    assert read.public_key == SIGNER.public_key
    assert verify_signature(read.public_key, read.signing_input, read.signature)
    assert read.issuer_id == keccak256(statement.issuer_did.encode())
    assert read_credential(json.loads(signed.document)) == read


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_signature_and_the_digest_are_made_as_the_specification_says(name: str) -> None:
    """Step by step by eddsa-rdfc-2022 and docs/spec/digest.md, without the fast path and with another library."""
    signed = issue(EXAMPLES[name], SIGNER)
    document = json.loads(signed.document)
    proof = document.pop("proof")
    signature = based58.b58decode(proof.pop("proofValue").removeprefix("z").encode())
    options_quads = canonical_options(proof, CONTEXTS)
    document_quads = canonical_document(document)
    hashes = sha256(options_quads).digest() + sha256(document_quads).digest()
    Ed25519PublicKey.from_public_bytes(SIGNER.public_key).verify(signature, hashes)
    tag = sha256(b"portfolio/leaf/credential/v1").digest()
    assert signed.digest == sha256(tag + hashes + signature).digest()
    assert signed.digest == credential_digest(options_quads, document_quads, signature)
    assert document_quads.endswith(b".\n")
    assert b"\r" not in document_quads


def test_the_proof_says_who_when_and_what_for() -> None:
    document = json.loads(issue(example(), SIGNER).document)
    proof_value = document["proof"].pop("proofValue")
    assert proof_value.startswith("z")
    assert document["proof"] == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": document["validFrom"],
        "verificationMethod": f"{document['issuer']['id']}#{multibase_of(SIGNER.public_key)}",
        "proofPurpose": "assertionMethod",
    }


def test_signing_in_two_places_gives_the_same_credential() -> None:
    prepared = prepare(example(), public_key=SIGNER.public_key)
    assert len(prepared.signing_input) == 64
    assert prepared.created == example().valid_from
    elsewhere = SIGNER.sign(prepared.signing_input)
    assert attach(prepared, elsewhere) == issue(example(), SIGNER).document


class BrokenSigner:
    """Answers with the signature of something else, by another key, of a wrong length, or with one bit changed."""

    public_key = SIGNER.public_key

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def sign(self, message: bytes) -> bytes:
        if self.fault == "other message":
            return SIGNER.sign(message + b"\0")
        if self.fault == "other key":
            return SeedSigner.of(8).sign(message)
        signature = bytearray(SIGNER.sign(message))
        if self.fault == "bit":
            signature[40] ^= 1
        return bytes(signature) + b"\0" * (self.fault == "longer")


@pytest.mark.parametrize("fault", ["other message", "other key", "bit", "longer"])
def test_a_wrong_signature_never_leaves_as_a_credential(fault: str) -> None:
    with pytest.raises(SigningError, match="does not fit"):
        issue(example(), BrokenSigner(fault))


@pytest.mark.parametrize("key", [*list(BAD_POINTS.values())[:9], b"", bytes(31)])
def test_a_key_that_verifiers_refuse_signs_nothing(key: bytes) -> None:
    with pytest.raises(SigningError, match="make a new one"):
        prepare(example(), public_key=key)


def signed(**changes: Any) -> dict[str, Any]:
    """A genuine credential with members of its proof changed, or left out where the new value is ..."""
    document: dict[str, Any] = json.loads(issue(example(), SIGNER).document)
    document["proof"] = {name: value for name, value in {**document["proof"], **changes}.items() if value is not ...}
    return document


def refusal(data: Any) -> tuple[str, str]:
    with pytest.raises(StructureError) as error:
        read_credential(data)
    assert error.value.message[0].isupper()
    return error.value.code, error.value.path


def key_under(did: str, key: bytes) -> str:
    return f"{did}#{multibase_of(key)}"


def proof_value(data: bytes) -> str:
    return "z" + based58.b58encode(data).decode()


GENUINE = based58.b58decode(signed()["proof"]["proofValue"][1:].encode())
DID = example().issuer_did


@pytest.mark.fault(130)
@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"type": "Ed25519Signature2020"}, "wrong_value", "proof.type"),
        ({"type": ["DataIntegrityProof"]}, "wrong_type", "proof.type"),
        ({"cryptosuite": "eddsa-jcs-2022"}, "wrong_value", "proof.cryptosuite"),
        ({"cryptosuite": "eddsa-2022"}, "wrong_value", "proof.cryptosuite"),
        ({"cryptosuite": ...}, "missing_member", "proof.cryptosuite"),
        ({"created": ...}, "missing_member", "proof.created"),
        ({"created": "2026-11-22T10:00:01Z"}, "wrong_value", "proof.created"),
        ({"created": "2026-11-22T10:00:00+00:00"}, "wrong_value", "proof.created"),
        ({"proofPurpose": "authentication"}, "wrong_value", "proof.proofPurpose"),
        ({"proofPurpose": ...}, "missing_member", "proof.proofPurpose"),
        ({"proofPurpose": None}, "wrong_type", "proof.proofPurpose"),
        ({"expires": "2030-01-01T00:00:00Z"}, "unexpected_member", "proof.expires"),
        ({"id": "urn:uuid:1"}, "unexpected_member", "proof.id"),
        ({"domain": "example.org"}, "unexpected_member", "proof.domain"),
        ({"challenge": "x"}, "unexpected_member", "proof.challenge"),
        ({"previousProof": "urn:uuid:1"}, "unexpected_member", "proof.previousProof"),
        ({"@context": list(CONTEXTS)}, "unexpected_member", "proof.@context"),
        ({"jws": "e30..AA"}, "unexpected_member", "proof.jws"),
        ({"verificationMethod": ...}, "missing_member", "proof.verificationMethod"),
        ({"verificationMethod": DID}, "bad_multibase", "proof.verificationMethod"),
        ({"verificationMethod": f"{DID}#key-1"}, "bad_multibase", "proof.verificationMethod"),
        (
            {"verificationMethod": key_under("did:web:other.example", SIGNER.public_key)},
            "foreign_key", "proof.verificationMethod",
        ),
        (
            {"verificationMethod": key_under(f"{DID}#x", SIGNER.public_key)},
            "bad_multibase", "proof.verificationMethod",
        ),
        ({"verificationMethod": key_under(DID, bytes(32))}, "bad_key", "proof.verificationMethod"),
        ({"proofValue": ...}, "missing_member", "proof.proofValue"),
        ({"proofValue": ""}, "bad_multibase", "proof.proofValue"),
        ({"proofValue": proof_value(GENUINE)[1:]}, "bad_multibase", "proof.proofValue"),
        ({"proofValue": proof_value(GENUINE) + " "}, "bad_multibase", "proof.proofValue"),
        ({"proofValue": "u" + GENUINE.hex()}, "bad_multibase", "proof.proofValue"),
        ({"proofValue": proof_value(GENUINE[:63])}, "bad_signature", "proof.proofValue"),
        ({"proofValue": proof_value(GENUINE + b"\1")}, "bad_signature", "proof.proofValue"),
        ({"proofValue": proof_value(b"\0" + GENUINE)}, "bad_signature", "proof.proofValue"),
        (
            {"proofValue": proof_value(
                GENUINE[:32] + (int.from_bytes(GENUINE[32:], "little") + L).to_bytes(32, "little")
            )},
            "bad_signature", "proof.proofValue",
        ),
    ],
)  # fmt: skip
def test_a_proof_of_another_form_is_refused(changes: dict[str, Any], code: str, path: str) -> None:
    assert refusal(signed(**changes)) == (code, path)


@pytest.mark.parametrize("name", BAD_POINTS)
def test_a_bad_point_is_refused_as_key_and_as_part_of_a_signature(name: str) -> None:
    point = BAD_POINTS[name]
    assert refusal(signed(verificationMethod=key_under(DID, point))) == ("bad_key", "proof.verificationMethod")
    changed = proof_value(point + GENUINE[32:])
    assert refusal(signed(proofValue=changed)) == ("bad_signature", "proof.proofValue")


def test_one_proof_is_what_a_credential_has() -> None:
    genuine = signed()
    assert refusal({**genuine, "proof": [genuine["proof"]]}) == ("wrong_type", "proof")
    assert refusal({**genuine, "proof": [genuine["proof"]] * 2}) == ("wrong_type", "proof")
    assert refusal({**genuine, "proof": None}) == ("wrong_type", "proof")
    assert refusal({**genuine, "proof": {}}) == ("missing_member", "proof.created")
    assert refusal({name: value for name, value in genuine.items() if name != "proof"}) == ("missing_member", "proof")


@pytest.mark.parametrize("data", [b"[]", b"5", b"null", b'"x"', [], None, 7])
def test_only_an_object_can_be_a_credential(data: Any) -> None:
    assert refusal(data)[0] == "not_an_object"


def longest(kind_code: str) -> Statement:
    """Every text at its limit in characters of four bytes, every row taken."""
    kind = KINDS[kind_code]
    wide = "𠀀"
    values: dict[str, Any] = {}
    for field in kind.fields:
        match field.type:
            case FieldType.TEXT:
                values[field.name] = wide * field.max_length
            case FieldType.MARKS:
                values[field.name] = tuple(
                    (f"{number:02d}" + wide * (MAX_SUBJECT - 2), wide * MAX_MARK) for number in range(MAX_ROWS)
                )
            case FieldType.CHOICE:
                values[field.name] = max(field.choices, key=lambda choice: len(choice.ru)).code
            case FieldType.DATE:
                values[field.name] = "2026-11-22"
            case FieldType.YEAR:
                values[field.name] = "2026"
            case FieldType.INTEGER:
                values[field.name] = field.maximum
            case FieldType.DECIMAL:
                values[field.name] = "999999.999999"
    names = {"issuer_name": wide * MAX_NAME, "holder_name": wide * MAX_NAME}
    did = "did:web:" + "a" * 247
    url = "https://" + "a" * 200 + "/" + "b" * 46
    return Statement(
        **{
            **{name: getattr(example(), name) for name in ("id", "subject_id", "valid_from")},
            **names,
            "kind": kind_code,
            "issuer_did": did,
            "valid_until": "2031-01-01T00:00:00Z",
            "status_list": url,
            "status_index": 2**32 - 1,
            "fields": values,
        }
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_longest_credential_is_below_64_kilobytes_and_is_read(kind: str) -> None:
    document = issue(longest(kind), SIGNER).document
    assert len(document) < 65_536
    assert read_credential(document).statement == longest(kind)


@pytest.mark.fault(132)
def test_equal_awards_have_different_digests_and_none_can_be_guessed() -> None:
    """There is no salt: the random ids and the signature are in every digest."""
    first, second = (issue(random_ids(example()), SIGNER) for _ in range(2))
    assert first.digest != second.digest
    # Someone knows the issuer's public key and guesses every name and score, but not the ids.
    known = random_ids(example())
    prepared = prepare(known, public_key=SIGNER.public_key)
    guesses = {sha256(TAG_CREDENTIAL + prepared.signing_input + bytes(64)).digest()}
    for score in range(2_000):
        guess = replace(known, fields={**known.fields, "score": str(score)})
        guesses.add(
            issue(guess, SIGNER).digest if score < 50 else prepare(guess, public_key=SIGNER.public_key).signing_input
        )
    assert first.digest not in guesses


@pytest.mark.fault(49)
def test_equal_documents_of_holders_have_different_digests() -> None:
    plaintext = sha256(b"the same scan").digest()
    first, second = claim_digest(b"\1" * 32, plaintext), claim_digest(b"\2" * 32, plaintext)
    assert first != second
    assert first == sha256(TAG_CLAIM + b"\1" * 32 + plaintext).digest()


def test_digests_of_different_sorts_never_meet() -> None:
    tags = {TAG_CREDENTIAL, TAG_CLAIM, TAG_AUDIT}
    assert tags == {sha256(f"portfolio/leaf/{name}/v1".encode()).digest() for name in ("credential", "claim", "audit")}
    assert audit_digest(b"head") == sha256(TAG_AUDIT + sha256(b"head").digest()).digest()


@pytest.mark.parametrize(
    "lengths", [(31, 32), (33, 32), (32, 31), (0, 0)],
)  # fmt: skip
def test_a_claim_needs_its_32_random_bytes(lengths: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        claim_digest(bytes(lengths[0]), bytes(lengths[1]))
    with pytest.raises(ValueError, match="64 bytes"):
        credential_digest(b"", b"", bytes(lengths[0]))


def test_the_document_read_is_the_document_shown() -> None:
    data = issue(example(), SIGNER).document
    read = read_credential(data)
    assert read.document == parse_json(data)
    assert {name: value for name, value in read.document.items() if name != "proof"} == compose(read.statement)
