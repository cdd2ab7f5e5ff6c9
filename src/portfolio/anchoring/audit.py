"""Recomputes every batch from its raw leaves and holds it against the chain; says what disagrees and changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from portfolio.anchoring.merkle import MerkleError, Tree, root_from
from portfolio.anchoring.models import Batch, CallPurpose, ChainCall, Leaf
from portfolio.anchoring.sending import Gateway
from portfolio.anchoring.service import HASH_BYTES
from portfolio.anchoring.states import CallState


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be: a stable code, what it is about (an id, never a name), and a sentence."""

    code: str
    subject: str
    message: str


def audit_batches(session: Session) -> Iterator[Finding]:
    """Recompute root and proofs of every batch from the stored leaves."""
    for batch in session.exec(select(Batch).order_by(col(Batch.sealed_at))):
        leaves = session.exec(select(Leaf).where(Leaf.batch_id == batch.id)).all()
        yield from _audit_batch(batch, leaves)


def _audit_batch(batch: Batch, leaves: Sequence[Leaf]) -> Iterator[Finding]:
    if len(leaves) != batch.leaf_count:
        yield Finding("batch_incomplete", batch.id, f"has {len(leaves)} leaves, sealed with {batch.leaf_count}")
    try:
        root = Tree.of([leaf.digest for leaf in leaves]).root
    except MerkleError as error:
        yield Finding("batch_no_tree", batch.id, error.message)
        return
    if root != batch.root:
        yield Finding("batch_root_differs", batch.id, "its leaves do not lead to the root that was anchored")
    for leaf in leaves:
        path = leaf.proof or b""
        steps = [path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES)]
        try:
            good = root_from(leaf.digest, steps) == batch.root
        except MerkleError:
            good = False
        if not good:
            yield Finding("proof_wrong", "0x" + leaf.digest.hex(), "the stored proof does not lead to the batch's root")


def audit_calls(session: Session, gateway: Gateway, *, pair: int = 1) -> Iterator[Finding]:
    """Ask the chain for the effect of every call in a pair of contracts that we take for mined.

    Raises `UnavailableError` in an outage.
    """
    gateway.check()
    done = (CallState.MINED, CallState.FINAL)
    for call in session.exec(select(ChainCall).where(ChainCall.pair == pair).order_by(col(ChainCall.sequence))):
        if call.state is CallState.HELD:
            yield Finding("call_held", call.id, f"{call.purpose} needs a person: {call.note}")
        if call.state not in done:
            continue
        place = gateway.done(call)
        if place is None:
            yield Finding("call_not_on_chain", call.id, f"{call.purpose} is {call.state} here, unknown to the chain")
        elif call.purpose is CallPurpose.ANCHOR and place.block_number != call.block_number:
            yield Finding("anchor_moved", call.id, f"anchored in block {place.block_number}, not {call.block_number}")
