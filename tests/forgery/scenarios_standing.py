"""Issuers, their names and kinds, and rotated keys in time, on both sides of every moment."""

from __future__ import annotations

import samples
from scenario_table import DAY, scenario
from tiny_keccak import keccak256
from worlds import Case, World

from portfolio.credentials.facts import Custody


def _rotated(*, by: str, before: bool) -> Case:
    world = World()
    early = world.sign(by=samples.signer(by), word="early") if before else None
    receipt = world.register(early) if early else None
    world.pair.wait(DAY)
    world.pair.add_key(world.school, samples.signer("second").public_key)
    world.pair.retire_key(world.school, samples.signer("school").public_key, world.pair.now)
    world.pair.wait(DAY)
    if early and receipt:
        return world.case(early, [receipt])
    late = world.sign(by=samples.signer(by), word="late")
    return world.case(late, [world.register(late)])


@scenario("VALID", 68, key="key_good")
def rotation_old_credential_old_key() -> Case:
    """The key was rotated after this credential had been registered."""
    return _rotated(by="school", before=True)


@scenario("VALID", 68, key="key_good")
def rotation_new_credential_new_key() -> Case:
    """Signed with the new key after the rotation."""
    return _rotated(by="second", before=False)


@scenario("INVALID", 68, 66, key="key_retired", anchor="anchor_untimely", warns="receipt_untimely")
def rotation_new_credential_old_key() -> Case:
    """Signed with the old key after the rotation."""
    return _rotated(by="school", before=False)


def _retired_as_of(offset: int, *, registered: bool = True) -> Case:
    """The key is retired as of the anchor's block time plus `offset`."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed) if registered else None
    moment = world.pair.now + offset
    world.pair.wait(20 * DAY)
    world.pair.retire_key(world.school, samples.signer("school").public_key, moment)
    return world.case(signed, [receipt] if receipt else [])


@scenario("VALID", 66, key="key_good")
def retired_one_second_after_anchor() -> Case:
    """The key is retired, weeks later, as of one second after the anchor."""
    return _retired_as_of(1)


@scenario("INVALID", 66, key="key_retired")
def retired_at_anchor() -> Case:
    """The key is retired as of exactly the anchor's time: intervals are half-open."""
    return _retired_as_of(0)


@scenario("INVALID", 66, key="key_retired")
def retired_before_anchor() -> Case:
    """The key is retired, weeks later, as of one second before the anchor."""
    return _retired_as_of(-1)


@scenario("INVALID", 66, key="key_retired", anchor="anchor_pending", warns="")
def retired_and_never_registered() -> Case:
    """Signed while the key was good, never registered, the key is retired now."""
    return _retired_as_of(1, registered=False)


@scenario("PENDING", anchor="anchor_untimely", key="key_good", warns="receipt_untimely")
def registered_before_key() -> Case:
    """Registered one block before the key was added: a later receipt will count."""
    world = World()
    signed = world.sign(by=samples.signer("second"))
    receipt = world.register(signed)
    world.pair.add_key(world.school, samples.signer("second").public_key)
    return world.case(signed, [receipt])


@scenario("VALID", anchor="anchor_final")
def registered_in_the_block_of_the_key() -> Case:
    """Key and anchor stand in one block."""
    world = World()
    signed = world.sign(by=samples.signer("second"))
    _, receipt = world.pair.together(
        lambda: world.pair.add_key(world.school, samples.signer("second").public_key),
        lambda: world.register(signed),
    )
    return world.case(signed, [receipt])


@scenario("INVALID", key="key_purpose")
def signed_with_a_status_key() -> Case:
    """Signed with the key that is meant for status lists."""
    world = World()
    status = samples.signer("status")
    world.pair.add_key(world.school, status.public_key, signs_credentials=False)
    signed = world.sign(by=status)
    return world.case(signed, [world.register(signed)])


@scenario("VALID", notes="one_source hosted_custody")
def signed_with_a_hosted_key() -> Case:
    """Signed with a key that the operator keeps."""
    world = World()
    hosted = samples.signer("hosted")
    world.pair.add_key(world.school, hosted.public_key, custody=Custody.HOSTED)
    signed = world.sign(by=hosted)
    return world.case(signed, [world.register(signed)])


def _suspended_as_of(offset: int) -> Case:
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    moment = world.pair.now + offset
    world.pair.wait(10 * DAY)
    world.pair.suspend(world.school, moment)
    return world.case(signed, [receipt])


