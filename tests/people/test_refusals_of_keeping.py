"""Whose no to keeping stands, and since when: what decides about destruction, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from people_world import World
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.models import Consent, Guardianship, Person
from portfolio.people.refusals import refused_since, to_be_gone_by

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
SELF, GUARDIAN = Capacity.SELF, Capacity.GUARDIAN
BOTH = frozenset({SELF, GUARDIAN})
pytestmark = pytest.mark.fault(137)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def yes(who: Capacity, given: int, until: int | None = None, by: str = "account") -> Consent:
    """A consent given on one day and, it may be, ended on another."""
    ended = None if until is None else day(until)
    return Consent(
        person_id="p",
        purpose=Purpose.STORE,
        account_id=who.value,
        capacity=who,
        text_version=2,
        text_hash=b"\0" * 32,
        given_at=day(given),
        withdrawn_at=ended,
        withdrawn_by=None if until is None else by,
    )


CASES: dict[str, tuple[list[Consent], frozenset[Capacity], int | None]] = {
    "nobody has said anything": ([], BOTH, None),
    "a yes that stands": ([yes(SELF, 0)], frozenset({SELF}), None),
    "taken back": ([yes(SELF, 0, 5)], frozenset({SELF}), 5),
    "taken back twice": ([yes(SELF, 0, 5), yes(SELF, 6, 9)], frozenset({SELF}), 9),
    "taken back and given again": ([yes(SELF, 0, 5), yes(SELF, 6)], frozenset({SELF}), None),
    "given again at the same moment": ([yes(SELF, 0, 5), yes(SELF, 5)], frozenset({SELF}), None),
    "replaced by a newer text": ([yes(SELF, 0, 5, "newer"), yes(SELF, 5)], frozenset({SELF}), None),
    "the no of one of two": ([yes(SELF, 0), yes(GUARDIAN, 0, 5)], BOTH, 5),
    "the no of both, the earlier": ([yes(SELF, 0, 7), yes(GUARDIAN, 0, 5)], BOTH, 5),
    "one of both has agreed again": ([yes(SELF, 0, 7), yes(GUARDIAN, 0, 5), yes(GUARDIAN, 8)], BOTH, 7),
    "a no of one who does not decide": ([yes(SELF, 0, 5), yes(GUARDIAN, 0)], frozenset({GUARDIAN}), None),
    "a guardianship that ended": ([yes(SELF, 0), yes(GUARDIAN, 0, 5, "ended")], BOTH, None),
    "a no, then a guardianship that ended": (
        [yes(GUARDIAN, 0, 5), yes(GUARDIAN, 6, 8, "ended")],
        frozenset({GUARDIAN}),
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_since_when_keeping_is_refused(case: str) -> None:
    consents, needed, since = CASES[case]
    assert refused_since(consents, needed) == (None if since is None else day(since))
    assert refused_since(reversed(consents), needed) == (None if since is None else day(since))


def test_the_no_of_who_never_was_a_guardian_destroys_nothing(world: World) -> None:
    child = world.pupil(13)
    mother, namesake = world.guardian_of(child, "Сидорова Мария Ивановна"), world.guardian_of(child, "Сидоров Олег")
    page = f"/p/{child.person_id}/consents"
    mother.post(page, {"purpose": "store", "answer": "give"})
    namesake.post(page, {"purpose": "store", "answer": "give"})
    namesake.post(page, {"purpose": "store", "answer": "withdraw"})
    with world.portfolio.database.read() as session:
        assert to_be_gone_by(session.get_one(Person, child.person_id)) == world.clock() + timedelta(days=30)
        row = session.exec(select(Guardianship).where(Guardianship.account_id == namesake.account.id)).one()
    registrar = world.registrar()
    here = registrar.post("/registrar/guardianships", {"number": row.id[:13]}).headers["location"]
    decision = {"why": "mistake", "reason": "Однофамилец: школа ошиблась"}
    assert registrar.post(here, decision).headers["location"].endswith("ended")
    with world.portfolio.database.read() as session:
        assert to_be_gone_by(session.get_one(Person, child.person_id)) is None
