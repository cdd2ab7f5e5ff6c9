"""Open duties towards people whose data is kept: what began them, when they are due, who has to act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from portfolio.achievements.models import Dispute, Objection
from portfolio.achievements.records.objections import CAUSES
from portfolio.credentials.models import Credential
from portfolio.organisations.models import Organisation
from portfolio.people.deadlines import Cause, Deadline, Stage, deadline_of, local_day
from portfolio.people.models import ErasureRequest, Person


@dataclass(frozen=True, slots=True)
class OpenDuty:
    """One duty that is not done. Without an organisation it is this service's own: an erasure.

    `id` is that of the objection, dispute or erasure; `started` that an erasure waits for nobody's word any more.
    """

    cause: Cause
    id: str
    deadline: Deadline
    stage: Stage
    owing: Organisation | None
    warned: bool
    escalated: bool
    started: bool = False


def open_duties(session: Session, *, now: datetime) -> list[OpenDuty]:
    """Return every duty that is not done, the soonest due first: overdue ones before all others."""
    found = [*_erasures(session, now), *_objections(session, now), *_disputes(session, now)]
    return sorted(found, key=lambda duty: (duty.deadline.due, duty.deadline.begun, duty.id))


def _erasures(session: Session, now: datetime) -> list[OpenDuty]:
    rows = session.exec(
        select(ErasureRequest)
        .where(col(ErasureRequest.taken_back_at).is_(None))
        .where(col(ErasureRequest.finished_at).is_(None))
    )
    return [_duty(Cause.ERASURE, row, row.asked_at, None, now, started=row.started_at is not None) for row in rows]


def _objections(session: Session, now: datetime) -> list[OpenDuty]:
    own = aliased(Person)
    rows = session.exec(
        _of_readable(Objection)
        .join(own, col(own.id) == col(Objection.person_id))
        .where(col(own.erased_at).is_(None))
        .where(col(Objection.answered_at).is_(None))
    )
    return [_duty(CAUSES[row.kind], row, row.created_at, organisation, now) for row, organisation in rows]


def _disputes(session: Session, now: datetime) -> list[OpenDuty]:
    rows = session.exec(_of_readable(Dispute).where(col(Dispute.decided_at).is_(None)))
    return [_duty(Cause.DISPUTE, row, row.created_at, organisation, now) for row, organisation in rows]


def _of_readable(table: Any) -> Any:
    """Return the query for rows about records that are not erased, each with the organisation that gave them."""
    return (
        select(table, Organisation)
        .join(Organisation, col(Organisation.id) == table.organisation_id)
        .join(Credential, col(Credential.id) == table.credential_id)
        .join(Person, col(Person.id) == col(Credential.person_id))
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
    )


def _duty(
    cause: Cause,
    row: ErasureRequest | Objection | Dispute,
    since: datetime,
    owing: Organisation | None,
    now: datetime,
    *,
    started: bool = False,
) -> OpenDuty:
    zone = [owing.time_zone] if owing else []
    deadline = deadline_of(cause, since, *zone)
    return OpenDuty(
        cause=cause,
        id=row.id,
        deadline=deadline,
        stage=deadline.stage(local_day(now, *zone)),
        owing=owing,
        warned=row.warned_at is not None,
        escalated=row.escalated_at is not None,
        started=started,
    )
