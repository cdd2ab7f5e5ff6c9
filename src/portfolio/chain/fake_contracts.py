"""The two registries in plain Python, as far as the service uses them; what the fake chain runs instead of an EVM.

Rules are those of `contracts/`; the contract test of `tests/chain` holds both to the same behaviour.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from tiny_keccak import keccak256

from portfolio.anchoring.merkle import MAX_PROOF, root_from
from portfolio.chain.calls import Calls, RelayedCall
from portfolio.chain.registry import Purpose
from portfolio.credentials.facts import Custody, Reason

_FURTHEST_BACK: Final = 30 * 86_400


class ContractRefusal(Exception):  # noqa: N818 - a revert, not a fault of the program
    """A custom error by its name and arguments."""

    def __init__(self, name: str, *values: Any) -> None:
        super().__init__(name)
        self.name = name
        self.values = values


@dataclass(slots=True)
class Moment:
    """The block a call runs in and who sent it."""

    sender: str
    number: int
    time: int
    calls: Calls
    emit: Callable[..., None] = lambda *_: None


@dataclass(slots=True)
class _Key:
    purpose: int
    custody: int
    start: int
    until: int = 0


@dataclass(slots=True)
class _Issuer:
    did: str
    controller: str
    admitted_at: int
    names: list[tuple[int, str]]
    kinds: list[tuple[int, int]]
    suspended: list[int] = field(default_factory=list)
    reinstated: list[int] = field(default_factory=list)
    keys: dict[bytes, _Key] = field(default_factory=dict)
    requested: dict[bytes, int] = field(default_factory=dict)

    def is_admitted_at(self, time: int) -> bool:
        begun = bisect_right(self.suspended, time)
        ended = begun == 0 or (begun <= len(self.reinstated) and time >= self.reinstated[begun - 1])
        return time >= self.admitted_at and ended


class FakeIssuerRegistry:
    """Methods are named and take arguments as in `IIssuerRegistry`, after the moment."""

    views: Final = frozenset({"registrars", "issuer", "key", "keys", "nonces"})

    def __init__(self, accounts: Sequence[str]) -> None:
        if len(set(accounts)) < 2:  # noqa: PLR2004 - one registrar alone shall not replace a controller
            raise ContractRefusal("TooFewRegistrars", len(accounts))
        self._registrars = tuple(accounts)
        self.issuers: dict[bytes, _Issuer] = {}
        self._nonces: dict[bytes, int] = {}

    def registrars(self, _: Moment) -> tuple[Any, ...]:
        return (self._registrars,)

    def issuer(self, _: Moment, issuer_id: bytes) -> tuple[Any, ...]:
        record = self.issuers.get(issuer_id)
        if record is None:
            return (False, "", "0x" + "00" * 20, "", 0, 0, False, bytes(32))
        suspended = len(record.suspended) > len(record.reinstated)
        name, kinds = record.names[-1][1], record.kinds[-1][1]
        return (True, record.did, record.controller, name, kinds, record.admitted_at, suspended, bytes(32))

    def key(self, _: Moment, issuer_id: bytes, public_key: bytes) -> tuple[Any, ...]:
        record = self.issuers.get(issuer_id)
        key = record.keys.get(public_key) if record else None
        return (True, key.purpose, key.custody, key.start, key.until) if key else (False, 0, 0, 0, 0)

    def keys(self, _: Moment, issuer_id: bytes) -> tuple[Any, ...]:
        record = self.issuers.get(issuer_id)
        return (tuple(record.keys) if record else (),)

    def nonces(self, _: Moment, issuer_id: bytes) -> tuple[Any, ...]:
        return (self._nonces.get(issuer_id, 0),)

    def admit(self, now: Moment, did: str, controller: str, name: str, kinds: int) -> None:
        self._require_registrar(now)
        issuer_id = keccak256(did.encode())
        if issuer_id in self.issuers:
            raise ContractRefusal("AlreadyAdmitted", issuer_id)
        self.issuers[issuer_id] = _Issuer(did, controller.lower(), now.time, [(now.time, name)], [(now.time, kinds)])
        now.emit("IssuerAdmitted", issuer_id, controller, now.sender, did, name, kinds)

    def rename(self, now: Moment, issuer_id: bytes, name: str) -> None:
        self._require_registrar(now)
        self._known(issuer_id).names.append((now.time, name))
        now.emit("IssuerRenamed", issuer_id, now.sender, name)

    def setKinds(self, now: Moment, issuer_id: bytes, kinds: int) -> None:  # noqa: N802 - as in the interface
        self._require_registrar(now)
        self._known(issuer_id).kinds.append((now.time, kinds))
        now.emit("KindsSet", issuer_id, now.sender, kinds)

    def suspend(self, now: Moment, issuer_id: bytes, as_of: int) -> None:
        self._require_registrar(now)
        record = self._known(issuer_id)
        ended = len(record.reinstated)
        earliest = max([now.time - _FURTHEST_BACK, record.admitted_at, *record.reinstated[-1:]])
        if not earliest <= as_of <= now.time:
            raise ContractRefusal("SuspensionOutOfRange", as_of, earliest, now.time)
        if len(record.suspended) > ended and as_of >= record.suspended[ended]:
            raise ContractRefusal("AlreadySuspended", issuer_id, record.suspended[ended])
        record.suspended[ended:] = [as_of]
        now.emit("IssuerSuspended", issuer_id, now.sender, as_of)

    def reinstate(self, now: Moment, issuer_id: bytes) -> None:
        self._require_registrar(now)
        record = self._known(issuer_id)
        if len(record.suspended) == len(record.reinstated):
            raise ContractRefusal("NotSuspended", issuer_id)
        record.reinstated.append(now.time)
        now.emit("IssuerReinstated", issuer_id, now.sender, record.suspended[-1])

    def addKey(self, now: Moment, issuer_id: bytes, public_key: bytes, purpose: int, custody: int) -> None:  # noqa: N802
        self._require_controller(now, issuer_id)
        record = self._known(issuer_id)
        if public_key in record.keys:
            raise ContractRefusal("KeyAlreadyKnown", issuer_id, public_key)
        record.keys[public_key] = _Key(purpose, custody, now.time)
        now.emit("KeyAdded", issuer_id, public_key, purpose, custody)

    def addKeyFor(self, now: Moment, issuer_id: bytes, *values: Any) -> None:  # noqa: N802
        public_key, purpose, custody, deadline, signature = values
        nonce = self.next_nonce(now, issuer_id, deadline)
        message = now.calls.add_key_for(
            issuer_id, public_key, Purpose(purpose), Custody(custody), nonce=nonce, deadline=deadline
        )
        self._as_signer(now, issuer_id, message, signature)
        self.addKey(now, issuer_id, public_key, purpose, custody)

    def retireKey(self, now: Moment, issuer_id: bytes, public_key: bytes, as_of: int) -> None:  # noqa: N802
        self._require_controller(now, issuer_id)
        if as_of < (earliest := now.time - _FURTHEST_BACK):
            raise ContractRefusal("RetirementNeedsRegistrar", as_of, earliest)
        self._retire(now, issuer_id, public_key, as_of, registrar="0x" + "00" * 20)

    def retireKeyFor(self, now: Moment, issuer_id: bytes, *values: Any) -> None:  # noqa: N802
        public_key, as_of, deadline, signature = values
        nonce = self.next_nonce(now, issuer_id, deadline)
        message = now.calls.retire_key_for(issuer_id, public_key, as_of, nonce=nonce, deadline=deadline)
        self._as_signer(now, issuer_id, message, signature)
        self.retireKey(now, issuer_id, public_key, as_of)

    def requestRetirementFor(self, now: Moment, issuer_id: bytes, *values: Any) -> None:  # noqa: N802
        public_key, as_of, deadline, signature = values
        nonce = self.next_nonce(now, issuer_id, deadline)
        message = now.calls.request_retirement_for(issuer_id, public_key, as_of, nonce=nonce, deadline=deadline)
        self._as_signer(now, issuer_id, message, signature)
        self._retirable(now, issuer_id, public_key, as_of)
        self._known(issuer_id).requested[public_key] = as_of
        now.emit("RetirementRequested", issuer_id, public_key, as_of, now.sender)

    def confirmRetirement(self, now: Moment, issuer_id: bytes, public_key: bytes, as_of: int) -> None:  # noqa: N802
        self._require_registrar(now)
        if self._known(issuer_id).requested.get(public_key) != as_of:
            raise ContractRefusal("RetirementNotRequested", issuer_id, public_key, as_of)
        self._retire(now, issuer_id, public_key, as_of, registrar=now.sender)

    def next_nonce(self, now: Moment, issuer_id: bytes, deadline: int) -> int:
        """Use up the issuer's nonce, as both registries do for a relayed call."""
        if now.time > deadline:
            raise ContractRefusal("DeadlinePassed", deadline, now.time)
        nonce = self._nonces.get(issuer_id, 0)
        self._nonces[issuer_id] = nonce + 1
        return nonce

    def controller(self, issuer_id: bytes) -> str | None:
        """The account that may act for the issuer."""
        record = self.issuers.get(issuer_id)
        return record.controller if record else None

    def _as_signer(self, now: Moment, issuer_id: bytes, message: RelayedCall, signature: bytes) -> None:
        if signer_of(message, signature) != self.controller(issuer_id):
            raise ContractRefusal("BadSignature", issuer_id, message.message["nonce"])
        now.sender = str(self.controller(issuer_id))

    def _retire(self, now: Moment, issuer_id: bytes, public_key: bytes, as_of: int, *, registrar: str) -> None:
        self._retirable(now, issuer_id, public_key, as_of).until = as_of
        now.emit("KeyRetired", issuer_id, public_key, as_of, registrar)

    def _retirable(self, now: Moment, issuer_id: bytes, public_key: bytes, as_of: int) -> _Key:
        key = self._known(issuer_id).keys.get(public_key)
        if key is None:
            raise ContractRefusal("UnknownKey", issuer_id, public_key)
        if not key.start <= as_of <= now.time or (key.until and as_of >= key.until):
            raise ContractRefusal("RetirementOutOfRange", as_of, key.start, key.until)
        return key

    def _known(self, issuer_id: bytes) -> _Issuer:
        if issuer_id not in self.issuers:
            raise ContractRefusal("UnknownIssuer", issuer_id)
        return self.issuers[issuer_id]

    def _require_registrar(self, now: Moment) -> None:
        if now.sender not in self._registrars:
            raise ContractRefusal("NotRegistrar", now.sender)

    def _require_controller(self, now: Moment, issuer_id: bytes) -> None:
        if now.sender != self.controller(issuer_id):
            raise ContractRefusal("NotController", issuer_id, now.sender)


