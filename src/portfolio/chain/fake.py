"""A chain in memory that misbehaves on demand; for tests, it warns when made and is refused in production."""

from __future__ import annotations

import copy
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from eth_account import Account as EthAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from tiny_keccak import keccak256

from portfolio.chain.abi import Interface, credential_registry, issuer_registry
from portfolio.chain.accounts import create_address
from portfolio.chain.calls import Calls
from portfolio.chain.client import ChainClient
from portfolio.chain.errors import BadAnswerError, LocalChainError, RpcRefusal, UnreachableError
from portfolio.chain.fake_contracts import ContractRefusal, FakeCredentialRegistry, FakeIssuerRegistry, Moment

_COIN: Final = 10**18
_BASE_FEE: Final = 10**9
_GAS: Final = 100_000


class Misbehaviour(StrEnum):
    """What can be wrong with a node; several at once are allowed."""

    DOWN = "down"  # every question fails
    LOSES_ANSWER = "loses_answer"  # takes a transaction, and then the answer does not arrive
    SAYS_NONCE_TOO_LOW = "says_nonce_too_low"  # takes a transaction, and says the contrary
    DROPS_TRANSACTIONS = "drops_transactions"  # says that it took a transaction, and did not
    TALKS_NONSENSE = "talks_nonsense"  # answers, but not what was asked
    OTHER_NETWORK = "other_network"  # answers for another chain id
    OTHER_GENESIS = "other_genesis"  # shows another block 0
    FALLEN_BEHIND = "fallen_behind"  # calls an older block its newest


@dataclass(slots=True)
class _State:
    """Everything that a block changes; copied for each, so that any block can be asked about."""

    contracts: dict[str, FakeIssuerRegistry | FakeCredentialRegistry] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Block:
    header: dict[str, Any]
    state: _State
    receipts: list[dict[str, Any]] = field(default_factory=list)


