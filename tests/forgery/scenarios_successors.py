"""Successors, who may revoke and nothing else, and controllers replaced by two registrars after seven days."""

from __future__ import annotations

from typing import Any

import samples
from scenario_table import DAY, scenario
from simulated_pair import BLOCK_SECONDS, WINDOW
from worlds import Case, World

from portfolio.credentials.facts import Reason
from portfolio.credentials.signing import Signed

HEIR_DID = "did:web:id.example.org:issuers:gymnasium-1"
HEIR_NAME = "МБОУ «Гимназия № 1»"
KEY = samples.signer("school").public_key
THIEF = samples.signer("attacker")
SAVED = samples.signer("second")


def _merged() -> tuple[World, bytes]:
    """The school and the gymnasium that will succeed it."""
    world = World()
    heir = world.pair.admit(HEIR_DID, HEIR_NAME, 63)
    world.pair.add_key(heir, samples.signer("heir").public_key)
    return world, heir


def _refused_revocation(world: World, sender: str, signed: Signed) -> None:
    world.pair.refused(
        "NotRevoker",
        "revoke",
        sender,
        issuerId=world.school,
        digests=[signed.digest],
        reason=Reason.FRAUD.name,
    )


def _refused_key(world: World, sender: str, key: bytes) -> None:
    world.pair.refused(
        "NotController",
        "addKey",
        sender,
        issuerId=world.school,
        publicKey=key,
        purpose="CREDENTIAL",
        custody="OWN",
    )


@scenario("VALID", revocation="not_revoked", key="key_good")
def successor_named_after_anchor() -> Case:
    """The school has a successor today; what it issued stands."""
    world, heir = _merged()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.name_successor(world.school, heir)
    return world.case(signed, [receipt])


@scenario("REVOKED", revocation="revoked_issued_in_error")
def successor_revokes() -> Case:
    """The successor revokes what its predecessor issued."""
    world, heir = _merged()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.name_successor(world.school, heir)
    world.pair.revoke(world.school, signed.digest, Reason.ISSUED_IN_ERROR, by=heir)
    return world.case(signed, [receipt])


@scenario("REVOKED", revocation="revoked_withdrawn", notes="one_source issuer_now_suspended")
def successor_revokes_for_a_suspended_predecessor() -> Case:
    """The predecessor is suspended for good; its successor may still revoke."""
    world, heir = _merged()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.name_successor(world.school, heir)
    world.pair.suspend(world.school)
    world.pair.revoke(world.school, signed.digest, Reason.WITHDRAWN, by=heir)
    return world.case(signed, [receipt])


@scenario("VALID", revocation="not_revoked")
def not_yet_successor_revokes() -> Case:
    """The gymnasium tries to revoke before it is named successor."""
    world, heir = _merged()
    signed = world.sign()
    receipt = world.register(signed)
    _refused_revocation(world, world.pair.controller(heir), signed)
    world.pair.name_successor(world.school, heir)
    return world.case(signed, [receipt])


@scenario("VALID", revocation="not_revoked")
def former_successor_revokes() -> Case:
    """Another successor was named instead; the first one tries to revoke."""
    world, heir = _merged()
    signed = world.sign()
    receipt = world.register(signed)
    other = world.pair.admit("did:web:id.example.org:issuers:lyceum-2", "МБОУ «Лицей № 2»", 63)
    world.pair.name_successor(world.school, heir)
    world.pair.name_successor(world.school, other)
    _refused_revocation(world, world.pair.controller(heir), signed)
    return world.case(signed, [receipt])


@scenario("VALID", revocation="not_revoked")
def successors_successor_revokes() -> Case:
    """The right to revoke is not passed on: the successor's own successor tries in vain."""
    world, heir = _merged()
    signed = world.sign()
    receipt = world.register(signed)
    last = world.pair.admit("did:web:id.example.org:issuers:lyceum-2", "МБОУ «Лицей № 2»", 63)
    world.pair.name_successor(world.school, heir)
    world.pair.name_successor(heir, last)
    _refused_revocation(world, world.pair.controller(last), signed)
    return world.case(signed, [receipt])


