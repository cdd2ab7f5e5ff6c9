"""Which of an issuer's own credentials a claim may be about: names, titles and dates compared by likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from sqlmodel import Session, col, select

from portfolio.achievements.claims.stating import Stated
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.kinds.declaration import Place
from portfolio.credentials.models import Credential
from portfolio.credentials.service import open_statement
from portfolio.credentials.statement import Statement
from portfolio.credentials.values import fold
from portfolio.documents.vault import Vault
from portfolio.organisations.models import Organisation
from portfolio.people.models import Person
from portfolio.verification.names import is_named

LOOKED_THROUGH: Final = 500
"""Credentials of one kind, the newest, that are opened to look for a match: a quarter of a second."""
LIKELY: Final = 0.75
"""From here on a match is shown."""
SAME: Final = 0.97
"""From here on it may be the same award: where many are confirmed at once, such a claim is left for a closer look."""

_WEIGHTS: Final = {"name": 0.45, "title": 0.3, "date": 0.2, "subject": 0.05}


@dataclass(frozen=True, slots=True)
class Match:
    """A credential that may be the one claimed; `likeness` is between 0 and 1."""

    credential: Credential
    statement: Statement
    likeness: float


def own_credentials(
    session: Session, *, vault: Vault, organisation: Organisation, kind: str
) -> list[tuple[Credential, Statement]]:
    """Return the newest credentials of a kind that an issuer gave, opened, in one query."""
    rows = session.exec(
        select(Credential, Person)
        .join(Person, col(Person.id) == col(Credential.person_id))
        .where(Credential.organisation_id == organisation.id)
        .where(Credential.kind == kind)
        .where(col(Credential.digest).is_not(None))
        .where(col(Credential.replaced_by).is_(None))
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
        .order_by(col(Credential.created_at).desc())
        .limit(LOOKED_THROUGH)
    ).all()
    return [(row, open_statement(session, vault=vault, credential=row)) for row, _ in rows]


def best_match(stated: Stated, credentials: Sequence[tuple[Credential, Statement]]) -> Match | None:
    """Return the credential that is most like a claim, None where none is much like it."""
    best: Match | None = None
    for credential, statement in credentials:
        found = likeness(stated, statement)
        if found >= LIKELY and (best is None or found > best.likeness):
            best = Match(credential, statement, found)
    return best


def likeness(stated: Stated, statement: Statement) -> float:
    """Return how alike a claim and a credential of the same kind are."""
    awarded = kind_of(statement.kind).at(Place.AWARDED_DATE)
    given_on = str(statement.fields.get(awarded.name, "")) if awarded else ""
    year = slice(0, 4)
    same_year = 0.5 if stated.award_date[year] == given_on[year] else 0.0
    parts = {
        "name": _alike(stated.holder_name, statement.holder_name),
        "title": _alike(stated.title, str(statement.fields.get("title", ""))),
        "date": 1.0 if stated.award_date == given_on else same_year,
        "subject": _alike(str(stated.fields.get("subject", "")), str(statement.fields.get("subject", ""))),
    }
    return sum(_WEIGHTS[name] * part for name, part in parts.items())


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two names have the same words, in whatever order and case."""
    return is_named(one, other) and is_named(other, one)


def _alike(one: str, other: str) -> float:
    one, other = fold(one), fold(other)
    if one == other:
        return 1.0
    matcher = SequenceMatcher(None, one[:200], other[:200], autojunk=False)
    # The cheap upper bounds first: most pairs are nothing alike.
    if matcher.real_quick_ratio() < 0.5 or matcher.quick_ratio() < 0.5:  # noqa: PLR2004
        return 0.0
    return matcher.ratio()
