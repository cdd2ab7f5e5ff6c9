"""Strangers, replays and receipts of every wrong sort."""

from __future__ import annotations

import samples
from scenario_table import DAY, scenario
from simulated_pair import SimulatedPair
from worlds import Case, World, altered

from portfolio.credentials.bundles import receipt_json
from portfolio.credentials.facts import TrustRoots


@scenario("INVALID", 121, key="key_absent", issuer="issuer_admitted", anchor="anchor_untimely")
def attacker_names_our_school() -> Case:
    """A stranger signs in the school's name with his own key and anchors his own root."""
    world = World()
    signed = world.sign(by=samples.signer("attacker"))
    return world.case(signed, [world.register(signed)])


@scenario("INVALID", 121, issuer="issuer_absent", kind="kind_not_allowed", key="key_absent")
def attacker_names_himself() -> Case:
    """A stranger signs under a DID of his own that no registry knows."""
    world = World()
    did = "did:web:id.example.org:issuers:sch00l-5"
    signed = world.sign(by=samples.signer("attacker"), issuer_did=did)
    return world.case(signed, [world.register(signed)])


@scenario("INVALID", 121, key="key_absent")
def another_issuers_key() -> Case:
    """Another admitted issuer signs in the school's name with its own good key."""
    world = World()
    other = world.pair.admit("did:web:id.example.org:issuers:other", "Другая школа", 63)
    world.pair.add_key(other, samples.signer("other").public_key)
    signed = world.sign(by=samples.signer("other"))
    return world.case(signed, [world.register(signed)])


@scenario("PENDING", 120, warns="receipt_chain")
def replay_from_another_chain_id() -> Case:
    """The receipt names another chain id."""
    world = World()
    signed = world.sign()
    return world.case(signed, [altered(world.register(signed), chain_id=1)])


@scenario("PENDING", 120, warns="receipt_genesis")
def replay_from_another_genesis() -> Case:
    """The receipt names a chain of the same number with another beginning (a reset test chain)."""
    world = World()
    signed = world.sign()
    return world.case(signed, [altered(world.register(signed), genesis_hash="0x" + "0e" * 32)])


@scenario("PENDING", 120, warns="receipt_contract")
def replay_from_another_contract() -> Case:
    """The receipt names another contract on the trusted chain."""
    world = World()
    signed = world.sign()
    return world.case(signed, [altered(world.register(signed), contract="0x" + "0c" * 20)])


@scenario("PENDING", 120, warns="receipt_chain")
def registered_on_an_untrusted_chain_only() -> Case:
    """Registered, but on a chain that this verifier does not trust."""
    test = SimulatedPair("test", chain_id=99)
    world = World(SimulatedPair(), test)
    signed = world.sign()
    receipt = world.register(signed, pair=test)
    return world.case(signed, [receipt], trust=TrustRoots((world.pair.trusted,)))


@scenario("PENDING", 120, warns="receipt_absent")
def relabelled_test_anchor() -> Case:
    """A receipt of a test chain is relabelled with the trusted pair's chain, genesis and contract."""
    test = SimulatedPair("test", chain_id=99)
    world = World(SimulatedPair(), test)
    signed = world.sign()
    receipt = world.register(signed, pair=test)
    real = world.pair.trusted
    relabelled = altered(
        receipt, chain_id=real.chain_id, genesis_hash=real.genesis_hash, contract=real.credential_registry
    )
    return world.case(signed, [relabelled], trust=TrustRoots((real,)))


@scenario("INVALID", signature="signature_wrong")
def signed_by_another_than_named() -> Case:
    """The proof names the school's key, but the signature was made by another."""
    world = World()
    signed = world.sign()
    other = world.sign(by=samples.signer("attacker"))
    mine, theirs = (item.document.split(b'"proofValue":"')[1].split(b'"')[0] for item in (signed, other))
    return world.case(signed.document.replace(mine, theirs))


@scenario("INVALID", structure="structure_unreadable", signature="not_reached", expiry="not_reached")
def not_a_credential() -> Case:
    """A file that is no JSON at all."""
    return World().case(b"%PDF-1.7 not JSON")


