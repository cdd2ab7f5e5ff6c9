"""Every operation of the API asked with made-up requests (schemathesis): no 5xx, no answer outside its schema.

`FUZZ_CASES` is how many an operation; `make soak` raises it.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from people_world import make_world
from portfolio.app import create_app
from portfolio.auth import create_api_key
from portfolio.organisations.service import organisation_by_slug

CASES = int(os.environ.get("FUZZ_CASES", "50"))
NOT_READY = "/readyz"
"""Answers 503 here by right: no chain runs beside this application."""


def _application() -> tuple[Any, str]:
    world = make_world(Path(mkdtemp(prefix="fuzz-")) / "world")
    world.organisation()
    with world.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        key = create_api_key(session, organisation=school, label="fuzz", clock=world.clock)
    return create_app(world.portfolio), key


APPLICATION, KEY = _application()
SCHEMA = schemathesis.openapi.from_asgi("/api/v1/openapi.json", APPLICATION)


@pytest.mark.fault(86)
@pytest.mark.fault(149)
@SCHEMA.parametrize()
@settings(
    max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], database=None
)
def test_no_request_breaks_an_operation(case: Any) -> None:
    answer = case.call(headers={"authorization": f"Bearer {KEY}"})
    if case.operation.path == NOT_READY and answer.status_code == 503:
        return
    case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])
