"""No altered file is VALID while anything that is shown or relied on differs from the original."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import Any

import pytest
import samples
from alterations import Path, deleted, dumps, noise, places, replaced, variants, with_duplicate
from simulated_pair import SimulatedPair
from worlds import World, bundle_of

from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import Reason, TrustRoots
from portfolio.credentials.report import Report, Verdict
from portfolio.credentials.verdict import ask, judge

FORGERY_ROUNDS = int(os.environ.get("FORGERY_ROUNDS", "20000"))
"""Altered bundles drawn by chance: half of them noise (here), half forged with a purpose (`test_forgeries.py`).

The long campaign raises it; what is tried systematically comes on top.
"""
CAMPAIGN = FORGERY_ROUNDS > 20_000

KINDS = sorted(samples.FIELDS)
TWO_KINDS = ("olympiad_award", "school_certificate")
"""One with results of declared fields, one with rows of marks: between them they have every sort of node."""
SHOWN_FROM_CREDENTIAL = ("credential", "digest", "issuer", "revocation")


@dataclass
class Original:
    """A registered credential, its bundle, and a chain that answers honestly about anything."""

    world: World
    bundle: bytes
    report: Report = field(init=False)

    def __post_init__(self) -> None:
        self.report = self.judged(self.bundle)

    @property
    def document(self) -> Any:
        return json.loads(self.bundle)

    def judged(self, data: bytes) -> Report:
        try:
            asked: Any = ask(data)
        except StructureError as error:
            asked = error
        facts = [] if isinstance(asked, StructureError) else [self.world.pair.facts(asked.question)]
        return judge(asked, trust=TrustRoots((self.world.pair.trusted,)), facts=facts, now=self.world.now)

    def must_not_pass(self, data: bytes, what: str) -> Verdict:
        """Assert the rule of this file for one altered file; return its verdict."""
        report = self.judged(data)
        if report.verdict is Verdict.INVALID:
            return report.verdict
        mine, altered = self.report.to_json(), report.to_json()
        if report.verdict is Verdict.VALID:
            assert self.report.verdict is Verdict.VALID, f"{what}: better than the original"
            for member in mine.keys() - {"warnings"}:
                assert altered[member] == mine[member], f"{what}: VALID, but {member} differs"
        else:
            for member in SHOWN_FROM_CREDENTIAL:
                assert altered[member] == mine[member], f"{what}: {report.verdict}, but {member} differs"
        return report.verdict


@cache
def original(kind: str, *, revoked: bool = False) -> Original:
    world = World(SimulatedPair())
    signed = world.sign(kind, valid_until="2031-11-22T10:00:00Z")
    receipt = world.register(signed)
    other = world.sign("participation", word="another holder")
    world.register(other)
    if revoked:
        world.pair.revoke(world.school, signed.digest, Reason.ISSUED_IN_ERROR)
    bundle = json.loads(bundle_of(signed, [receipt]))
    bundle["issuer"] = {"did_document": {"id": samples.SCHOOL_DID}, "keys": [{"from": 1, "until": None}]}
    bundle["status_list"] = {"encodedList": "u"}
    return Original(world, dumps(bundle))


def ways(kind: str, value: Any) -> list[tuple[str, Any]]:
    """All variants for the two kinds, a quarter of them, another for each, for the rest (all in the long campaign)."""
    step = 1 if kind in TWO_KINDS or CAMPAIGN else 4
    return list(variants(value))[KINDS.index(kind) % step :: step]


def in_credential(document: Any) -> Iterator[tuple[Path, Any]]:
    yield from places(document["credential"], ("credential",))


@pytest.mark.parametrize("kind", KINDS)
def test_the_originals_are_valid(kind: str) -> None:
    assert original(kind).report.verdict is Verdict.VALID
    assert original(kind).judged(dumps(original(kind).document)).verdict is Verdict.VALID


@pytest.mark.fault(126)
@pytest.mark.parametrize("kind", KINDS)
def test_each_value_of_the_credential_altered_in_each_way(kind: str) -> None:
    case = original(kind)
    passed = set()
    for path, value in in_credential(case.document):
        for word, other in ways(kind, value):
            what = f"{path} {word}"
            if case.must_not_pass(dumps(replaced(case.document, path, other)), what) is Verdict.VALID:
                passed.add(word)
    # What may pass: the order of members everywhere, and the order of results, for arrays carry no order.
    assert passed <= {"members reversed", "reversed", "sorted"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_value_of_the_credential_removed(kind: str) -> None:
    case = original(kind)
    for path, _ in in_credential(case.document):
        assert case.must_not_pass(dumps(deleted(case.document, path)), f"{path} removed") is Verdict.INVALID


@pytest.mark.fault(126)
@pytest.mark.parametrize("kind", KINDS)
def test_each_member_of_the_credential_given_twice(kind: str) -> None:
    """Parsers differ on which of two members they take; here neither is taken."""
    case = original(kind)
    for path, value in in_credential(case.document):
        if not isinstance(path[-1], str):
            continue
        for other in (value, "x", None):
            for other_first in (False, True):
                text = with_duplicate(case.document, path, other, other_first=other_first)
                assert case.must_not_pass(text.encode(), f"{path} twice") is Verdict.INVALID


@pytest.mark.parametrize("kind", KINDS)
def test_two_values_of_the_credential_swapped(kind: str) -> None:
    case = original(kind)
    texts = [(path, value) for path, value in in_credential(case.document) if isinstance(value, str)]
    pairs = [(one, other) for one, other in combinations(texts, 2) if one[1] != other[1]]
    for (path, value), (other_path, other) in random.Random(kind).sample(pairs, min(len(pairs), FORGERY_ROUNDS // 50)):
        swapped = replaced(replaced(case.document, path, other), other_path, value)
        assert case.must_not_pass(dumps(swapped), f"{path} and {other_path} swapped") is Verdict.INVALID


def test_a_second_proof_is_refused() -> None:
    case = original("olympiad_award")
    document = case.document
    proof = document["credential"]["proof"]
    other = case.world.sign(by=samples.signer("attacker")).document
    foreign = json.loads(other)["proof"]
    for proofs in ([proof], [proof, proof], [proof, foreign], [foreign, proof], {"@graph": [proof]}):
        altered = replaced(document, ("credential", "proof"), proofs)
        assert case.must_not_pass(dumps(altered), "a second proof") is Verdict.INVALID
    for member in ("proof2", "previousProof", "@proof"):
        altered = replaced(document, ("credential", member), foreign)
        assert case.must_not_pass(dumps(altered), member) is Verdict.INVALID
    assert case.must_not_pass(dumps(replaced(document, ("credential", "proof"), foreign)), "foreign") is Verdict.INVALID


@pytest.mark.fault(120)
@pytest.mark.fault(130)
def test_each_value_of_the_receipt_altered_in_each_way() -> None:
    case = original("olympiad_award")
    for path, value in places(case.document["receipts"], ("receipts",)):
        for word, other in variants(value):
            case.must_not_pass(dumps(replaced(case.document, path, other)), f"{path} {word}")
        if len(path) > 1:
            case.must_not_pass(dumps(deleted(case.document, path)), f"{path} removed")


def test_a_receipt_whose_relied_on_value_is_altered_never_counts() -> None:
    case = original("olympiad_award")
    for member in ("version", "tag", "digest", "root", "proof", "chain_id", "genesis_hash", "contract"):
        path: Path = ("receipts", 0, member)
        value = case.document["receipts"][0][member]
        for word, other in variants(value):
            verdict = case.must_not_pass(dumps(replaced(case.document, path, other)), f"{member} {word}")
            assert verdict in {Verdict.PENDING, Verdict.INVALID}, f"{member} {word}"


def test_each_flipped_bit_of_the_receipts_hashes_makes_it_useless() -> None:
    case = original("olympiad_award")
    receipt = case.document["receipts"][0]
    hashes: list[tuple[Path, str]] = [(("receipts", 0, name), receipt[name]) for name in ("digest", "root", "tag")]
    hashes += [(("receipts", 0, "proof", index), step) for index, step in enumerate(receipt["proof"])]
    for path, value in hashes:
        for bit in range(0, 256, 5):
            flipped = "0x" + (int(value, 16) ^ (1 << bit)).to_bytes(32, "big").hex()
            assert case.must_not_pass(dumps(replaced(case.document, path, flipped)), f"{path}") is Verdict.PENDING


def test_each_value_of_the_bundle_around_it_altered() -> None:
    case = original("olympiad_award")
    for path, value in places(case.document):
        if path[:1] in {("credential",), ("receipts",)} and len(path) > 1:
            continue
        for word, other in variants(value):
            case.must_not_pass(dumps(replaced(case.document, path, other)), f"{path} {word}")
        if path:
            case.must_not_pass(dumps(deleted(case.document, path)), f"{path} removed")


def test_snapshots_in_the_bundle_decide_and_show_nothing() -> None:
    case = original("olympiad_award")
    for lie in (
        {"did_document": {"id": "did:web:other", "verificationMethod": []}, "keys": []},
        {"name": "Министерство", "keys": [{"publicKey": "00", "until": 1}]},
        None,
    ):
        report = case.judged(dumps(replaced(case.document, ("issuer",), lie)))
        assert report.to_json() == case.report.to_json()
    report = case.judged(dumps(replaced(case.document, ("status_list",), {"encodedList": "uAAAA", "revoked": True})))
    assert report.to_json() == case.report.to_json()


@pytest.mark.fault(131)
@pytest.mark.parametrize("kind", TWO_KINDS)
def test_no_twin_of_a_revoked_credential_is_anything_but_revoked(kind: str) -> None:
    """A signature covers RDF: JSON that means the same must share the digest, or it would dodge the revocation."""
    case = original(kind, revoked=True)
    assert case.report.verdict is Verdict.REVOKED
    for path, value in in_credential(case.document):
        for word, other in ways(kind, value):
            verdict = case.must_not_pass(dumps(replaced(case.document, path, other)), f"{path} {word}")
            assert verdict in {Verdict.REVOKED, Verdict.INVALID}, f"{path} {word}"


def test_the_signature_has_one_form_only() -> None:
    """S + L verifies in lax libraries and would give the same statement a second digest."""
    case = original("olympiad_award", revoked=True)
    order = 2**252 + 27742317777372353535851937790883648493
    asked = ask(case.bundle)
    signature = asked.credential.signature
    raised = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    document = replaced(case.document, ("credential", "proof", "proofValue"), "z" + _base58(raised))
    assert case.must_not_pass(dumps(document), "S + L") is Verdict.INVALID


@pytest.mark.parametrize("part", range(8))
def test_random_noise(part: int) -> None:
    source = random.Random(f"forgery {part}")
    for number in range(FORGERY_ROUNDS // 2 // 8):
        kind = source.choice(KINDS)
        case = original(kind, revoked=source.random() < 0.2)
        data = case.bundle
        for _ in range(source.choice((1, 1, 1, 2, 3))):
            try:
                data = noise(data, source) or b"{}"
            except (ValueError, LookupError, TypeError):
                break  # noise on noise that is no JSON any more
        case.must_not_pass(data, f"noise {part}/{number} on {kind}")


def _base58(data: bytes) -> str:
    import based58

    return based58.b58encode(data).decode()
