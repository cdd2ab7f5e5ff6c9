"""Access that a person grants to a university: to all that is confirmed, until a day or until he takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation, OrganisationType
from portfolio.people.access import record_view
from portfolio.people.actors import Actor
from portfolio.people.consent import Purpose
from portfolio.people.consenting import allowing
from portfolio.people.consents import allows, require_consent
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.service import profile_in
from portfolio.sharing.models import AccessGrant
from portfolio.sharing.service import LONGEST, BadTermsError

PAGE: Final = 50
_ABSENT: Final = "there is no such applicant"


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant as the person sees it; `last_day` is an ISO day where the university is."""

    grant: AccessGrant
    university: Organisation
    is_standing: bool
    last_day: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """A person who granted access, as the university sees him; `last_day` is an ISO day there."""

    grant: AccessGrant
    name: str
    last_day: str


def universities(session: Session, *, now: datetime) -> list[Organisation]:
    """Return the universities that access can be granted to: admitted, not suspended; by name."""
    return list(
        session.exec(
            select(Organisation)
            .where(Organisation.type == OrganisationType.UNIVERSITY)
            .where(col(Organisation.admitted_at).is_not(None))
            .where(
                or_(col(Organisation.suspended_from).is_(None), col(Organisation.suspended_from) > int(now.timestamp()))
            )
            .order_by(col(Organisation.name))
        )
    )


def grant_access(
    session: Session,
    *,
    vault: Vault,
    actor: Actor,
    person_id: str,
    organisation_id: str,
    last_day: date,
    clock: Clock,
) -> AccessGrant:
    """Let a university see the portfolio to the end of a day there; a grant that stands already is replaced.

    Raises `ConsentMissingError`, `NotFoundError` for anything but a university of `universities`, `BadTermsError`.
    """
    now = clock()
    require_consent(session, vault=vault, person_id=person_id, purpose=Purpose.UNIVERSITY_ACCESS, now=now)
    university = next((one for one in universities(session, now=now) if one.id == organisation_id), None)
    if university is None:
        raise NotFoundError("there is no such university")
    until = datetime.combine(last_day + timedelta(days=1), time(), ZoneInfo(university.time_zone))
    if not now < until <= now + LONGEST:
        raise BadTermsError(N_("Choose a day from today on, at most a year ahead."))
    before = session.exec(
        select(AccessGrant)
        .where(AccessGrant.person_id == person_id)
        .where(AccessGrant.organisation_id == organisation_id)
        .where(col(AccessGrant.withdrawn_at).is_(None))
    ).first()
    if before is not None:
        before.withdrawn_at, before.withdrawn_by = now, actor.account_id
        session.add(before)
        session.flush()
    grant = AccessGrant(
        person_id=person_id,
        organisation_id=organisation_id,
        granted_at=now,
        granted_by=actor.account_id,
        until=until,
    )
    session.add(grant)
    record_act(session, actor=actor.name, act="grant.give", subject=grant.id, detail=university.slug, clock=clock)
    return grant


def grants_of(session: Session, *, person_id: str, now: datetime) -> list[GrantView]:
    """Return what a person has granted, the newest first."""
    rows = session.exec(
        select(AccessGrant, Organisation)
        .join(Organisation, col(Organisation.id) == col(AccessGrant.organisation_id))
        .where(AccessGrant.person_id == person_id)
        .order_by(col(AccessGrant.granted_at).desc())
        .limit(100)
    )
    return [
        GrantView(grant, university, is_standing(grant, now), _last_day(grant, university))
        for grant, university in rows
    ]


def is_standing(grant: AccessGrant, now: datetime) -> bool:
    """Tell whether a grant was neither withdrawn nor has run out; the consent it rests on is asked for separately."""
    return grant.withdrawn_at is None and grant.until > now


def withdraw_grant(session: Session, *, actor: Actor, person_id: str, grant_id: str, clock: Clock) -> None:
    """End a grant at once. Harmless to repeat. Raises `NotFoundError` for another person's."""
    grant = session.get(AccessGrant, grant_id)
    if grant is None or grant.person_id != person_id:
        raise NotFoundError("there is no such grant")
    if grant.withdrawn_at is not None:
        return
    grant.withdrawn_at, grant.withdrawn_by = clock(), actor.account_id
    session.add(grant)
    record_act(session, actor=actor.name, act="grant.withdraw", subject=grant.id, clock=clock)


def applicants(
    session: Session, *, vault: Vault, university: Organisation, page: int, now: datetime
) -> tuple[list[Applicant], bool]:
    """Return a page (from 1) of those whose grants stand, the newest first, and whether there are more."""
    rows = session.exec(
        select(AccessGrant, Person)
        .join(Person, col(Person.id) == col(AccessGrant.person_id))
        .where(AccessGrant.organisation_id == university.id)
        .where(col(AccessGrant.withdrawn_at).is_(None))
        .where(col(AccessGrant.until) > now)
        .order_by(col(AccessGrant.granted_at).desc(), col(AccessGrant.id))
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    shown = rows[:PAGE]
    willing = allowing(
        session, vault=vault, persons=[person for _, person in shown], purpose=Purpose.UNIVERSITY_ACCESS, now=now
    )
    found = [
        Applicant(grant, profile_in(person, vault=vault).name, _last_day(grant, university))
        for grant, person in shown
        if person.id in willing
    ]
    return found, len(rows) > PAGE


def applicant(session: Session, *, vault: Vault, university: Organisation, grant_id: str, now: datetime) -> Applicant:
    """Return one applicant of this university.

    Raises `NotFoundError`, always the same: for none, another university's, withdrawn, run out, or without consent.
    """
    grant = session.get(AccessGrant, grant_id)
    if grant is None or grant.organisation_id != university.id or not is_standing(grant, now):
        raise NotFoundError(_ABSENT)
    person = session.get_one(Person, grant.person_id)
    if not allows(session, vault=vault, person_id=person.id, purpose=Purpose.UNIVERSITY_ACCESS, now=now):
        raise NotFoundError(_ABSENT)
    return Applicant(grant, profile_in(person, vault=vault).name, _last_day(grant, university))


def record_look(session: Session, *, actor: Actor, grant: AccessGrant, what: str, clock: Clock) -> None:
    """Write down that a member of the university's staff looked: who, at what, and that a grant allowed it."""
    record_view(
        session,
        person_id=grant.person_id,
        viewer="organisation",
        what=what,
        why="university_access",
        account_id=actor.account_id,
        organisation_id=grant.organisation_id,
        clock=clock,
    )


def _last_day(grant: AccessGrant, university: Organisation) -> str:
    last = grant.until.astimezone(ZoneInfo(university.time_zone)) - timedelta(seconds=1)
    return last.date().isoformat()
