"""One node of an EVM chain: small typed reads with bounded retries, a send that is neither repeated nor guessed about.

Knows nothing of the contracts and touches no database.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

from tiny_keccak import keccak256

from portfolio.chain.answers import (
    Block,
    Fees,
    Log,
    MinedTransaction,
    NetworkPin,
    PooledTransaction,
    SendOutcome,
    Standing,
    block_of,
    data_of,
    fees_of,
    hash_of,
    logs_of,
    mined_of,
    pooled_of,
    quantity_of,
    revert_data,
)
from portfolio.chain.errors import BatchRefusedError, NodeRefusedError, RevertedError, RpcRefusal, UnreachableError
from portfolio.chain.transport import Endpoint, RpcEndpoint

_FIRST_PAUSE: Final = 0.1
_PAUSE_FACTOR: Final = 2.0
_ATTEMPTS: Final = 4
T = TypeVar("T")

RpcCall = tuple[str, Sequence[Any]]


class Chain(Protocol):
    """What the rest of this package needs of a node: `ChainClient` is real, `FakeChain` misbehaves on demand."""

    @property
    def address(self) -> str: ...
    def chain_id(self) -> int: ...
    def genesis_hash(self) -> str: ...
    def require_network(self, pin: NetworkPin) -> None: ...
    def head(self) -> Block: ...
    def block(self, at: int | str) -> Block | None: ...
    def nonce(self, address: str, *, pending: bool = False) -> int: ...
    def balance(self, address: str) -> int: ...
    def fees(self) -> Fees: ...
    def estimate(self, *, sender: str, to: str | None, data: bytes) -> int: ...
    def code(self, address: str, *, block_hash: str) -> bytes: ...
    def call(self, *, to: str, data: bytes, block_hash: str) -> bytes: ...
    def logs(self, *, addresses: Sequence[str], topics: Sequence[Any], first: int, last: int) -> list[Log]: ...
    def send_raw(self, raw: bytes) -> SendOutcome: ...
    def transaction(self, transaction_hash: str) -> PooledTransaction | None: ...
    def receipt(self, transaction_hash: str) -> MinedTransaction | None: ...
    def standing(self, transaction_hash: str, *, sender: str) -> Standing: ...
    def batch(self, calls: Sequence[RpcCall]) -> list[Any]: ...


class ChainClient:
    """A JSON-RPC node, by its URL or by what stands for it; may be shared by threads.

    `timeout` (seconds) bounds a read with all its repetitions, and a send. With a `pin` every send first makes sure
    that the node still runs that network (`ChainMismatchError`).
    """

    def __init__(self, node: str | Endpoint, *, timeout: float = 10.0, pin: NetworkPin | None = None) -> None:
        self._endpoint: Endpoint = RpcEndpoint(node, timeout=timeout) if isinstance(node, str) else node
        self._timeout = timeout
        self._pin = pin

    @property
    def address(self) -> str:
        """The node's address without the keys that may stand in its URL."""
        return self._endpoint.shown_address

    def chain_id(self) -> int:
        return quantity_of(self._ask("eth_chainId"))

    def genesis_hash(self) -> str:
        return block_of(self._ask("eth_getBlockByNumber", "0x0", False)).hash

    def require_network(self, pin: NetworkPin) -> None:
        """Raise `ChainMismatchError` unless the node's chain id and block 0 are the pinned ones."""
        chain_id, genesis = self.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
        pin.require(
            quantity_of(self._answer("eth_chainId", chain_id)),
            block_of(self._answer("eth_getBlockByNumber", genesis)).hash,
            address=self.address,
        )

    def head(self) -> Block:
        return block_of(self._ask("eth_getBlockByNumber", "latest", False))

    def block(self, at: int | str) -> Block | None:
        """The block of a number or a hash, or None where the node knows none (ahead of it, or reorganised away)."""
        method, key = ("eth_getBlockByNumber", hex(at)) if isinstance(at, int) else ("eth_getBlockByHash", at)
        found = self._ask(method, key, False)
        return None if found is None else block_of(found)

    def nonce(self, address: str, *, pending: bool = False) -> int:
        """How many transactions of the account are mined, or with `pending` mined and waiting in this node's pool."""
        return quantity_of(self._ask("eth_getTransactionCount", address, "pending" if pending else "latest"))

    def balance(self, address: str) -> int:
        """Wei at the head."""
        return quantity_of(self._ask("eth_getBalance", address, "latest"))

    def fees(self) -> Fees:
        """What a transaction should offer now: EIP-1559 fields where blocks have a base fee, else a gas price."""
        head, tip, price = self.batch(
            [("eth_getBlockByNumber", ["latest", False]), ("eth_maxPriorityFeePerGas", []), ("eth_gasPrice", [])]
        )
        return fees_of(block_of(self._answer("eth_getBlockByNumber", head)), tip, price)

    def estimate(self, *, sender: str, to: str | None, data: bytes) -> int:
        """Gas that the call would use at the head. Raises `RevertedError` where the contract says no."""
        call = {"from": sender, "data": "0x" + data.hex()} | ({} if to is None else {"to": to})
        return quantity_of(self._ask("eth_estimateGas", call))

    def code(self, address: str, *, block_hash: str) -> bytes:
        return data_of(self._ask("eth_getCode", address, at_block(block_hash)))

    def call(self, *, to: str, data: bytes, block_hash: str) -> bytes:
        """Run a view at one canonical block (EIP-1898). Raises `RevertedError`; `NodeRefusedError`: unknown block."""
        return data_of(self._ask("eth_call", {"to": to, "data": "0x" + data.hex()}, at_block(block_hash)))

    def logs(self, *, addresses: Sequence[str], topics: Sequence[Any], first: int, last: int) -> list[Log]:
        """All matching logs of blocks first..last; a range that the node finds too large is halved, duplicates dropped.

        Filters are not used: a node forgets them when it restarts.
        """
        wanted = {"address": list(addresses), "topics": list(topics), "fromBlock": hex(first), "toBlock": hex(last)}
        try:
            return logs_of(self._ask("eth_getLogs", wanted))
        except NodeRefusedError:
            if first >= last:
                raise
        middle = (first + last) // 2
        return [
            *self.logs(addresses=addresses, topics=topics, first=first, last=middle),
            *self.logs(addresses=addresses, topics=topics, first=middle + 1, last=last),
        ]

    def send_raw(self, raw: bytes) -> SendOutcome:
        """Hand a signed transaction to the node, once.

        The outcome is never "failed": whatever goes wrong, and whatever the node says ("already known", "nonce too
        low", ...), the transaction may be in a pool or a block, and only `standing` knows. Raises `ChainMismatchError`
        when the client is pinned and the node is on another network, `UnreachableError` when that stayed unknown.
        """
        if self._pin is not None:
            self.require_network(self._pin)
        transaction_hash = "0x" + keccak256(raw).hex()
        try:
            answer = self._endpoint.exchange([("eth_sendRawTransaction", ["0x" + raw.hex()])], batch=False)[0]
        except UnreachableError as error:
            return SendOutcome(accepted=False, hash=transaction_hash, text=error.message)
        if isinstance(answer, str) and answer.lower() == transaction_hash:
            return SendOutcome(accepted=True, hash=transaction_hash, text="")
        return SendOutcome(accepted=False, hash=transaction_hash, text=str(answer))

    def transaction(self, transaction_hash: str) -> PooledTransaction | None:
        """The transaction as the node knows it, waiting or mined; None where it knows none."""
        return pooled_of(self._ask("eth_getTransactionByHash", transaction_hash), transaction_hash)

    def receipt(self, transaction_hash: str) -> MinedTransaction | None:
        """Where the transaction was mined on the node's present chain, or None."""
        return mined_of(self._ask("eth_getTransactionReceipt", transaction_hash), transaction_hash)

    def standing(self, transaction_hash: str, *, sender: str) -> Standing:
        """Everything needed to decide what became of a transaction, in one round trip."""
        receipt, transaction, mined_nonce = self.batch(
            [
                ("eth_getTransactionReceipt", [transaction_hash]),
                ("eth_getTransactionByHash", [transaction_hash]),
                ("eth_getTransactionCount", [sender, "latest"]),
            ]
        )
        return Standing(
            mined=mined_of(self._answer("eth_getTransactionReceipt", receipt), transaction_hash),
            pooled=pooled_of(self._answer("eth_getTransactionByHash", transaction), transaction_hash) is not None,
            mined_nonce=quantity_of(self._answer("eth_getTransactionCount", mined_nonce)),
        )

    def command(self, method: str, *params: Any) -> Any:
        """Ask a development node for something beyond the standard (`evm_setTime`, `anvil_dumpState`), once."""
        return self._answer(method, self._endpoint.exchange([(method, params)], batch=False)[0])

    def batch(self, calls: Sequence[RpcCall]) -> list[Any]:
        """Several reads in one round trip, answers in order; a refused one is an `RpcRefusal`."""
        if not calls:
            return []
        try:
            return self._retried(lambda seconds: self._endpoint.exchange(calls, timeout=seconds))
        except BatchRefusedError:
            return [self._one(method, params) for method, params in calls]

    def _ask(self, method: str, *params: Any) -> Any:
        return self._answer(method, self._one(method, params))

    def _one(self, method: str, params: Sequence[Any]) -> Any:
        return self._retried(
            lambda seconds: self._endpoint.exchange([(method, params)], batch=False, timeout=seconds)[0]
        )

    def _answer(self, method: str, answer: Any) -> Any:
        """Pass a result on, turn a refusal into the error it means."""
        if not isinstance(answer, RpcRefusal):
            return answer
        if method in {"eth_call", "eth_estimateGas"} and (revert := revert_data(answer)) is not None:
            raise RevertedError(f"the contract refused: {answer}", revert)
        raise NodeRefusedError(f"{self.address} refused {method}: {answer}", answer)

    def _retried(self, attempt: Callable[[float], T]) -> T:
        """Repeat a read with growing random pauses (or the node's own wish) until the client's timeout is used up."""
        deadline = time.monotonic() + self._timeout
        pause = _FIRST_PAUSE
        for number in range(1, _ATTEMPTS + 1):
            try:
                return attempt(max(deadline - time.monotonic(), 0.05))
            except UnreachableError as error:
                wait = max(pause * random.uniform(0.5, 1.5), error.retry_after or 0.0)  # noqa: S311 - spreads load, keeps no secret
                if isinstance(error, BatchRefusedError) or number == _ATTEMPTS or time.monotonic() + wait >= deadline:
                    raise
            time.sleep(wait)
            pause *= _PAUSE_FACTOR
        raise AssertionError("unreachable")


def at_block(block_hash: str) -> dict[str, Any]:
    """EIP-1898 parameter: the state after this very block, refused when a reorganisation removed it."""
    return {"blockHash": hash_of(block_hash), "requireCanonical": True}
