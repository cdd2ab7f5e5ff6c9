"""The confirmed credentials that a person has gathered: those of the records that were claimed for his own row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import true
from sqlmodel import Session, col, select

from portfolio.achievements.models import PortfolioItem
from portfolio.credentials.kinds import Kind, Place, kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.service import open_statement
from portfolio.credentials.statement import Statement
from portfolio.documents.vault import Vault
from portfolio.organisations.models import Organisation
from portfolio.people.models import Person

MOST: Final = 500
"""Credentials of one person that are read at once; nobody has received as many."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A credential in its full form, its minimal form where it has one, and what it says.

    `person` is the issuer's record that was claimed; held here, it keeps the session from reading it again.
    """

    full: Credential
    minimal: Credential | None
    statement: Statement
    issuer: Organisation
    person: Person

    @property
    def kind(self) -> Kind:
        return kind_of(self.statement.kind)

    @property
    def year(self) -> str:
        return year_of(self.statement)

    @property
    def title(self) -> str:
        """What it was given for, as signed; blank where its kind has no title."""
        return title_of(self.statement)


def year_of(statement: Statement) -> str:
    """Return the year of an award, or of the signature where none is signed."""
    kind = kind_of(statement.kind)
    day = kind.at(Place.AWARDED_DATE)
    year = statement.fields.get("award_year") if kind.minimal_of else statement.fields.get(day.name) if day else None
    return str(year or statement.valid_from)[:4]


def title_of(statement: Statement) -> str:
    """Return what a credential was given for, as signed."""
    field = kind_of(statement.kind).at(Place.ACHIEVEMENT_NAME)
    return str(statement.fields.get(field.name, "")) if field else ""


def gathered_by(
    session: Session,
    *,
    vault: Vault,
    person_id: str,
    limit: int = MOST,
    with_hidden: bool = True,
    only: Collection[str] | None = None,
) -> list[Gathered]:
    """Return what a person has, the newest award first, in four queries: signed, not corrected since, never a draft.

    `person_id` is an own row. Without what its owner hid, it is what others see of the whole portfolio. `only` these
    full forms, by id.
    """
    hidden = select(PortfolioItem.thing_id).where(PortfolioItem.person_id == person_id).where(PortfolioItem.hidden)
    rows = session.exec(
        select(Credential, Person, Organisation)
        .join(Person, col(Person.id) == col(Credential.person_id))
        .join(Organisation, col(Organisation.id) == col(Credential.organisation_id))
        .where(Person.owner_id == person_id)
        .where(true() if only is None else col(Credential.id).in_(only))
        .where(true() if with_hidden else col(Credential.id).not_in(hidden))
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
        .where(col(Credential.digest).is_not(None))
        .where(col(Credential.minimal_of).is_(None))
        .where(col(Credential.replaced_by).is_(None))
        .order_by(col(Credential.created_at).desc(), col(Credential.id))
        .limit(limit)
    ).all()
    minimal = _minimal_forms(session, [credential.id for credential, _, _ in rows])
    found = [
        Gathered(
            credential,
            minimal.get(credential.id),
            # The person is in the session already: opening it asks nothing more.
            open_statement(session, vault=vault, credential=credential),
            organisation,
            person,
        )
        for credential, person, organisation in rows
    ]
    return sorted(found, key=lambda item: item.year, reverse=True)


def _minimal_forms(session: Session, ids: Sequence[str]) -> dict[str, Credential]:
    rows = session.exec(
        select(Credential).where(col(Credential.minimal_of).in_(ids)).where(col(Credential.digest).is_not(None))
    )
    return {row.minimal_of or "": row for row in rows}
