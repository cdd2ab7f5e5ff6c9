"""A credential altered anywhere is refused, or its signature fails, or nothing that anybody relies on has changed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from credential_examples import EXAMPLES, SIGNER, SeedSigner, statements
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.canonical import CONTEXTS, StructureError, verify_signature
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.signing import issue, read_credential

SAMPLES = ("olympiad_award", "awkward-marks", "cpd_certificate", "participation-minimal", "awkward-text")
SIGNED = {name: issue(EXAMPLES[name], SIGNER) for name in SAMPLES}
samples = pytest.mark.parametrize("name", SAMPLES)


def genuine(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(SIGNED[name].document)
    return document


def accepted(data: bytes) -> tuple[Statement, bytes] | None:
    """What a verifier goes on with: the statement and the digest, or None where it stops."""
    try:
        read = read_credential(data)
    except StructureError:
        return None
    if not verify_signature(read.public_key, read.signing_input, read.signature):
        return None
    return read.statement, read.digest


def written(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*path, name))


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def with_value(document: Any, path: Path, value: Any) -> Any:
    changed = copy.deepcopy(document)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def without(document: Any, path: Path) -> Any:
    changed = copy.deepcopy(document)
    del at(changed, path[:-1])[path[-1]]
    return changed


def other_values(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value, int(value), str(value).lower(), None]
    if isinstance(value, (int, float)):
        return [value + 1, float(value), str(value), -value, None, True]
    if isinstance(value, str):
        flipped = value[:-1] + ("0" if value[-1:] != "0" else "1")
        swapped = value.swapcase() if value.swapcase() != value else value + "x"
        looks_alike = value.replace("а", "a").replace("о", "o").replace("A", "А").replace("0", "O")
        other = [
            flipped,
            swapped,
            value + " ",
            " " + value,
            "",
            None,
            5,
            True,
            [value],
            {"@value": value},
            {"id": value},
        ]
        return other + ([looks_alike] if looks_alike != value else [])
    return [None, {}, [], "x", [value], {"@graph": value}, {"@set": [value]}]


@samples
def test_every_value_altered_in_every_way_is_noticed(name: str) -> None:
    document = genuine(name)
    tried = 0
    for path, value in places(document):
        if not path:
            continue
        for other in other_values(value):
            assert accepted(written(with_value(document, path, other))) is None, (path, other)
            tried += 1
    assert tried > 300


@samples
def test_every_member_left_out_or_doubled_is_noticed(name: str) -> None:
    document = genuine(name)
    for path, value in places(document):
        if not path:
            continue
        assert accepted(written(without(document, path))) is None, path
        if isinstance(path[-1], int):
            changed = copy.deepcopy(document)
            at(changed, path[:-1]).append(copy.deepcopy(value))
            assert accepted(written(changed)) is None, path


ADDED = {
    "undefined": "x",
    "name": "x",
    "id": "urn:x",
    "@id": "urn:x",
    "@type": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Result",
    "@context": {"x": "urn:x"},
    "@graph": [],
    "@index": "x",
    "@language": "ru",
    "@reverse": {},
    "@nest": {},
    "@none": {},
    "type": "Thing",
    "": "",
    "proof": {},
    "evidence": [],
    "narrative": None,
    "__proto__": {},
    "Id": "urn:x",
}


@pytest.mark.fault(126)
@samples
def test_a_member_added_to_any_object_is_noticed(name: str) -> None:
    document = genuine(name)
    for path, value in places(document):
        if not isinstance(value, dict):
            continue
        for member, content in ADDED.items():
            if member not in value:
                assert accepted(written(with_value(document, (*path, member), content))) is None, (path, member)


def twins(name: str) -> Iterator[tuple[str, bytes]]:
    """The same RDF or the same JSON to a careless reader; each would share the genuine signature."""
    document = genuine(name)
    data = written(document)
    subject = document["credentialSubject"]
    yield "types the other way round", written({**document, "type": document["type"][::-1]})
    yield "a type twice", written({**document, "type": [*document["type"], "OpenBadgeCredential"]})
    yield "alias of the type", written({**document, "type": ["VerifiableCredential", "AchievementCredential"]})
    yield "subject in an array", written({**document, "credentialSubject": [subject]})
    yield "issuer in an array", written({**document, "issuer": [document["issuer"]]})
    yield "status in an array", written({**document, "credentialStatus": [document["credentialStatus"]]})
    identity = subject["identifier"][0]
    yield "identity outside its array", written(with_value(document, ("credentialSubject", "identifier"), identity))
    yield "keywords for id", data.replace(b'"id":', b'"@id":')
    yield "keywords for type", data.replace(b'"type":', b'"@type":')
    yield "a context more", written({**document, "@context": [*CONTEXTS, {}]})
    yield "the same context twice", written({**document, "@context": [*CONTEXTS, CONTEXTS[1]]})
    yield "context in the subject", written(with_value(document, ("credentialSubject", "@context"), CONTEXTS[1]))
    yield "whole in a graph", written({"@context": list(CONTEXTS), "@graph": [document]})
    yield "whole in an array", written([document])
    by_reference = with_value(document, ("credentialSubject", "achievement"), subject["achievement"]["id"])
    yield "achievement taken out", written({**by_reference, "@included": [subject["achievement"]]})
    yield "achievement in two places", written({**document, "evidence": [subject["achievement"]]})
    yield "second proof", written({**document, "proof": [document["proof"], document["proof"]]})
    yield "proof in an array", written({**document, "proof": [document["proof"]]})
    yield "first of two ids", data.replace(b'"id":', b'"id": "urn:x", "id":', 1)
    yield "last of two ids", data.replace(b', "type":', b', "id": "urn:x", "type":', 1)
    yield "two names of the holder", data.replace(b'"identityHash":', b'"identityHash": "x", "identityHash":', 1)
    yield "member twice in disguise", data.replace(b'"identityHash":', b'"\\u0069dentityHash": "x", "identityHash":', 1)
    yield "a second credential behind", data + data
    yield "space and a word behind", data + b" x"
    yield "NUL behind", data + b"\0"
    yield "byte order mark", b"\xef\xbb\xbf" + data
    yield "UTF-16", data.decode().encode("utf-16")
    yield "null member", written({**document, "evidence": None})
    yield "null valid until", written({**document, "validUntil": None})
    yield "empty array", written({**document, "evidence": []})
    if "creditsEarned" in subject:
        yield "hours with a point", data.replace(b'"creditsEarned": 72', b'"creditsEarned": 72.0')
        yield "hours with an exponent", data.replace(b'"creditsEarned": 72', b'"creditsEarned": 7.2e1')
        yield "hours as text", data.replace(b'"creditsEarned": 72', b'"creditsEarned": "72"')
        yield "hours typed", data.replace(b'"creditsEarned": 72', b'"creditsEarned": {"@value": 72}')
        yield "instants with an offset", data.replace(b"T00:00:00Z", b"T00:00:00+00:00")


@pytest.mark.fault(126)
@samples
def test_no_twin_of_a_credential_is_taken_for_it(name: str) -> None:
    names = []
    for twin, data in twins(name):
        assert data != written(genuine(name)), twin
        assert accepted(data) is None, twin
        names.append(twin)
    assert len(names) == len(set(names)) >= 30


def reordered(document: Any, shuffler: random.Random, path: Path = ()) -> Any:
    """Members in another order, and the results, whose order nothing says."""
    if isinstance(document, dict):
        members = [(name, reordered(value, shuffler, (*path, name))) for name, value in document.items()]
        shuffler.shuffle(members)
        return dict(members)
    if isinstance(document, list):
        items = [reordered(value, shuffler, path) for value in document]
        if path[-1] in ("result", "resultDescription"):
            shuffler.shuffle(items)
        return items
    return document


WRITERS: tuple[Callable[[Any], str], ...] = (
    lambda document: json.dumps(document, indent=2, ensure_ascii=False),
    json.dumps,
    lambda document: "\r\n\t " + json.dumps(document, separators=(" ,", " :\n")) + "\n",
    lambda document: json.dumps(document).replace("/", "\\/"),
)


@given(statements(), st.randoms(use_true_random=False), st.sampled_from(WRITERS))
def test_space_escapes_and_order_change_neither_digest_nor_statement(
    statement: Statement, shuffler: random.Random, write: Callable[[Any], str]
) -> None:
    signed = issue(statement, SIGNER)
    data = write(reordered(json.loads(signed.document), shuffler)).encode()
    if len(data) <= 65_536:
        assert accepted(data) == (statement, signed.digest)


@given(st.sampled_from(SAMPLES), st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_changes_nothing_or_is_noticed(name: str, place: int, change: int) -> None:
    data = bytearray(SIGNED[name].document)
    data[place % len(data)] ^= change
    assert accepted(bytes(data)) in (None, (EXAMPLES[name], SIGNED[name].digest))


@samples
def test_parts_of_two_genuine_credentials_make_none(name: str) -> None:
    document = genuine(name)
    for other_name in SAMPLES:
        if other_name == name:
            continue
        other = genuine(other_name)
        for member in document.keys() & other.keys():
            mixed = {**document, member: other[member]}
            if mixed != document:
                assert accepted(written(mixed)) is None, member


def test_a_second_signature_by_the_same_key_is_another_digest() -> None:
    """Ed25519 signatures are not unique to who holds the key; each has its own leaf, and submit refuses a known id."""
    statement = EXAMPLES["olympiad_award"]
    other = issue(statement, SeedSigner.of(8))
    assert accepted(other.document) == (statement, other.digest)
    assert other.digest != SIGNED["olympiad_award"].digest
