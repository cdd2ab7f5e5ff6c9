"""The same trees and proofs as OpenZeppelin's JavaScript library (tests/vectors/merkle/README.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portfolio.anchoring.merkle import ProofError, Tree, leaf_hash, root_from

VECTORS = Path(__file__).parents[1] / "vectors" / "merkle"


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("path", sorted(VECTORS.glob("tree-*.json")), ids=lambda path: path.stem)
def test_the_trees_are_openzeppelins(path: Path) -> None:
    vector = json.loads(path.read_text())
    digests = [unhex(digest) for digest in vector["digests"]]
    tree = Tree.of(digests)
    assert tree.root == unhex(vector["root"])
    assert [leaf_hash(digest) for digest in digests] == [unhex(leaf) for leaf in vector["leaves"]]
    assert [list(tree.proof(digest)) for digest in digests] == [[unhex(step) for step in p] for p in vector["proofs"]]
    assert list(tree.proofs().values()) == [tree.proof(digest) for digest in tree.proofs()]


@pytest.mark.fault(116)
@pytest.mark.parametrize(
    "path", sorted([*VECTORS.glob("right-*.json"), *VECTORS.glob("wrong-*.json")]), ids=lambda path: path.stem
)
def test_each_way_of_being_wrong_is_wrong_here_too(path: Path) -> None:
    vector = json.loads(path.read_text())
    proof = [unhex(step) for step in vector["proof"]]
    try:
        leads_there = root_from(unhex(vector["digest"]), proof) == unhex(vector["root"])
    except ProofError:
        leads_there = False
    assert leads_there is vector["valid"], vector["why"]


def test_there_are_vectors_of_each_sort() -> None:
    for pattern, least in (("tree-*", 5), ("right-*", 1), ("wrong-*", 10)):
        assert len(list(VECTORS.glob(f"{pattern}.json"))) >= least