@scenario("VALID", issuer="issuer_admitted", notes="one_source issuer_now_suspended")
def suspended_one_second_after_anchor() -> Case:
    """The issuer is suspended as of one second after the anchor."""
    return _suspended_as_of(1)


@scenario("INVALID", issuer="issuer_not_admitted")
def suspended_at_anchor() -> Case:
    """The issuer is suspended as of exactly the anchor's time."""
    return _suspended_as_of(0)


@scenario("INVALID", issuer="issuer_not_admitted", anchor="anchor_pending")
def suspended_and_never_registered() -> Case:
    """Signed, then the issuer was suspended."""
    world = World()
    signed = world.sign()
    world.pair.suspend(world.school)
    return world.case(signed)


def _during_suspension() -> tuple[World, list, object]:
    world = World()
    world.pair.suspend(world.school)
    world.pair.wait(DAY)
    signed = world.sign()
    receipts = [world.register(signed)]
    world.pair.wait(DAY)
    return world, receipts, signed


@scenario("PENDING", issuer="issuer_admitted", anchor="anchor_untimely", warns="receipt_untimely")
def registered_while_suspended_then_reinstated() -> Case:
    """Registered during a suspension that is over now: the receipt is of no use, a new one would be."""
    world, receipts, signed = _during_suspension()
    world.pair.reinstate(world.school)
    return world.case(signed, receipts)


@scenario("VALID", anchor="anchor_final", warns="receipt_untimely")
def registered_again_after_reinstatement() -> Case:
    """Registered during a suspension and again after it: the later time counts."""
    world, receipts, signed = _during_suspension()
    world.pair.reinstate(world.school)
    world.pair.wait(DAY)
    receipts.append(world.register(signed))
    return world.case(signed, receipts)


@scenario("VALID", anchor="anchor_final")
def registered_in_the_block_of_reinstatement() -> Case:
    """Reinstatement and anchor stand in one block."""
    world, _, signed = _during_suspension()
    _, receipt = world.pair.together(lambda: world.pair.reinstate(world.school), lambda: world.register(signed))
    return world.case(signed, [receipt])


@scenario("INVALID", kind="kind_not_allowed", issuer="issuer_admitted", key="key_good")
def kind_never_allowed() -> Case:
    """An issuer admitted for participation alone signs a school certificate."""
    world = World(kinds=1 << 4)
    signed = world.sign("school_certificate")
    return world.case(signed, [world.register(signed)])


@scenario("VALID", kind="kind_allowed")
def kind_withdrawn_after_anchor() -> Case:
    """The kind was taken from the issuer after the anchor."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.set_kinds(world.school, 0)
    return world.case(signed, [receipt])


@scenario("INVALID", kind="kind_not_allowed")
def kind_withdrawn_before_anchor() -> Case:
    """The kind was taken from the issuer before the anchor."""
    world = World()
    signed = world.sign()
    world.pair.set_kinds(world.school, 0b111110)
    return world.case(signed, [world.register(signed)])


@scenario("PENDING", anchor="anchor_untimely")
def kind_granted_after_anchor() -> Case:
    """The kind was given to the issuer only after the anchor."""
    world = World(kinds=0)
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.set_kinds(world.school, 1)
    return world.case(signed, [receipt])


@scenario("VALID", issuer="issuer_admitted", notes="one_source name_changed")
def issuer_renamed_after_anchor() -> Case:
    """The issuer has another name today."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.rename(world.school, "МБОУ «Гимназия № 5»")
    return world.case(signed, [receipt])


@scenario("VALID", issuer="issuer_admitted", notes="one_source")
def issuer_renamed_before_anchor() -> Case:
    """The issuer got its present name before the anchor."""
    world = World()
    world.pair.rename(world.school, "МБОУ «Гимназия № 5»")
    signed = world.sign()
    return world.case(signed, [world.register(signed)])


@scenario("VALID", issuer="issuer_admitted", notes="one_source name_changed")
def issuer_renamed_before_and_after_anchor() -> Case:
    """Renamed in the block of the anchor, where the new name counts, and once more later."""
    world = World()
    signed = world.sign()
    _, receipt = world.pair.together(
        lambda: world.pair.rename(world.school, "МБОУ «Гимназия № 5»"), lambda: world.register(signed)
    )
    world.pair.rename(world.school, "МБОУ «Лицей № 5»")
    return world.case(signed, [receipt])


@scenario("VALID", kind="kind_allowed")
def kind_granted_in_the_block_of_the_anchor() -> Case:
    """The kind is the issuer's from the anchor's very block on."""
    world = World(kinds=0)
    signed = world.sign()
    _, receipt = world.pair.together(lambda: world.pair.set_kinds(world.school, 1), lambda: world.register(signed))
    return world.case(signed, [receipt])


