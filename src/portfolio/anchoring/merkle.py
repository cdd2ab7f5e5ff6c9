"""The Merkle tree of a batch: OpenZeppelin's standard tree over `bytes32` digests, the same in Solidity and JavaScript.

Pure: imports no database, no web framework and no chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from tiny_keccak import keccak256

from portfolio.errors import PortfolioError

MAX_PROOF: Final = 64
"""Steps of the longest proof anybody accepts; a tree would need 2**64 leaves to have a longer one."""

_HASH_BYTES: Final = 32


class MerkleError(PortfolioError):
    """A digest, a proof or a set of leaves that no tree of this kind can have."""

    code: ClassVar[str] = "merkle"


class EmptyTreeError(MerkleError):
    code = "merkle_empty"


class DuplicateLeafError(MerkleError):
    """The same digest twice in one batch (CVE-2012-2459: two lists of leaves must never share a root)."""

    code = "merkle_duplicate_leaf"


class UnknownLeafError(MerkleError):
    status = 404
    code = "merkle_unknown_leaf"


class ProofError(MerkleError):
    """Not a list of at most 64 hashes of 32 bytes."""

    code = "merkle_proof"


def leaf_hash(digest: bytes) -> bytes:
    """Return keccak256(keccak256(digest)) of a 32-byte digest.

    Hashing twice keeps leaves apart from nodes: a node is one keccak256 over 64 bytes, so no node can pass for a leaf.
    Source: OpenZeppelin merkle-tree, `standardLeafHash`; abi.encode of a `bytes32` is the value itself.
    """
    _require_hash(digest, "The digest")
    return keccak256(keccak256(digest))


def root_from(digest: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that `proof` (siblings from the leaf upwards) leads to from `digest`.

    Raises `ProofError` for a proof that is too long or holds anything but 32-byte hashes. Comparing the result with
    a root that a contract knows is the caller's part.
    """
    if len(proof) > MAX_PROOF:
        raise ProofError("The inclusion proof has too many steps", steps=len(proof), most=MAX_PROOF)
    node = leaf_hash(digest)
    for step in proof:
        _require_hash(step, "A step of the inclusion proof")
        node = keccak256(node + step if node < step else step + node)
    return node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tree:
    """A complete binary tree laid down as a queue: n sorted leaf hashes, then the node above places 0 and 1, and so on.

    The parent of place i is place n + i // 2, its sibling i ^ 1, the root the last place: the array of OpenZeppelin's
    library read backwards. The root depends on the set of digests alone, never on their order.
    """

    _nodes: list[bytes]
    _places: dict[bytes, int]

    @classmethod
    def of(cls, digests: Sequence[bytes]) -> Self:
        """Build the tree of 32-byte digests.

        Raises `EmptyTreeError` for none, `DuplicateLeafError` for one given twice, `ProofError` for a wrong length.
        """
        if not digests:
            raise EmptyTreeError("A tree needs at least one leaf")
        for digest in digests:
            _require_hash(digest, "The digest")
        by_hash = {keccak256(keccak256(digest)): digest for digest in digests}
        if len(by_hash) != len(digests):
            raise DuplicateLeafError("A batch holds the same digest twice", leaves=len(digests), distinct=len(by_hash))
        nodes = sorted(by_hash)
        places = {by_hash[hash_]: place for place, hash_ in enumerate(nodes)}
        pairs = iter(nodes)
        for left, right in zip(
            pairs, pairs, strict=False
        ):  # the list grows under the iterator until one node is left: the root
            nodes.append(keccak256(left + right if left < right else right + left))
        return cls(nodes, places)

    @property
    def root(self) -> bytes:
        return self._nodes[-1]

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, digest: object) -> bool:
        return digest in self._places

    def proof(self, digest: bytes) -> tuple[bytes, ...]:
        """Return the siblings from the leaf of `digest` up to the root (none in a tree of one leaf).

        Raises `UnknownLeafError` when the digest is no leaf of this tree.
        """
        place = self._places.get(digest)
        if place is None:
            raise UnknownLeafError("This digest is no leaf of the tree")
        steps = []
        while place < len(self._nodes) - 1:
            steps.append(self._nodes[place ^ 1])
            place = len(self._places) + place // 2
        return tuple(steps)

    def proofs(self) -> dict[bytes, tuple[bytes, ...]]:
        """Return the proof of every digest at once, several times faster than one by one."""
        nodes, leaves = self._nodes, len(self._places)
        paths: list[tuple[bytes, ...]] = [()] * len(nodes)
        for place in range(len(nodes) - 2, leaves - 1, -1):
            paths[place] = (nodes[place ^ 1], *paths[leaves + place // 2])
        if leaves == 1:
            return dict.fromkeys(self._places, ())
        return {digest: (nodes[place ^ 1], *paths[leaves + place // 2]) for digest, place in self._places.items()}


def _require_hash(value: bytes, what: str) -> None:
    if not isinstance(value, bytes) or len(value) != _HASH_BYTES:
        raise ProofError(f"{what} must be {_HASH_BYTES} bytes")
