"""The states between a signature and finality and the only allowed steps between them (pure)."""

from __future__ import annotations

from enum import StrEnum

from portfolio.errors import ConflictError


class CallState(StrEnum):
    """States of a call to the chain. Of a batch they are the states of its anchor call.

    QUEUED: wanted, nothing signed. STORED: a signed transaction is in the database, perhaps not sent.
    SENT: handed to a node at least once. MINED: in a block that may still be reorganised away.
    FINAL: as deep as the policy asks. HELD: needs a person; the note says why.
    """

    QUEUED = "queued"
    STORED = "stored"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    HELD = "held"


class AnchoringState(StrEnum):
    """Where a credential stands, for people and programs outside (`DESIGN.md` section 4)."""

    DRAFT = "draft"
    SIGNED = "signed"
    BATCHED = "batched"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    HELD = "held"


ALLOWED: dict[CallState, frozenset[CallState]] = {
    # A call is MINED straight from QUEUED when somebody else did the same (fault 38) or we forgot that we did.
    CallState.QUEUED: frozenset({CallState.STORED, CallState.MINED, CallState.HELD}),
    CallState.STORED: frozenset({CallState.SENT, CallState.MINED, CallState.QUEUED, CallState.HELD}),
    CallState.SENT: frozenset({CallState.MINED, CallState.QUEUED, CallState.HELD}),
    CallState.MINED: frozenset({CallState.FINAL, CallState.SENT, CallState.QUEUED, CallState.HELD}),
    CallState.FINAL: frozenset({CallState.HELD}),
    CallState.HELD: frozenset({CallState.QUEUED}),
}

OPEN = (CallState.QUEUED, CallState.STORED, CallState.SENT, CallState.MINED)

OF_BATCH: dict[CallState, AnchoringState] = {
    CallState.QUEUED: AnchoringState.BATCHED,
    CallState.STORED: AnchoringState.BATCHED,
    CallState.SENT: AnchoringState.SENT,
    CallState.MINED: AnchoringState.MINED,
    CallState.FINAL: AnchoringState.FINAL,
    CallState.HELD: AnchoringState.HELD,
}


class TransitionError(ConflictError):
    code = "transition_not_allowed"


def check_transition(present: CallState, wanted: CallState) -> CallState:
    """Return `wanted`, or raise `TransitionError` when the table does not allow the step."""
    if wanted not in ALLOWED[present]:
        raise TransitionError(f"a call cannot go from {present} to {wanted}", present=present, wanted=wanted)
    return wanted
