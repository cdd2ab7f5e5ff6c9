"""Several pairs, outages, dates and sources."""

from __future__ import annotations

from dataclasses import replace

import samples
from scenario_table import DAY, scenario
from scenarios_attackers import signed_by_another_than_named
from simulated_pair import BLOCK_SECONDS, SimulatedPair
from worlds import Case, World

from portfolio.credentials.facts import PairFacts, Reason, TrustRoots, UnknownCode


def _two(*, known_to: tuple[int, ...] | None = None) -> tuple[World, SimulatedPair, SimulatedPair]:
    world = World(SimulatedPair("north", 2026), SimulatedPair("south", 2027), known_to=known_to)
    return world, world.pairs[0], world.pairs[1]


@scenario("VALID", issuer="issuer_admitted")
def two_pairs_issuer_in_one() -> Case:
    """Only the first of two pairs knows the issuer, and holds the anchor."""
    world, _, _ = _two(known_to=(0,))
    signed = world.sign()
    return world.case(signed, [world.register(signed)])


@scenario("PENDING", issuer="issuer_admitted", anchor="anchor_untimely")
def two_pairs_anchor_and_issuer_apart() -> Case:
    """One pair knows the issuer, the other holds the anchor: both must be one."""
    world, _, south = _two(known_to=(0,))
    signed = world.sign()
    return world.case(signed, [world.register(signed, pair=south)])


@scenario("VALID", anchor="anchor_final")
def two_pairs_both_registered() -> Case:
    """Registered in both pairs: the earliest counts."""
    world, north, south = _two()
    signed = world.sign()
    receipts = [world.register(signed, pair=south)]
    north.wait(DAY)
    south.wait(DAY)
    return world.case(signed, [world.register(signed, pair=north), *receipts])


@scenario("REVOKED", revocation="revoked_fraud", anchor="anchor_final")
def two_pairs_revoked_in_the_other() -> Case:
    """Registered in one pair, revoked in the other."""
    world, _, south = _two()
    signed = world.sign()
    receipt = world.register(signed)
    south.revoke(world.school, signed.digest, Reason.FRAUD)
    return world.case(signed, [receipt])


@scenario("CANNOT_CHECK", revocation="revocation_unanswered", anchor="anchor_final", warns="pair_unreachable")
def two_pairs_one_silent() -> Case:
    """Registered in one pair; the other does not answer and might know of a revocation."""
    world, _, _ = _two()
    signed = world.sign()
    return world.case(signed, [world.register(signed)], unknown={"south": UnknownCode.UNREACHABLE})


@scenario("REVOKED", revocation="revoked_fraud", warns="pair_unreachable")
def two_pairs_one_silent_one_revoked() -> Case:
    """One pair says revoked; the other does not answer."""
    world, north, _ = _two()
    signed = world.sign()
    receipt = world.register(signed)
    north.revoke(world.school, signed.digest, Reason.FRAUD)
    return world.case(signed, [receipt], unknown={"south": UnknownCode.UNREACHABLE})


@scenario("CANNOT_CHECK", issuer="issuer_unanswered", kind="kind_unanswered", key="key_unanswered")
def two_pairs_failing_in_one_silent_other() -> Case:
    """The pair that answers does not know the issuer; the silent one may."""
    world, north, _ = _two(known_to=(1,))
    signed = world.sign()
    return world.case(signed, [world.register(signed, pair=north)], unknown={"south": UnknownCode.UNREACHABLE})


@scenario("CANNOT_CHECK", issuer="issuer_admitted", anchor="anchor_unanswered")
def two_pairs_pending_in_one_silent_other() -> Case:
    """Issuer and key pass in one pair without an anchor; the silent pair may hold it."""
    world, _, _ = _two()
    return world.case(world.sign(), unknown={"south": UnknownCode.UNREACHABLE})


@scenario("INVALID", issuer="issuer_absent")
def two_pairs_failing_in_both() -> Case:
    """Neither pair knows the issuer."""
    world, _, _ = _two(known_to=())
    signed = world.sign()
    return world.case(signed, [world.register(signed)])


@scenario("INVALID", key="key_absent", issuer="issuer_admitted")
def two_pairs_best_failure_is_told() -> Case:
    """One pair knows the issuer but not the key, the other knows nothing: the nearer miss is told."""
    world, _, _ = _two(known_to=(1,))
    signed = world.sign(by=samples.signer("attacker"))
    return world.case(signed, [world.register(signed)])


