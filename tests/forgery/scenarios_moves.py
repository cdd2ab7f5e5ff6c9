"""A second pair of contracts beside the first: what stands in each, for verifiers that trust one or both."""

from __future__ import annotations

from dataclasses import replace

import samples
from scenario_table import DAY, scenario
from simulated_pair import SimulatedPair
from worlds import ALL_KINDS, Case, World

from portfolio.credentials.facts import Reason, TrustRoots
from portfolio.credentials.signing import Signed

OLD_KEY = samples.signer("school")
NEW_KEY = samples.signer("second")


class Move:
    """A school that issued in the first pair, moved, and issues in the second."""

    def __init__(self, *, same_chain: bool = False, new_key: bool = False, closed: bool = True) -> None:
        first = SimulatedPair("first", 2026)
        genesis = {"genesis_hash": first.trusted.genesis_hash} if same_chain else {}
        second = SimulatedPair("second", 2026 if same_chain else 2027, **genesis)
        self.world = World(first, second, known_to=(0,))
        self.first, self.second = first, second
        self.old = self.world.sign(word="old")
        self.old_receipt = self.world.register(self.old)
        self.level(DAY)
        key = NEW_KEY if new_key else OLD_KEY
        self.school = second.admit(samples.SCHOOL_DID, samples.SCHOOL_NAME, ALL_KINDS)
        second.add_key(self.school, key.public_key)
        self.level(60)
        if closed:
            first.retire_key(self.school, OLD_KEY.public_key, first.now)
        self.level(DAY)
        self.new = self.world.sign(word="new", by=key)
        self.new_receipt = self.world.register(self.new, pair=second)
        self.level(DAY)

    def level(self, seconds: int) -> None:
        """Let time go by in both pairs, to the same second."""
        moment = self.world.now + seconds
        for pair in (self.first, self.second):
            pair.wait(moment - pair.now)

    def case(self, signed: Signed, *, trusting: str) -> Case:
        receipt = self.old_receipt if signed is self.old else self.new_receipt
        case = self.world.case(signed, [receipt])
        names = ("first", "second") if trusting == "both" else (trusting,)
        return replace(
            case,
            trust=TrustRoots(tuple(pair for pair in case.trust.pairs if pair.name in names)),
            facts=tuple(fact for fact in case.facts if fact.pair in names),
        )


@scenario("VALID", anchor="anchor_final", key="key_good", warns="")
def moved_old_credential_both_trusted() -> Case:
    """Registered in the first pair, whose keys ended with the move; both pairs are trusted."""
    move = Move()
    return move.case(move.old, trusting="both")


@scenario("VALID", anchor="anchor_final", warns="")
def moved_old_credential_first_trusted() -> Case:
    """Registered in the first pair; this verifier has not heard of the second."""
    move = Move()
    return move.case(move.old, trusting="first")


@scenario("PENDING", anchor="anchor_pending", key="key_good", warns="receipt_chain")
def moved_old_credential_second_trusted() -> Case:
    """Registered in the first pair; this verifier trusts the second alone, which has the key but no anchor."""
    move = Move()
    return move.case(move.old, trusting="second")


@scenario("VALID", anchor="anchor_final", key="key_good", warns="")
def moved_new_credential_both_trusted() -> Case:
    """Registered in the second pair; both are trusted."""
    move = Move()
    return move.case(move.new, trusting="both")


@scenario("VALID", anchor="anchor_final", warns="")
def moved_new_credential_second_trusted() -> Case:
    """Registered in the second pair, the only one that this verifier trusts."""
    move = Move()
    return move.case(move.new, trusting="second")


@scenario("INVALID", key="key_retired", warns="receipt_chain")
def moved_new_credential_first_trusted() -> Case:
    """Registered in the second pair; this verifier trusts the first alone, where the key ended with the move."""
    move = Move()
    return move.case(move.new, trusting="first")


@scenario("PENDING", key="key_good", warns="receipt_chain")
def moved_new_credential_first_trusted_and_open() -> Case:
    """The same while the key has not ended in the first pair: the anchor is what this verifier cannot see."""
    move = Move(closed=False)
    return move.case(move.new, trusting="first")