@scenario("INVALID", key="key_absent", issuer="issuer_admitted")
def successor_signs_in_the_old_name() -> Case:
    """The successor signs in its predecessor's name, with a key that it tried in vain to give it."""
    world, heir = _merged()
    world.pair.name_successor(world.school, heir)
    key = samples.signer("heir")
    _refused_key(world, world.pair.controller(heir), key.public_key)
    signed = world.sign(by=key)
    return world.case(signed, [world.register(signed)])


@scenario("VALID", key="key_good", issuer="issuer_admitted")
def successor_issues_in_its_own_name() -> Case:
    """The successor issues anew, in its own name, what its predecessor had issued."""
    world, heir = _merged()
    old = world.sign()
    world.register(old)
    world.pair.name_successor(world.school, heir)
    new = world.sign(by=samples.signer("heir"), issuer_did=HEIR_DID, issuer_name=HEIR_NAME, word="anew")
    receipt = world.register(new)
    world.pair.revoke(world.school, old.digest, Reason.SUPERSEDED, by=heir)
    return world.case(new, [receipt])


def _successor_of_registrars(early: int) -> Case:
    """Two registrars name a successor; it is carried out `early` seconds before the seven days are over."""
    world, heir = _merged()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.propose_successor(world.school, heir)
    due = world.pair.confirm_change(world.school, "SUCCESSOR")
    world.pair.wait_until(due - early)
    if early:
        world.pair.refused("NotExecutable", "executeChange", "registrar 1", issuerId=world.school, change="SUCCESSOR")
        _refused_revocation(world, world.pair.controller(heir), signed)
    else:
        world.pair.execute_change(world.school, "SUCCESSOR")
        world.pair.revoke(world.school, signed.digest, Reason.FRAUD, by=heir)
    return world.case(signed, [receipt])


@scenario("REVOKED", revocation="revoked_fraud")
def successor_of_two_registrars_after_seven_days() -> Case:
    """Two registrars name a successor in the first second after seven days; it revokes."""
    return _successor_of_registrars(0)


@scenario("VALID", revocation="not_revoked")
def successor_of_two_registrars_a_second_early() -> Case:
    """One second before the seven days are over nothing is carried out; the revocation is refused."""
    return _successor_of_registrars(1)


def _recovering(at: int, **refusal: str) -> tuple[World, dict[str, Any]]:
    """Two registrars give the school another controller, carried out or refused `at` seconds after it is due."""
    world = World()
    old = {"signed": world.sign()}
    old["receipt"] = world.register(old["signed"])
    world.pair.propose_controller(world.school, "saved controller")
    due = world.pair.confirm_change(world.school, "CONTROLLER")
    world.pair.wait_until(due + at)
    if refusal:
        world.pair.refused(refusal["error"], "executeChange", "registrar 1", issuerId=world.school, change="CONTROLLER")
        _refused_key(world, "saved controller", SAVED.public_key)
    else:
        world.pair.execute_change(world.school, "CONTROLLER")
        world.pair.add_key(world.school, SAVED.public_key)
    return world, old


def _signed_with_the_new_key(world: World) -> Case:
    signed = world.sign(by=SAVED, word="new key")
    return world.case(signed, [world.register(signed)])


@scenario("VALID", 67, key="key_good")
def controller_recovered_in_the_first_second() -> Case:
    """The controller was replaced in the first second after seven days; the new one added this key."""
    return _signed_with_the_new_key(_recovering(0)[0])


@scenario("VALID", 67, key="key_good")
def controller_recovered_in_the_last_second() -> Case:
    """The controller was replaced in the last second of the 30 days that there are for it."""
    return _signed_with_the_new_key(_recovering(WINDOW - 1)[0])


