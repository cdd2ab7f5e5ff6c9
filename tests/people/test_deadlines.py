"""Terms of 152-ФЗ: every row of the tables in `docs/spec/deadlines.md`, and the days on which they turn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.people.deadlines import (
    DUTIES,
    TERMS,
    Cause,
    Duty,
    Stage,
    deadline,
    deadline_of,
    is_working_day,
    local_day,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "spec" / "deadlines.md"
pytestmark = pytest.mark.fault(140)


def table(header: str) -> list[list[str]]:
    lines = DOCUMENT.read_text("utf-8").split(header + "\n")[1].splitlines()[1:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


LENGTHS = table("| duty | what | article | length | counted in |")
CAUSES = table("| cause | stands in | begins | ends | duty | who has to act |")
EXAMPLES = table("| duty | begun | half gone from | due | why |")


def test_the_tables_have_every_duty_and_cause() -> None:
    assert [row[0] for row in LENGTHS] == [duty.value for duty in Duty]
    assert [row[0] for row in CAUSES] == [cause.value for cause in Cause]
    assert {row[0] for row in EXAMPLES} == {duty.value for duty in Duty}


@pytest.mark.parametrize("row", LENGTHS, ids=lambda row: row[0])
def test_terms_are_as_in_the_table(row: list[str]) -> None:
    term = TERMS[Duty(row[0])]
    assert [term.article, str(term.days), "working days" if term.working else "days"] == row[2:]


@pytest.mark.parametrize("row", CAUSES, ids=lambda row: row[0])
def test_causes_are_as_in_the_table(row: list[str]) -> None:
    assert DUTIES[Cause(row[0])] == Duty(row[4])


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row[0]}-{row[1]}")
def test_examples_come_out_as_in_the_table(row: list[str]) -> None:
    found = deadline(Duty(row[0]), date.fromisoformat(row[1]))
    assert [found.half.isoformat(), found.due.isoformat()] == row[2:4]


def test_new_year_has_no_working_days_and_a_moved_saturday_is_one() -> None:
    begin = date(2026, 12, 31)
    assert [day for day in range(12) if is_working_day(begin + timedelta(days=day))] == [11]
    assert is_working_day(date(2024, 4, 27))
    assert not is_working_day(date(2026, 3, 9)), "8 March on a Sunday is made up for"


@given(begun=st.dates(date(2024, 1, 1), date(2035, 12, 31)), duty=st.sampled_from(Duty))
def test_of_every_day_as_many_working_days_lie_between(begun: date, duty: Duty) -> None:
    found, term = deadline(duty, begun), TERMS[duty]
    days = [begun + timedelta(days=number) for number in range(1, (found.due - begun).days + 1)]
    assert len([day for day in days if not term.working or is_working_day(day)]) == term.days
    assert begun < found.half < found.due
    assert not term.working or is_working_day(found.due)
    later = deadline(duty, begun + timedelta(days=1))
    assert later.due >= found.due, "what began earlier is never due later"


def test_a_day_is_the_organisations_own() -> None:
    late = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    assert local_day(late) == date(2026, 11, 22)
    assert local_day(late, "Asia/Vladivostok") == date(2026, 11, 23)
    assert deadline_of(Cause.ERASURE, late).due == date(2026, 12, 22)
    assert deadline_of(Cause.ERASURE, late, "Asia/Vladivostok").due == date(2026, 12, 23)


def test_the_last_day_is_not_overdue_and_the_next_is() -> None:
    found = deadline(Duty.ERASE, date(2026, 11, 22))
    assert [found.stage(day) for day in (found.half - timedelta(1), found.half, found.due)] == [
        Stage.FRESH,
        Stage.HALF,
        Stage.HALF,
    ]
    assert found.stage(found.due + timedelta(1)) is Stage.OVERDUE
