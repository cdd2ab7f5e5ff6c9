"""Calls to the two contracts and what they answer, on a real chain."""

from __future__ import annotations

import os

import pytest
from tiny_keccak import keccak256

from chain_world import ALL_KINDS, eventually, new_digest
from portfolio.anchoring.merkle import Tree
from portfolio.chain.abi import credential_registry
from portfolio.chain.calls import Purpose
from portfolio.chain.errors import RevertedError
from portfolio.chain.registry import refusal_of
from portfolio.credentials.facts import Custody, Reason

pytestmark = pytest.mark.chain


def refused(world, sender, call):
    """Name and arguments of the error with which the contract refuses a call."""
    with pytest.raises(RevertedError) as error:
        world.chain.estimate(sender=sender.address, to=call.to, data=call.data)
    refusal = refusal_of(error.value)
    return refusal.name, refusal.values


def test_an_issuer_is_admitted_renamed_suspended_and_reinstated(world):
    issuer = world.admit(name="Школа № 1", kinds=0b101)
    record = world.registry.issuer(issuer.id)
    assert (record.did, record.name, record.kinds) == (issuer.did, "Школа № 1", 0b101)
    assert record.controller == world.controller.address
    assert not record.suspended
    assert record.successor is None
    world.send(world.registrar, world.calls.rename(issuer.id, "Лицей № 1"))
    world.send(world.second_registrar, world.calls.set_kinds(issuer.id, 0b1))
    world.send(world.registrar, world.calls.suspend(issuer.id, world.chain.head().time))
    changed = world.registry.issuer(issuer.id)
    assert (changed.name, changed.kinds, changed.suspended) == ("Лицей № 1", 0b1, True)
    world.send(world.registrar, world.calls.reinstate(issuer.id))
    assert not world.registry.issuer(issuer.id).suspended
    assert world.registry.issuer(bytes(32)) is None


def test_keys_come_with_purpose_custody_and_times(world):
    issuer = world.admit(custody=Custody.HOSTED)
    status = os.urandom(32)
    world.send(world.controller, world.calls.add_key(issuer.id, status, Purpose.STATUS, Custody.OWN))
    as_of = world.chain.head().time
    world.send(world.controller, world.calls.retire_key(issuer.id, status, as_of))
    first, second = world.registry.keys(issuer.id)
    assert (first.public_key, first.purpose, first.custody) == (issuer.public_key, Purpose.CREDENTIAL, Custody.HOSTED)
    assert first.valid_until is None
    assert (second.public_key, second.purpose, second.custody) == (status, Purpose.STATUS, Custody.OWN)
    assert second.valid_until == as_of
    assert world.registry.key(issuer.id, status) == second
    assert world.registry.key(issuer.id, bytes(31) + b"\1") is None
    assert world.registry.keys(bytes(32)) == []


def test_relayed_calls_are_signed_by_the_controller_and_sent_by_anybody(world):
    issuer, key, digests = world.admit(), os.urandom(32), [new_digest() for _ in range(3)]
    calls, registry, deadline = world.calls, world.registry, world.deadline()

    nonce = registry.issuer_nonce(issuer.id)
    adding = calls.add_key_for(issuer.id, key, Purpose.CREDENTIAL, Custody.OWN, nonce=nonce, deadline=deadline)
    world.send(world.stranger, adding.signed_by(world.controller))
    assert registry.key(issuer.id, key).valid_until is None

    assert registry.issuer_nonce(issuer.id) == nonce + 1
    as_of = world.chain.head().time
    retiring = calls.retire_key_for(issuer.id, key, as_of, nonce=nonce + 1, deadline=deadline)
    world.send(world.stranger, retiring.signed_by(world.controller))
    assert registry.key(issuer.id, key).valid_until == as_of

    request = calls.request_retirement_for(issuer.id, issuer.public_key, as_of, nonce=nonce + 2, deadline=deadline)
    world.send(world.stranger, request.signed_by(world.controller))
    world.send(world.registrar, calls.confirm_retirement(issuer.id, issuer.public_key, as_of))
    assert registry.key(issuer.id, issuer.public_key).valid_until == as_of

    revoking = calls.revoke_for(
        issuer.id, digests, Reason.FRAUD, nonce=registry.credential_nonce(issuer.id), deadline=deadline
    )
    mined = world.send(world.stranger, revoking.signed_by(world.controller))
    assert {registry.revocation_of(issuer.id, digest).reason for digest in digests} == {Reason.FRAUD}
    assert registry.revocation_of(issuer.id, digests[0]).revoked_at == world.chain.block(mined.block_number).time
    assert registry.revocation_of(issuer.id, new_digest()) is None
    assert registry.credential_nonce(issuer.id) == 1