@scenario("VALID", anchor="anchor_final")
def two_pairs_one_shallow() -> Case:
    """Registered in two pairs; one of the two anchors is deep enough."""
    deep, shallow = SimulatedPair("deep", 2026, depth=0), SimulatedPair("shallow", 2027, depth=50)
    world = World(shallow, deep)
    signed = world.sign()
    return world.case(signed, [world.register(signed, pair=shallow), world.register(signed, pair=deep)])


@scenario("CANNOT_CHECK", anchor="anchor_unanswered")
def two_pairs_shallow_and_silent() -> Case:
    """The anchor that is seen is not deep enough; the silent pair may hold one that is."""
    world = World(SimulatedPair("north", 2026, depth=50), SimulatedPair("south", 2027))
    signed = world.sign()
    return world.case(signed, [world.register(signed)], unknown={"south": UnknownCode.UNREACHABLE})


def _unknown(code: UnknownCode) -> Case:
    world = World()
    signed = world.sign()
    return world.case(signed, [world.register(signed)], unknown={"main": code})


@scenario("CANNOT_CHECK", warns="pair_unreachable", issuer="issuer_unanswered", signature="signature_genuine")
def chain_unreachable() -> Case:
    """The only pair does not answer."""
    return _unknown(UnknownCode.UNREACHABLE)


@scenario("CANNOT_CHECK", 31, warns="pair_wrong_chain")
def chain_of_another_id() -> Case:
    """Another chain answers."""
    return _unknown(UnknownCode.WRONG_CHAIN)


@scenario("CANNOT_CHECK", 33, warns="pair_wrong_genesis")
def chain_was_reset() -> Case:
    """The chain was started anew and has another genesis block."""
    return _unknown(UnknownCode.WRONG_GENESIS)


@scenario("CANNOT_CHECK", 32, warns="pair_wrong_code")
def contract_has_other_code() -> Case:
    """No code, or other code, stands at the address."""
    return _unknown(UnknownCode.WRONG_CODE)


@scenario("CANNOT_CHECK", warns="pair_wrong_registrars")
def contract_has_other_registrars() -> Case:
    """The contract names other registrars."""
    return _unknown(UnknownCode.WRONG_REGISTRARS)


@scenario("CANNOT_CHECK", warns="pair_wrong_checkpoint")
def chain_lacks_a_checkpoint() -> Case:
    """A published block is not on the chain."""
    return _unknown(UnknownCode.WRONG_CHECKPOINT)


@scenario("INVALID", signature="signature_wrong", warns="pair_unreachable")
def forged_while_chain_unreachable() -> Case:
    """The signature is wrong; for that no chain is needed."""
    case = signed_by_another_than_named()
    return replace(case, facts=_unknown(UnknownCode.UNREACHABLE).facts)


@scenario("CANNOT_CHECK", expiry="expiry_over")
def expired_while_chain_unreachable() -> Case:
    """Its time is over, but it might be revoked: CANNOT_CHECK stands before EXPIRED."""
    world = World()
    signed = world.sign(valid_until=samples.instant(world.now + DAY))
    receipt = world.register(signed)
    world.pair.wait(2 * DAY)
    return world.case(signed, [receipt], unknown={"main": UnknownCode.UNREACHABLE})


@scenario("CANNOT_CHECK", warns="no_pairs")
def nobody_is_trusted() -> Case:
    """No trust roots are set up."""
    world = World()
    signed = world.sign()
    return replace(world.case(signed, [world.register(signed)]), trust=TrustRoots())


@scenario("CANNOT_CHECK", warns="pair_not_asked")
def pair_was_not_asked() -> Case:
    """No facts were given for the trusted pair."""
    world = World()
    signed = world.sign()
    return replace(world.case(signed, [world.register(signed)]), facts=())


def _checked_after(seconds: int, **changes: object) -> Case:
    world = World(SimulatedPair(**changes))
    signed = world.sign()
    return world.case(signed, [world.register(signed)], now=world.now + seconds)


@scenario("VALID")
def head_just_young_enough() -> Case:
    """The head is exactly as old as it may be."""
    return _checked_after(900)


@scenario("CANNOT_CHECK", warns="pair_stale_head")
def head_too_old() -> Case:
    """The head is one second older than it may be."""
    return _checked_after(901)


def _idle_local_chain(days: int, *, stored_for: int = 0, register: bool = True) -> Case:
    world = World(SimulatedPair("local", 31337, local=True, max_head_age=None))
    now = world.now + days * DAY
    signed = world.sign() if register else world.sign(valid_from=samples.instant(now))
    receipts = [world.register(signed)] if register else []
    return world.case(signed, receipts, now=now, alter=lambda facts: replace(facts, read_at=now - stored_for))


