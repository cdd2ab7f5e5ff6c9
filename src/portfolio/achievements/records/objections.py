"""What a holder has against a credential: "this is not me", "this is wrong". It reaches the issuer, who answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from portfolio.achievements.models import Objection, ObjectionKind
from portfolio.achievements.records.service import let_go
from portfolio.credentials.models import Credential
from portfolio.credentials.service import open_statement
from portfolio.credentials.statement import Statement
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation
from portfolio.people.deadlines import Cause, Deadline, deadline_of
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.service import key_of_person

CAUSES: Final = {ObjectionKind.WRONG: Cause.WRONG, ObjectionKind.NOT_ME: Cause.NOT_ME}
A_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection opened, with the credential it is about, and until when the law wants an answer."""

    objection: Objection
    words: str
    answer: str
    statement: Statement | None = None
    deadline: Deadline | None = None


def object_to(
    session: Session,
    *,
    vault: Vault,
    own_id: str,
    credential_id: str,
    kind: ObjectionKind,
    words: str,
    actor: str,
    clock: Clock,
) -> Objection:
    """Tell the issuer of a received credential that it is wrong, or about somebody else.

    In the latter case all that the issuer holds about that person leaves the portfolio at once. Raises `NotFoundError`
    for a credential that is not the person's.
    """
    credential = session.get(Credential, credential_id)
    holder = session.get(Person, credential.person_id) if credential else None
    if credential is None or holder is None or holder.owner_id != own_id:
        raise NotFoundError("there is no such record")
    objection_id = new_id()
    key = key_of_person(session, vault=vault, person_id=own_id)
    objection = Objection(
        id=objection_id,
        organisation_id=credential.organisation_id,
        credential_id=credential.id,
        person_id=own_id,
        kind=kind,
        sealed_words=vault.seal_for(key, words.encode(), context=f"objection:{objection_id}"),
        created_at=clock(),
    )
    session.add(objection)
    record_act(session, actor=actor, act=f"objection.{kind.value}", subject=credential.id, clock=clock)
    if kind is ObjectionKind.NOT_ME:
        let_go(session, holder_id=holder.id, own_id=own_id, actor=actor, clock=clock)
    return objection


def objections_of(session: Session, *, vault: Vault, own_id: str, credential_id: str) -> list[ObjectionView]:
    """Return what a person has said against one credential, and the answers."""
    rows = session.exec(
        select(Objection)
        .where(Objection.person_id == own_id)
        .where(Objection.credential_id == credential_id)
        .order_by(col(Objection.created_at))
    ).all()
    if not rows:
        return []
    key = key_of_person(session, vault=vault, person_id=own_id)
    return [_opened(vault, key, row) for row in rows]


def open_objections(session: Session, *, vault: Vault, organisation: Organisation) -> list[ObjectionView]:
    """Return objections that wait for an issuer's answer, the soonest due first, but for records erased since."""
    holder = aliased(Person)
    waiting = (
        select(Objection.id)
        .join(Person, col(Person.id) == col(Objection.person_id))
        .join(Credential, col(Credential.id) == col(Objection.credential_id))
        .join(holder, col(holder.id) == col(Credential.person_id))
        .where(Objection.organisation_id == organisation.id)
        .where(col(Objection.answered_at).is_(None))
        .where(col(holder.erased_at).is_(None))
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
        .order_by(col(Objection.created_at))
    )
    # Of each kind the oldest are due first; which of both comes first is known from their terms alone.
    ids = [id_ for kind in ObjectionKind for id_ in session.exec(waiting.where(Objection.kind == kind).limit(A_PAGE))]
    rows = session.exec(
        select(Objection, Person, Credential)
        .join(Person, col(Person.id) == col(Objection.person_id))
        .join(Credential, col(Credential.id) == col(Objection.credential_id))
        .where(col(Objection.id).in_(ids))
    ).all()
    dated = [(deadline_of(CAUSES[row[0].kind], row[0].created_at, organisation.time_zone), row) for row in rows]
    dated.sort(key=lambda pair: (pair[0].due, pair[1][0].created_at, pair[1][0].id))
    return [
        replace(
            _opened(
                vault,
                vault.open_person_key(person.sealed_key, person_id=person.id),
                row,
                open_statement(session, vault=vault, credential=credential),
            ),
            deadline=deadline,
        )
        for deadline, (row, person, credential) in dated[:A_PAGE]
    ]


def answer(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    objection_id: str,
    words: str,
    actor: str,
    clock: Clock,
) -> Objection:
    """Answer an objection; a correction or revocation is made on the credential's own page."""
    objection = session.exec(select(Objection).where(Objection.id == objection_id).with_for_update()).first()
    owner = session.get(Person, objection.person_id) if objection else None
    if objection is None or objection.organisation_id != organisation.id or owner is None or owner.erased_at:
        raise NotFoundError("there is no such case")
    if objection.answered_at is not None:
        raise ConflictError(N_("This was decided already. Look at it again."))
    key = key_of_person(session, vault=vault, person_id=objection.person_id)
    objection.sealed_answer = vault.seal_for(key, words.encode(), context=f"objection-answer:{objection.id}")
    objection.answered_at = clock()
    session.add(objection)
    record_act(session, actor=actor, act="objection.answer", subject=objection.id, clock=clock)
    return objection


def _opened(vault: Vault, key: bytes, row: Objection, statement: Statement | None = None) -> ObjectionView:
    words = vault.open_for(key, row.sealed_words, context=f"objection:{row.id}").decode()
    said = ""
    if row.sealed_answer is not None:
        said = vault.open_for(key, row.sealed_answer, context=f"objection-answer:{row.id}").decode()
    return ObjectionView(row, words, said, statement)
