"""What the two contracts say now: issuers, keys, anchors, revocations, and who did it. Each answer is of one block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from portfolio.chain.abi import Interface, credential_registry, issuer_registry
from portfolio.chain.answers import Block, Log, data_of
from portfolio.chain.client import Chain, RpcCall, at_block
from portfolio.chain.errors import BadAnswerError, NodeRefusedError, RevertedError, RpcRefusal
from portfolio.credentials.facts import Custody, Reason

_NOTHING: Final = bytes(32)


class Purpose(IntEnum):
    """What an issuer's key may sign, as the issuer registry numbers it."""

    CREDENTIAL = 0
    STATUS = 1


class Change(IntEnum):
    """What two registrars change together, as the issuer registry numbers it."""

    CONTROLLER = 0
    SUCCESSOR = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change that a registrar proposed; `executable_at` in unix seconds, None while no second one has agreed."""

    subject: bytes
    executable_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRecord:
    """An issuer as of the head; `admitted_at` in unix seconds, `successor` an issuer id or None."""

    did: str
    controller: str
    name: str
    kinds: int
    admitted_at: int
    suspended: bool
    successor: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """One key of an issuer, valid in [valid_from, valid_until); `valid_until` is None while it is not retired."""

    public_key: bytes
    purpose: Purpose
    custody: Custody
    valid_from: int
    valid_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Where an event stands on the chain, and its arguments by the names of the interface."""

    event: str
    values: dict[str, Any]
    block_number: int
    block_hash: str
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRecord:
    """When a root was first anchored; `sender` and `transaction` are None where the node did not show the event."""

    block_number: int
    block_hash: str
    block_time: int
    sender: str | None
    transaction: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationRecord:
    reason: Reason
    revoked_at: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A custom error of the contracts; `name` is empty when the contract gave none that is known."""

    name: str
    values: dict[str, Any]


class Registry:
    """One pair of contracts at one node, read only. Outages and nonsense raise UnavailableError."""

    def __init__(self, chain: Chain, *, issuer_registry: str, credential_registry: str, first_block: int = 0) -> None:
        self.chain = chain
        self.issuer_registry = issuer_registry
        self.credential_registry = credential_registry
        self._first_block = first_block

    def issuer(self, issuer_id: bytes) -> IssuerRecord | None:
        """Return the issuer, or None when it was never admitted."""
        known, did, controller, name, kinds, admitted_at, suspended, successor = self._read_issuers(
            ("issuer", issuer_id)
        )[0]
        if not known:
            return None
        return IssuerRecord(
            did=did,
            controller=controller.lower(),
            name=name,
            kinds=kinds,
            admitted_at=admitted_at,
            suspended=suspended,
            successor=None if successor == _NOTHING else successor,
        )

    def keys(self, issuer_id: bytes) -> list[KeyRecord]:
        """All keys that the issuer ever had, in the order in which it added them."""
        head = self.chain.head()
        (public_keys,) = self._read(issuer_registry(), self.issuer_registry, [("keys", issuer_id)], head)[0]
        calls = [("key", issuer_id, public_key) for public_key in public_keys]
        answers = self._read(issuer_registry(), self.issuer_registry, calls, head)
        return [_key(public_key, answer) for public_key, answer in zip(public_keys, answers, strict=True)]

    def key(self, issuer_id: bytes, public_key: bytes) -> KeyRecord | None:
        """Return one key of the issuer, or None when it never had it."""
        answer = self._read_issuers(("key", issuer_id, public_key))[0]
        return _key(public_key, answer) if answer[0] else None

    def proposal(self, issuer_id: bytes, change: Change) -> Proposal | None:
        """Return the change of one sort that is proposed for the issuer now, or None."""
        subject, proposer, _, executable_at = self._read_issuers(("proposal", issuer_id, change))[0]
        if int(proposer, 16) == 0:
            return None
        return Proposal(subject=subject, executable_at=executable_at or None)

    def retirement_request(self, issuer_id: bytes, public_key: bytes) -> int | None:
        """Return the time as of which the controller asked a registrar to retire the key, or None."""
        return int(self._read_issuers(("retirementRequest", issuer_id, public_key))[0][0]) or None

    def issuer_nonce(self, issuer_id: bytes) -> int:
        """Nonce that the issuer's next relayed call to the issuer registry must carry."""
        return int(self._read_issuers(("nonces", issuer_id))[0][0])

    def credential_nonce(self, issuer_id: bytes) -> int:
        """Nonce that the issuer's next relayed call to the credential registry must carry."""
        return int(self._read_credentials(("nonces", issuer_id))[0][0])

    def revocation_of(self, issuer_id: bytes, digest: bytes) -> RevocationRecord | None:
        revoked, reason, revoked_at = self._read_credentials(("revocationOf", issuer_id, digest))[0]
        return RevocationRecord(reason=Reason(reason), revoked_at=revoked_at) if revoked else None

    def anchor_of(self, root: bytes) -> AnchorRecord | None:
        """When, and as far as the node shows it by whom, the root was anchored; None when it is not."""
        number, block_time = self._read_credentials(("anchorOf", root))[0]
        if not block_time:
            return None
        block = self.chain.block(number)
        if block is None or block.time != block_time:
            raise BadAnswerError(f"{self.chain.address} knows an anchor in block {number} but not that block")
        found = self.occurrences("Anchored", root, first=number, last=number)
        return AnchorRecord(
            block_number=number,
            block_hash=block.hash,
            block_time=block_time,
            sender=found[0].values["sender"].lower() if found else None,
            transaction=found[0].transaction if found else None,
        )

    def occurrences(
        self, event: str, *topics: bytes | None, first: int | None = None, last: int | None = None
    ) -> list[Occurrence]:
        """Events of one name with the given indexed arguments (None: any) in a range of blocks, in chain order.

        The range is from the pair's first block to the head unless narrowed.
        """
        interface, address = (
            (credential_registry(), self.credential_registry)
            if event in {"Anchored", "Revoked"}
            else (issuer_registry(), self.issuer_registry)
        )
        logs = self.chain.logs(
            addresses=[address],
            topics=[interface.topic(event), *("0x" + topic.hex() if topic is not None else None for topic in topics)],
            first=self._first_block if first is None else first,
            last=self.chain.head().number if last is None else last,
        )
        return [found for log in logs if (found := occurrence(interface, log)) is not None]

    def _read_issuers(self, *calls: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return self._read(issuer_registry(), self.issuer_registry, calls, self.chain.head())

    def _read_credentials(self, *calls: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return self._read(credential_registry(), self.credential_registry, calls, self.chain.head())

    def _read(
        self, interface: Interface, address: str, calls: Sequence[tuple[Any, ...]], block: Block
    ) -> list[tuple[Any, ...]]:
        asked = [view(interface, address, block.hash, name, *values) for name, *values in calls]
        answers = self.chain.batch(asked)
        return [
            interface.answer(call[0], view_answer(self.chain.address, answer))
            for call, answer in zip(calls, answers, strict=True)
        ]


def controller_subject(address: str) -> bytes:
    """Return a controller as the subject of a proposed change: its address, left-padded to 32 bytes."""
    return bytes.fromhex(address.removeprefix("0x")).rjust(len(_NOTHING), b"\0")


def view(interface: Interface, address: str, block_hash: str, function: str, *values: Any) -> RpcCall:
    """One view of a contract at one block, as a call for `Chain.batch`."""
    data = "0x" + interface.call_data(function, *values).hex()
    return "eth_call", [{"to": address, "data": data}, at_block(block_hash)]


def view_answer(node: str, answer: Any) -> bytes:
    """Bytes that a view returned; a refusal is a `NodeRefusedError`, since none of the views here ever reverts."""
    if isinstance(answer, RpcRefusal):
        raise NodeRefusedError(f"{node} refused a view: {answer}", answer)
    return data_of(answer)


def occurrence(interface: Interface, log: Log) -> Occurrence | None:
    """Decode a log; None for an event that the interface does not declare. Raises `BadAnswerError`."""
    decoded = interface.event(log)
    if decoded is None:
        return None
    name, values = decoded
    return Occurrence(
        event=name,
        values=values,
        block_number=log.block_number,
        block_hash=log.block_hash,
        transaction=log.transaction,
    )


def refusal_of(error: RevertedError) -> Refusal:
    """Decode what a contract said when it refused, e.g. `AlreadyAnchored(root, blockNumber, blockTime)`.

    For people and for choosing a message: whether something is done is asked of the contracts.
    """
    for interface in (credential_registry(), issuer_registry()):
        if (decoded := interface.error(error.revert)) is not None:
            return Refusal(*decoded)
    return Refusal("", {})


def _key(public_key: bytes, answer: tuple[Any, ...]) -> KeyRecord:
    _, purpose, custody, valid_from, valid_until = answer
    return KeyRecord(
        public_key=public_key,
        purpose=Purpose(purpose),
        custody=Custody(custody),
        valid_from=valid_from,
        valid_until=valid_until or None,
    )
