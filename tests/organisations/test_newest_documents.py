"""The list of an organisation's documents: what was made last first, page by page, nothing twice and nothing lost."""

from __future__ import annotations

from people_world import World
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.listing import newest_credentials
from portfolio.credentials.service import Award, issue_awards, issuer_of
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.service import Profile


def issue(world: World, first: int, rows: int) -> None:
    fields = {"title": "Слёт", "award_date": "2026-11-20"}
    awards = [
        Award(profile=Profile(name="Петров " + "абвгдежзик"[n % 10] * (n // 10 + 2)), fields=fields, row=n)
        for n in range(first, first + rows)
    ]
    with world.portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug="school")
        issue_awards(
            session,
            vault=world.portfolio.vault,
            issuer=issuer_of(session, vault=world.portfolio.vault, organisation_id=organisation.id),
            kind=kind_of("participation"),
            awards=awards,
            valid_until=None,
            run_id=None,
            clock=world.clock,
        )


def test_pages_follow_each_other(world: World) -> None:
    organisation = world.organisation()
    issue(world, 1, 7)
    world.clock.advance(minutes=5)
    issue(world, 20, 5)
    rows: list[int | None] = []
    after = None
    with world.portfolio.database.read() as session:
        while found := newest_credentials(
            session, vault=world.portfolio.vault, organisation=organisation, run_id=None, after=after, limit=4
        ):
            rows += [view.credential.row for view in found]
            after = found[-1].credential.id
    assert rows == [20, 21, 22, 23, 24, 1, 2, 3, 4, 5, 6, 7]
