"""Keys that are stolen, taken into another custody or retired far back, on both sides of every moment."""

from __future__ import annotations

import samples
from scenario_table import DAY, scenario
from simulated_pair import BLOCK_SECONDS
from worlds import Case, World

from portfolio.credentials.facts import Custody

KEY = samples.signer("school").public_key


@scenario("INVALID", 66, key="key_retired", anchor="anchor_untimely")
def registered_in_the_block_of_retirement() -> Case:
    """Anchor and a retirement as of this very block: intervals are half-open."""
    world = World()
    signed = world.sign()
    moment = world.pair.now + BLOCK_SECONDS
    receipt, _ = world.pair.together(
        lambda: world.register(signed), lambda: world.pair.retire_key(world.school, KEY, moment)
    )
    return world.case(signed, [receipt])


def _moved_back(offset: int) -> Case:
    """A key is retired as planned; then its theft is dated to `offset` seconds after an anchor made before that."""
    world = World()
    world.pair.wait(DAY)
    signed = world.sign()
    receipt = world.register(signed)
    stolen = world.pair.now + offset
    world.pair.wait(5 * DAY)
    world.pair.retire_key(world.school, KEY, world.pair.now)
    world.pair.wait(10 * DAY)
    world.pair.retire_key(world.school, KEY, stolen)
    world.pair.refused(
        "RetirementOutOfRange",
        "retireKey",
        world.pair.controller(world.school),
        issuerId=world.school,
        publicKey=KEY,
        asOf=stolen + 1,
    )
    return world.case(signed, [receipt])


@scenario("VALID", 66, key="key_good")
def retirement_moved_back_to_after_the_anchor() -> Case:
    """A retired key turns out to have been stolen earlier, one second after the anchor."""
    return _moved_back(1)


@scenario("INVALID", 66, key="key_retired")
def retirement_moved_back_to_the_anchor() -> Case:
    """A retired key turns out to have been stolen at the moment of the anchor."""
    return _moved_back(0)


def _stolen_long_ago(offset: int) -> Case:
    """A theft found out 40 days later takes controller and registrar; it is dated `offset` seconds after an anchor."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    stolen = world.pair.now + offset
    world.pair.wait(40 * DAY)
    asked = {"issuerId": world.school, "publicKey": KEY, "asOf": stolen}
    controller = world.pair.controller(world.school)
    world.pair.refused("RetirementNeedsRegistrar", "retireKey", controller, **asked)
    world.pair.refused("RetirementNotRequested", "confirmRetirement", "registrar 1", **asked)
    world.pair.retire_key_far_back(world.school, KEY, stolen)
    return world.case(signed, [receipt])


@scenario("VALID", 66, key="key_good")
def stolen_long_ago_just_after_the_anchor() -> Case:
    """Controller and registrar retire a key as of 40 days back, one second after the anchor."""
    return _stolen_long_ago(1)


@scenario("INVALID", 66, key="key_retired")
def stolen_long_ago_at_the_anchor() -> Case:
    """Controller and registrar retire a key as of 40 days back, at the moment of the anchor."""
    return _stolen_long_ago(0)


@scenario("INVALID", 66, key="key_retired", anchor="anchor_untimely")
def a_retired_key_does_not_return() -> Case:
    """The controller tries to add a retired key again; what it signed later stays without worth."""
    world = World()
    world.pair.retire_key(world.school, KEY, world.pair.now)
    world.pair.refused(
        "KeyAlreadyKnown",
        "addKey",
        world.pair.controller(world.school),
        issuerId=world.school,
        publicKey=KEY,
        purpose="CREDENTIAL",
        custody="OWN",
    )
    signed = world.sign()
    return world.case(signed, [world.register(signed)])


@scenario("INVALID", 121, key="key_absent")
def nobody_but_the_controller_adds_keys() -> Case:
    """A stranger and a registrar try to give the school a key; only the controller could."""
    world = World()
    stranger = samples.signer("attacker")
    for sender in ("anybody", "registrar 1"):
        world.pair.refused(
            "NotController",
            "addKey",
            sender,
            issuerId=world.school,
            publicKey=stranger.public_key,
            purpose="CREDENTIAL",
            custody="OWN",
        )
    signed = world.sign(by=stranger)
    return world.case(signed, [world.register(signed)])


def _taken_into_own_custody(*, before: bool) -> Case:
    """The school begins with a key that the operator keeps, and then goes over to one of its own."""
    world = World()
    hosted, own = samples.signer("hosted"), samples.signer("own")
    world.pair.add_key(world.school, hosted.public_key, custody=Custody.HOSTED)
    early = world.sign(by=hosted)
    receipt = world.register(early)
    world.pair.wait(DAY)
    world.pair.add_key(world.school, own.public_key)
    world.pair.retire_key(world.school, hosted.public_key, world.pair.now)
    late = world.sign(by=own, word="late")
    return world.case(early, [receipt]) if before else world.case(late, [world.register(late)])


@scenario("VALID", key="key_good", notes="one_source hosted_custody")
def signed_while_the_key_was_hosted() -> Case:
    """Registered while the operator kept the key; the school has its own today."""
    return _taken_into_own_custody(before=True)


@scenario("VALID", key="key_good", notes="one_source")
def signed_after_the_key_was_taken_home() -> Case:
    """Registered after the school took its key into its own custody."""
    return _taken_into_own_custody(before=False)