class FakeNode:
    """Answers JSON-RPC; `misbehaviour` is a set that a test changes as it goes, `is_mining` stops and starts blocks."""

    def __init__(self, *, is_production: bool, chain_id: int = 31337) -> None:
        if is_production:
            raise LocalChainError("the fake chain is refused in production")
        warnings.warn("anchors go to a fake chain and are lost when the process ends", UserWarning, stacklevel=2)
        self.shown_address = "the fake chain"
        self.misbehaviour: set[Misbehaviour] = set()
        self.is_mining = True
        self.seconds_ahead = 0
        self._chain_id = chain_id
        self._balances: dict[str, int] = {}
        self._pool: dict[str, bytes] = {}
        self._blocks: list[_Block] = []
        self._append(_State(), [])

    def exchange(
        self, requests: Sequence[tuple[str, Sequence[Any]]], *, batch: bool = True, timeout: float | None = None
    ) -> list[Any]:
        """As `RpcEndpoint.exchange`."""
        del batch, timeout
        if Misbehaviour.DOWN in self.misbehaviour:
            raise UnreachableError("the fake chain is down")
        if Misbehaviour.TALKS_NONSENSE in self.misbehaviour:
            raise BadAnswerError("the fake chain talks nonsense")
        return [self._answer(method, params) for method, params in requests]

    def mine(self, blocks: int = 1) -> None:
        """Put what waits into the first of some new blocks."""
        for _ in range(blocks):
            waiting, self._pool = list(self._pool.values()), {}
            self._append(copy.deepcopy(self._blocks[-1].state), waiting)

    def reorganise(self, depth: int, *, keep: bool = False) -> None:
        """Replace the last blocks by as many empty ones; what stood in them is lost, or with `keep` waits again."""
        lost = self._blocks[-depth:]
        del self._blocks[-depth:]
        self._pool.clear()
        for _ in lost:
            self._append(copy.deepcopy(self._blocks[-1].state), [])
        if keep:
            self._pool = {item["hash"]: item["raw"] for block in lost for item in block.receipts}

    def _answer(self, method: str, params: Sequence[Any]) -> Any:
        answer: Callable[..., Any] | None = getattr(self, f"_{method}", None)
        return RpcRefusal(-32601, "Method not found") if answer is None else answer(*params)

    # ------------------------------------------------------------------------------------------------ questions

    def _eth_chainId(self) -> str:  # noqa: N802 - JSON-RPC's names
        return hex(self._chain_id + (Misbehaviour.OTHER_NETWORK in self.misbehaviour))

    def _eth_getBlockByNumber(self, tag: str, _: bool) -> Any:  # noqa: N802
        block = self._at(tag)
        if block is None or (tag != "0x0") or Misbehaviour.OTHER_GENESIS not in self.misbehaviour:
            return block and block.header
        return block.header | {"hash": "0x" + "99" * 32}

    def _eth_getBlockByHash(self, block_hash: str, _: bool) -> Any:  # noqa: N802
        return next((block.header for block in self._blocks if block.header["hash"] == block_hash), None)

    def _eth_getTransactionCount(self, address: str, tag: str) -> str:  # noqa: N802
        waiting = sum(_transaction(raw)["from"] == address.lower() for raw in self._pool.values())
        return hex(self._newest.state.nonces.get(address.lower(), 0) + (waiting if tag == "pending" else 0))

    def _eth_getBalance(self, address: str, _: str) -> str:  # noqa: N802
        return hex(self._balances.get(address.lower(), 10_000 * _COIN))

    def _eth_maxPriorityFeePerGas(self) -> str:  # noqa: N802
        return hex(_BASE_FEE)

    def _eth_gasPrice(self) -> str:  # noqa: N802
        return hex(2 * _BASE_FEE)

    def _eth_getCode(self, address: str, at: dict[str, Any]) -> Any:  # noqa: N802
        block = self._by_hash(at["blockHash"])
        if block is None:
            return RpcRefusal(-32001, "Resource not found")
        contract = block.state.contracts.get(address)
        return "0x" + (_interface(contract).code_template.hex() if contract else "")

    def _eth_call(self, call: dict[str, Any], at: dict[str, Any], lent: dict[str, Any] | None = None) -> Any:
        if lent is not None:
            return RpcRefusal(-32602, "too many arguments, want at most 2")  # as nodes without state overrides say
        block = self._by_hash(at["blockHash"])
        if block is None:
            return RpcRefusal(-32001, "Resource not found")
        contract = block.state.contracts.get(call["to"])
        if contract is None:
            return "0x"
        interface = _interface(contract)
        name, values = interface.called(bytes.fromhex(call["data"][2:]))
        if name not in contract.views:
            return RpcRefusal(3, "execution reverted", "0x")
        number, moment = int(block.header["number"], 16), int(block.header["timestamp"], 16)
        answer = getattr(contract, name)(self._moment(block.state, "", number, moment), *values)
        return "0x" + interface.returned(name, *answer).hex()

    def _eth_estimateGas(self, call: dict[str, Any]) -> Any:  # noqa: N802
        state, data = copy.deepcopy(self._newest.state), bytes.fromhex(call["data"][2:])
        number, moment = self._next()
        try:
            self._run(state, call["from"], call.get("to"), data, number, moment, [])
        except ContractRefusal as refusal:
            return RpcRefusal(3, "execution reverted", "0x" + _revert(refusal).hex())
        return hex(_GAS)

    def _eth_getLogs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        named = wanted["address"]
        addresses = {named} if isinstance(named, str) else set(named)
        return [
            log
            for block in self._blocks[first : last + 1]
            for receipt in block.receipts
            for log in receipt["logs"]
            if log["address"] in addresses
            and all(
                topic is None or (place < len(log["topics"]) and log["topics"][place] == topic)
                for place, topic in enumerate(wanted["topics"])
            )
        ]

    def _eth_getTransactionByHash(self, transaction: str) -> Any:  # noqa: N802
        if transaction in self._pool:
            return _transaction(self._pool[transaction]) | {"hash": transaction, "blockHash": None}
        receipt = self._eth_getTransactionReceipt(transaction)
        return receipt and _transaction(receipt["raw"]) | {"hash": transaction, "blockHash": receipt["blockHash"]}

    def _eth_getTransactionReceipt(self, transaction: str) -> Any:  # noqa: N802
        receipts = (receipt for block in self._blocks for receipt in block.receipts)
        return next((receipt for receipt in receipts if receipt["hash"] == transaction), None)

    def _eth_sendRawTransaction(self, text: str) -> Any:  # noqa: N802
        raw = bytes.fromhex(text[2:])
        transaction = "0x" + keccak256(raw).hex()
        if Misbehaviour.DROPS_TRANSACTIONS in self.misbehaviour:
            return transaction
        known = transaction in self._pool or self._eth_getTransactionReceipt(transaction)
        fields = _transaction(raw)
        is_late = int(fields["nonce"], 16) < self._newest.state.nonces.get(fields["from"], 0)
        if not known and not is_late:
            self._pool[transaction] = raw
            if self.is_mining:
                self.mine()
        if Misbehaviour.LOSES_ANSWER in self.misbehaviour:
            raise UnreachableError("the answer of the fake chain was lost")
        if is_late or Misbehaviour.SAYS_NONCE_TOO_LOW in self.misbehaviour:
            return RpcRefusal(-32000, "nonce too low")
        return RpcRefusal(-32000, "already known") if known else transaction

    # --------------------------------------------------------------------------------------------------- blocks

    @property
    def _newest(self) -> _Block:
        return self._blocks[-1]

    def _at(self, tag: str) -> _Block | None:
        if tag == "latest":
            behind = 1 + (Misbehaviour.FALLEN_BEHIND in self.misbehaviour)
            return self._blocks[-min(behind, len(self._blocks))]
        number = int(tag, 16)
        return self._blocks[number] if number < len(self._blocks) else None

    def _by_hash(self, block_hash: str) -> _Block | None:
        return next((block for block in self._blocks if block.header["hash"] == block_hash), None)

    def _next(self) -> tuple[int, int]:
        """Number and time of the block to come."""
        if not self._blocks:
            return 0, int(time.time())
        newest = int(self._newest.header["timestamp"], 16)
        return len(self._blocks), max(newest, int(time.time()) + self.seconds_ahead)

    def _append(self, state: _State, waiting: Sequence[bytes]) -> None:
        number, moment = self._next()
        header = {
            "number": hex(number),
            "hash": "0x" + os.urandom(32).hex(),
            "parentHash": self._blocks[-1].header["hash"] if self._blocks else "0x" + "00" * 32,
            "timestamp": hex(moment),
            "baseFeePerGas": hex(_BASE_FEE),
        }
        block = _Block(header, state)
        for raw in sorted(waiting, key=lambda one: int(_transaction(one)["nonce"], 16)):
            self._include(block, raw)
        self._blocks.append(block)

    def _include(self, block: _Block, raw: bytes) -> None:
        fields = _transaction(raw)
        sender, nonce = fields["from"], int(fields["nonce"], 16)
        transaction = "0x" + keccak256(raw).hex()
        if nonce != block.state.nonces.get(sender, 0):
            self._pool[transaction] = raw  # a gap before it: it waits
            return
        block.state.nonces[sender] = nonce + 1
        number, moment = int(block.header["number"], 16), int(block.header["timestamp"], 16)
        placed = {"blockHash": block.header["hash"], "blockNumber": hex(number), "transactionHash": transaction}
        logs: list[dict[str, Any]] = []
        before = copy.deepcopy(block.state)
        try:
            contract = self._run(block.state, sender, fields["to"], fields["input"], number, moment, logs)
            status = "0x1"
        except ContractRefusal:
            block.state, contract, status, logs = before, None, "0x0", []
        first = sum(len(receipt["logs"]) for receipt in block.receipts)
        numbered = [log | placed | {"logIndex": hex(first + place)} for place, log in enumerate(logs)]
        receipt = {"status": status, "gasUsed": hex(_GAS), "contractAddress": contract, "logs": numbered}
        block.receipts.append(placed | receipt | {"hash": transaction, "raw": raw})

    def _run(  # the EVM's part: deploy or call
        self, state: _State, sender: str, to: str | None, data: bytes, number: int, moment: int, logs: list[Any]
    ) -> str | None:
        sender = sender.lower()
        if to is None:
            # A transaction's own nonce is already used up when its contract's address is formed.
            address = create_address(sender, max(state.nonces.get(sender, 0) - 1, 0))
            state.contracts[address] = _deployed(state, data)
            return address
        contract = state.contracts.get(to.lower())
        if contract is None:
            return None
        interface = _interface(contract)
        name, values = interface.called(data)
        now = self._moment(state, sender, number, moment)

        def emit(event: str, *arguments: Any) -> None:
            topics, plain = interface.emitted(event, *arguments)
            logs.append({"address": to.lower(), "topics": topics, "data": "0x" + plain.hex()})

        now.emit = emit
        getattr(contract, name)(now, *values)
        return None

    def _moment(self, state: _State, sender: str, number: int, moment: int) -> Moment:
        addresses = {_interface(contract).name: address for address, contract in state.contracts.items()}
        calls = Calls(
            issuer_registry=addresses.get("IssuerRegistry", ""),
            credential_registry=addresses.get("CredentialRegistry", ""),
            chain_id=self._chain_id,
        )
        return Moment(sender=sender, number=number, time=moment, calls=calls)


