"""What a node answers, as typed values; anything of another shape is a `BadAnswerError`, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portfolio.chain.errors import BadAnswerError, ChainMismatchError, RpcRefusal

_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]{0,63})", re.ASCII)
_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
_REVERTED: Final = 3  # geth's JSON-RPC error code for a reverted call, taken over by the others
_DEFAULT_TIP: Final = 1_000_000_000
_BUMP: Final = 8  # an eighth, 12.5 %
_FEE_ROOM: Final = 2  # the base fee can double within six full blocks


@dataclass(frozen=True, slots=True)
class NetworkPin:
    """The chain meant: its id and the hash of its block 0, both fixed when the contracts were deployed."""

    chain_id: int
    genesis_hash: str

    def require(self, chain_id: int, genesis_hash: str, *, address: str) -> None:
        """Raise `ChainMismatchError` with a sentence that says what differs at the node `address`."""
        if chain_id != self.chain_id:
            raise ChainMismatchError(
                f"the node at {address} runs chain {chain_id}, not {self.chain_id}: it is another network",
                what="wrong_chain",
            )
        if genesis_hash != self.genesis_hash:
            raise ChainMismatchError(
                f"the chain at {address} begins with block {genesis_hash}, not with {self.genesis_hash}: "
                "it was reset, or is another network of the same id",
                what="wrong_genesis",
            )


@dataclass(frozen=True, slots=True)
class Block:
    """Header fields in use; `time` in unix seconds, `base_fee` in wei or None before EIP-1559."""

    number: int
    hash: str
    parent_hash: str
    time: int
    base_fee: int | None


@dataclass(frozen=True, slots=True)
class Log:
    address: str
    topics: tuple[str, ...]
    data: bytes
    block_number: int
    block_hash: str
    transaction: str
    index: int


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """A transaction's receipt on the node's present chain; `ok` is False where it was mined but reverted."""

    hash: str
    block_number: int
    block_hash: str
    ok: bool
    gas_used: int
    contract: str | None
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class PooledTransaction:
    """A transaction the node knows; `block_hash` is None while it waits."""

    hash: str
    sender: str
    nonce: int
    block_hash: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a node knows of one transaction: mined, waiting, or neither while the account stands at `mined_nonce`.

    Neither, with `mined_nonce` above the transaction's own nonce, means that another transaction took its place.
    """

    mined: MinedTransaction | None
    pooled: bool
    mined_nonce: int


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What is known after handing a transaction to a node: accepted, or unsure and to be looked up by `hash`.

    `text` is the node's or the network's complaint, for people only.
    """

    accepted: bool
    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas: either both EIP-1559 fields, or `gas_price` on a chain without a base fee."""

    max_fee: int | None = None
    priority_fee: int | None = None
    gas_price: int | None = None

    def bumped(self) -> Fees:
        """What a replacement must offer at least: nodes ask for 10 to 12.5 % more in every field."""

        def more(fee: int | None) -> int | None:
            return None if fee is None else fee - (-fee // _BUMP)

        return Fees(more(self.max_fee), more(self.priority_fee), more(self.gas_price))

    @property
    def ceiling(self) -> int:
        """The most that one unit of gas can cost."""
        return self.gas_price if self.gas_price is not None else (self.max_fee or 0)


def quantity_of(value: Any) -> int:
    """Read a quantity: hexadecimal, no leading zeros, at most 256 bits."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(lowered := value.lower()):
        raise BadAnswerError(f"not a quantity: {_shown(value)}")
    return int(lowered, 16)


def hash_of(value: Any) -> str:
    """Check and lower-case a 32-byte hash in hex."""
    return _hex(value, _HASH, "a 32-byte hash")


def address_of(value: Any) -> str:
    """Check and lower-case an address."""
    return _hex(value, _ADDRESS, "an address")


def data_of(value: Any) -> bytes:
    """Read a byte string of any length."""
    if isinstance(value, str) and value[:2] in {"0x", "0X"}:
        try:
            data = bytes.fromhex(value[2:])
        except ValueError:
            data = b""
        if 2 * len(data) + 2 == len(value):  # `fromhex` takes spaces too
            return data
    raise BadAnswerError(f"not data in hex: {_shown(value)}")


def block_of(value: Any) -> Block:
    """Read a block's header fields."""
    fields = _mapping(value, "a block")
    base_fee = fields.get("baseFeePerGas")
    return Block(
        number=quantity_of(fields.get("number")),
        hash=hash_of(fields.get("hash")),
        parent_hash=hash_of(fields.get("parentHash")),
        time=quantity_of(fields.get("timestamp")),
        base_fee=None if base_fee is None else quantity_of(base_fee),
    )


def fees_of(head: Block, tip: Any, price: Any) -> Fees:
    """Fees to offer on top of `head`; `tip` and `price` are the node's suggestions, either may be refused."""
    if head.base_fee is None:
        if isinstance(price, RpcRefusal):
            raise BadAnswerError(f"the node suggests no gas price: {price}")
        return Fees(gas_price=quantity_of(price))
    priority = _DEFAULT_TIP if isinstance(tip, RpcRefusal) else quantity_of(tip)
    return Fees(max_fee=_FEE_ROOM * head.base_fee + priority, priority_fee=priority)


def logs_of(value: Any) -> list[Log]:
    """Logs in chain order, each once; those a node marks as removed are left out."""
    if not isinstance(value, list):
        raise BadAnswerError("not a list of logs")
    logs = {}
    for item in value:
        fields = _mapping(item, "a log")
        if fields.get("removed") is True or fields.get("blockHash") is None:
            continue
        log = _log(fields)
        logs[log.block_hash, log.index] = log
    return sorted(logs.values(), key=lambda log: (log.block_number, log.index))


def mined_of(value: Any, wanted: str) -> MinedTransaction | None:
    """Read the receipt of the transaction `wanted`; None where it is not in a block."""
    if value is None:
        return None
    fields = _mapping(value, "a receipt")
    if hash_of(fields.get("transactionHash")) != wanted.lower():
        raise BadAnswerError("the receipt belongs to another transaction")
    # Some nodes show a receipt without a block while the transaction waits.
    if fields.get("blockHash") is None:
        return None
    contract = fields.get("contractAddress")
    return MinedTransaction(
        hash=wanted.lower(),
        block_number=quantity_of(fields.get("blockNumber")),
        block_hash=hash_of(fields.get("blockHash")),
        ok=quantity_of(fields.get("status")) == 1,
        gas_used=quantity_of(fields.get("gasUsed")),
        contract=None if contract is None else address_of(contract),
        logs=tuple(logs_of(fields.get("logs"))),
    )


def pooled_of(value: Any, wanted: str) -> PooledTransaction | None:
    """Read the transaction `wanted`; None where the node knows none."""
    if value is None:
        return None
    fields = _mapping(value, "a transaction")
    if hash_of(fields.get("hash")) != wanted.lower():
        raise BadAnswerError("the answer is another transaction than the one asked for")
    block_hash = fields.get("blockHash")
    return PooledTransaction(
        hash=wanted.lower(),
        sender=address_of(fields.get("from")),
        nonce=quantity_of(fields.get("nonce")),
        block_hash=None if block_hash is None else hash_of(block_hash),
    )


def revert_data(refusal: RpcRefusal) -> bytes | None:
    """The contract's encoded error inside a refusal, empty if it gave none; None where the call was not run at all.

    Nodes hide it differently: geth, reth, anvil `data: "0x…"`, besu and nethermind the same or `"Reverted 0x…"`, others
    an object.
    """
    data = refusal.data
    if isinstance(data, Mapping):
        data = data.get("data", data.get("result"))
    text = data if isinstance(data, str) else ""
    if refusal.code != _REVERTED and "revert" not in f"{refusal.message} {text}".lower():
        return None
    found = re.search(r"0x(?:[0-9a-f]{2})*", text.lower())
    return bytes.fromhex(found.group()[2:]) if found else b""


def _log(fields: Mapping[str, Any]) -> Log:
    topics = fields.get("topics")
    if not isinstance(topics, list):
        raise BadAnswerError("a log without topics")
    return Log(
        address=address_of(fields.get("address")),
        topics=tuple(hash_of(topic) for topic in topics),
        data=data_of(fields.get("data")),
        block_number=quantity_of(fields.get("blockNumber")),
        block_hash=hash_of(fields.get("blockHash")),
        transaction=hash_of(fields.get("transactionHash")),
        index=quantity_of(fields.get("logIndex")),
    )


def _hex(value: Any, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(lowered := value.lower()):
        raise BadAnswerError(f"not {what}: {_shown(value)}")
    return lowered


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadAnswerError(f"not {what}: {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004 - one line of a log
