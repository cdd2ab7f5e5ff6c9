"""Looks at a portfolio that are written down: a guardian's at a child's; those of the person himself are not."""

from __future__ import annotations

from portfolio.db import Database
from portfolio.jobs import Clock
from portfolio.people.access import record_view
from portfolio.people.consent import Capacity


def record_look(
    database: Database, *, person_id: str, account_id: str, capacity: Capacity, what: str, clock: Clock
) -> None:
    """Write a guardian's look down, in a unit of work of its own."""
    if capacity is Capacity.SELF:
        return
    with database.write() as session:
        record_view(
            session,
            person_id=person_id,
            viewer="guardian",
            account_id=account_id,
            what=what,
            why="guardian",
            clock=clock,
        )