@scenario("INVALID", kind="kind_not_allowed", anchor="anchor_untimely")
def kind_withdrawn_in_the_block_of_the_anchor() -> Case:
    """The kind is the issuer's no longer from the anchor's very block on."""
    world = World()
    signed = world.sign()
    receipt, _ = world.pair.together(lambda: world.register(signed), lambda: world.pair.set_kinds(world.school, 0))
    return world.case(signed, [receipt])


@scenario("PENDING", anchor="anchor_untimely", issuer="issuer_admitted")
def registered_before_admission() -> Case:
    """Registered one block before the issuer was admitted: a later receipt will count."""
    world = World(known_to=())
    signed = world.sign()
    receipt = world.register(signed)
    school = world.pair.admit(samples.SCHOOL_DID, samples.SCHOOL_NAME, 63)
    world.pair.add_key(school, samples.signer("school").public_key)
    return world.case(signed, [receipt])


@scenario("VALID", anchor="anchor_final", issuer="issuer_admitted")
def registered_in_the_block_of_admission() -> Case:
    """Admission, key and anchor stand in one block."""
    world = World(known_to=())
    signed = world.sign()
    school = keccak256(samples.SCHOOL_DID.encode())
    *_, receipt = world.pair.together(
        lambda: world.pair.admit(samples.SCHOOL_DID, samples.SCHOOL_NAME, 63),
        lambda: world.pair.add_key(school, samples.signer("school").public_key),
        lambda: world.register(signed),
    )
    return world.case(signed, [receipt])


@scenario("INVALID", issuer="issuer_not_admitted", anchor="anchor_untimely")
def registered_while_suspended() -> Case:
    """Registered during a suspension that goes on."""
    world, receipts, signed = _during_suspension()
    return world.case(signed, receipts)


def _suspension_moved_back(offset: int) -> Case:
    """Suspended as of now; then as of `offset` seconds after an anchor that was made before."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    moment = world.pair.now + offset
    world.pair.wait(10 * DAY)
    now = world.pair.suspend(world.school)
    world.pair.refused("AlreadySuspended", "suspend", "registrar 2", issuerId=world.school, asOf=now)
    world.pair.suspend(world.school, moment)
    return world.case(signed, [receipt])


@scenario("VALID", issuer="issuer_admitted", notes="one_source issuer_now_suspended")
def suspension_moved_back_to_after_the_anchor() -> Case:
    """A suspension is moved back, to one second after the anchor."""
    return _suspension_moved_back(1)


@scenario("INVALID", issuer="issuer_not_admitted")
def suspension_moved_back_to_the_anchor() -> Case:
    """A suspension is moved back, to the moment of the anchor."""
    return _suspension_moved_back(0)


def _suspended_twice(*, between: bool) -> Case:
    world = World()
    world.pair.suspend(world.school)
    world.pair.wait(DAY)
    reinstated = world.pair.reinstate(world.school)
    world.pair.wait(DAY)
    early = world.sign()
    receipt = world.register(early)
    world.pair.wait(DAY)
    earlier = {"issuerId": world.school, "asOf": reinstated - 1}
    world.pair.refused("SuspensionOutOfRange", "suspend", "registrar 1", **earlier)
    world.pair.suspend(world.school)
    late = world.sign(word="late")
    return world.case(early, [receipt]) if between else world.case(late, [world.register(late)])


@scenario("VALID", issuer="issuer_admitted", notes="one_source issuer_now_suspended")
def registered_between_two_suspensions() -> Case:
    """Registered after one suspension and before another, which cannot reach back beyond the reinstatement."""
    return _suspended_twice(between=True)


@scenario("INVALID", issuer="issuer_not_admitted")
def registered_in_the_second_suspension() -> Case:
    """Registered during the second of two suspensions."""
    return _suspended_twice(between=False)


@scenario("VALID", issuer="issuer_admitted", notes="one_source")
def suspended_too_far_back() -> Case:
    """A registrar tries to suspend as of 31 days back, and a stranger tries at all: both are refused."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    moment = world.pair.now
    world.pair.wait(31 * DAY)
    world.pair.refused("SuspensionOutOfRange", "suspend", "registrar 1", issuerId=world.school, asOf=moment)
    world.pair.refused("NotRegistrar", "suspend", "anybody", issuerId=world.school, asOf=world.pair.now)
    return world.case(signed, [receipt])
