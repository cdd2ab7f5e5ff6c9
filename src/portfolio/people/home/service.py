"""What the first page after signing in shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from portfolio.documents.vault import Vault
from portfolio.i18n import Language
from portfolio.jobs import Clock
from portfolio.people.actors import Actor
from portfolio.people.consent import Purpose
from portfolio.people.consents import allows
from portfolio.people.guardians import unproved_of
from portfolio.people.journal import record_act
from portfolio.people.models import Account, Guardianship, Person
from portfolio.people.service import change_profile, profile_of


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


def change_own_profile(
    session: Session, *, vault: Vault, actor: Actor, name: str, language: Language, clock: Clock
) -> None:
    """Write a new name and language of the actor; the birth date stays as it is."""
    account = session.get_one(Account, actor.account_id)
    account.language = language
    session.add(account)
    known = profile_of(session, vault=vault, person_id=actor.person_id)
    if known.name != name:
        change_profile(session, vault=vault, person_id=actor.person_id, profile=replace(known, name=name))
        record_act(session, actor=actor.name, act="person.rename", subject=actor.person_id, clock=clock)
