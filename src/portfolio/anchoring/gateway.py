"""The real `sending.Gateway`: builds, signs and sends calls to one pair of contracts, and asks the contracts what is
done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portfolio.anchoring.models import CallPurpose, ChainCall, Sender
from portfolio.anchoring.sending import CallImpossibleError, Mined, Place, RawTransaction
from portfolio.chain.accounts import Account
from portfolio.chain.calls import Calls, ContractCall
from portfolio.chain.client import Chain
from portfolio.chain.deployment import Deployment, verify_deployment
from portfolio.chain.errors import RevertedError
from portfolio.chain.registry import Occurrence, Purpose, Registry, refusal_of
from portfolio.credentials.facts import Custody, Reason
from portfolio.errors import UnavailableError

RELAY_SECONDS = 86_400  # how long a controller's signature may wait in a pool before the contract refuses it
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
        self._controller = controller
        self._registry = Registry(
            chain,
            issuer_registry=deployment.issuer_registry,
            credential_registry=deployment.credential_registry,
            first_block=deployment.block_number,
        )
        self._calls = Calls(
            issuer_registry=deployment.issuer_registry,
            credential_registry=deployment.credential_registry,
            chain_id=deployment.chain_id,
        )

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
        built = self._build(call)
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
        payload = call.payload
        match call.purpose:
            case CallPurpose.ANCHOR:
                return self._anchored(_bytes(payload["root"]))
            case CallPurpose.REVOKE:
                return self._revoked(_bytes(payload["issuer_id"]), [_bytes(item) for item in payload["digests"]])
            case CallPurpose.ADMIT:
                issuer_id = _bytes(payload["issuer_id"])
                known = self._registry.issuer(issuer_id) is not None
                return self._seen("IssuerAdmitted", issuer_id) if known else None
            case CallPurpose.ADD_KEY | CallPurpose.RETIRE_KEY:
                return self._key_done(call.purpose, payload)

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
        issuer_id, public_key = _bytes(payload["issuer_id"]), _bytes(payload["public_key"])
        record = self._registry.key(issuer_id, public_key)
        if record is None:
            return None
        if purpose is CallPurpose.ADD_KEY:
            return self._seen("KeyAdded", issuer_id, public_key)
        if record.valid_until is None or record.valid_until > payload["as_of"]:
            return None
        return self._seen("KeyRetired", issuer_id, public_key)

    def _seen(self, event: str, *topics: bytes) -> Place | None:
        found: list[Occurrence] = self._registry.occurrences(event, *topics)
        if not found:
            raise UnavailableError("the node shows a state without the event that made it; ask again")
        return self._place(found[-1].block_number, found[-1].block_hash, found[-1].transaction)

    def _place(self, number: int, block_hash: str, transaction: str) -> Place | None:
        block = self._chain.block(block_hash)  # None: reorganised away between two questions (fault 23)
        return None if block is None else Place(number, bytes.fromhex(block_hash[2:]), block.time, transaction)

    def _build(self, call: ChainCall) -> ContractCall:
        payload = call.payload
        if call.purpose is CallPurpose.ANCHOR:
            return self._calls.anchor(_bytes(payload["root"]))
        issuer_id = _bytes(payload["issuer_id"])
        if call.purpose is CallPurpose.ADMIT:
            return self._calls.admit(payload["did"], payload["controller"], payload["name"], payload["kinds"])
        controller = self._controller(issuer_id)
        if controller is None:
            raise CallImpossibleError("the controller's key of this issuer is not kept here: it must call itself")
        return self._relayed(call.purpose, issuer_id, payload, controller)

    def _relayed(
        self, purpose: CallPurpose, issuer_id: bytes, payload: dict[str, Any], controller: Account
    ) -> ContractCall:
        deadline = self._chain.head().time + RELAY_SECONDS
        if purpose is CallPurpose.REVOKE:
            digests = [_bytes(item) for item in payload["digests"]]
            nonce = self._registry.credential_nonce(issuer_id)
            relayed = self._calls.revoke_for(
                issuer_id, digests, Reason(payload["reason"]), nonce=nonce, deadline=deadline
            )
            return relayed.signed_by(controller)
        public_key = _bytes(payload["public_key"])
        nonce = self._registry.issuer_nonce(issuer_id)
        if purpose is CallPurpose.ADD_KEY:
            relayed = self._calls.add_key_for(
                issuer_id,
                public_key,
                Purpose(payload["purpose"]),
                Custody(payload["custody"]),
                nonce=nonce,
                deadline=deadline,
            )
        else:
            relayed = self._calls.retire_key_for(
                issuer_id, public_key, payload["as_of"], nonce=nonce, deadline=deadline
            )
        return relayed.signed_by(controller)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
