"""A portfolio as a whole: received credentials, claims and imports of one person, with how the holder arranged them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlmodel import Session, col, select

from portfolio.achievements.claims.service import ClaimView, claims_of
from portfolio.achievements.holdings.things import Thing
from portfolio.achievements.imported.service import ImportView, imports_of
from portfolio.achievements.models import Claim, ClaimState, ImportedBadge, PortfolioItem
from portfolio.anchoring.service import Standing, standings
from portfolio.anchoring.states import AnchoringState
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.kinds.declaration import Place
from portfolio.credentials.models import Credential, Revocation
from portfolio.credentials.service import open_statement, token_of
from portfolio.credentials.statement import Statement
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.jobs import Clock
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.service import key_of_person, profile_of

MOST: Final = 1000
"""Credentials shown of one person; nobody has so many."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """A person's portfolio. `name` is how he is called now."""

    name: str
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """A credential somebody received, opened, with what the register says of it."""

    credential: Credential
    statement: Statement
    state: str
    token: str


def holdings_of(session: Session, *, vault: Vault, person_id: str, clock: Clock) -> Holdings:
    """Return everything in a portfolio, in seven queries however much that is. Raises `NotFoundError`."""
    person = session.get(Person, person_id)  # held, so that it is not read again for the name and for the key
    name = profile_of(session, vault=vault, person_id=person_id).name
    key = key_of_person(session, vault=vault, person_id=person_id)
    assert person is not None
    received = received_by(session, vault=vault, person_id=person_id, clock=clock)
    ids = {one.credential.id for one in received}
    claims = claims_of(session, vault=vault, key=key, person_id=person_id)
    things = [
        *(_of_credential(one, name) for one in received),
        *(_of_claim(view, name) for view in claims if view.claim.credential_id not in ids),
        *(_of_import(view) for view in imports_of(session, vault=vault, key=key, person_id=person_id)),
    ]
    arranged = _arranged(session, vault, key, person_id)
    return Holdings(name, tuple(replace(thing, **arranged.get(thing.id, {})) for thing in things))


def received_by(session: Session, *, vault: Vault, person_id: str, clock: Clock) -> list[Received]:
    """Return the credentials of all issuers' persons that the own row gathers: later ones come by themselves."""
    rows = session.exec(
        select(Credential, Person)
        .join(Person, col(Person.id) == col(Credential.person_id))
        .where(Person.owner_id == person_id)
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
        .where(col(Credential.minimal_of).is_(None))
        .where(col(Credential.digest).is_not(None))
        .where(col(Credential.replaced_by).is_(None))
        .order_by(col(Credential.created_at).desc())
        .limit(MOST)
    ).all()
    return _opened(session, vault, [credential for credential, _ in rows], clock)


def received_one(session: Session, *, vault: Vault, person_id: str, credential_id: str, clock: Clock) -> Received:
    """Return one received credential; another's is as unknown as an absent one."""
    credential = session.get(Credential, credential_id)
    holder = session.get(Person, credential.person_id) if credential else None
    if credential is None or credential.digest is None or not credential.sealed_body:
        raise NotFoundError("there is no such record")
    if holder is None or holder.owner_id != person_id:
        raise NotFoundError("there is no such record")
    return _opened(session, vault, [credential], clock)[0]


def _opened(session: Session, vault: Vault, rows: list[Credential], clock: Clock) -> list[Received]:
    if not rows:
        return []
    stands = standings(session, digests=[row.digest for row in rows if row.digest])
    revocations = select(Revocation.credential_id).where(col(Revocation.credential_id).in_([row.id for row in rows]))
    revoked = set(session.exec(revocations))
    now = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    found = []
    for row in rows:
        statement = open_statement(session, vault=vault, credential=row)
        standing = stands.get(row.digest or b"")
        state = _state(statement, standing, now, is_revoked=row.id in revoked)
        found.append(Received(row, statement, state, token_of(vault, row)))
    return found


