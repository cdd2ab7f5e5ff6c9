"""Calls that change the two contracts, as address and data ready to sign; relayed ones carry a controller's signature.

The writing side's use of web3: its contract objects check every argument's type and size. Whoever only reads the chain
does not import this file (web3 takes seconds to load).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_utils.address import to_checksum_address
from web3 import Web3

from portfolio.chain.abi import CREDENTIAL_REGISTRY, ISSUER_REGISTRY, Interface, credential_registry, issuer_registry
from portfolio.chain.accounts import Account
from portfolio.chain.registry import Change, Purpose, controller_subject
from portfolio.credentials.facts import Custody, Reason

_DOMAIN_VERSION: Final = "1"
_TAIL: Final = (("nonce", "uint256"), ("deadline", "uint256"))
_ISSUER: Final = ("issuerId", "bytes32")
_PUBLIC_KEY: Final = ("publicKey", "bytes32")


@dataclass(frozen=True, slots=True)
class ContractCall:
    """What a transaction needs to know of a call."""

    to: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedCall:
    """A call that an issuer's controller signs (EIP-712) and anybody may send.

    `domain`, `types` and `message` are what a wallet shows its owner. The message's nonce must be the issuer's next one
    at the contract, its deadline is in unix seconds of block time.
    """

    to: str
    function: str
    domain: Mapping[str, Any]
    types: Mapping[str, Sequence[Mapping[str, str]]]
    message: Mapping[str, Any]

    def signed_by(self, controller: Account) -> ContractCall:
        """Sign with a controller's key that is at hand."""
        return self.with_signature(
            controller.sign_typed_data(domain=self.domain, types=self.types, message=self.message)
        )

    def with_signature(self, signature: bytes) -> ContractCall:
        """Attach a signature made elsewhere."""
        arguments = [value for name, value in self.message.items() if name != "nonce"]
        contract = ISSUER_REGISTRY if self.domain["name"] == "PortfolioIssuerRegistry" else CREDENTIAL_REGISTRY
        return ContractCall(self.to, _encode(contract, self.function, *arguments, signature))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Encoders for one pair of contracts. Ids, keys, digests and roots are 32 bytes, times unix seconds."""

    issuer_registry: str
    credential_registry: str
    chain_id: int

    def anchor(self, root: bytes) -> ContractCall:
        """By anybody."""
        return self._credentials("anchor", root)

    def revoke(self, issuer_id: bytes, digests: Sequence[bytes], reason: Reason) -> ContractCall:
        """By the controller or its successor's."""
        return self._credentials("revoke", issuer_id, list(digests), int(reason))

    def admit(self, did: str, controller: str, name: str, kinds: int) -> ContractCall:
        """By a registrar, as are `rename`, `set_kinds`, `suspend`, `reinstate` and `confirm_retirement`."""
        return self._issuers("admit", did, to_checksum_address(controller), name, kinds)

    def rename(self, issuer_id: bytes, name: str) -> ContractCall:
        return self._issuers("rename", issuer_id, name)

    def set_kinds(self, issuer_id: bytes, kinds: int) -> ContractCall:
        return self._issuers("setKinds", issuer_id, kinds)

    def suspend(self, issuer_id: bytes, as_of: int) -> ContractCall:
        return self._issuers("suspend", issuer_id, as_of)

    def reinstate(self, issuer_id: bytes) -> ContractCall:
        return self._issuers("reinstate", issuer_id)

    def confirm_retirement(self, issuer_id: bytes, public_key: bytes, as_of: int) -> ContractCall:
        return self._issuers("confirmRetirement", issuer_id, public_key, as_of)

    def propose_controller(self, issuer_id: bytes, controller: str) -> ContractCall:
        """By a first registrar; a second one confirms, and after seven days any carries it out or calls it off."""
        return self._issuers("proposeController", issuer_id, to_checksum_address(controller))

    def confirm_controller(self, issuer_id: bytes, controller: str) -> ContractCall:
        return self._issuers("confirmChange", issuer_id, Change.CONTROLLER, controller_subject(controller))

    def cancel_controller(self, issuer_id: bytes) -> ContractCall:
        return self._issuers("cancelChange", issuer_id, Change.CONTROLLER)

    def execute_controller(self, issuer_id: bytes) -> ContractCall:
        return self._issuers("executeChange", issuer_id, Change.CONTROLLER)

    def add_key(self, issuer_id: bytes, public_key: bytes, purpose: Purpose, custody: Custody) -> ContractCall:
        """By the controller, as is `retire_key`."""
        return self._issuers("addKey", issuer_id, public_key, int(purpose), int(custody))

    def retire_key(self, issuer_id: bytes, public_key: bytes, as_of: int) -> ContractCall:
        return self._issuers("retireKey", issuer_id, public_key, as_of)

    def add_key_for(
        self, issuer_id: bytes, public_key: bytes, purpose: Purpose, custody: Custody, *, nonce: int, deadline: int
    ) -> RelayedCall:
        """Relayed `add_key`."""
        fields = (_ISSUER, _PUBLIC_KEY, ("purpose", "uint8"), ("custody", "uint8"))
        values = (issuer_id, public_key, int(purpose), int(custody))
        return self._relayed(ISSUER_REGISTRY, "AddKey", fields, values, nonce, deadline)

    def retire_key_for(
        self, issuer_id: bytes, public_key: bytes, as_of: int, *, nonce: int, deadline: int
    ) -> RelayedCall:
        """Relayed `retire_key`."""
        fields = (_ISSUER, _PUBLIC_KEY, ("asOf", "uint64"))
        return self._relayed(ISSUER_REGISTRY, "RetireKey", fields, (issuer_id, public_key, as_of), nonce, deadline)

    def request_retirement_for(
        self, issuer_id: bytes, public_key: bytes, as_of: int, *, nonce: int, deadline: int
    ) -> RelayedCall:
        """First half of a retirement more than 30 days back; a registrar then sends `confirm_retirement`."""
        fields = (_ISSUER, _PUBLIC_KEY, ("asOf", "uint64"))
        values = (issuer_id, public_key, as_of)
        return self._relayed(ISSUER_REGISTRY, "RequestRetirement", fields, values, nonce, deadline)

    def name_successor_for(self, issuer_id: bytes, successor: bytes, *, nonce: int, deadline: int) -> RelayedCall:
        """Name the issuer that may revoke for this one; by the predecessor's controller."""
        fields = (_ISSUER, ("successor", "bytes32"))
        return self._relayed(ISSUER_REGISTRY, "NameSuccessor", fields, (issuer_id, successor), nonce, deadline)

    def revoke_for(
        self, issuer_id: bytes, digests: Sequence[bytes], reason: Reason, *, nonce: int, deadline: int
    ) -> RelayedCall:
        """Relayed `revoke`."""
        fields = (_ISSUER, ("digests", "bytes32[]"), ("reason", "uint8"))
        values = (issuer_id, list(digests), int(reason))
        return self._relayed(CREDENTIAL_REGISTRY, "Revoke", fields, values, nonce, deadline)

    def _issuers(self, function: str, *values: Any) -> ContractCall:
        return ContractCall(self.issuer_registry, _encode(ISSUER_REGISTRY, function, *values))

    def _credentials(self, function: str, *values: Any) -> ContractCall:
        return ContractCall(self.credential_registry, _encode(CREDENTIAL_REGISTRY, function, *values))

    def _relayed(
        self,
        contract: str,
        struct: str,
        fields: Sequence[tuple[str, str]],
        values: Sequence[Any],
        nonce: int,
        deadline: int,
    ) -> RelayedCall:
        to = self.issuer_registry if contract == ISSUER_REGISTRY else self.credential_registry
        named = (*fields, *_TAIL)
        return RelayedCall(
            to=to,
            function=struct[0].lower() + struct[1:] + "For",
            domain={
                "name": f"Portfolio{contract}",
                "version": _DOMAIN_VERSION,
                "chainId": self.chain_id,
                "verifyingContract": to,
            },
            types={struct: [{"name": name, "type": kind} for name, kind in named]},
            message={name: value for (name, _), value in zip(named, (*values, nonce, deadline), strict=True)},
        )


@cache
def _contract(name: str) -> Any:
    interface: Interface = issuer_registry() if name == ISSUER_REGISTRY else credential_registry()
    return Web3().eth.contract(abi=interface.abi)


def _encode(contract: str, function: str, *values: Any) -> bytes:
    return bytes.fromhex(_contract(contract).encode_abi(function, args=list(values))[2:])
