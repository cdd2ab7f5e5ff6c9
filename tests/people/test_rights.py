"""Rights are read anew at every request."""

from __future__ import annotations

from people_world import World


def test_the_world_stands(world: World) -> None:
    world.organisation()
    staff = world.staff()
    child = world.pupil()
    world.guardian_of(child)
    assert staff.get("/").status_code == 200
