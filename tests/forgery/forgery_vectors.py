"""Forgeries as files, one of each way: bundle, trust roots, facts and clock, the verdict that is never VALID."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from forgeries import Way
from scene import Scene
from simulated_pair import SimulatedPair
from worlds import Case

from portfolio.credentials.facts import dump_facts
from portfolio.credentials.trust import dump_trust
from vectors import bundle_value, read_case

VECTORS = Path(__file__).parents[1] / "vectors" / "forgeries"


def forgery_text(way: Way) -> str:
    """The vector of a way, the same at every call."""
    scene = Scene(SimulatedPair(), random.Random(f"vector of {way.name}"))
    case = scene.world.case(way.forge(scene))
    seen = None if way.seen is None else {"field": way.seen[0], "value": way.seen[1]}
    vector = {
        "way": way.name,
        "says": way.says,
        "bundle": bundle_value(case.bundle),
        "trust": json.loads(dump_trust(case.trust)),
        "facts": [dump_facts(fact) for fact in case.facts],
        "now": case.now,
        "seen_by_contract": seen,
        "verdict": way.verdict,
        "report": case.report().to_json(),
    }
    return json.dumps(vector, ensure_ascii=False, indent=1) + "\n"


def read_forgery(path: Path) -> tuple[Case, dict[str, Any]]:
    vector = json.loads(path.read_text())
    return read_case(vector), vector
