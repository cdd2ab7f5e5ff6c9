"""Every page that the routes have, for whoever may open it, in both languages: axe, zoom, keyboard, weight, headers.

The list is generated: a new page is checked from the day it has a route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chain_world import free_port
from matrix import Operation, operations
from pages_check import check_page
from people_world import Someone, World, make_world
from portfolio.app import create_app
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.service import Award, issue_awards, issuer_of
from portfolio.organisations.models import OrganisationType
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.consents import give
from portfolio.people.models import Person
from portfolio.people.service import Profile
from watching import OpenPage, serving

NO_PAGES = ("/c/", "/o/", "/.well-known", "/healthz", "/readyz", "/metrics", "/verifier.html", "/p/{person_id}/plots")
"""Files, answers for machines, pictures; the static verifier has tests of its own."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, dict[str, Someone]]]:
    port = free_port()
    world = make_world(tmp_path_factory.mktemp("every-page"), public_url=f"http://localhost:{port}")
    people = populated(world)
    with serving(create_app(world.portfolio), port=port):
        yield world, f"http://localhost:{port}", people
    world.close()


def populated(world: World) -> dict[str, Someone]:
    """A pupil with consents, an award and two guardians; a university with staff; a registrar."""
    world.organisation(kind=OrganisationType.UNIVERSITY)
    world.organisation("second")
    child = world.pupil()
    guardian = world.guardian_of(child)
    world.guardian_of(child, "Сидоров Олег Петрович")
    portfolio = world.portfolio
    with portfolio.database.write() as session:
        for account, capacity in ((child.account, Capacity.SELF), (guardian.account, Capacity.GUARDIAN)):
            for purpose in (Purpose.STORE, Purpose.SHARE, Purpose.UNIVERSITY_ACCESS):
                give(
                    session,
                    vault=portfolio.vault,
                    person_id=child.person_id,
                    purpose=purpose,
                    account_id=account.id,
                    capacity=capacity,
                    clock=world.clock,
                )
        award(world, session, child.person_id)
    staff = world.staff()
    return {"person": child, "staff": staff, "registrar": world.registrar(), "signed in": guardian, "everyone": staff}


def award(world: World, session: object, owner: str) -> None:
    from sqlmodel import Session

    from portfolio.credentials.models import Credential
    from portfolio.organisations.service import organisation_by_slug

    assert isinstance(session, Session)
    organisation = organisation_by_slug(session, slug="school")
    fields = {"title": "Олимпиада «Росток»", "level": "other", "degree": "winner", "award_date": "2026-11-20"}
    outcome = issue_awards(
        session,
        vault=world.portfolio.vault,
        issuer=issuer_of(session, vault=world.portfolio.vault, organisation_id=organisation.id),
        kind=kind_of("olympiad_award"),
        awards=[Award(profile=Profile(name="Сидорова Анна Олеговна"), fields={**fields, "subject": "математика"})],
        valid_until=None,
        run_id=None,
        clock=world.clock,
    )
    holder = session.get_one(Person, session.get_one(Credential, outcome.issued[0]).person_id)
    holder.owner_id = owner
    session.add(holder)


def pages(world: World) -> list[Operation]:
    return [
        operation
        for operation in operations(create_app(world.portfolio))
        if operation.method == "GET"
        and not operation.others
        and not operation.is_api
        and not operation.path.startswith(NO_PAGES)
        and "." not in operation.path.rpartition("/")[2]
    ]


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("rule", ["everyone", "signed in", "person", "staff", "registrar"])
def test_every_page(
    site: tuple[World, str, dict[str, Someone]], open_page: Callable[..., OpenPage], rule: str, language: str
) -> None:
    world, address, people = site
    who = people[rule]
    watched = open_page()
    if rule != "everyone":
        watched.page.context.add_cookies([{"name": "session", "value": who.client.cookies["session"], "url": address}])
    faults = {}
    checked = 0
    for operation in pages(world):
        if not operation.rule.startswith(rule):
            continue
        path = operation.address(slug="school", person_id=who.person_id)
        watched.goto(f"{address}{path}?lang={language}")
        if not watched.page.url.startswith(address + path):
            continue  # leads elsewhere, for instance where nothing is to be done
        try:
            check_page(watched, language=language)
        except AssertionError as error:
            faults[operation.path] = str(error)[:1500]
        checked += 1
    assert faults == {}
    assert checked > 1
