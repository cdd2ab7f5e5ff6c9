"""One behaviour for the fake chain and a real one: whatever is tested with the fake holds on anvil."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from chain_world import World, eventually, new_digest
from portfolio.chain.accounts import create_address
from portfolio.chain.calls import Purpose
from portfolio.chain.deployment import deploy, verify_deployment
from portfolio.chain.errors import ChainMismatchError, LocalChainError, RevertedError, UnreachableError
from portfolio.chain.fake import FakeChain, Misbehaviour
from portfolio.chain.registry import refusal_of
from portfolio.credentials.facts import Custody, PairUnknown, Reason, UnknownCode

FAR = 10**12


@pytest.fixture
def fake(tmp_path):
    with pytest.warns(UserWarning, match="fake chain"):
        chain = FakeChain(is_production=False)
    return World(chain, tmp_path / "fake.json")


@pytest.fixture(params=["fake", pytest.param("anvil", marks=pytest.mark.chain)])
def either(request):
    return request.getfixturevalue("fake" if request.param == "fake" else "own_world")


def reorganise(world, depth):
    if isinstance(world.chain, FakeChain):
        world.chain.node.reorganise(depth)
    else:
        world.chain.command("anvil_reorg", depth, [])


def pass_time(world, seconds):
    if isinstance(world.chain, FakeChain):
        world.chain.node.seconds_ahead += seconds
    else:
        world.chain.command("evm_increaseTime", seconds)


def refused(world, sender, call):
    with pytest.raises(RevertedError) as error:
        world.chain.estimate(sender=sender.address, to=call.to, data=call.data)
    return refusal_of(error.value).name


def test_deploying_twice_makes_one_pair(either, tmp_path):
    operator, registrars = either.operator, [either.registrar.address, either.second_registrar.address]
    for record in (either.record, tmp_path / "lost.json"):
        again = deploy(either.chain, operator=operator, registrars=registrars, record_path=record)
        assert again.issuer_registry == create_address(operator.address, 0)
        assert again.credential_registry == create_address(operator.address, 1)
    assert either.chain.nonce(operator.address) == 2
    verify_deployment(either.chain, either.deployment)


def test_issuers_keys_and_their_history(either):
    world, calls = either, either.calls
    issuer, digest = world.admit(name="Школа", kinds=3, custody=Custody.HOSTED), new_digest()
    tree, mined = world.anchor([digest, new_digest()])
    pass_time(world, 100)
    world.send(world.registrar, calls.rename(issuer.id, "Лицей"))
    world.send(world.registrar, calls.set_kinds(issuer.id, 1))
    world.send(world.registrar, calls.suspend(issuer.id, world.chain.head().time))
    world.send(world.controller, calls.retire_key(issuer.id, issuer.public_key, world.chain.head().time))
    record, (key,) = world.registry.issuer(issuer.id), world.registry.keys(issuer.id)
    assert (record.name, record.kinds, record.suspended) == ("Лицей", 1, True)
    assert (key.purpose, key.custody) == (Purpose.CREDENTIAL, Custody.HOSTED)
    asked = world.question(issuer, digest, world.receipt(digest, tree, mined))
    facts = world.reader().read_facts(asked, now=FAR)
    then, now = facts.answers["0x" + tree.root.hex()], facts.answers[""]
    assert (then.name_at_time, then.kinds, then.issuer_admitted, then.key_valid) == ("Школа", 3, True, True)
    assert (now.name_at_time, now.kinds, now.issuer_admitted, now.key_valid) == ("Лицей", 1, False, False)
    assert (then.anchor_block, then.key_until) == (mined.block_number, key.valid_until)
    assert facts.transactions == {"0x" + tree.root.hex(): mined.hash}
    world.send(world.registrar, calls.reinstate(issuer.id))
    assert not world.registry.issuer(issuer.id).suspended


def test_relayed_calls(either):
    world, calls, registry = either, either.calls, either.registry
    issuer, key, digest, deadline = world.admit(), os.urandom(32), new_digest(), either.deadline()
    adding = calls.add_key_for(issuer.id, key, Purpose.STATUS, Custody.OWN, nonce=0, deadline=deadline)
    assert refused(world, world.stranger, adding.signed_by(world.stranger)) == "BadSignature"
    world.send(world.stranger, adding.signed_by(world.controller))
    assert refused(world, world.stranger, adding.signed_by(world.controller)) == "BadSignature"  # its nonce is used up
    as_of = world.chain.head().time
    retiring = calls.retire_key_for(issuer.id, key, as_of, nonce=1, deadline=deadline)
    world.send(world.stranger, retiring.signed_by(world.controller))
    asking = calls.request_retirement_for(issuer.id, issuer.public_key, as_of, nonce=2, deadline=deadline)
    world.send(world.stranger, asking.signed_by(world.controller))
    world.send(world.registrar, calls.confirm_retirement(issuer.id, issuer.public_key, as_of))
    assert [one.valid_until for one in registry.keys(issuer.id)] == [as_of, as_of]
    assert registry.issuer_nonce(issuer.id) == 3
    revoking = calls.revoke_for(issuer.id, [digest], Reason.FRAUD, nonce=0, deadline=deadline)
    world.send(world.stranger, revoking.signed_by(world.controller))
    assert registry.revocation_of(issuer.id, digest).reason is Reason.FRAUD
    assert registry.credential_nonce(issuer.id) == 1
    late = calls.revoke_for(issuer.id, [digest], Reason.FRAUD, nonce=1, deadline=1)
    assert refused(world, world.stranger, late.signed_by(world.controller)) == "DeadlinePassed"


def test_what_the_contracts_refuse(either):
    world, calls = either, either.calls
    issuer, key = world.admit(), os.urandom(32)
    tree, _ = world.anchor([new_digest()])
    now, unknown = world.chain.head().time, os.urandom(32)
    kind = (Purpose.CREDENTIAL, Custody.OWN)
    cases = [
        ("AlreadyAnchored", world.stranger, calls.anchor(tree.root)),
        ("AlreadyAdmitted", world.registrar, calls.admit(issuer.did, world.stranger.address, "Другая", 1)),
        ("NotRegistrar", world.controller, calls.rename(issuer.id, "Другая")),
        ("UnknownIssuer", world.registrar, calls.rename(unknown, "Другая")),
        ("NotController", world.registrar, calls.add_key(issuer.id, key, *kind)),
        ("KeyAlreadyKnown", world.controller, calls.add_key(issuer.id, issuer.public_key, *kind)),
        ("UnknownKey", world.controller, calls.retire_key(issuer.id, key, now)),
        ("RetirementOutOfRange", world.controller, calls.retire_key(issuer.id, issuer.public_key, now + FAR)),
        ("RetirementNeedsRegistrar", world.controller, calls.retire_key(issuer.id, issuer.public_key, 1)),
        ("RetirementNotRequested", world.registrar, calls.confirm_retirement(issuer.id, issuer.public_key, now)),
        ("SuspensionOutOfRange", world.registrar, calls.suspend(issuer.id, 1)),
        ("NotSuspended", world.registrar, calls.reinstate(issuer.id)),
        ("NotRevoker", world.stranger, calls.revoke(issuer.id, [new_digest()], Reason.FRAUD)),
    ]
    for name, sender, call in cases:
        assert refused(world, sender, call) == name


def test_a_call_that_fails_is_mined_uses_its_nonce_and_changes_nothing(either):
    world = either
    tree, _ = world.anchor([new_digest()])
    before, nonce = world.registry.anchor_of(tree.root), world.chain.nonce(world.stranger.address)
    signed = world.stranger.sign(
        chain_id=world.deployment.chain_id,
        nonce=nonce,
        gas=100_000,
        fees=world.chain.fees(),
        to=world.deployment.credential_registry,
        data=world.calls.anchor(tree.root).data,
    )
    world.chain.send_raw(signed.raw)
    assert not eventually(lambda: world.chain.receipt(signed.hash)).ok
    assert world.chain.nonce(world.stranger.address) == nonce + 1
    assert world.registry.anchor_of(tree.root) == before


@pytest.mark.fault(20)
def test_a_reorganisation_takes_receipt_nonce_and_state_back(either):
    world, reader, digest = either, either.reader(), new_digest()
    issuer = world.admit()
    tree, mined = world.anchor([digest])
    before = reader.touched_since(None).head
    assert reader.touched_since(before) == reader.touched_since(before)
    nonce = world.chain.nonce(world.operator.address)
    asked = world.question(issuer, digest, world.receipt(digest, tree, mined))
    reorganise(world, 1)
    assert world.chain.receipt(mined.hash) is None
    assert world.chain.nonce(world.operator.address) == nonce - 1
    assert world.registry.anchor_of(tree.root) is None
    assert reader.touched_since(before).everything
    facts = reader.read_facts(asked, now=FAR)
    assert not facts.answers["0x" + tree.root.hex()].anchored


def test_the_watch_names_what_events_touched(either):
    world, reader = either, either.reader()
    before = reader.touched_since(None).head
    issuer, digest = world.admit(), new_digest()
    tree, _ = world.anchor([digest])
    world.send(world.controller, world.calls.revoke(issuer.id, [digest], Reason.SUPERSEDED))
    touched = reader.touched_since(before)
    assert (touched.issuers, touched.digests) == ({issuer.id}, {digest})
    assert touched.roots == {"0x" + tree.root.hex()}
    assert not touched.everything


@pytest.mark.fault(19)
def test_the_same_bytes_twice_are_one_transaction(either):
    world = either
    nonce = world.chain.nonce(world.operator.address)
    signed = world.operator.sign(
        chain_id=world.deployment.chain_id,
        nonce=nonce,
        gas=100_000,
        fees=world.chain.fees(),
        to=world.deployment.credential_registry,
        data=world.calls.anchor(new_digest()).data,
    )
    assert world.chain.send_raw(signed.raw).accepted
    eventually(lambda: world.chain.receipt(signed.hash))
    assert not world.chain.send_raw(signed.raw).accepted
    assert world.chain.nonce(world.operator.address) == nonce + 1


class TestMisbehaviour:
    """Of the fake alone: each flaw looks to the service as it does in a real node behind the proxy."""

    def question(self, world):
        issuer = world.admit()
        return world.question(issuer, new_digest())

    @pytest.mark.parametrize(
        ("flaw", "code"),
        [
            (Misbehaviour.DOWN, UnknownCode.UNREACHABLE),
            (Misbehaviour.TALKS_NONSENSE, UnknownCode.BAD_ANSWER),
            (Misbehaviour.OTHER_NETWORK, UnknownCode.WRONG_CHAIN),
            (Misbehaviour.OTHER_GENESIS, UnknownCode.WRONG_GENESIS),
        ],
    )
    def test_facts_are_unknown(self, fake, flaw, code):
        asked = self.question(fake)
        fake.chain.node.misbehaviour.add(flaw)
        unknown = fake.reader().read_facts(asked, now=FAR)
        assert isinstance(unknown, PairUnknown)
        assert unknown.code is code
        with pytest.raises((ChainMismatchError, UnreachableError)):
            fake.reader().touched_since(None)

    def test_a_node_behind_gives_older_facts(self, fake):
        asked = self.question(fake)
        newest = fake.reader().read_facts(asked, now=FAR)
        fake.chain.node.misbehaviour.add(Misbehaviour.FALLEN_BEHIND)
        assert fake.reader().read_facts(asked, now=FAR).head_number == newest.head_number - 1

    @pytest.mark.fault(18)
    @pytest.mark.parametrize("flaw", [Misbehaviour.LOSES_ANSWER, Misbehaviour.SAYS_NONCE_TOO_LOW])
    def test_a_send_is_unsure_and_mined(self, fake, flaw):
        fake.chain.node.misbehaviour.add(flaw)
        tree, mined = fake.anchor([new_digest()])
        assert mined.ok
        assert fake.registry.anchor_of(tree.root).transaction == mined.hash

    def test_a_dropped_transaction_is_accepted_and_nowhere(self, fake):
        fake.chain.node.misbehaviour.add(Misbehaviour.DROPS_TRANSACTIONS)
        call = fake.calls.anchor(new_digest())
        signed = fake.operator.sign(
            chain_id=31337, nonce=2, gas=90_000, fees=fake.chain.fees(), to=call.to, data=call.data
        )
        assert fake.chain.send_raw(signed.raw).accepted
        standing = fake.chain.standing(signed.hash, sender=signed.sender)
        assert (standing.mined, standing.pooled, standing.mined_nonce) == (None, False, 2)

    def test_transactions_wait_while_nothing_is_mined(self, fake):
        fake.chain.node.is_mining = False
        call = fake.calls.anchor(new_digest())
        later, first = (
            fake.operator.sign(
                chain_id=31337, nonce=nonce, gas=90_000, fees=fake.chain.fees(), to=call.to, data=call.data
            )
            for nonce in (3, 2)
        )
        for signed in (later, first):
            assert fake.chain.send_raw(signed.raw).accepted
        assert fake.chain.standing(first.hash, sender=first.sender).pooled
        assert fake.chain.nonce(first.sender, pending=True) == 4
        fake.chain.node.mine()
        assert fake.chain.receipt(first.hash).ok
        assert not fake.chain.receipt(later.hash).ok  # the same root again

    def test_a_reorganisation_may_put_the_transactions_back_into_the_pool(self, fake):
        _, mined = fake.anchor([new_digest()])
        fake.chain.node.reorganise(1, keep=True)
        assert fake.chain.transaction(mined.hash).block_hash is None
        fake.chain.node.mine()
        again = fake.chain.receipt(mined.hash)
        assert again.ok
        assert again.block_hash != mined.block_hash

    def test_it_is_refused_in_production(self):
        with pytest.raises(LocalChainError, match="refused in production"):
            FakeChain(is_production=True)


def test_receipts_of_another_contract_are_ignored_by_both(either):
    issuer, digest = either.admit(), new_digest()
    tree, mined = either.anchor([digest])
    receipt = replace(either.receipt(digest, tree, mined), contract=either.deployment.issuer_registry)
    facts = either.reader().read_facts(either.question(issuer, digest, receipt), now=FAR)
    assert set(facts.answers) == {""}