class FakeCredentialRegistry:
    """Methods are named and take arguments as in `ICredentialRegistry`, after the moment."""

    views: Final = frozenset({"issuerRegistry", "anchorOf", "revocationOf", "nonces", "check"})

    def __init__(self, address: str, issuers: FakeIssuerRegistry) -> None:
        self._address = address
        self._issuers = issuers
        self._anchors: dict[bytes, tuple[int, int]] = {}
        self._revocations: dict[tuple[bytes, bytes], tuple[int, int]] = {}
        self._nonces: dict[bytes, int] = {}

    def issuerRegistry(self, _: Moment) -> tuple[Any, ...]:  # noqa: N802
        return (self._address,)

    def nonces(self, _: Moment, issuer_id: bytes) -> tuple[Any, ...]:
        return (self._nonces.get(issuer_id, 0),)

    def anchorOf(self, _: Moment, root: bytes) -> tuple[Any, ...]:  # noqa: N802
        return self._anchors.get(root, (0, 0))

    def revocationOf(self, _: Moment, issuer_id: bytes, digest: bytes) -> tuple[Any, ...]:  # noqa: N802
        reason, revoked_at = self._revocations.get((issuer_id, digest), (0, 0))
        return (bool(revoked_at), reason, revoked_at)

    def anchor(self, now: Moment, root: bytes) -> None:
        if root in self._anchors:
            raise ContractRefusal("AlreadyAnchored", root, *self._anchors[root])
        self._anchors[root] = (now.number, now.time)
        now.emit("Anchored", root, now.sender, now.number, now.time)

    def revoke(self, now: Moment, issuer_id: bytes, digests: Sequence[bytes], reason: int) -> None:
        if now.sender != self._issuers.controller(issuer_id):
            raise ContractRefusal("NotRevoker", issuer_id, now.sender)
        for digest in digests:
            if (issuer_id, digest) not in self._revocations:
                self._revocations[issuer_id, digest] = (reason, now.time)
                now.emit("Revoked", issuer_id, digest, reason, now.time)

    def revokeFor(self, now: Moment, issuer_id: bytes, *values: Any) -> None:  # noqa: N802
        digests, reason, deadline, signature = values
        if now.time > deadline:
            raise ContractRefusal("DeadlinePassed", deadline, now.time)
        nonce = self._nonces.get(issuer_id, 0)
        message = now.calls.revoke_for(issuer_id, digests, Reason(reason), nonce=nonce, deadline=deadline)
        controller = self._issuers.controller(issuer_id)
        if controller is None or signer_of(message, signature) != controller:
            raise ContractRefusal("BadSignature", issuer_id, nonce)
        self._nonces[issuer_id] = nonce + 1
        now.sender = controller
        self.revoke(now, issuer_id, digests, reason)

    def check(self, now: Moment, *values: Any) -> tuple[Any, ...]:
        issuer_id, public_key, digest, root, proof = values
        number, anchored_at = self._anchors.get(root, (0, 0))
        proved = len(proof) <= MAX_PROOF and root_from(digest, proof) == root
        as_of = anchored_at if proved and anchored_at else now.time
        revoked, reason, revoked_at = self.revocationOf(now, issuer_id, digest)
        anchor = (proved, bool(anchored_at), number, anchored_at, as_of)
        standing = self._standing(issuer_id, public_key, as_of)
        return ((*anchor, *standing, revoked, reason, revoked_at, now.number, now.time),)

    def _standing(self, issuer_id: bytes, public_key: bytes, time: int) -> tuple[Any, ...]:
        record = self._issuers.issuers.get(issuer_id)
        if record is None:
            return (False, False, 0, "", "", False, False, 0, 0, 0)
        name = _at(record.names, time, "")
        issuer = (True, record.is_admitted_at(time), _at(record.kinds, time, 0), name, record.names[-1][1])
        key = record.keys.get(public_key)
        if key is None:
            return (*issuer, False, False, 0, 0, 0)
        within = key.start <= time and (key.until == 0 or time < key.until)
        return (*issuer, True, within and key.purpose == Purpose.CREDENTIAL, key.custody, key.start, key.until)


def signer_of(message: RelayedCall, signature: bytes) -> str | None:
    """The account that signed a relayed call, or None."""
    signable = encode_typed_data(
        domain_data=dict(message.domain),
        message_types={name: [dict(one) for one in fields] for name, fields in message.types.items()},
        message_data=dict(message.message),
    )
    try:
        return str(EthAccount.recover_message(signable, signature=signature)).lower()
    except ValueError:
        return None


def _at(history: Sequence[tuple[int, Any]], time: int, before: Any) -> Any:
    held = [value for since, value in history if since <= time]
    return held[-1] if held else before
