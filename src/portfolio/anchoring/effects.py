"""Whether the contracts know the effect of a call already, whoever caused it (fault 38): asked of state and events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portfolio.anchoring.models import CallPurpose, ChainCall
from portfolio.anchoring.sending import Place
from portfolio.chain.client import Chain
from portfolio.chain.registry import Change, IssuerRecord, Occurrence, Registry, controller_subject
from portfolio.errors import UnavailableError

EVENTS = {
    CallPurpose.RENAME: "IssuerRenamed",
    CallPurpose.SET_KINDS: "KindsSet",
    CallPurpose.SUSPEND: "IssuerSuspended",
    CallPurpose.REINSTATE: "IssuerReinstated",
    CallPurpose.NAME_SUCCESSOR: "SuccessorNamed",
    CallPurpose.REQUEST_RETIREMENT: "RetirementRequested",
    CallPurpose.PROPOSE_CONTROLLER: "ChangeProposed",
    CallPurpose.CONFIRM_CONTROLLER: "ChangeConfirmed",
    CallPurpose.CANCEL_CONTROLLER: "ChangeCancelled",
    CallPurpose.EXECUTE_CONTROLLER: "ControllerReplaced",
}
"""The event that tells of each call that changes what may be changed again: its past is in events, not in state."""


def bytes_of(text: str) -> bytes:
    """Return the bytes of hexadecimal text in a payload."""
    return bytes.fromhex(text.removeprefix("0x"))


def earliest_suspension(registry: Registry, issuer_id: bytes) -> int:
    """Return the first second as of which a pair lets the issuer be suspended, but for the 30 days (unix seconds)."""
    issuer = registry.issuer(issuer_id)
    ended = [_time(registry, found) for found in registry.occurrences("IssuerReinstated", issuer_id)[-1:]]
    return max([issuer.admitted_at if issuer else 0, *ended])


def _time(registry: Registry, found: Occurrence) -> int:
    block = registry.chain.block(found.block_hash)
    return block.time if block else 0


class Effects:
    """What one pair of contracts at one node knows."""

    def __init__(self, chain: Chain, registry: Registry) -> None:
        self._chain = chain
        self._registry = registry

    def of(self, call: ChainCall) -> Place | None:
        """Return where the effect of a call stands on the chain, or None while there is none."""
        payload = call.payload
        if call.purpose is CallPurpose.ANCHOR:
            return self._anchored(bytes_of(payload["root"]))
        issuer_id = bytes_of(payload["issuer_id"])
        match call.purpose:
            case CallPurpose.REVOKE:
                return self._revoked(issuer_id, [bytes_of(item) for item in payload["digests"]])
            case CallPurpose.ADMIT:
                known = self._registry.issuer(issuer_id) is not None
                return self._seen("IssuerAdmitted", issuer_id) if known else None
            case CallPurpose.ADD_KEY | CallPurpose.RETIRE_KEY | CallPurpose.CONFIRM_RETIREMENT:
                return self._key_done(call.purpose, payload)
            case _:
                return self._changed(call, issuer_id)

    def _anchored(self, root: bytes) -> Place | None:
        record = self._registry.anchor_of(root)
        if record is None:
            return None
        return Place(record.block_number, bytes.fromhex(record.block_hash[2:]), record.block_time, record.transaction)

    def _revoked(self, issuer_id: bytes, digests: list[bytes]) -> Place | None:
        if any(self._registry.revocation_of(issuer_id, digest) is None for digest in digests):
            return None
        return self._seen("Revoked", issuer_id, digests[-1])

    def _key_done(self, purpose: CallPurpose, payload: dict[str, Any]) -> Place | None:
        issuer_id, public_key = bytes_of(payload["issuer_id"]), bytes_of(payload["public_key"])
        record = self._registry.key(issuer_id, public_key)
        if record is None:
            return None
        if purpose is CallPurpose.ADD_KEY:
            return self._seen("KeyAdded", issuer_id, public_key)
        if record.valid_until is None or record.valid_until > max(payload["as_of"], record.valid_from):
            return None
        return self._seen("KeyRetired", issuer_id, public_key)

    def _changed(self, call: ChainCall, issuer_id: bytes) -> Place | None:
        """See whether a change holds now; of one that was mined, whether its event stands where it stood.

        A name may be given twice and a suspension may be over again: neither says that an earlier call was not done.
        """
        event = EVENTS[call.purpose]
        if call.block_number is not None:
            for found in self._registry.occurrences(event, issuer_id, first=call.block_number, last=call.block_number):
                return self._place(found.block_number, found.block_hash, found.transaction)
        issuer = self._registry.issuer(issuer_id)
        if issuer is None or not self._holds(call, issuer_id, issuer):
            return None
        told = self._registry.occurrences(event, issuer_id)[-1:]
        return self._place(told[0].block_number, told[0].block_hash, told[0].transaction) if told else None

    def _holds(self, call: ChainCall, issuer_id: bytes, issuer: IssuerRecord) -> bool:
        payload = call.payload
        tests: dict[CallPurpose, Callable[[], bool]] = {
            CallPurpose.RENAME: lambda: issuer.name == payload["name"],
            CallPurpose.SET_KINDS: lambda: issuer.kinds == payload["kinds"],
            CallPurpose.SUSPEND: lambda: issuer.suspended and self._suspended_from(issuer_id) <= payload["as_of"],
            CallPurpose.REINSTATE: lambda: not issuer.suspended,
            CallPurpose.NAME_SUCCESSOR: lambda: issuer.successor == bytes_of(payload["successor"]),
            CallPurpose.REQUEST_RETIREMENT: lambda: self._is_requested(issuer_id, payload),
            CallPurpose.PROPOSE_CONTROLLER: lambda: self._is_proposed(issuer_id, payload, agreed=False),
            CallPurpose.CONFIRM_CONTROLLER: lambda: self._is_proposed(issuer_id, payload, agreed=True),
            CallPurpose.CANCEL_CONTROLLER: lambda: self._is_cancelled(issuer_id, payload),
            CallPurpose.EXECUTE_CONTROLLER: lambda: issuer.controller == payload["controller"].lower(),
        }
        return bool(tests[call.purpose]())

    def _suspended_from(self, issuer_id: bytes) -> int:
        """Return the start of the suspension as `suspend` would have it: a time too early for this pair is moved."""
        found = self._registry.occurrences("IssuerSuspended", issuer_id)
        as_of = int(found[-1].values["asOf"]) if found else 0
        return 0 if as_of <= earliest_suspension(self._registry, issuer_id) else as_of

    def _is_requested(self, issuer_id: bytes, payload: dict[str, Any]) -> bool:
        public_key = bytes_of(payload["public_key"])
        record = self._registry.key(issuer_id, public_key)
        if record is None:
            return False
        as_of = max(int(payload["as_of"]), record.valid_from)
        done = record.valid_until is not None and record.valid_until <= as_of
        return done or self._registry.retirement_request(issuer_id, public_key) == as_of

    def _is_proposed(self, issuer_id: bytes, payload: dict[str, Any], *, agreed: bool) -> bool:
        proposal = self._registry.proposal(issuer_id, Change.CONTROLLER)
        if proposal is None or proposal.subject != controller_subject(payload["controller"]):
            return False
        return proposal.executable_at is not None or not agreed

    def _is_cancelled(self, issuer_id: bytes, payload: dict[str, Any]) -> bool:
        if self._registry.proposal(issuer_id, Change.CONTROLLER) is not None:
            return False
        found = self._registry.occurrences("ChangeCancelled", issuer_id)
        return bool(found) and bytes(found[-1].values["subject"]) == controller_subject(payload["controller"])

    def _seen(self, event: str, *topics: bytes) -> Place | None:
        found = self._registry.occurrences(event, *topics)
        if not found:
            raise UnavailableError("the node shows a state without the event that made it; ask again")
        return self._place(found[-1].block_number, found[-1].block_hash, found[-1].transaction)

    def _place(self, number: int, block_hash: str, transaction: str) -> Place | None:
        return place_of(self._chain, number, block_hash, transaction)


def place_of(chain: Chain, number: int, block_hash: str, transaction: str) -> Place | None:
    """Return a place on the chain; None when its block was reorganised away between two questions (fault 23)."""
    block = chain.block(block_hash)
    return None if block is None else Place(number, bytes.fromhex(block_hash[2:]), block.time, transaction)
