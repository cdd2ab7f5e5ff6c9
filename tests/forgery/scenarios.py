"""All scenarios, by name."""

from __future__ import annotations

import scenarios_attackers
import scenarios_course
import scenarios_keys
import scenarios_moves
import scenarios_sources
import scenarios_standing
import scenarios_status
import scenarios_successors
from scenario_table import SCENARIOS, Scenario

__all__ = [
    "SCENARIOS",
    "Scenario",
    "scenarios_attackers",
    "scenarios_course",
    "scenarios_keys",
    "scenarios_moves",
    "scenarios_sources",
    "scenarios_standing",
    "scenarios_status",
    "scenarios_successors",
]
