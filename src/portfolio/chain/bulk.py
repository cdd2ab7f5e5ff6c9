"""Thousands of `check` calls at one block: what is asked twice is asked once, and many go into one `eth_call`.

`ManyChecks`, a contract that was never deployed, is lent to an address for the length of a call (the state override of
geth and others). A node that does not know this, or runs out of gas, is asked plainly: the answers are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from eth_abi.abi import encode
from tiny_keccak import keccak256

from portfolio.chain.abi import Interface, credential_registry, many_checks
from portfolio.chain.answers import data_of
from portfolio.chain.client import Chain, RpcCall, at_block
from portfolio.chain.errors import BadAnswerError, RpcRefusal

LENT_ADDRESS: Final = "0x" + keccak256(b"portfolio/many-checks").hex()[-40:]
"""Where the code is lent; nobody has a key that leads here."""

FEW: Final = 24
"""Up to this many are asked plainly: one batch, as any node takes it."""

_CHECKS_PER_CALL: Final = 128  # some 60,000 gas each: far below the 30 to 50 million that nodes grant a call
_CALLS_PER_BATCH: Final = 4
_PLAIN_PER_BATCH: Final = 100
_WORD: Final = 32
_PROOF_OFFSET: Final = (5 * _WORD).to_bytes(_WORD, "big")


def check_data(issuer_id: bytes, public_key: bytes, digest: bytes, root: bytes, proof: Sequence[bytes]) -> bytes:
    """Selector and arguments of `check`, put together by hand: eth-abi takes half a millisecond for them."""
    head = b"".join((issuer_id, public_key, digest, root))
    if len(head) != 4 * _WORD or any(len(step) != _WORD for step in proof):
        raise ValueError("an argument of check is not 32 bytes long")
    return b"".join((_selector(), head, _PROOF_OFFSET, len(proof).to_bytes(_WORD, "big"), *proof))


@cache
def _selector() -> bytes:
    return credential_registry().selector("check")


class ManyReader:
    """Reads many views of one contract at one node; remembers which nodes do not take them together."""

    def __init__(self) -> None:
        self._refusing: set[str] = set()

    def read(self, chain: Chain, registry: str, block_hash: str, asked: Sequence[bytes]) -> Mapping[bytes, Any]:
        """Return the answer to each call in `asked`, as hex text or `RpcRefusal`.

        Raises `UnavailableError` for an outage of the node.
        """
        answers: dict[bytes, Any] = {}
        if chain.address not in self._refusing:
            for group in _groups(asked, _CHECKS_PER_CALL * _CALLS_PER_BATCH):
                answers |= self._together(chain, registry, block_hash, group)
            if not answers:
                self._refusing.add(chain.address)
        for group in _groups([one for one in asked if one not in answers], _PLAIN_PER_BATCH):
            calls = [view_call(registry, block_hash, one) for one in group]
            answers |= zip(group, chain.batch(calls), strict=True)
        return answers

    def _together(self, chain: Chain, registry: str, block_hash: str, asked: Sequence[bytes]) -> dict[bytes, Any]:
        """Ask in a few calls of `ManyChecks`; what got no answer is missing, whatever the reason."""
        groups = list(_groups(asked, _CHECKS_PER_CALL))
        found = chain.batch([_many(registry, block_hash, group) for group in groups])
        answers: dict[bytes, Any] = {}
        for group, result in zip(groups, found, strict=True):
            if isinstance(result, RpcRefusal):
                continue
            try:
                (values,) = many_checks().answer("many", data_of(result))
            except BadAnswerError:
                continue  # a node that ignored the override answers with nothing
            if len(values) == len(group):
                answers |= {one: "0x" + value.hex() for one, value in zip(group, values, strict=True) if value}
        return answers


def view_call(address: str, block_hash: str, data: bytes) -> RpcCall:
    """Return one view as the node is asked it."""
    return "eth_call", [{"to": address, "data": "0x" + data.hex()}, at_block(block_hash)]


def _many(registry: str, block_hash: str, asked: Sequence[bytes]) -> RpcCall:
    interface: Interface = many_checks()
    data = interface.selector("many") + encode(["address", "bytes[]"], [registry, list(asked)])
    lent = {LENT_ADDRESS: {"code": "0x" + interface.code_template.hex()}}
    return "eth_call", [{"to": LENT_ADDRESS, "data": "0x" + data.hex()}, at_block(block_hash), lent]


def _groups(values: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
