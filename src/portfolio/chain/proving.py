"""Is this node the chain, and are these contracts the ones, that somebody trusts? Says which of them differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiny_keccak import keccak256

from portfolio.chain.abi import credential_registry, issuer_registry
from portfolio.chain.answers import Block, NetworkPin, address_of, block_of, data_of, quantity_of
from portfolio.chain.client import Chain, RpcCall, at_block
from portfolio.chain.errors import ChainMismatchError, NodeRefusedError, RpcRefusal
from portfolio.chain.registry import view, view_answer
from portfolio.credentials.facts import TrustedPair


def require_pair(chain: Chain, pair: TrustedPair) -> Block:
    """Return the node's head if chain id, block 0, checkpoints, code and registrars are the pair's.

    Raises `ChainMismatchError` with a sentence that says which is not; an outage stays an UnavailableError.
    """
    questions = network_calls(pair)
    head = require_network(chain, pair, chain.batch(questions))
    require_contracts(chain, pair, chain.batch(contract_calls(pair, head.hash)))
    return head


def network_calls(pair: TrustedPair, *, at: str | None = None) -> list[RpcCall]:
    """What to ask for `require_network`; `at` a block hash where another block than the newest is wanted."""
    newest: RpcCall = ("eth_getBlockByNumber", ["latest", False])
    wanted: RpcCall = newest if at is None else ("eth_getBlockByHash", [at, False])
    checkpoints: list[RpcCall] = [("eth_getBlockByNumber", [hex(point.number), False]) for point in pair.checkpoints]
    return [("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False]), wanted, *checkpoints]


def require_network(chain: Chain, pair: TrustedPair, answers: Sequence[Any]) -> Block:
    """Read the answers to `network_calls`; returns the block to go on with."""
    chain_id, genesis, head, *checkpoints = [granted(chain, answer) for answer in answers]
    pin = NetworkPin(pair.chain_id, pair.genesis_hash)
    pin.require(quantity_of(chain_id), block_of(genesis).hash, address=chain.address)
    if head is None:
        missing = RpcRefusal(0, "unknown block")
        raise NodeRefusedError(f"{chain.address} does not know the block to read at", missing)
    for point, answer in zip(pair.checkpoints, checkpoints, strict=True):
        found = None if answer is None else block_of(answer).hash
        if found != point.hash:
            raise ChainMismatchError(
                f"block {point.number} at {chain.address} is {found or 'unknown'}, not the published {point.hash}",
                what="wrong_checkpoint",
            )
    return block_of(head)


def contract_calls(pair: TrustedPair, block_hash: str) -> list[RpcCall]:
    """What to ask for `require_contracts`; code cannot change later, so that it need not be asked every time."""
    at = at_block(block_hash)
    return [
        ("eth_getCode", [pair.issuer_registry, at]),
        ("eth_getCode", [pair.credential_registry, at]),
        view(issuer_registry(), pair.issuer_registry, block_hash, "registrars"),
        view(credential_registry(), pair.credential_registry, block_hash, "issuerRegistry"),
    ]


def require_contracts(chain: Chain, pair: TrustedPair, answers: Sequence[Any]) -> None:
    """Read the answers to `contract_calls`: the trusted code, the trusted registrars, and both contracts a pair."""
    issuers_code, credentials_code, registrars, linked = answers
    for answer, address, trusted, name in (
        (issuers_code, pair.issuer_registry, pair.issuer_registry_code_hash, "issuer registry"),
        (credentials_code, pair.credential_registry, pair.credential_registry_code_hash, "credential registry"),
    ):
        code = data_of(granted(chain, answer))
        if "0x" + keccak256(code).hex() != trusted.lower():
            found = "there is other code" if code else "there is no code"
            raise ChainMismatchError(
                f"the {name} should be at {address}, but {found} on the chain at {chain.address}", what="wrong_code"
            )
    (addresses,) = issuer_registry().answer("registrars", view_answer(chain.address, registrars))
    if sorted(map(address_of, addresses)) != sorted(address.lower() for address in pair.registrars):
        raise ChainMismatchError(
            f"the registrars of the issuer registry at {pair.issuer_registry} are not the trusted ones",
            what="wrong_registrars",
        )
    (found,) = credential_registry().answer("issuerRegistry", view_answer(chain.address, linked))
    if address_of(found) != pair.issuer_registry:
        raise ChainMismatchError(
            f"the credential registry at {pair.credential_registry} asks the issuer registry at {found}, "
            f"not the one at {pair.issuer_registry}",
            what="wrong_code",
        )


def granted(chain: Chain, answer: Any) -> Any:
    """Pass a result of a batch on; a refusal is a `NodeRefusedError`."""
    if isinstance(answer, RpcRefusal):
        raise NodeRefusedError(f"{chain.address} refused: {answer}", answer)
    return answer
