"""Lets these tests use the example statements of tests/credentials and the services of tests/flows."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "credentials"))

from flows.conftest import flow_chain, new_service, service

__all__ = ["flow_chain", "new_service", "service"]
