"""Signing is deterministic, and keys that everybody knows are recognised."""

from __future__ import annotations

from importlib import resources

import pytest
import rlp
from eth_account import Account as EthAccount
from hypothesis import given
from hypothesis import strategies as st
from tiny_keccak import keccak256

from portfolio.chain.accounts import Account, create_address, development_account, is_development_key
from portfolio.chain.answers import Fees
from portfolio.chain.errors import KeyProblemError
from portfolio.chain.local import LOCAL_CHAIN_ID

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141  # of secp256k1's group
KEY = bytes(range(1, 33))
MNEMONICS = {
    "test test test test test test test test test test test junk": 20,
    "myth like bonus scare over problem client lizard pioneer submit female collect": 10,
    "candy maple cake sugar pudding cream honey rich smooth crumble sweet treat": 10,
}


@pytest.mark.parametrize("fees", [Fees(max_fee=10, priority_fee=1), Fees(gas_price=7)], ids=["EIP-1559", "legacy"])
def test_the_same_call_gives_the_same_bytes(fees):
    fields = {"chain_id": 5, "nonce": 3, "gas": 21_000, "to": "0x" + "12" * 20, "data": b"abc", "value": 4}
    first, again = (Account(KEY).sign(fees=fees, **fields) for _ in range(2))
    assert first == again
    assert EthAccount.recover_transaction(first.raw).lower() == first.sender == Account(KEY).address
    assert first.raw[0] == (2 if fees.gas_price is None else 0xF8)
    assert Account(KEY).sign(fees=fees, **fields | {"nonce": 4}).hash != first.hash


@given(key=st.binary(max_size=40) | st.binary(min_size=32, max_size=32))
def test_only_32_bytes_in_the_group_are_a_key(key):
    try:
        account = Account(key)
    except KeyProblemError:
        assert len(key) != 32 or not 0 < int.from_bytes(key, "big") < ORDER
    else:
        assert len(key) == 32
        assert account.address.startswith("0x")


@pytest.mark.parametrize("text", ["", "0x12", "zz" * 32, "00" * 32, "ff" * 32])
def test_what_is_no_key_is_refused_without_repeating_it(text):
    with pytest.raises(KeyProblemError) as refused:
        Account.from_hex(text)
    assert not text or text not in str(refused.value)


def test_a_key_shows_in_no_representation():
    account = Account(KEY)
    assert KEY.hex() not in repr(account) + str(account) + repr(vars(account).keys())


@pytest.mark.fault(73)
def test_keys_of_manuals_are_known_to_everybody():
    EthAccount.enable_unaudited_hdwallet_features()
    listed = resources.files("portfolio.chain").joinpath("development_keys.txt").read_text().split()
    for mnemonic, accounts in MNEMONICS.items():
        for index in {0, 1, accounts - 1}:
            address = EthAccount.from_mnemonic(mnemonic, account_path=f"m/44'/60'/0'/0/{index}").address
            assert address.lower() in listed
            assert is_development_key(address)
    assert development_account(0, chain_id=LOCAL_CHAIN_ID).is_known_to_everybody
    assert not Account(KEY).is_known_to_everybody
    assert Account((7).to_bytes(32, "big")).is_known_to_everybody  # guessed in no time


@pytest.mark.fault(73)
@pytest.mark.parametrize("chain_id", [1, 10, 11_155_111])
def test_development_keys_are_for_local_chains(chain_id):
    with pytest.raises(KeyProblemError, match=f"not for chain {chain_id}"):
        development_account(0, chain_id=chain_id)


@pytest.mark.parametrize(
    ("nonce", "address"),
    [
        # Known pairs of anvil's first account; 127 and 128 stand on both sides of RLP's one-byte limit.
        (0, "0x5fbdb2315678afecb367f032d93f642f64180aa3"),
        (1, "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512"),
    ],
)
def test_a_contracts_address_follows_from_its_deployers_nonce(nonce, address):
    assert create_address(development_account(0, chain_id=LOCAL_CHAIN_ID).address, nonce) == address


@given(nonce=st.integers(0, 1 << 63))
def test_addresses_agree_with_the_rlp_library(nonce):
    sender = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
    assert create_address(sender.hex(), nonce)[2:] == keccak256(rlp.encode([sender, nonce]))[12:].hex()


@pytest.mark.fault(25)
@given(fee=st.integers(1, 1 << 70), tip=st.integers(1, 1 << 70))
def test_a_replacement_offers_at_least_an_eighth_more_in_every_field(fee, tip):
    more = Fees(max_fee=fee, priority_fee=tip).bumped()
    assert more.max_fee * 8 >= fee * 9
    assert more.priority_fee * 8 >= tip * 9
    assert more.gas_price is None
    assert Fees(gas_price=fee).bumped().gas_price * 8 >= fee * 9
