"""From leaves to sealed batches, and what is known about a digest afterwards. Nothing here talks to the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, insert, update
from sqlmodel import Session, col, select

from portfolio.anchoring.merkle import Tree
from portfolio.anchoring.models import Batch, CallPurpose, ChainCall, ContractPair, Leaf, Sender
from portfolio.anchoring.pairs import pairs_of_issuer, present_number
from portfolio.anchoring.states import OF_BATCH, AnchoringState, CallState, check_transition
from portfolio.jobs import Clock, crash_point

HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a digest stands: its state and, once mined, the facts of its batch's anchor."""

    state: AnchoringState
    note: str = ""
    root: bytes | None = None
    proof: tuple[bytes, ...] = ()
    transaction: str | None = None
    block_number: int | None = None
    block_hash: bytes | None = None
    block_time: int | None = None
    pair: ContractPair | None = None
    """Where its batch is anchored; None where the pair has not been entered yet."""

    @property
    def is_mined(self) -> bool:
        return self.state in {AnchoringState.MINED, AnchoringState.FINAL}


def add_leaves(session: Session, *, digests: Iterable[bytes], tag: str, now: datetime) -> None:
    """Queue digests for the next batch; a digest that is there already is the database's error, never a second leaf."""
    rows = [{"tag": tag, "digest": digest, "created_at": now} for digest in digests]
    if rows:
        session.execute(insert(Leaf), rows)


def digests_of(session: Session, *, tag: str) -> list[bytes]:
    """Return the digests that were queued under a tag, the oldest first."""
    return list(session.exec(select(Leaf.digest).where(Leaf.tag == tag).order_by(col(Leaf.id))))


def is_final_digest(digest: Any) -> ColumnElement[bool]:
    """Return the condition that the anchor of a digest is FINAL; `digest` is a column of an outer query."""
    return (
        exists()
        .where(col(Leaf.digest) == digest)
        .where(col(Batch.id) == col(Leaf.batch_id))
        .where(col(ChainCall.id) == col(Batch.call_id))
        .where(col(ChainCall.state) == CallState.FINAL)
    )


