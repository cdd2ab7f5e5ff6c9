"""Every page that the routes have, for whoever may open it, in both languages: axe, zoom, keyboard, weight, headers.

The list is generated: a new page is checked from the day it has a route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlmodel import Session, select

from matrix import Operation, operations
from pages_check import check_page
from people_world import Someone, World, make_world
from portfolio.app import create_app
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.service import Award, issue_awards, issuer_of
from portfolio.organisations.models import OrganisationType
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.actors import Actor
from portfolio.people.consent import IN_USE, Capacity
from portfolio.people.consents import give
from portfolio.people.models import Person
from portfolio.people.service import Profile
from portfolio.sharing.models import FormShown
from portfolio.sharing.public.models import PublicPage
from portfolio.sharing.public.selections import NameShown, Selection
from portfolio.sharing.public.service import choose, code_of, plan_of
from ports import free_port
from watching import OpenPage, serving

EXAMPLES = {"code"}
"""Parts of paths, beside the person and the organisation, that there is an example of here."""
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
            for purpose in IN_USE:
                give(
                    session,
                    vault=portfolio.vault,
                    person_id=child.person_id,
                    purpose=purpose,
                    account_id=account.id,
                    capacity=capacity,
                    clock=world.clock,
                )
        shown = award(world, session, child.person_id)
        publish(world, session, {Capacity.SELF: child, Capacity.GUARDIAN: guardian}, shown)
    staff = world.staff()
    return {"person": child, "staff": staff, "registrar": world.registrar(), "signed in": guardian, "everyone": staff}


def publish(world: World, session: Session, who: dict[Capacity, Someone], credential_id: str) -> None:
    """Set up a public page with something in every field, agreed to by both."""
    organisation = organisation_by_slug(session, slug="school")
    selection = Selection(
        name=NameShown.FULL,
        school=organisation.id,
        birth_year=True,
        words="Люблю задачи, над которыми думают неделю.",
        documents={credential_id: FormShown.FULL},
    )
    for capacity, someone in who.items():
        choose(
            session,
            vault=world.portfolio.vault,
            actor=Actor(someone.account.id, "", someone.person_id, "ru"),
            capacity=capacity,
            plan=plan_of(
                session, vault=world.portfolio.vault, person_id=who[Capacity.SELF].person_id, now=world.clock()
            ),
            selection=selection,
            clock=world.clock,
        )
        session.flush()


def public_code(world: World) -> str:
    with world.portfolio.database.read() as session:
        return code_of(world.portfolio.vault, session.exec(select(PublicPage)).one())


def award(world: World, session: Session, owner: str) -> str:
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
    return outcome.issued[0]


def pages(world: World) -> list[Operation]:
    return [
        operation
        for operation in operations(create_app(world.portfolio))
        if operation.method == "GET"
        and operation.others <= EXAMPLES
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
        path = operation.address(slug="school", person_id=who.person_id, code=public_code(world))
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
