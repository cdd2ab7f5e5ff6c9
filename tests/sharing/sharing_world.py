"""Short ways to act on shares in tests: awards that were claimed, consents, a link as its reader gets it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.service import Award, issue_awards, issuer_of
from portfolio.credentials.values import FieldValue
from portfolio.organisations.service import organisation_by_slug
from portfolio.people import consents
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.models import Person
from portfolio.people.service import Profile

OLYMPIAD: Mapping[str, FieldValue] = {
    "title": "Олимпиада «Росток»",
    "level": "vsosh_regional",
    "subject": "математика",
    "grade": "10А",
    "degree": "winner",
    "score": "97",
    "max_score": "100",
    "award_date": "2026-03-15",
}


def award(
    world: World,
    owner: Someone | str,
    *,
    kind: str = "olympiad_award",
    slug: str = "school",
    name: str = "Сидорова Анна Олеговна",
    **fields: FieldValue,
) -> str:
    """Issue an award that its holder has claimed; returns the id of the full form."""
    own_id = owner if isinstance(owner, str) else owner.person_id
    portfolio = world.portfolio
    values = {**OLYMPIAD, **fields} if kind == "olympiad_award" else dict(fields)
    with portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug=slug)
        issued = issue_awards(
            session,
            vault=portfolio.vault,
            issuer=issuer_of(session, vault=portfolio.vault, organisation_id=organisation.id),
            kind=kind_of(kind),
            awards=[Award(profile=Profile(name=name), fields=values)],
            valid_until=None,
            run_id=None,
            clock=world.clock,
        ).issued
        session.flush()
        credential = session.get_one(Credential, issued[0])
        person = session.get_one(Person, credential.person_id)
        person.owner_id, person.claimed_at = own_id, world.clock()
        session.add(person)
        return credential.id


def minimal_of(world: World, credential_id: str) -> str:
    with world.portfolio.database.read() as session:
        return session.exec(select(Credential.id).where(col(Credential.minimal_of) == credential_id)).one()


def consent(world: World, giver: Someone, person: Someone | None = None, *, purpose: Purpose = Purpose.SHARE) -> None:
    """Give a consent: for oneself, or as a guardian for another."""
    of = person or giver
    with world.portfolio.database.write() as session:
        consents.give(
            session,
            vault=world.portfolio.vault,
            person_id=of.person_id,
            purpose=purpose,
            account_id=giver.account.id,
            capacity=Capacity.SELF if person is None else Capacity.GUARDIAN,
            clock=world.clock,
        )


def withdraw(world: World, giver: Someone, person: Someone | None = None, *, purpose: Purpose = Purpose.SHARE) -> None:
    of = person or giver
    with world.portfolio.database.write() as session:
        consents.withdraw(
            session,
            person_id=of.person_id,
            purpose=purpose,
            account_id=giver.account.id,
            capacity=Capacity.SELF if person is None else Capacity.GUARDIAN,
            clock=world.clock,
        )


@dataclass(slots=True)
class Made:
    """A link that was made through the pages."""

    id: str
    url: str

    @property
    def path(self) -> str:
        return "/s/" + self.token

    @property
    def token(self) -> str:
        return self.url.rpartition("/s/")[2]


def share(someone: Someone, *show: str, person_id: str = "", **more: Any) -> Made:
    """Make a link by the form; `show` holds "full:<id>" or "minimal:<id>"."""
    own = person_id or someone.person_id
    answer = someone.post(f"/p/{own}/shares/new", {"label": "Приёмная комиссия", "show": list(show), **more})
    assert answer.status_code == 303, answer.text
    shown = someone.get(answer.headers["location"])
    found = re.search(r'value="([^"]+/s/[^"]+)"', shown.text)
    assert found, shown.text
    return Made(answer.headers["location"].split("/")[-2], html.unescape(found[1]))


def opened(world: World, made: Made, **form: str) -> TestClient:
    """Return a reader's client that has opened the link."""
    client = world.visitor()
    answer = client.post(made.path, data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client


def queries(world: World, act: Callable[[], object]) -> int:
    """Count the statements that an act sends to the database."""
    seen: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(world.portfolio.database.engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        event.remove(world.portfolio.database.engine, "before_cursor_execute", count)
    return len(seen)
