"""The scenario table against the verdict, and each of its cases against the stored vectors."""

from __future__ import annotations

import json

import pytest
from scenarios import SCENARIOS, Scenario

from portfolio.credentials.report import CHECK_NAMES
from portfolio.credentials.sentences import MESSAGES
from vectors import VECTORS, read_vector, vector_text


def marked() -> list:
    return [
        pytest.param(scenario, id=name, marks=[pytest.mark.fault(number) for number in scenario.faults])
        for name, scenario in SCENARIOS.items()
    ]


@pytest.mark.parametrize("scenario", marked())
def test_the_verdict_is_as_the_table_says(scenario: Scenario) -> None:
    report = scenario.build().report()
    found = {check.name: check.code for check in report.checks}
    found["warns"] = " ".join(sorted(note.code for note in report.warnings))
    found["notes"] = " ".join(sorted(note.code for note in report.notes))
    expected = {
        name: " ".join(sorted(codes.split())) if name in {"warns", "notes"} else codes
        for name, codes in scenario.codes.items()
    }
    assert {name: found[name] for name in expected} == expected
    assert report.verdict == scenario.verdict, found
    assert tuple(check.name for check in report.checks) == CHECK_NAMES


@pytest.mark.parametrize("scenario", marked())
def test_the_stored_vector_is_fresh_and_gives_the_same(scenario: Scenario) -> None:
    path = VECTORS / f"{scenario.name}.json"
    assert path.read_text() == vector_text(scenario), "run scripts/make_verdict_vectors.py"
    case, expected = read_vector(path)
    assert case.report().to_json() == expected


def test_no_vector_is_left_over() -> None:
    assert {path.stem for path in VECTORS.glob("*.json")} == set(SCENARIOS)


def test_the_table_reaches_every_check_code() -> None:
    """A sentence that no situation brings forth would be a sentence that nobody has seen."""
    reached = set()
    for path in VECTORS.glob("*.json"):
        report = json.loads(path.read_text())["expected"]
        reached |= {item["code"] for part in ("checks", "warnings", "notes") for item in report[part]}
    assert set(MESSAGES) - reached == set()
