"""Accounts of the chain (secp256k1): final transaction bytes, EIP-712 signatures, and the keys that everybody knows."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from tiny_keccak import keccak256

from portfolio.chain.answers import Fees
from portfolio.chain.errors import KeyProblemError

# eth_account loads py_ecc, which raises the limit of recursion a hundredfold for the whole process; deeply nested input
# then overflows the stack and kills it (fault 82). This is the interpreter's own limit again.
sys.setrecursionlimit(1000)

LOCAL_CHAIN_IDS: Final = frozenset({31337, 1337})
_WEAK: Final = 1 << 32
_KEY_BYTES: Final = 32
_LOCAL_MNEMONIC: Final = "test test test test test test test test test test test junk"  # anvil's own, in its manual


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Final bytes: sending them again is harmless, whoever sends them. `hash` is the name the chain knows them by."""

    raw: bytes
    hash: str
    sender: str
    nonce: int
    fees: Fees


class Account:
    """An externally owned account; signatures are deterministic (RFC 6979), so the same call gives the same bytes."""

    def __init__(self, private_key: bytes) -> None:
        if len(private_key) != _KEY_BYTES:
            raise KeyProblemError("an account's private key has 32 bytes (64 hexadecimal digits)")
        try:
            self._local: LocalAccount = EthAccount.from_key(private_key)
        except ValueError:
            raise KeyProblemError("these 32 bytes are no private key of the curve secp256k1") from None
        self._weak = int.from_bytes(private_key, "big") < _WEAK

    @classmethod
    def from_hex(cls, text: str) -> Account:
        try:
            return cls(bytes.fromhex(text.strip().removeprefix("0x")))
        except ValueError:
            raise KeyProblemError("an account's private key has 32 bytes (64 hexadecimal digits)") from None

    def __repr__(self) -> str:
        return f"Account({self.address})"

    @property
    def address(self) -> str:
        """Lower-case, as everywhere here."""
        return str(self._local.address).lower()

    @property
    def is_known_to_everybody(self) -> bool:
        """Tell whether the key stands in the manuals of development chains, or could be guessed."""
        return self._weak or is_development_key(self.address)

    def sign(
        self, *, chain_id: int, nonce: int, gas: int, fees: Fees, to: str | None, data: bytes, value: int = 0
    ) -> SignedTransaction:
        """Build and sign: EIP-1559, or legacy with EIP-155 where `fees` has a gas price; without `to` it deploys."""
        fields: dict[str, Any] = {"chainId": chain_id, "nonce": nonce, "gas": gas, "value": value, "data": data}
        if to is not None:
            fields["to"] = bytes.fromhex(to.removeprefix("0x"))
        if fees.gas_price is not None:
            fields["gasPrice"] = fees.gas_price
        else:
            fields |= {"type": 2, "maxFeePerGas": fees.max_fee, "maxPriorityFeePerGas": fees.priority_fee}
        raw = bytes(self._local.sign_transaction(fields).raw_transaction)
        return SignedTransaction(raw, "0x" + keccak256(raw).hex(), self.address, nonce, fees)

    def sign_typed_data(
        self, *, domain: Mapping[str, Any], types: Mapping[str, Sequence[Mapping[str, str]]], message: Mapping[str, Any]
    ) -> bytes:
        """The 65 bytes r, s, v of an EIP-712 message with one struct type."""
        encoded = encode_typed_data(
            domain_data=dict(domain),
            message_types={name: [dict(field) for field in fields] for name, fields in types.items()},
            message_data=dict(message),
        )
        return bytes(self._local.sign_message(encoded).signature)


def development_account(index: int, *, chain_id: int) -> Account:
    """Account `index` of anvil's public mnemonic, which holds coins on every local chain.

    Raises `KeyProblemError` for any other chain: these keys are known to everybody.
    """
    if chain_id not in LOCAL_CHAIN_IDS:
        raise KeyProblemError(f"development keys are for local chains, not for chain {chain_id}")
    return _local_account(index)


def is_development_key(address: str) -> bool:
    """Tell whether the address belongs to a key printed in the manual of a development chain (fault 73)."""
    return address.lower() in _development_addresses()


def create_address(sender: str, nonce: int) -> str:
    """Address of the contract that `sender` deploys with its transaction `nonce` (keccak of the RLP of both)."""
    encoded_nonce = b"\x80" if nonce == 0 else nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    if nonce > 0x7F:  # noqa: PLR2004 - RLP: a single byte below 0x80 stands for itself
        encoded_nonce = bytes([0x80 + len(encoded_nonce)]) + encoded_nonce
    payload = b"\x94" + bytes.fromhex(sender.removeprefix("0x")) + encoded_nonce
    return "0x" + keccak256(bytes([0xC0 + len(payload)]) + payload).hex()[-40:]


@cache
def _local_account(index: int) -> Account:
    EthAccount.enable_unaudited_hdwallet_features()
    local = EthAccount.from_mnemonic(_LOCAL_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return Account(bytes(local.key))


@cache
def _development_addresses() -> frozenset[str]:
    text = resources.files("portfolio.chain").joinpath("development_keys.txt").read_text(encoding="ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))
