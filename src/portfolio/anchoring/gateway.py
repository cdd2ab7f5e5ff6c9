"""The real `sending.Gateway`: builds, signs and sends calls to one pair of contracts, and asks the contracts what is
done.
"""

from __future__ import annotations

from collections.abc import Callable

from portfolio.anchoring.building import CallBuilder
from portfolio.anchoring.effects import Effects, place_of
from portfolio.anchoring.models import ChainCall, Sender
from portfolio.anchoring.sending import CallImpossibleError, Mined, Place, RawTransaction
from portfolio.chain.accounts import Account
from portfolio.chain.calls import Calls
from portfolio.chain.client import Chain
from portfolio.chain.deployment import Deployment, verify_deployment
from portfolio.chain.errors import RevertedError
from portfolio.chain.registry import refusal_of

GAS_ROOM = 1.25  # state may change between the estimate and the block


class ChainGateway:
    """Sends through one node. `controller` gives the hosted controller's account of an issuer, or None."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        *,
        accounts: Callable[[Sender], Account],
        controller: Callable[[bytes], Account | None],
    ) -> None:
        self._chain = chain
        self._deployment = deployment
        self._accounts = accounts
        registry = deployment.registry(chain)
        self._effects = Effects(chain, registry)
        self._calls = Calls(
            issuer_registry=deployment.issuer_registry,
            credential_registry=deployment.credential_registry,
            chain_id=deployment.chain_id,
        )
        self._builder = CallBuilder(chain, registry, self._calls, controller=controller)

    @property
    def chain_id(self) -> int:
        return self._deployment.chain_id

    def check(self) -> None:
        """Refuse a node whose chain id, genesis, code or registrars are not those of the record (faults 31 to 33)."""
        verify_deployment(self._chain, self._deployment)

    def account(self, sender: Sender) -> str:
        return self._accounts(sender).address

    def mined_nonce(self, address: str) -> int:
        return self._chain.nonce(address)

    def prepare(self, call: ChainCall, nonce: int) -> RawTransaction:
        """Build, estimate and sign. The same call may give other bytes later: what counts is what was stored."""
        account = self._accounts(call.sender)
        built = self._builder.build(call)
        try:
            gas = self._chain.estimate(sender=account.address, to=built.to, data=built.data)
        except RevertedError as error:
            refusal = refusal_of(error)
            raise CallImpossibleError(f"the contract refuses: {refusal.name or 'no reason given'}") from None
        signed = account.sign(
            chain_id=self.chain_id,
            nonce=nonce,
            gas=int(gas * GAS_ROOM),
            fees=self._chain.fees(),
            to=built.to,
            data=built.data,
        )
        return RawTransaction(signed.raw, signed.hash, signed.sender, signed.nonce)

    def send(self, raw: bytes) -> str:
        outcome = self._chain.send_raw(raw)
        return "" if outcome.accepted else outcome.text

    def mined(self, transaction: str) -> Mined | None:
        receipt = self._chain.receipt(transaction)
        if receipt is None:
            return None
        place = self._place(receipt.block_number, receipt.block_hash, transaction)
        return None if place is None else Mined(place, receipt.ok)

    def is_pending(self, transaction: str) -> bool:
        return self._chain.transaction(transaction) is not None

    def head(self) -> int:
        return self._chain.head().number

    def block_hash(self, number: int) -> bytes | None:
        block = self._chain.block(number)
        return None if block is None else bytes.fromhex(block.hash[2:])

    def done(self, call: ChainCall) -> Place | None:
        """Ask the contracts, not the transaction: another may have done the same (fault 38)."""
        return self._effects.of(call)

    def _place(self, number: int, block_hash: str, transaction: str) -> Place | None:
        return place_of(self._chain, number, block_hash, transaction)
