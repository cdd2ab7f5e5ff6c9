"""Giant headers are refused before anything reads them."""

from __future__ import annotations

import pytest

from people_world import World


@pytest.mark.fault(81)
def test_a_giant_header_is_refused(world: World) -> None:
    client = world.visitor()
    assert client.get("/about", headers={"x-a": "a" * 70_000}).status_code == 431
    assert client.get("/about", headers={"x-a": "a" * 20_000}).status_code == 200
