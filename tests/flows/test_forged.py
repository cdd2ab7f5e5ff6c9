"""Forgeries against a real chain: own roots, foreign keys, altered files."""

from __future__ import annotations

import random
from dataclasses import replace

import orjson
import pytest

from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.anchoring.merkle import Tree
from portfolio.chain.accounts import Account
from portfolio.chain.client import ChainClient
from portfolio.credentials.bundles import bundle_json
from portfolio.credentials.facts import Receipt
from portfolio.credentials.report import Outcome, Verdict
from portfolio.credentials.signing import issue, read_credential
from portfolio.operations.compose import open_gateways
from portfolio.organisations.keys import EmbeddedSigner
from service_world import Service


def anchor_as_a_stranger(service: Service, root: bytes) -> None:
    stranger = Account.from_hex("22" * 32)
    client = ChainClient(service.settings.resolved_rpc_url)
    client.command("anvil_setBalance", stranger.address, hex(10**20))
    gateway = open_gateways(service.portfolio)[1]
    call = gateway._calls.anchor(root)
    signed = stranger.sign(
        chain_id=gateway.chain_id,
        nonce=client.nonce(stranger.address),
        gas=100_000,
        fees=client.fees(),
        to=call.to,
        data=call.data,
    )
    assert client.send_raw(signed.raw).accepted


@pytest.mark.fault(121)
def test_an_attackers_own_key_and_root_make_no_credential_of_ours(service: Service) -> None:
    genuine = read_credential(orjson.dumps(orjson.loads(service.bundle(service.issue(1)[0]))["credential"]))
    thief = EmbeddedSigner.of_seed(b"\x07" * 32)
    forged = issue(replace(genuine.statement, holder_name="Злоумышленник Первый"), thief)
    tree = Tree.of([forged.digest])
    anchor_as_a_stranger(service, tree.root)
    pair = service.portfolio.pair
    zero = "0x" + bytes(32).hex()
    receipt = Receipt(
        tag="0x" + TAG_CREDENTIAL.hex(),
        digest="0x" + forged.digest.hex(),
        root="0x" + tree.root.hex(),
        proof=(),
        chain_id=pair.chain_id,
        genesis_hash=pair.genesis_hash,
        contract=pair.credential_registry,
        transaction=zero,
        block_number=1,
        block_hash=zero,
        block_time=1,
    )
    bundle = orjson.dumps(bundle_json(credential=orjson.loads(forged.document), receipts=[receipt]))
    report = service.verify(bundle)
    assert report.verdict is Verdict.INVALID
    assert report.check("signature").outcome is Outcome.PASS, "the thief's signature itself is good"
    assert report.check("key").outcome is Outcome.FAIL


@pytest.mark.fault(114)
def test_no_altered_byte_of_a_bundle_is_accepted(service: Service) -> None:
    bundle = service.bundle(service.issue(1)[0])
    original = service.verify(bundle)
    assert original.verdict is Verdict.VALID
    choose = random.Random(114)
    for _ in range(600):
        altered = bytearray(bundle)
        at = choose.randrange(len(altered))
        altered[at] ^= 1 << choose.randrange(8)
        report = service.verify(bytes(altered))
        if report.verdict is Verdict.VALID:
            # Only what nobody relies on may differ: hints of the receipt, and the snapshot of the issuer.
            assert report.statement == original.statement
            assert report.digest == original.digest
            assert report.registered_at == original.registered_at


def test_a_receipt_of_another_credential_proves_nothing(service: Service) -> None:
    first, second = (orjson.loads(service.bundle(item)) for item in service.issue(2))
    swapped = {**first, "receipts": second["receipts"]}
    report = service.verify(orjson.dumps(swapped))
    assert report.verdict is Verdict.PENDING
