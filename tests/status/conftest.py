"""Lets these tests use the services of tests/flows and the example statements of tests/credentials."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "credentials"))

from flows.conftest import any_service, flow_chain, new_service, service

__all__ = ["any_service", "flow_chain", "new_service", "service"]
