from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_keccak import keccak256

from portfolio.anchoring.merkle import (
    MAX_PROOF,
    DuplicateLeafError,
    EmptyTreeError,
    ProofError,
    Tree,
    UnknownLeafError,
    leaf_hash,
    root_from,
)

ROUNDS = int(os.environ.get("MERKLE_ROUNDS", "40"))

digest_sets = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70, unique=True)


def some_digests(count: int, seed: str = "") -> list[bytes]:
    return [hashlib.sha256(f"{seed} {count} {index}".encode()).digest() for index in range(count)]


def inner_nodes(tree: Tree) -> dict[bytes, tuple[bytes, ...]]:
    """Every node that is no leaf, with its own path to the root."""
    found = {}
    for proof_start in tree._places:
        node, path = leaf_hash(proof_start), tree.proof(proof_start)
        for height, step in enumerate(path):
            node = keccak256(min(node, step) + max(node, step))
            found[node] = path[height + 1 :]
    return found


@given(digest_sets)
@settings(max_examples=ROUNDS, deadline=None)
def test_every_proof_leads_to_the_root(digests: list[bytes]) -> None:
    tree = Tree.of(digests)
    proofs = tree.proofs()
    assert set(proofs) == set(digests)
    assert len(tree) == len(digests)
    for digest in digests:
        assert digest in tree
        assert proofs[digest] == tree.proof(digest)
        assert root_from(digest, proofs[digest]) == tree.root


@given(digest_sets, st.randoms(use_true_random=False))
@settings(max_examples=ROUNDS, deadline=None)
def test_the_root_does_not_depend_on_the_order(digests: list[bytes], random) -> None:
    shuffled = list(digests)
    random.shuffle(shuffled)
    assert Tree.of(shuffled).root == Tree.of(digests).root


@given(digest_sets, st.binary(min_size=32, max_size=32))
@settings(max_examples=ROUNDS, deadline=None)
def test_another_set_has_another_root_and_no_proof_serves_a_stranger(digests: list[bytes], stranger: bytes) -> None:
    if stranger in digests:
        return
    tree = Tree.of(digests)
    assert Tree.of([*digests, stranger]).root != tree.root
    assert all(root_from(stranger, proof) != tree.root for proof in tree.proofs().values())


@pytest.mark.parametrize("count", [2, 3, 8, 33])
def test_each_flipped_bit_of_a_proof_leads_elsewhere(count: int) -> None:
    digests = some_digests(count)
    tree = Tree.of(digests)
    for digest in digests[:3]:
        proof = tree.proof(digest)
        for step in range(len(proof)):
            for bit in range(256):
                flipped = (int.from_bytes(proof[step], "big") ^ (1 << bit)).to_bytes(32, "big")
                assert root_from(digest, (*proof[:step], flipped, *proof[step + 1 :])) != tree.root


@pytest.mark.fault(115)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 16, 33])
def test_no_inner_node_passes_for_a_leaf(count: int) -> None:
    for tree_round in range(ROUNDS):
        tree = Tree.of(some_digests(count, seed=str(tree_round)))
        nodes = inner_nodes(tree)
        assert len(nodes) == count - 1
        for node, path in nodes.items():
            assert root_from(node, path) != tree.root
        for hashed, path in ((leaf_hash(digest), tree.proof(digest)) for digest in tree._places):
            assert root_from(hashed, path) != tree.root
            assert root_from(keccak256(hashed), path) != tree.root


@pytest.mark.fault(116)
def test_an_empty_proof_does_not_make_the_root_its_own_leaf() -> None:
    for count in (1, 2, 9):
        tree = Tree.of(some_digests(count))
        assert root_from(tree.root, ()) != tree.root


@pytest.mark.fault(116)
def test_a_proof_longer_than_64_steps_is_refused() -> None:
    step = bytes(32)
    assert len(root_from(step, (step,) * MAX_PROOF)) == 32
    with pytest.raises(ProofError) as caught:
        root_from(step, (step,) * (MAX_PROOF + 1))
    assert caught.value.data == {"steps": 65, "most": 64}


@pytest.mark.fault(116)
@given(st.integers(2, 40), st.integers(2, 40))
@settings(max_examples=ROUNDS, deadline=None)
def test_a_proof_from_a_tree_of_another_size_fails(one: int, other: int) -> None:
    if one == other:
        return
    digests = [hashlib.sha256(b"%d" % index).digest() for index in range(40)]
    small, large = Tree.of(digests[:one]), Tree.of(digests[:other])
    for digest in digests[: min(one, other)]:
        assert root_from(digest, small.proof(digest)) != large.root


@pytest.mark.fault(116)
def test_a_lengthened_shortened_or_reordered_proof_fails() -> None:
    tree = Tree.of(some_digests(16))
    for digest in tree._places:
        proof = tree.proof(digest)
        assert root_from(digest, proof[1:]) != tree.root
        assert root_from(digest, proof[:-1]) != tree.root
        assert root_from(digest, (*proof, tree.root)) != tree.root
        assert root_from(digest, (proof[1], proof[0], *proof[2:])) != tree.root


@pytest.mark.fault(117)
def test_a_batch_with_the_same_digest_twice_is_refused() -> None:
    one, two, three = some_digests(3)
    for digests in ([one, one], [one, two, three, three], [one, two, one]):
        with pytest.raises(DuplicateLeafError):
            Tree.of(digests)


@pytest.mark.fault(117)
def test_an_odd_leaf_is_not_paired_with_itself() -> None:
    digests = some_digests(3)
    first, second, third = sorted(leaf_hash(digest) for digest in digests)
    low, high = sorted([first, second])
    lower = keccak256(low + high)
    # Leaves lie from the end of the array backwards: the two lowest are paired, the third meets their node.
    assert Tree.of(digests).root == keccak256(min(lower, third) + max(lower, third))


@pytest.mark.fault(118)
def test_two_nodes_joined_are_no_digest() -> None:
    tree = Tree.of(some_digests(2))
    left, right = (leaf_hash(digest) for digest in tree._places)
    for joined in (left + right, right + left):
        with pytest.raises(ProofError):
            root_from(joined, ())
        with pytest.raises(ProofError):
            Tree.of([joined])


def test_one_leaf_is_its_own_root_with_an_empty_proof() -> None:
    (digest,) = some_digests(1)
    tree = Tree.of([digest])
    assert tree.root == leaf_hash(digest) == keccak256(keccak256(digest))
    assert tree.proof(digest) == ()
    assert tree.proofs() == {digest: ()}


def test_what_is_no_tree_is_refused() -> None:
    with pytest.raises(EmptyTreeError):
        Tree.of([])
    for wrong in (b"", bytes(31), bytes(33), "0" * 32, bytearray(32)):
        with pytest.raises(ProofError):
            Tree.of([wrong])  # type: ignore[list-item]
        with pytest.raises(ProofError):
            root_from(bytes(32), [wrong])  # type: ignore[list-item]
    with pytest.raises(UnknownLeafError):
        Tree.of(some_digests(4)).proof(bytes(32))
