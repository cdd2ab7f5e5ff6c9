"""The operations of the application and their rules, as its routes say; matrices of tests are generated from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

OPEN = {"/v/{token}", "/metrics", "/api/v1/openapi.json"}
"""Routes that stand outside FastAPI's dependencies; each shows nothing but what its link or the operator opens."""


def rules_of(dependant: Dependant) -> Iterator[str]:
    for inner in dependant.dependencies:
        name = getattr(inner.call, "rule", None)
        if name:
            yield name
        yield from rules_of(inner)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    rule: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    def address(self, **known: str) -> str:
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: known.get(found.group(1), "absent"), self.path)

    @property
    def others(self) -> set[str]:
        return set(re.findall(r"\{(\w+)", self.path)) - {"slug", "person_id"}


def flattened(routes: list[BaseRoute]) -> Iterator[APIRoute | Route]:
    for route in routes:
        if isinstance(route, Mount):
            continue
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from flattened(inner.routes)
        elif isinstance(route, APIRoute | Route):
            yield route


def operations(app: FastAPI) -> list[Operation]:
    found = []
    for route in flattened(app.routes):
        if not isinstance(route, APIRoute):
            assert route.path in OPEN, f"{route.path} has no rule: give it one of auth.py's"
            continue
        rules = list(rules_of(route.dependant))
        assert len(rules) == 1, f"{route.path} has the rules {rules}: exactly one is asked for"
        found += [Operation(method, route.path, rules[0]) for method in sorted(route.methods - {"HEAD", "OPTIONS"})]
    return found


def of_rule(matrix: list[Operation], prefix: str) -> list[Operation]:
    """Return the operations whose rule begins with `prefix`; there is at least one."""
    found = [operation for operation in matrix if operation.rule.startswith(prefix)]
    assert found, prefix
    return found
