from __future__ import annotations

import json

import pytest

from portfolio.credentials.facts import (
    CheckAnswer,
    Checkpoint,
    Custody,
    PairFacts,
    PairUnknown,
    Reason,
    Receipt,
    TrustedPair,
    TrustRoots,
    UnknownCode,
    dump_facts,
    load_facts,
)

HASH = "0x" + "ab" * 32
ADDRESS = "0x" + "cd" * 20

PAIR = TrustedPair(
    name="consortium",
    chain_id=2026,
    genesis_hash=HASH,
    issuer_registry="0x" + "11" * 20,
    credential_registry=ADDRESS,
    issuer_registry_code_hash="0x" + "22" * 32,
    credential_registry_code_hash="0x" + "33" * 32,
    registrars=("0x" + "44" * 20, "0x" + "55" * 20),
    depth=6,
    max_head_age=900,
    checkpoints=(Checkpoint(12, "0x" + "66" * 32),),
    rpc_urls=("https://node.example/rpc",),
)

RECEIPT = Receipt(
    tag=HASH,
    digest=HASH,
    root=HASH,
    proof=(HASH,),
    chain_id=2026,
    genesis_hash=HASH,
    contract=ADDRESS,
    transaction=HASH,
    block_number=5,
    block_hash=HASH,
    block_time=1_795_000_000,
)

ANSWER = CheckAnswer(
    proof_valid=True,
    anchored=True,
    anchor_block=5,
    anchor_time=1_795_000_000,
    as_of=1_795_000_000,
    issuer_known=True,
    issuer_admitted=True,
    kinds=2**256 - 1,
    name_at_time="Школа № 5",
    name_now="Гимназия № 5",
    key_known=True,
    key_valid=True,
    custody=Custody.HOSTED,
    key_from=1_794_000_000,
    key_until=0,
    revoked=True,
    reason=Reason.SUPERSEDED,
    revoked_at=1_795_000_500,
    block_number=9,
    block_time=1_795_000_900,
)


def test_facts_survive_storing_as_json() -> None:
    facts = PairFacts(
        pair="consortium",
        head_number=9,
        head_hash=HASH,
        head_time=1_795_000_900,
        read_at=1_795_000_901,
        sources=2,
        answers={"": ANSWER, HASH: ANSWER},
        transactions={HASH: HASH},
    )
    assert load_facts(json.loads(json.dumps(dump_facts(facts)))) == facts
    unknown = PairUnknown(pair="consortium", code=UnknownCode.STALE_HEAD, detail="old", head_time=7)
    assert load_facts(json.loads(json.dumps(dump_facts(unknown)))) == unknown


@pytest.mark.parametrize("damage", [{"kinds": "0xzz"}, {"custody": "borrowed"}, {"reason": "whim"}, {"surplus": 1}])
def test_stored_facts_that_were_damaged_are_refused(damage: dict) -> None:
    facts = PairFacts(pair="p", head_number=9, head_hash=HASH, head_time=1, read_at=1, sources=1, answers={"": ANSWER})
    stored = dump_facts(facts)
    stored["answers"][""].update(damage)
    with pytest.raises((KeyError, TypeError, ValueError)):
        load_facts(stored)


@pytest.mark.fault(120)
@pytest.mark.parametrize(
    ("name", "value"), [("chain_id", 1), ("genesis_hash", "0x" + "00" * 32), ("contract", "0x" + "00" * 20)]
)
def test_a_receipt_concerns_a_pair_only_by_chain_genesis_and_contract(name: str, value: object) -> None:
    assert PAIR.concerns(RECEIPT)
    altered = {slot: getattr(RECEIPT, slot) for slot in Receipt.__slots__} | {name: value}
    assert not PAIR.concerns(Receipt(**altered))


def test_a_pair_is_found_by_its_name() -> None:
    assert TrustRoots((PAIR,)).pair("consortium") is PAIR
    assert TrustRoots((PAIR,)).pair("other") is None