@scenario("INVALID", 126, structure="structure_altered", signature="not_reached")
def a_member_added_to_the_credential() -> Case:
    """A member that no context defines is added: the signature would still fit."""
    signed = World().sign()
    return World().case(signed.document.replace(b'{"@context"', b'{"note":"x","@context"', 1))


@scenario("INVALID", 130, structure="structure_version")
def bundle_of_unknown_version() -> Case:
    """A bundle of version 2."""
    world = World()
    bundle = world.case(world.sign()).bundle.replace(b'"version": 1', b'"version": 2')
    return world.case(bundle)


@scenario("PENDING", 130, warns="receipt_version")
def receipt_of_unknown_version() -> Case:
    """The only receipt is of version 2."""
    world = World()
    signed = world.sign()
    return world.case(signed, [receipt_json(world.register(signed)) | {"version": 2}])


@scenario("VALID", 130, warns="receipt_version")
def good_receipt_beside_unknown_version() -> Case:
    """A receipt of version 0 stands before a good one."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    return world.case(signed, [receipt_json(receipt) | {"version": 0}, receipt])


@scenario("PENDING", warns="receipt_tag")
def receipt_of_a_claim() -> Case:
    """The receipt carries the tag of a holder's claim."""
    world = World()
    signed = world.sign()
    return world.case(signed, [altered(world.register(signed), tag="0x" + "7a" * 32)])


@scenario("PENDING", warns="receipt_digest")
def receipt_of_another_credential() -> Case:
    """The receipt belongs to another credential of the same batch."""
    world = World()
    signed, other = world.sign(), world.sign(word="second")
    return world.case(signed, [world.register(other)])


@scenario("PENDING", 115, warns="receipt_proof")
def receipt_with_a_shortened_proof() -> Case:
    """A step of the proof is missing."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    return world.case(signed, [altered(receipt, proof=receipt.proof[1:])])


@scenario("PENDING", 116, warns="receipt_proof")
def receipt_with_an_empty_proof() -> Case:
    """An empty proof for a root of several leaves."""
    world = World()
    signed = world.sign()
    return world.case(signed, [altered(world.register(signed), proof=())])


@scenario("PENDING", 116, warns="receipt_malformed")
def receipt_with_an_overlong_proof() -> Case:
    """A proof of 65 steps."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    return world.case(signed, [altered(receipt, proof=receipt.proof + ("0x" + "00" * 32,) * (65 - len(receipt.proof)))])


@scenario("PENDING", warns="receipt_absent")
def receipt_for_a_root_never_anchored() -> Case:
    """The proof holds, but nobody ever anchored the root."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.anchors.clear()
    world.pair.history.pop()
    return world.case(signed, [receipt])


@scenario("VALID", warns="receipt_hints")
def receipt_with_wrong_block_and_time() -> Case:
    """Block, time and transaction of the receipt are made up: the contract's count."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    lie = altered(receipt, block_number=1, block_time=1, transaction="0x" + "00" * 32, block_hash="0x" + "00" * 32)
    return world.case(signed, [lie])


@scenario("VALID", anchor="anchor_final", warns="")
def several_receipts() -> Case:
    """Registered twice in one pair: the earliest counts, whatever the order of the receipts."""
    world = World()
    signed = world.sign()
    first = world.register(signed)
    world.pair.wait(DAY)
    return world.case(signed, [world.register(signed), first])


@scenario("VALID", warns="receipt_absent receipt_proof")
def one_good_receipt_among_bad() -> Case:
    """A receipt of an unknown root and one with another root stand beside a good one."""
    world = World()
    signed = world.sign()
    unknown = world.register(signed)
    world.pair.anchors.clear()
    world.pair.history.pop()
    good = world.register(signed)
    return world.case(signed, [unknown, altered(good, root="0x" + "ee" * 32), good])


@scenario("VALID", warns="receipt_surplus receipt_absent")
def more_receipts_than_anybody_needs() -> Case:
    """A good receipt, then 20 of roots that nobody anchored."""
    world = World()
    signed = world.sign()
    good = world.register(signed)
    others = []
    for _ in range(20):
        others.append(world.register(signed))
        world.pair.history.pop()
        del world.pair.anchors[bytes.fromhex(others[-1].root[2:])]
    return world.case(signed, [good, *others])
