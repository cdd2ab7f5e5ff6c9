"""The usual course of a credential: signed, registered, expired, revoked."""

from __future__ import annotations

import samples
from scenario_table import DAY, scenario
from simulated_pair import BLOCK_SECONDS, SimulatedPair
from worlds import Case, World

from portfolio.credentials.facts import Reason


def _registered(kind: str) -> Case:
    world = World()
    signed = world.sign(kind)
    receipt = world.register(signed)
    world.pair.wait(60)
    return world.case(signed, [receipt])


@scenario("VALID", anchor="anchor_final", key="key_good", issuer="issuer_admitted", warns="", notes="one_source")
def registered_olympiad_award() -> Case:
    """An olympiad award was signed and registered."""
    return _registered("olympiad_award")


@scenario("VALID", kind="kind_allowed")
def registered_diploma() -> Case:
    """A diploma was signed and registered."""
    return _registered("diploma")


@scenario("VALID")
def registered_school_certificate() -> Case:
    """A school certificate with marks was signed and registered."""
    return _registered("school_certificate")


@scenario("VALID")
def registered_cpd_certificate() -> Case:
    """A CPD certificate was signed and registered."""
    return _registered("cpd_certificate")


@scenario("VALID")
def registered_participation() -> Case:
    """A certificate of participation was signed and registered."""
    return _registered("participation")


@scenario("VALID")
def registered_course_completion() -> Case:
    """A course completion was signed and registered."""
    return _registered("course_completion")


@scenario("PENDING", anchor="anchor_pending", warns="")
def not_yet_registered() -> Case:
    """Signed, and no receipt yet."""
    world = World()
    return world.case(world.sign())


@scenario("PENDING", anchor="anchor_pending")
def bare_credential() -> Case:
    """The credential alone, without a bundle around it."""
    world = World()
    return world.case(world.sign().document)


def _at_depth(depth: int, on_top: int) -> Case:
    world = World(SimulatedPair(depth=depth))
    signed = world.sign()
    receipt = world.register(signed)
    if on_top:
        world.pair.wait(on_top * BLOCK_SECONDS)
    return world.case(signed, [receipt])


@scenario("PENDING", anchor="anchor_shallow")
def one_block_short_of_depth() -> Case:
    """Depth 6 is wanted and 5 blocks stand on top."""
    return _at_depth(6, 5)


@scenario("VALID", anchor="anchor_final")
def exactly_at_depth() -> Case:
    """Depth 6 is wanted and 6 blocks stand on top."""
    return _at_depth(6, 6)


@scenario("VALID", anchor="anchor_final")
def depth_zero_at_once() -> Case:
    """Depth 0: the anchor's own block is the head."""
    return _at_depth(0, 0)


def _until(seconds_left: int) -> Case:
    world = World()
    until = world.now + 10 * DAY
    signed = world.sign(valid_until=samples.instant(until))
    receipt = world.register(signed)
    world.pair.wait(until - seconds_left - world.now)
    return world.case(signed, [receipt])


@scenario("VALID", expiry="expiry_ahead")
def last_second_before_expiry() -> Case:
    """Checked in the very second of validUntil."""
    return _until(0)


@scenario("EXPIRED", expiry="expiry_over", anchor="anchor_final")
def first_second_after_expiry() -> Case:
    """Checked one second after validUntil."""
    return _until(-1)


@scenario("PENDING", expiry="expiry_over", anchor="anchor_pending")
def expired_before_registration() -> Case:
    """Expired and never registered: PENDING stands before EXPIRED."""
    world = World()
    signed = world.sign(valid_until=samples.instant(world.now + DAY))
    world.pair.wait(2 * DAY)
    return world.case(signed)


def _revoked(reason: Reason) -> Case:
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.revoke(world.school, signed.digest, reason)
    return world.case(signed, [receipt])


@scenario("REVOKED", revocation="revoked_issued_in_error")
def revoked_as_an_error() -> Case:
    """Revoked because it had been given by mistake."""
    return _revoked(Reason.ISSUED_IN_ERROR)


@scenario("REVOKED", revocation="revoked_unspecified")
def revoked_without_reason() -> Case:
    """Revoked, no reason given."""
    return _revoked(Reason.UNSPECIFIED)


@scenario("REVOKED", revocation="revoked_holder_request")
def revoked_for_the_holder() -> Case:
    """Revoked because the holder asked."""
    return _revoked(Reason.HOLDER_REQUEST)


@scenario("REVOKED", revocation="revoked_fraud")
def revoked_for_fraud() -> Case:
    """Revoked because it had been got by deceit."""
    return _revoked(Reason.FRAUD)


@scenario("REVOKED", revocation="revoked_key_compromise")
def revoked_for_a_stolen_key() -> Case:
    """Revoked because the key had been stolen."""
    return _revoked(Reason.KEY_COMPROMISE)


@scenario("REVOKED", revocation="revoked_withdrawn")
def revoked_and_withdrawn() -> Case:
    """Revoked because the award was withdrawn."""
    return _revoked(Reason.WITHDRAWN)


def _superseded(*, show_new: bool) -> Case:
    world = World()
    old = world.sign(word="with a mistake")
    old_receipt = world.register(old)
    world.pair.wait(DAY)
    new = world.sign(word="corrected")
    new_receipt = world.register(new)
    world.pair.revoke(world.school, old.digest, Reason.SUPERSEDED)
    return world.case(new, [new_receipt]) if show_new else world.case(old, [old_receipt])


@scenario("REVOKED", 131, revocation="revoked_superseded", anchor="anchor_final", signature="signature_genuine")
def superseded_credential() -> Case:
    """A correction was issued; this is the old credential."""
    return _superseded(show_new=False)


@scenario("VALID", 131, revocation="not_revoked")
def superseding_credential() -> Case:
    """A correction was issued; this is the correction."""
    return _superseded(show_new=True)


@scenario("REVOKED", revocation="revoked_fraud", anchor="anchor_pending")
def revoked_before_registration() -> Case:
    """Revoked though it was never registered."""
    world = World()
    signed = world.sign()
    world.pair.revoke(world.school, signed.digest, Reason.FRAUD)
    return world.case(signed)


@scenario("REVOKED", expiry="expiry_over")
def revoked_and_expired() -> Case:
    """Revoked, and its time is over too: REVOKED stands first."""
    world = World()
    signed = world.sign(valid_until=samples.instant(world.now + DAY))
    receipt = world.register(signed)
    world.pair.revoke(world.school, signed.digest, Reason.WITHDRAWN)
    world.pair.wait(2 * DAY)
    return world.case(signed, [receipt])


@scenario("REVOKED", notes="one_source issuer_now_suspended")
def revoked_by_a_suspended_issuer() -> Case:
    """A suspended issuer may still revoke."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.suspend(world.school)
    world.pair.revoke(world.school, signed.digest, Reason.WITHDRAWN)
    return world.case(signed, [receipt])


@scenario("VALID", revocation="not_revoked")
def another_issuers_revocation() -> Case:
    """Another issuer revoked this digest; that is nothing to us."""
    world = World()
    other = world.pair.admit("did:web:id.example.org:issuers:other", "Другая школа", 63)
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.revoke(other, signed.digest, Reason.FRAUD)
    return world.case(signed, [receipt])
