"""Verdict vectors as files: bundle, trust roots, facts, clock, expected report, and the calls that led there."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from scenarios import Scenario
from worlds import Case

from portfolio.credentials.facts import dump_facts, load_facts
from portfolio.credentials.trust import dump_trust, load_trust

VECTORS = Path(__file__).parents[1] / "vectors" / "verdicts"


def vector_text(scenario: Scenario) -> str:
    case = scenario.build()
    vector = {
        "says": scenario.says,
        "faults": list(scenario.faults),
        "bundle": _bundle(case.bundle),
        "trust": json.loads(dump_trust(case.trust)),
        "facts": [dump_facts(fact) for fact in case.facts],
        "now": case.now,
        "expected": case.report().to_json(),
        "history": {name: list(calls) for name, calls in case.histories.items()},
    }
    return json.dumps(vector, ensure_ascii=False, indent=1) + "\n"


def read_vector(path: Path) -> tuple[Case, dict[str, Any]]:
    vector = json.loads(path.read_text())
    return read_case(vector), vector["expected"]


def read_case(vector: dict[str, Any]) -> Case:
    """The case of a vector: bundle, trust roots, facts and clock."""
    bundle = vector["bundle"]
    written = base64.b64decode(bundle["base64"]) if "base64" in bundle else json.dumps(bundle).encode()
    return Case(
        bundle=written,
        trust=load_trust(json.dumps(vector["trust"])),
        facts=tuple(load_facts(fact) for fact in vector["facts"]),
        now=vector["now"],
    )


def bundle_value(data: bytes) -> Any:
    """The bundle as JSON where writing it again gives the same bytes, else its bytes."""
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    same = value is not None and json.dumps(value, ensure_ascii=False).encode() == data
    return value if same else {"base64": base64.b64encode(data).decode()}


def _bundle(data: bytes) -> Any:
    """The bundle as JSON where it is JSON, else its bytes."""
    try:
        return json.loads(data)
    except ValueError:
        return {"base64": base64.b64encode(data).decode()}
