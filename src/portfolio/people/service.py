"""Persons as one organisation knows them: found again only by its own number or SNILS, never by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from sqlalchemy import insert
from sqlmodel import Session, col, select

from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.jobs import Clock
from portfolio.people.models import Person


@dataclass(frozen=True, slots=True)
class Profile:
    """What a record says of a person besides the award. Everything is optional but the name."""

    name: str
    birth_date: str | None = None
    snils: str | None = None
    number: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person's id and opened key, for the length of one unit of work."""

    id: str
    key: bytes


def persons_for(
    session: Session, *, vault: Vault, organisation_id: str, profiles: Sequence[Profile], now: datetime
) -> list[KnownPerson]:
    """Return a person per profile, in order: the one with the same number or SNILS, else a new one."""
    matches = [_match(vault, organisation_id, profile) for profile in profiles]
    known = _known(session, vault, organisation_id, [match for match in matches if match])
    people: list[KnownPerson] = []
    rows: list[dict[str, object]] = []
    for profile, match in zip(profiles, matches, strict=True):
        person = known.get(match) if match else None
        if person is None:
            person, row = _new_person(vault, organisation_id, profile, match, now)
            rows.append(row)
            if match:
                known[match] = person
        people.append(person)
    if rows:
        session.execute(insert(Person), rows)
    return people


def new_own_person(session: Session, *, vault: Vault, profile: Profile, clock: Clock) -> KnownPerson:
    """Make a person's own row: what he says of himself, or a guardian of a child. It gathers records of issuers."""
    person_id = new_id()
    sealed_key, key = vault.new_person_key(person_id)
    session.add(
        Person(
            id=person_id,
            sealed_key=sealed_key,
            sealed_profile=_seal_profile(vault, person_id, key, profile),
            created_at=clock(),
        )
    )
    session.flush()
    return KnownPerson(person_id, key)


def profile_of(session: Session, *, vault: Vault, person_id: str) -> Profile:
    """Return what is written of a person; raises `NotFoundError` when he was erased."""
    person = session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFoundError("there is no such person")
    return profile_in(person, vault=vault)


def profile_in(person: Person, *, vault: Vault) -> Profile:
    """Return what a row says of a person who was not erased."""
    key = vault.open_person_key(person.sealed_key, person_id=person.id)
    return Profile(**orjson.loads(vault.open_for(key, person.sealed_profile, context=f"profile:{person.id}")))


def change_profile(session: Session, *, vault: Vault, person_id: str, profile: Profile) -> None:
    """Write anew what is known of a person, e.g. after a change of name."""
    person = session.get_one(Person, person_id)
    key = vault.open_person_key(person.sealed_key, person_id=person.id)
    person.sealed_profile = _seal_profile(vault, person.id, key, profile)
    session.add(person)


def key_of_person(session: Session, *, vault: Vault, person_id: str) -> bytes:
    """Return a person's key (32 bytes). Raises `NotFoundError` when he was erased."""
    return open_person(session, vault=vault, person_id=person_id).key


def _seal_profile(vault: Vault, person_id: str, key: bytes, profile: Profile) -> bytes:
    return vault.seal_for(key, orjson.dumps(asdict(profile)), context=f"profile:{person_id}")


def open_person(session: Session, *, vault: Vault, person_id: str) -> KnownPerson:
    """Return one person with his key opened. Raises `NotFoundError` when he was erased."""
    person = session.get_one(Person, person_id)
    if person.erased_at is not None or not person.sealed_key:
        raise NotFoundError("there is no such person")
    return KnownPerson(person.id, vault.open_person_key(person.sealed_key, person_id=person.id))


def _match(vault: Vault, organisation_id: str, profile: Profile) -> bytes | None:
    if profile.number:
        return vault.hmac("person-number", organisation_id, profile.number)
    if profile.snils:
        return vault.hmac("person-snils", organisation_id, profile.snils)
    return None


def _known(session: Session, vault: Vault, organisation_id: str, matches: Sequence[bytes]) -> dict[bytes, KnownPerson]:
    known: dict[bytes, KnownPerson] = {}
    for start in range(0, len(matches), 500):
        rows = session.exec(
            select(Person)
            .where(Person.organisation_id == organisation_id)
            .where(col(Person.match).in_(matches[start : start + 500]))
        )
        for row in rows:
            if row.match:
                known[row.match] = KnownPerson(row.id, vault.open_person_key(row.sealed_key, person_id=row.id))
    return known


def _new_person(
    vault: Vault, organisation_id: str, profile: Profile, match: bytes | None, now: datetime
) -> tuple[KnownPerson, dict[str, object]]:
    person_id = new_id()
    sealed_key, key = vault.new_person_key(person_id)
    row: dict[str, object] = {
        "id": person_id,
        "organisation_id": organisation_id,
        "match": match,
        "sealed_key": sealed_key,
        "sealed_profile": _seal_profile(vault, person_id, key, profile),
        "created_at": now,
    }
    return KnownPerson(person_id, key), row