def test_a_relayed_call_of_another_signer_nonce_or_time_is_refused(world):
    issuer, digest, deadline = world.admit(), new_digest(), world.deadline()
    good = world.calls.revoke_for(issuer.id, [digest], Reason.FRAUD, nonce=0, deadline=deadline)
    assert refused(world, world.stranger, good.signed_by(world.stranger)) == (
        "BadSignature",
        {"issuerId": issuer.id, "nonce": 0},
    )
    later = world.calls.revoke_for(issuer.id, [digest], Reason.FRAUD, nonce=1, deadline=deadline)
    assert refused(world, world.stranger, later.signed_by(world.controller))[0] == "BadSignature"
    late = world.calls.revoke_for(issuer.id, [digest], Reason.FRAUD, nonce=0, deadline=1)
    assert refused(world, world.stranger, late.signed_by(world.controller))[0] == "DeadlinePassed"
    elsewhere = good.with_signature(bytes(65))
    assert refused(world, world.stranger, elsewhere)[0] == "BadSignature"
    assert world.registry.revocation_of(issuer.id, digest) is None


def test_a_direct_revocation_needs_the_controller(world):
    issuer, digest = world.admit(), new_digest()
    call = world.calls.revoke(issuer.id, [digest], Reason.WITHDRAWN)
    name, values = refused(world, world.stranger, call)
    assert name == "NotRevoker"
    assert values == {"issuerId": issuer.id, "account": world.stranger.address}
    world.send(world.controller, call)
    again = world.calls.revoke(issuer.id, [digest], Reason.FRAUD)
    world.send(world.controller, again)  # skipped, never reverted: the first reason stands
    assert world.registry.revocation_of(issuer.id, digest).reason is Reason.WITHDRAWN
    (found,) = world.registry.occurrences("Revoked", issuer.id, digest)
    assert found.values["reason"] == Reason.WITHDRAWN


@pytest.mark.fault(38)
def test_a_root_anchored_already_says_when_and_by_whom(world):
    digests = [new_digest() for _ in range(5)]
    tree, mined = world.anchor(digests, sender=world.stranger)  # a front-runner copied our call
    block = world.chain.block(mined.block_number)
    assert refused(world, world.operator, world.calls.anchor(tree.root)) == (
        "AlreadyAnchored",
        {"root": tree.root, "blockNumber": block.number, "blockTime": block.time},
    )
    record = world.registry.anchor_of(tree.root)
    assert (record.block_number, record.block_hash, record.block_time) == (block.number, block.hash, block.time)
    assert record.sender == world.stranger.address
    assert record.transaction == mined.hash
    assert world.registry.anchor_of(new_digest()) is None
    # Sent all the same, it is mined, fails, and changes nothing: what counts is what the contract knows.
    late = world.operator.sign(
        chain_id=world.deployment.chain_id,
        nonce=world.chain.nonce(world.operator.address),
        gas=100_000,
        fees=world.chain.fees(),
        to=world.deployment.credential_registry,
        data=world.calls.anchor(tree.root).data,
    )
    world.chain.send_raw(late.raw)
    assert not eventually(lambda: world.chain.receipt(late.hash)).ok
    assert world.registry.anchor_of(tree.root) == record


def test_events_are_found_by_their_arguments(world):
    issuer = world.admit(kinds=ALL_KINDS)
    (admitted,) = world.registry.occurrences("IssuerAdmitted", issuer.id)
    assert admitted.values["did"] == issuer.did
    assert admitted.values["registrar"] == world.registrar.address
    (added,) = world.registry.occurrences("KeyAdded", issuer.id, issuer.public_key)
    assert added.block_number == admitted.block_number + 1
    assert world.chain.receipt(added.transaction).ok
    assert world.registry.occurrences("KeyAdded", None, issuer.public_key) == [added]
    assert world.registry.occurrences("KeyRetired", issuer.id) == []


def test_the_contracts_bytes_are_the_packages_bytes(world):
    interface = credential_registry()
    code = world.chain.code(world.deployment.credential_registry, block_hash=world.chain.head().hash)
    assert interface.is_code(code)
    assert not interface.is_code(code[:-1])
    assert not interface.is_code(bytes([code[0] ^ 1]) + code[1:])
    assert "0x" + keccak256(code).hex() == world.deployment.credential_registry_code_hash


def test_the_tree_of_python_is_the_tree_of_the_contract(world):
    issuer, digests = world.admit(), [new_digest() for _ in range(33)]
    tree, mined = world.anchor(digests)
    assert tree.root == Tree.of(digests[::-1]).root
    questions = [world.question(issuer, digest, world.receipt(digest, tree, mined)) for digest in digests]
    for facts in world.reader().read_many(questions, now=0):
        assert facts.answers["0x" + tree.root.hex()].proof_valid