def seal_batch(session: Session, *, clock: Clock, limit: int) -> Batch | None:
    """Seal the oldest waiting leaves into one batch and queue its anchor; None when nothing waits.

    Order, proofs and the wish to anchor are written in one transaction, so that a crash leaves all or nothing.
    """
    waiting = session.exec(
        select(Leaf.id, Leaf.digest)
        .where(col(Leaf.batch_id).is_(None))
        .where(col(Leaf.held).is_(None))
        .order_by(col(Leaf.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not waiting:
        return None
    tree = Tree.of([digest for _, digest in waiting])
    now = clock()
    call = enqueue_call(
        session,
        purpose=CallPurpose.ANCHOR,
        sender=Sender.OPERATOR,
        subject="0x" + tree.root.hex(),
        payload={"root": "0x" + tree.root.hex()},
        now=now,
    )
    batch = Batch(root=tree.root, leaf_count=len(waiting), sealed_at=now, call_id=call.id)
    session.add(batch)
    session.flush()
    crash_point("sealing")
    leaves = Leaf.__table__  # type: ignore[attr-defined]
    proofs = tree.proofs()
    session.connection().execute(
        update(leaves).where(leaves.c.id == bindparam("leaf")).values(batch_id=batch.id, proof=bindparam("path")),
        [{"leaf": row, "path": b"".join(proofs[digest])} for row, digest in waiting],
    )
    crash_point("sealed")
    return batch


def enqueue_call(
    session: Session,
    *,
    purpose: CallPurpose,
    sender: Sender,
    subject: str,
    payload: dict[str, Any],
    now: datetime,
    pair: int | None = None,
) -> ChainCall:
    """Write down that we want the chain to do something; the sender does it after this transaction commits.

    It is done in the present pair of contracts unless another's number is given.
    """
    last = session.exec(select(func.max(ChainCall.sequence))).one()
    call = ChainCall(
        sequence=(last or 0) + 1,
        pair=present_number(session) if pair is None else pair,
        purpose=purpose,
        sender=sender,
        subject=subject,
        payload=payload,
        created_at=now,
    )
    session.add(call)
    session.flush()
    return call


def enqueue_everywhere(
    session: Session,
    *,
    issuer_id: bytes,
    purpose: CallPurpose,
    sender: Sender,
    payload: Mapping[str, Any],
    now: datetime,
    public_key: bytes | None = None,
) -> dict[int, ChainCall]:
    """Queue one call about an issuer, or about one key, in every pair of contracts that it was entered in; by pair.

    What ends something must end it everywhere: a key left good in an old pair would go on being good there.
    """
    subject = "0x" + issuer_id.hex()
    named = {} if public_key is None else {"public_key": "0x" + public_key.hex()}
    return {
        pair: enqueue_call(
            session,
            purpose=purpose,
            sender=sender,
            subject=subject,
            payload={"issuer_id": subject, **named, **payload},
            now=now,
            pair=pair,
        )
        for pair in pairs_of_issuer(session, issuer_id=issuer_id, public_key=public_key)
    }


def final_at(session: Session, *, call_id: str | None) -> datetime | None:
    """Return the block time of a call that is FINAL, else None: what a reorganisation may take back is no fact yet."""
    call = session.get(ChainCall, call_id) if call_id else None
    if call is None or call.block_time is None or call.state is not CallState.FINAL:
        return None
    return datetime.fromtimestamp(call.block_time, UTC)


def standings(session: Session, *, digests: Sequence[bytes]) -> dict[bytes, Standing]:
    """Return where each known digest stands; unknown digests are left out."""
    found: dict[bytes, Standing] = {}
    for start in range(0, len(digests), 500):
        rows = session.exec(
            select(Leaf, Batch, ChainCall, ContractPair)
            .join(Batch, col(Leaf.batch_id) == col(Batch.id), isouter=True)
            .join(ChainCall, col(Batch.call_id) == col(ChainCall.id), isouter=True)
            .join(ContractPair, col(ChainCall.pair) == col(ContractPair.number), isouter=True)
            .where(col(Leaf.digest).in_(digests[start : start + 500]))
        ).all()
        for leaf, batch, call, pair in rows:
            found[leaf.digest] = _standing(leaf, batch, call, pair)
    return found


def _standing(leaf: Leaf, batch: Batch | None, call: ChainCall | None, pair: ContractPair | None) -> Standing:
    if leaf.held:
        return Standing(state=AnchoringState.HELD, note=leaf.held)
    if batch is None or call is None:
        return Standing(state=AnchoringState.SIGNED)
    path = leaf.proof or b""
    return Standing(
        state=OF_BATCH[call.state],
        note=call.note,
        root=batch.root,
        proof=tuple(path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES)),
        transaction=call.transaction,
        block_number=call.block_number,
        block_hash=call.block_hash,
        block_time=call.block_time,
        pair=pair,
    )


def retry_held(session: Session) -> int:
    """Put every call that was held back into the queue, once a person has seen to the cause; returns how many."""
    held = session.exec(select(ChainCall).where(ChainCall.state == CallState.HELD)).all()
    for call in held:
        call.state = check_transition(call.state, CallState.QUEUED)
        session.add(call)
    return len(held)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is under way: leaves without a batch, calls not yet final, calls that need a person."""

    waiting_leaves: int
    open_calls: int
    held_calls: int


def backlog(session: Session) -> Backlog:
    """Count what is under way."""
    waiting = session.exec(
        select(func.count()).select_from(Leaf).where(col(Leaf.batch_id).is_(None)).where(col(Leaf.held).is_(None))
    ).one()
    calls = dict(session.exec(select(ChainCall.state, func.count()).group_by(col(ChainCall.state))).all())
    held = calls.get(CallState.HELD, 0)
    return Backlog(
        waiting_leaves=waiting,
        open_calls=sum(calls.values()) - held - calls.get(CallState.FINAL, 0),
        held_calls=held,
    )
