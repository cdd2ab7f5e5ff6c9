"""Lets these tests use the services of tests/flows and the example statements of tests/credentials."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "credentials"))
sys.path.insert(0, str(Path(__file__).parent))

from flows.conftest import flow_chain, new_service, service

__all__ = ["flow_chain", "new_service", "service"]
