"""All scenarios, by name."""

from __future__ import annotations

import scenarios_attackers
import scenarios_course
import scenarios_sources
import scenarios_standing
import scenarios_status
from scenario_table import SCENARIOS, Scenario

__all__ = [
    "SCENARIOS",
    "Scenario",
    "scenarios_attackers",
    "scenarios_course",
    "scenarios_sources",
    "scenarios_standing",
    "scenarios_status",
]