@scenario("INVALID", key="key_absent", warns="receipt_chain")
def moved_new_key_first_trusted() -> Case:
    """Signed with a key that only the second pair knows; this verifier trusts the first alone."""
    move = Move(new_key=True)
    return move.case(move.new, trusting="first")


@scenario("VALID", key="key_good", anchor="anchor_final", warns="")
def moved_new_key_both_trusted() -> Case:
    """Signed with a key that only the second pair knows; both are trusted."""
    move = Move(new_key=True)
    return move.case(move.new, trusting="both")


@scenario("VALID", anchor="anchor_final", warns="")
def moved_to_a_second_pair_on_the_same_chain() -> Case:
    """Both pairs stand on one chain; registered in the second."""
    move = Move(same_chain=True)
    return move.case(move.new, trusting="both")


@scenario("PENDING", anchor="anchor_pending", warns="receipt_contract")
def moved_on_the_same_chain_second_trusted() -> Case:
    """Both pairs stand on one chain; registered in the first, while only the second is trusted."""
    move = Move(same_chain=True)
    return move.case(move.old, trusting="second")


def _revoked_after_the_move(*, old: bool, trusting: str) -> Case:
    move = Move()
    signed = move.old if old else move.new
    move.second.revoke(move.school, signed.digest, Reason.ISSUED_IN_ERROR)
    return move.case(signed, trusting=trusting)


@scenario("REVOKED", revocation="revoked_issued_in_error", anchor="anchor_final")
def moved_old_credential_revoked_in_the_second() -> Case:
    """Registered in the first pair, revoked in the second: any trusted pair is enough."""
    return _revoked_after_the_move(old=True, trusting="both")


@scenario("REVOKED", revocation="revoked_issued_in_error", anchor="anchor_pending", warns="receipt_chain")
def moved_old_credential_revoked_second_trusted() -> Case:
    """Revoked in the only trusted pair, registered in another."""
    return _revoked_after_the_move(old=True, trusting="second")


@scenario("VALID", revocation="not_revoked")
def moved_old_credential_revoked_first_trusted() -> Case:
    """Revoked in the second pair alone; who trusts the first alone is not told: trust roots should name both."""
    return _revoked_after_the_move(old=True, trusting="first")


@scenario("REVOKED", revocation="revoked_issued_in_error")
def moved_new_credential_revoked() -> Case:
    """Registered and revoked in the second pair."""
    return _revoked_after_the_move(old=False, trusting="both")


def _thief_in_the_first_pair(*, closed: bool) -> Case:
    """After the move somebody anchors in the first pair, with the school's old key."""
    move = Move(new_key=True, closed=closed)
    signed = move.world.sign(word="stolen", by=OLD_KEY)
    receipt = move.world.register(signed)
    move.level(60)
    return move.world.case(signed, [receipt])


@scenario("INVALID", 66, key="key_retired")
def first_pair_closed_then_used() -> Case:
    """The keys ended in the first pair with the move: what is anchored there later has no worth."""
    return _thief_in_the_first_pair(closed=True)


@scenario("VALID", 66, key="key_good")
def first_pair_left_open_then_used() -> Case:
    """The keys were left good in the first pair, so that whoever has one may go on there: hence it is closed."""
    return _thief_in_the_first_pair(closed=False)


def _theft_told(*, offset: int) -> Case:
    """After the move the old key's theft is dated back to `offset` seconds after its anchor in the first pair."""
    move = Move()
    receipt_time = move.old_receipt.block_time
    move.first.retire_key(move.school, OLD_KEY.public_key, receipt_time + offset)
    move.second.retire_key(
        move.school, OLD_KEY.public_key, move.second.issuers[move.school].keys[OLD_KEY.public_key].start
    )
    move.level(60)
    return move.case(move.old, trusting="both")


@scenario("VALID", 66, key="key_good")
def theft_told_in_both_pairs_after_the_anchor() -> Case:
    """The key is retired in both pairs, as of one second after the anchor."""
    return _theft_told(offset=1)


@scenario("INVALID", 66, key="key_retired")
def theft_told_in_both_pairs_at_the_anchor() -> Case:
    """The key is retired in both pairs, as of the moment of the anchor."""
    return _theft_told(offset=0)
