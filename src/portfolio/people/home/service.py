"""What the first page after signing in shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from portfolio.documents.vault import Vault
from portfolio.people.actors import Actor
from portfolio.people.consent import Purpose
from portfolio.people.consents import allows
from portfolio.people.guardians import unproved_of
from portfolio.people.models import Guardianship, Person
from portfolio.people.service import profile_of


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A portfolio that the actor may open; `may_store` is False while a consent is missing."""

    person_id: str
    name: str
    records: int
    may_store: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """`unproved` are guardianships that were accepted and still lack a proof."""

    own: PersonCard
    children: tuple[PersonCard, ...]
    unproved: tuple[Guardianship, ...]


def overview(session: Session, *, vault: Vault, actor: Actor, now: datetime) -> Overview:
    """Return the actor's own portfolio and those of his children."""
    people = [actor.person_id, *actor.wards]
    counts: dict[str | None, int] = dict(
        session.exec(
            select(Person.owner_id, func.count()).where(col(Person.owner_id).in_(people)).group_by(col(Person.owner_id))
        ).all()
    )
    cards = [
        PersonCard(
            person_id=person_id,
            name=profile_of(session, vault=vault, person_id=person_id).name,
            records=counts.get(person_id, 0),
            may_store=allows(session, vault=vault, person_id=person_id, purpose=Purpose.STORE, now=now),
        )
        for person_id in people
    ]
    return Overview(cards[0], tuple(cards[1:]), tuple(unproved_of(session, account_id=actor.account_id)))