@scenario("INVALID", 67, key="key_absent")
def controller_recovered_a_second_early() -> Case:
    """One second before the seven days are over the controller is not replaced, and adds no key."""
    return _signed_with_the_new_key(_recovering(-1, error="NotExecutable")[0])


@scenario("INVALID", 67, key="key_absent")
def controller_recovery_forgotten() -> Case:
    """30 days after the seven the agreement of the registrars is void."""
    return _signed_with_the_new_key(_recovering(WINDOW, error="NotExecutable")[0])


@scenario("VALID", 67, key="key_good")
def registered_before_the_recovery() -> Case:
    """The controller was replaced after this credential had been registered."""
    world, old = _recovering(0)
    return world.case(old["signed"], [old["receipt"]])


@scenario("VALID", 67, revocation="not_revoked")
def replaced_controller_revokes() -> Case:
    """The controller that was replaced, a thief's by now, tries to revoke and to add a key."""
    world = World()
    thief = world.pair.controller(world.school)
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.propose_controller(world.school, "saved controller")
    world.pair.wait_until(world.pair.confirm_change(world.school, "CONTROLLER"))
    world.pair.execute_change(world.school, "CONTROLLER")
    _refused_revocation(world, thief, signed)
    _refused_key(world, thief, THIEF.public_key)
    return world.case(signed, [receipt])


@scenario("INVALID", 67, key="key_absent")
def controller_recovery_cancelled() -> Case:
    """A registrar called the recovery off; after seven days nothing can be carried out."""
    world = World()
    world.pair.propose_controller(world.school, "saved controller")
    due = world.pair.confirm_change(world.school, "CONTROLLER")
    world.pair.wait(DAY)
    thief = world.pair.controller(world.school)
    world.pair.refused("NotRegistrar", "cancelChange", thief, issuerId=world.school, change="CONTROLLER")
    world.pair.cancel_change(world.school, "CONTROLLER")
    world.pair.wait_until(due)
    world.pair.refused("NothingProposed", "executeChange", "registrar 1", issuerId=world.school, change="CONTROLLER")
    _refused_key(world, "saved controller", SAVED.public_key)
    return _signed_with_the_new_key(world)


@scenario("INVALID", 67, key="key_absent")
def controller_recovery_of_one_registrar() -> Case:
    """One registrar alone cannot replace a controller, however long he waits."""
    world = World()
    world.pair.propose_controller(world.school, "saved controller")
    world.pair.refused(
        "SameRegistrar",
        "confirmChange",
        "registrar 1",
        issuerId=world.school,
        change="CONTROLLER",
        subject="saved controller",
    )
    world.pair.wait(8 * DAY)
    world.pair.refused("NotExecutable", "executeChange", "registrar 1", issuerId=world.school, change="CONTROLLER")
    _refused_key(world, "saved controller", SAVED.public_key)
    return _signed_with_the_new_key(world)


def _thiefs_key(*, retired: bool) -> Case:
    """A thief of the controller adds a key and registers with it; the recovered controller takes it back."""
    world = World()
    world.pair.add_key(world.school, THIEF.public_key)
    since = world.pair.now
    signed = world.sign(by=THIEF)
    receipt = world.register(signed)
    world.pair.propose_controller(world.school, "saved controller")
    world.pair.wait_until(world.pair.confirm_change(world.school, "CONTROLLER"))
    world.pair.execute_change(world.school, "CONTROLLER")
    if retired:
        world.pair.wait(BLOCK_SECONDS)
        world.pair.retire_key(world.school, THIEF.public_key, since)
    return world.case(signed, [receipt])


@scenario("VALID", 67, key="key_good")
def thiefs_key_before_it_is_retired() -> Case:
    """A thief of the controller added a key: until it is retired nothing tells it from a good one."""
    return _thiefs_key(retired=False)


@scenario("INVALID", 67, key="key_retired")
def thiefs_key_retired_as_of_its_first_second() -> Case:
    """The recovered controller retires the thief's key as of the moment it was added."""
    return _thiefs_key(retired=True)