def _state(statement: Statement, standing: Standing | None, now: str, *, is_revoked: bool) -> str:
    """Return what our own tables say; the verdict itself is found on the credential's public page."""
    if is_revoked:
        return "revoked"
    if statement.valid_until is not None and statement.valid_until < now:
        return "expired"
    return "registered" if standing is not None and standing.state is AnchoringState.FINAL else "pending"


def _of_credential(one: Received, name: str) -> Thing:
    statement = one.statement
    awarded = kind_of(statement.kind).at(Place.AWARDED_DATE)
    return Thing(
        id=one.credential.id,
        what="credential",
        state=one.state,
        title=str(statement.fields.get("title", "")),
        issuer=statement.issuer_name,
        day=str(statement.fields.get(awarded.name, "")) if awarded else "",
        kind=statement.kind,
        **_common(statement.fields),
        printed_name=statement.holder_name if statement.holder_name != name else "",
        token=one.token,
    )


def _of_claim(view: ClaimView, name: str) -> Thing:
    endorsed = view.claim.state is ClaimState.ENDORSED and view.organisation is not None
    return Thing(
        id=view.claim.id,
        what="claim",
        state=view.claim.state.value,
        title=view.stated.title,
        issuer=view.stated.organiser,
        day=view.stated.award_date,
        kind=view.stated.kind,
        **_common(view.stated.fields),
        printed_name=view.stated.holder_name if view.stated.holder_name != name else "",
        endorsed_by=view.organisation.name if endorsed and view.organisation else view.endorsed_by,
    )


def _of_import(view: ImportView) -> Thing:
    return Thing(
        id=view.badge.id,
        what="import",
        state=str(view.report["verdict"]),
        title=view.title,
        issuer=view.issuer,
        day=view.day,
    )


def _common(fields: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: str(fields.get(name, "")) for name in ("subject", "level", "degree")}
    return {**texts, "hours": int(fields.get("hours", 0))}


def _arranged(session: Session, vault: Vault, key: bytes, person_id: str) -> dict[str, dict[str, Any]]:
    rows = session.exec(select(PortfolioItem).where(PortfolioItem.person_id == person_id))
    return {row.thing_id: {"hidden": row.hidden, "position": row.position, **_words(vault, key, row)} for row in rows}


def _words(vault: Vault, key: bytes, row: PortfolioItem) -> dict[str, str]:
    if row.sealed_words is None:
        return {}
    said: dict[str, str] = orjson.loads(vault.open_for(key, row.sealed_words, context=f"item:{row.id}"))
    return said


def arrange(
    session: Session,
    *,
    vault: Vault,
    person_id: str,
    thing_id: str,
    hidden: bool,
    position: int,
    group: str,
    words: str,
    actor: str,
    clock: Clock,
) -> None:
    """Write down how a holder wants one thing shown. Raises `NotFoundError` for what is not in his portfolio."""
    _require_own(session, person_id, thing_id)
    row = session.exec(
        select(PortfolioItem)
        .where(PortfolioItem.person_id == person_id)
        .where(PortfolioItem.thing_id == thing_id)
        .with_for_update()
    ).first() or PortfolioItem(person_id=person_id, thing_id=thing_id)
    key = key_of_person(session, vault=vault, person_id=person_id)
    said = orjson.dumps({"group": group, "words": words})
    row.hidden, row.position = hidden, position
    row.sealed_words = vault.seal_for(key, said, context=f"item:{row.id}") if group or words else None
    session.add(row)
    record_act(session, actor=actor, act="item.arrange", subject=thing_id, clock=clock)


def _require_own(session: Session, person_id: str, thing_id: str) -> None:
    credential = session.get(Credential, thing_id)
    if credential is not None:
        holder = session.get(Person, credential.person_id)
        owner = holder.owner_id if holder else None
    else:
        other = session.get(Claim, thing_id) or session.get(ImportedBadge, thing_id)
        owner = other.person_id if other else None
    if owner != person_id:
        raise NotFoundError("there is nothing like that in this portfolio")
