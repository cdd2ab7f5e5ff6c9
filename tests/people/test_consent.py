"""The rules of consent: every cell of the tables in `docs/spec/consent.md`, and the midnights at which they change."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.people.consent import (
    Age,
    Basis,
    Capacity,
    Given,
    Purpose,
    age_of,
    counts,
    deciders,
    is_allowed,
    may_be_guarded,
    may_dismiss_guardian,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "spec" / "consent.md"


def table(header: str) -> list[list[str]]:
    """The rows of all tables of the document with this header."""
    rows, inside = [], False
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line == header:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("| ---"):
            rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    assert rows, header
    return rows


ALLOWED = table("| age | purpose | nobody | the person | a guardian | both |")
FORCE = table("| given by | age when given | age now | guardian now | has force |")
GIVERS = table("| age | who may give |")


def test_the_table_has_every_cell() -> None:
    assert {(row[0], row[1]) for row in ALLOWED} == {
        (f"{age.value}{basis}", purpose.value) for age in Age for purpose in Purpose for basis in ("", ", by statute")
    }
    assert len(ALLOWED) == 48


@pytest.mark.fault(137, 139)
@pytest.mark.parametrize("row", ALLOWED, ids=lambda row: f"{row[0]}-{row[1]}")
def test_the_rules_are_the_table(row: list[str]) -> None:
    age, _, statute = row[0].partition(", ")
    basis = Basis.STATUTE if statute else Basis.CONSENT
    combinations = [(False, False), (True, False), (False, True), (True, True)]
    said = [
        "yes"
        if is_allowed(Purpose(row[1]), age=Age(age), by_person=person, by_guardian=guardian, basis=basis)
        else "no"
        for person, guardian in combinations
    ]
    assert said == row[2:]


@pytest.mark.fault(137)
@pytest.mark.parametrize("row", FORCE, ids="-".join)
def test_force_is_as_in_the_table(row: list[str]) -> None:
    consent = Given(Capacity(row[0]), Age(row[1]), is_guardian_now=row[3] == "yes")
    assert counts(consent, age=Age(row[2])) == (row[4] == "yes")


@pytest.mark.parametrize("row", GIVERS, ids=lambda row: row[0])
def test_givers_are_as_in_the_table(row: list[str]) -> None:
    assert deciders(Age(row[0])) == {Capacity(name) for name in row[1].split(", ")}


def test_what_nobody_agreed_to_is_allowed_at_no_age() -> None:
    for age, purpose in itertools.product(Age, Purpose):
        assert not is_allowed(purpose, age=age, by_person=False, by_guardian=False)


@pytest.mark.fault(137)
@pytest.mark.parametrize(
    ("birth_date", "years", "last", "first"),
    [
        ("2012-11-23", 14, Age.CHILD, Age.MINOR),
        ("2008-11-23", 18, Age.MINOR, Age.ADULT),
    ],
)
def test_the_age_changes_at_local_midnight(birth_date: str, years: int, last: Age, first: Age) -> None:
    midnight = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)  # 00:00 on 23 November in Moscow
    assert int(birth_date[:4]) + years == 2026
    assert age_of(birth_date, midnight - timedelta(microseconds=1)) is last
    assert age_of(birth_date, midnight) is first
    assert age_of(birth_date, midnight - timedelta(hours=7), zone="Asia/Vladivostok") is first
    assert age_of(birth_date, midnight, zone="Europe/Kaliningrad") is last


def test_born_on_29_february_one_is_older_on_1_march() -> None:
    def at(day: int, month: int) -> Age:
        return age_of("2012-02-29", datetime(2026, month, day, 12, tzinfo=UTC))

    assert at(28, 2) is Age.CHILD
    assert at(1, 3) is Age.MINOR


@pytest.mark.parametrize("birth_date", [None, "", "05.09.2010", "2010-02-30", "2026-11-24", "никогда"])
def test_a_birth_date_that_cannot_be_one_is_unknown(birth_date: str | None) -> None:
    assert age_of(birth_date, datetime(2026, 11, 23, 12, tzinfo=UTC)) is Age.UNKNOWN


def test_guardianship() -> None:
    assert [age for age in Age if not may_be_guarded(age)] == [Age.ADULT]
    assert [age for age in Age if may_dismiss_guardian(Capacity.SELF, age=age)] == [Age.MINOR, Age.ADULT]
    assert not any(may_dismiss_guardian(Capacity.GUARDIAN, age=age) for age in Age)


@given(
    born=st.dates(min_value=datetime(1930, 1, 1, tzinfo=UTC).date(), max_value=datetime(2026, 1, 1, tzinfo=UTC).date()),
    moment=st.datetimes(min_value=datetime(2026, 1, 2), max_value=datetime(2060, 1, 1)),  # noqa: DTZ001
    days=st.integers(min_value=0, max_value=10_000),
)
def test_nobody_gets_younger(born: datetime, moment: datetime, days: int) -> None:
    order = [Age.CHILD, Age.MINOR, Age.ADULT]
    at = moment.replace(tzinfo=UTC)
    before, after = (age_of(born.isoformat(), when) for when in (at, at + timedelta(days=days)))
    assert order.index(before) <= order.index(after)
