"""Since when a no to keeping stands, and when what was kept on that consent has to be gone (152-ФЗ, article 21 (5)).

`Person.refused_at` is set by a withdrawal, of which those concerned are told, and by nothing else: no birthday, no end
of a guardianship and no older withdrawal sets thirty days going. It goes when whoever said no has agreed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.people.consent import Capacity, Purpose, age_of, deciders
from portfolio.people.deadlines import TERMS, Duty
from portfolio.people.models import Consent, Person
from portfolio.people.service import profile_in

TERM: Final = timedelta(days=TERMS[Duty.ERASE].days)
NOBODYS_NO: Final = ("newer", "ended")
"""What ended a consent without anybody's no: a newer yes, the end of a guardianship."""


def refused_since(consents: Iterable[Consent], needed: frozenset[Capacity]) -> datetime | None:
    """Return since when the no of one whose yes is needed stands, of two the earlier; None where none does.

    A side's no is its newest withdrawal with no yes of that side after it.
    """
    noes = []
    by_capacity: dict[Capacity, list[Consent]] = {}
    for consent in consents:
        by_capacity.setdefault(consent.capacity, []).append(consent)
    for capacity in needed & by_capacity.keys():
        own = by_capacity[capacity]
        said = [one.withdrawn_at for one in own if one.withdrawn_at and one.withdrawn_by not in NOBODYS_NO]
        if said and all(one.withdrawn_at for one in own) and max(said) >= max(one.given_at for one in own):
            noes.append(max(said))
    return min(noes, default=None)


def note_refusal(session: Session, *, vault: Vault, person_id: str, now: datetime) -> datetime | None:
    """Write down since when keeping is refused, after somebody has just said no; returns the moment by which what was
    added has to be gone, or None where the no of that side decides nothing.
    """
    person = session.get_one(Person, person_id)
    person.refused_at = refused_since(_consents(session, person_id), _needed(vault, person, now))
    session.add(person)
    return None if person.refused_at is None else person.refused_at + TERM


def review_refusal(session: Session, *, vault: Vault, person_id: str, now: datetime) -> None:
    """Look anew at a no that stands, after somebody has agreed or a consent turned out to be nobody's."""
    person = session.get_one(Person, person_id)
    if person.refused_at is not None:
        note_refusal(session, vault=vault, person_id=person_id, now=now)


def to_be_gone_by(person: Person) -> datetime | None:
    """Return the moment by which what an own row added has to be gone; None while no refusal stands."""
    return None if person.refused_at is None else person.refused_at + TERM


def due_refusals(session: Session, *, now: datetime) -> Sequence[str]:
    """Return the ids of own rows whose thirty days are over."""
    return session.exec(
        select(Person.id)
        .where(col(Person.refused_at) <= now - TERM)
        .where(col(Person.erased_at).is_(None))
        .order_by(col(Person.refused_at))
    ).all()


def _consents(session: Session, person_id: str) -> Sequence[Consent]:
    return session.exec(
        select(Consent).where(Consent.person_id == person_id).where(Consent.purpose == Purpose.STORE)
    ).all()


def _needed(vault: Vault, person: Person, now: datetime) -> frozenset[Capacity]:
    return deciders(age_of(profile_in(person, vault=vault).birth_date, now))