@scenario("VALID", notes="test_chain one_source")
def idle_local_chain() -> Case:
    """A local chain that mines on demand has had no block for three days, and answers now."""
    return _idle_local_chain(3)


@scenario("CANNOT_CHECK", warns="pair_stale_facts")
def stored_answers_of_a_local_chain_too_old() -> Case:
    """The stored answers of a local chain are 901 seconds old."""
    return _idle_local_chain(3, stored_for=901)


@scenario("PENDING", signature="signature_genuine", notes="test_chain one_source")
def fresh_signature_on_an_idle_chain() -> Case:
    """Signed now, while the newest block is three days old: the clock alone counts (decision 0104)."""
    return _idle_local_chain(3, register=False)


@scenario("CANNOT_CHECK", 128, warns="pair_bad_answer")
def answers_contradict_each_other() -> Case:
    """One answer says revoked, the other of the same block does not."""

    def lie(facts: PairFacts) -> PairFacts:
        head = replace(facts.answers[""], revoked=True, revoked_at=facts.head_time)
        return replace(facts, answers={**facts.answers, "": head})

    world = World()
    signed = world.sign()
    return world.case(signed, [world.register(signed)], alter=lie)


@scenario("VALID", anchor="anchor_final", warns="")
def answers_kept_while_the_chain_went_on() -> Case:
    """The answers are of an earlier block; the reader saw that nothing since touches them, and depth is reached."""
    world = World(SimulatedPair(depth=6))
    signed = world.sign()
    case = world.case(signed, [world.register(signed)])
    assert case.report().verdict == "PENDING"
    (kept,) = case.facts
    assert isinstance(kept, PairFacts)
    world.pair.wait(DAY)
    followed = replace(kept, head_number=world.pair.block, head_time=world.pair.now, read_at=world.pair.now)
    return replace(case, facts=(followed,), now=world.pair.now)


@scenario("CANNOT_CHECK", 128, warns="pair_bad_answer")
def answers_from_after_the_head() -> Case:
    """The answers are of a later block than the head they claim."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    return world.case(signed, [receipt], alter=lambda facts: replace(facts, head_number=facts.head_number - 1))


@scenario("CANNOT_CHECK", 128, warns="pair_bad_answer")
def answer_is_missing() -> Case:
    """The answer about the receipt is missing."""
    world = World()
    signed = world.sign()
    return world.case(
        signed,
        [world.register(signed)],
        alter=lambda facts: replace(facts, answers={"": facts.answers[""]}),
    )


@scenario("INVALID", signature="signature_in_future")
def signed_in_the_future() -> Case:
    """Dated 301 seconds after the verifier's clock."""
    world = World()
    return world.case(world.sign(valid_from=samples.instant(world.now + 301)))


@scenario("PENDING", signature="signature_genuine")
def signed_within_clock_tolerance() -> Case:
    """Dated 300 seconds after the verifier's clock."""
    world = World()
    return world.case(world.sign(valid_from=samples.instant(world.now + 300)))


def _dated_after_anchor(seconds: int) -> Case:
    world = World()
    anchored_at = world.pair.now + BLOCK_SECONDS
    signed = world.sign(valid_from=samples.instant(anchored_at + seconds))
    receipt = world.register(signed)
    world.pair.wait(DAY)
    return world.case(signed, [receipt])


@scenario("INVALID", signature="signature_after_anchor", anchor="anchor_final")
def dated_after_its_anchor() -> Case:
    """Dated 301 seconds after its own anchor."""
    return _dated_after_anchor(301)


@scenario("VALID", signature="signature_genuine")
def dated_within_tolerance_of_its_anchor() -> Case:
    """Dated 300 seconds after its own anchor."""
    return _dated_after_anchor(300)


def _awarded(day: str) -> Case:
    world = World()
    signed = world.sign(fields={**samples.FIELDS["olympiad_award"], "award_date": day})
    return world.case(signed, [world.register(signed)])


@scenario("VALID", warns="")
def awarded_30_days_before() -> Case:
    """The award is dated 30 days before the anchor."""
    return _awarded("2026-10-23")


@scenario("VALID", warns="award_far")
def awarded_31_days_before() -> Case:
    """The award is dated 31 days before the anchor."""
    return _awarded("2026-10-22")


@scenario("VALID", warns="award_far")
def awarded_years_before() -> Case:
    """An archive: the award is dated 2011."""
    return _awarded("2011-05-25")


@scenario("VALID", notes="")
def two_sources() -> Case:
    """Two independent nodes gave the same answers."""
    world = World()
    signed = world.sign()
    return world.case(signed, [world.register(signed)], sources=2)