class FakeChain(ChainClient):
    """The real client over a fake node, `node`."""

    def __init__(self, *, is_production: bool, chain_id: int = 31337) -> None:
        self.node = FakeNode(is_production=is_production, chain_id=chain_id)
        super().__init__(self.node, timeout=0.05)


def _interface(contract: FakeIssuerRegistry | FakeCredentialRegistry) -> Interface:
    return issuer_registry() if isinstance(contract, FakeIssuerRegistry) else credential_registry()


def _deployed(state: _State, data: bytes) -> FakeIssuerRegistry | FakeCredentialRegistry:
    if (arguments := issuer_registry().constructed(data)) is not None:
        return FakeIssuerRegistry([account.lower() for account in arguments[0]])
    if (arguments := credential_registry().constructed(data)) is None:
        raise ContractRefusal("")
    issuers = state.contracts.get(arguments[0].lower())
    if not isinstance(issuers, FakeIssuerRegistry):
        raise ContractRefusal("BadIssuerRegistry", arguments[0])
    return FakeCredentialRegistry(arguments[0].lower(), issuers)


def _revert(refusal: ContractRefusal) -> bytes:
    for interface in (issuer_registry(), credential_registry()):
        if (encoded := interface.refused(refusal.name, *refusal.values)) is not None:
            return encoded
    return b""


def _transaction(raw: bytes) -> dict[str, Any]:
    """Fields of a signed EIP-1559 transaction as a node shows them, `input` as bytes."""
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    to = bytes(fields["to"]) if not isinstance(fields["to"], str) else bytes.fromhex(fields["to"][2:])
    return {
        "from": str(EthAccount.recover_transaction(raw)).lower(),
        "nonce": hex(fields["nonce"]),
        "to": "0x" + to.hex() if to else None,
        "input": bytes(fields["data"]),
    }
