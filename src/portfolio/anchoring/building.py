"""Turns a queued call into the call of a contract, signed by an issuer's controller where it is the controller's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portfolio.anchoring.effects import bytes_of, earliest_suspension
from portfolio.anchoring.models import CallPurpose, ChainCall
from portfolio.anchoring.sending import CallImpossibleError
from portfolio.chain.accounts import Account
from portfolio.chain.calls import Calls, ContractCall, RelayedCall
from portfolio.chain.client import Chain
from portfolio.chain.registry import Purpose, Registry
from portfolio.credentials.facts import Custody, Reason

RELAY_SECONDS = 86_400  # how long a controller's signature may wait in a pool before the contract refuses it


class CallBuilder:
    """Builds for one pair of contracts. `controller` gives the hosted controller's account of an issuer, or None."""

    def __init__(
        self, chain: Chain, registry: Registry, calls: Calls, *, controller: Callable[[bytes], Account | None]
    ) -> None:
        self._chain = chain
        self._registry = registry
        self._calls = calls
        self._controller = controller

    def build(self, call: ChainCall) -> ContractCall:
        """Return address and data; raises `CallImpossibleError` where the controller's key is not kept here."""
        payload = call.payload
        if call.purpose is CallPurpose.ANCHOR:
            return self._calls.anchor(bytes_of(payload["root"]))
        issuer_id = bytes_of(payload["issuer_id"])
        made = self._of_registrar(call.purpose, issuer_id, payload)
        if made is not None:
            return made
        # A successor revokes with its own controller's signature, over the predecessor's nonce.
        signer = self._controller(bytes_of(payload.get("by", payload["issuer_id"])))
        if signer is None:
            raise CallImpossibleError("the controller's key of this issuer is not kept here: it must call itself")
        deadline = self._chain.head().time + RELAY_SECONDS
        return self._relayed(call.purpose, issuer_id, payload, deadline).signed_by(signer)

    def _of_registrar(self, purpose: CallPurpose, issuer_id: bytes, payload: dict[str, Any]) -> ContractCall | None:
        calls = self._calls
        made: dict[CallPurpose, Callable[[], ContractCall]] = {
            CallPurpose.ADMIT: lambda: calls.admit(
                payload["did"], payload["controller"], payload["name"], payload["kinds"]
            ),
            CallPurpose.RENAME: lambda: calls.rename(issuer_id, payload["name"]),
            CallPurpose.SET_KINDS: lambda: calls.set_kinds(issuer_id, payload["kinds"]),
            CallPurpose.SUSPEND: lambda: calls.suspend(issuer_id, self._suspension(issuer_id, payload)),
            CallPurpose.REINSTATE: lambda: calls.reinstate(issuer_id),
            CallPurpose.CONFIRM_RETIREMENT: lambda: calls.confirm_retirement(
                issuer_id, *self._retirement(issuer_id, payload)
            ),
            CallPurpose.PROPOSE_CONTROLLER: lambda: calls.propose_controller(issuer_id, payload["controller"]),
            CallPurpose.CONFIRM_CONTROLLER: lambda: calls.confirm_controller(issuer_id, payload["controller"]),
            CallPurpose.CANCEL_CONTROLLER: lambda: calls.cancel_controller(issuer_id),
            CallPurpose.EXECUTE_CONTROLLER: lambda: calls.execute_controller(issuer_id),
        }
        return made[purpose]() if purpose in made else None

    def _suspension(self, issuer_id: bytes, payload: dict[str, Any]) -> int:
        """Return the time; in a pair that the issuer entered later, where it is not known before, that of its entry."""
        return max(int(payload["as_of"]), earliest_suspension(self._registry, issuer_id))

    def _relayed(self, purpose: CallPurpose, issuer_id: bytes, payload: dict[str, Any], deadline: int) -> RelayedCall:
        calls = self._calls
        if purpose is CallPurpose.REVOKE:
            digests = [bytes_of(item) for item in payload["digests"]]
            nonce = self._registry.credential_nonce(issuer_id)
            return calls.revoke_for(issuer_id, digests, Reason(payload["reason"]), nonce=nonce, deadline=deadline)
        nonce = self._registry.issuer_nonce(issuer_id)
        if purpose is CallPurpose.NAME_SUCCESSOR:
            successor = bytes_of(payload["successor"])
            return calls.name_successor_for(issuer_id, successor, nonce=nonce, deadline=deadline)
        if purpose is CallPurpose.ADD_KEY:
            return calls.add_key_for(
                issuer_id,
                bytes_of(payload["public_key"]),
                Purpose(payload["purpose"]),
                Custody(payload["custody"]),
                nonce=nonce,
                deadline=deadline,
            )
        public_key, as_of = self._retirement(issuer_id, payload)
        if purpose is CallPurpose.REQUEST_RETIREMENT:
            return calls.request_retirement_for(issuer_id, public_key, as_of, nonce=nonce, deadline=deadline)
        return calls.retire_key_for(issuer_id, public_key, as_of, nonce=nonce, deadline=deadline)

    def _retirement(self, issuer_id: bytes, payload: dict[str, Any]) -> tuple[bytes, int]:
        """Return key and time; in a pair that the key entered later, the time is that of its entry."""
        public_key = bytes_of(payload["public_key"])
        record = self._registry.key(issuer_id, public_key)
        return public_key, max(payload["as_of"], record.valid_from if record else 0)
