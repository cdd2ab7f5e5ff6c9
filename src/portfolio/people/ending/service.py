"""Guardianships ended from outside: by decision of a court, or because they had been confirmed by mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from sqlalchemy import update
from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.errors import ForbiddenError, NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.access import Viewer, record_views
from portfolio.people.actors import Actor
from portfolio.people.consent import Capacity
from portfolio.people.family import account_of_person, names_of_accounts, profiles_of, tell
from portfolio.people.guardians import finish
from portfolio.people.models import Account, Consent, Guardianship, GuardianState, Person
from portfolio.people.numbers import find_by_number
from portfolio.people.refusals import review_refusal
from portfolio.people.service import Profile, key_of_person


class OwnCaseError(ForbiddenError):
    code: ClassVar[str] = "own_case"


@dataclass(frozen=True, slots=True)
class Decision:
    """Why somebody from outside ends a guardianship, and who he is."""

    why: Literal["court", "mistake"]
    reason: str
    by: Literal["registrar", "school"]


@dataclass(frozen=True, slots=True)
class Case:
    """A guardianship as whoever decides about it sees it."""

    row: Guardianship
    child: Profile
    guardian: str


def active_by_number(session: Session, *, typed: str) -> list[str]:
    """Return the ids of guardianships that count, by their own number or by that of the child's portfolio."""
    row = find_by_number(session, Guardianship, typed)
    if row is not None:
        return [row.id] if row.state is GuardianState.ACTIVE else []
    person = find_by_number(session, Person, typed)
    if person is None:
        return []
    active = select(Guardianship.id).where(Guardianship.person_id == person.id)
    active = active.where(Guardianship.state == GuardianState.ACTIVE).order_by(col(Guardianship.created_at))
    return list(session.exec(active))


def look_at(
    session: Session,
    *,
    vault: Vault,
    ids: Sequence[str],
    viewer: Viewer,
    actor: Actor,
    clock: Clock,
    organisation_id: str | None = None,
) -> list[Case]:
    """Return guardianships that count with the names of those concerned; the look is in the logs of all of them.

    For a school only those that it has confirmed. Raises `NotFoundError` when there is none.
    """
    wanted = select(Guardianship, Account).join(Account, col(Account.id) == col(Guardianship.account_id))
    wanted = wanted.where(col(Guardianship.id).in_(ids)).where(Guardianship.state == GuardianState.ACTIVE)
    if organisation_id is not None:
        wanted = wanted.where(Guardianship.organisation_id == organisation_id, Guardianship.proof == "school")
    rows = session.exec(wanted.order_by(col(Guardianship.created_at))).all()
    children = profiles_of(session, vault=vault, ids={row.person_id for row, _ in rows})
    names = names_of_accounts(session, vault=vault, ids={account.id for _, account in rows})
    found = [
        Case(row, children[row.person_id], names.get(account.id, ""))
        for row, account in rows
        if row.person_id in children
    ]
    if not found:
        raise NotFoundError("there is no such guardianship")
    record_views(
        session,
        person_ids={*children, *(account.person_id for _, account in rows)},
        viewer=viewer,
        organisation_id=organisation_id,
        account_id=actor.account_id,
        what="name",
        why="guardian_end",
        clock=clock,
    )
    return found


def end_by_decision(
    session: Session,
    *,
    vault: Vault,
    guardianship_id: str,
    decision: Decision,
    actor: Actor,
    public_url: str,
    contact: str,
    clock: Clock,
    organisation_id: str | None = None,
) -> Guardianship:
    """End a guardianship that counts, and what its guardian has agreed to; everybody concerned is told by letter.

    `organisation_id` is that of the school that confirmed it; None: a registrar. Raises `NotFoundError`, and
    `OwnCaseError` for the child itself and for who is or was a guardian of it.
    """
    row = session.get(Guardianship, guardianship_id, with_for_update=True)
    if row is None or row.state is not GuardianState.ACTIVE:
        raise NotFoundError("there is no such guardianship")
    if organisation_id is not None and (row.organisation_id != organisation_id or row.proof != "school"):
        raise NotFoundError("there is no such guardianship")
    concerned = _accounts(session, row.person_id)
    if actor.account_id in {account.id for account, _ in concerned}:
        raise OwnCaseError(N_("You are concerned yourself: somebody else has to decide."))
    key = key_of_person(session, vault=vault, person_id=row.person_id)
    row.sealed_reason = vault.seal_for(key, decision.reason.encode(), context=f"guardian-end:{row.id}")
    finish(session, row, why=decision.why, by=actor.name, clock=clock)
    if decision.why == "mistake":
        _disown(session, row)
        review_refusal(session, vault=vault, person_id=row.person_id, now=clock())
    told = {"why": decision.why, "by": decision.by, "contact": contact}
    letter = "guardianship_ended_by_decision"
    for account, state in concerned:
        if state is GuardianState.ACTIVE:  # the one that has just ended, too: it is read before
            link = public_url + ("/me" if account.id == row.account_id else f"/p/{row.person_id}/guardians")
            tell(session, vault=vault, account=account, letter=letter, clock=clock, link=link, **told)
    return row


def _disown(session: Session, row: Guardianship) -> None:
    """Make what somebody who never was a guardian took back nobody's no, so that nothing is destroyed for it."""
    session.exec(
        update(Consent)
        .where(col(Consent.person_id) == row.person_id)
        .where(col(Consent.capacity) == Capacity.GUARDIAN)
        .where(col(Consent.withdrawn_by) == row.account_id)
        .values(withdrawn_by="ended")
    )


def reasons_of(session: Session, *, vault: Vault, person_id: str, rows: Sequence[Guardianship]) -> dict[str, str]:
    """Return why guardianships of a person were ended by decision, by id."""
    said = [row for row in rows if row.sealed_reason]
    if not said:
        return {}
    key = key_of_person(session, vault=vault, person_id=person_id)
    return {
        row.id: vault.open_for(key, row.sealed_reason or b"", context=f"guardian-end:{row.id}").decode() for row in said
    }


def _accounts(session: Session, person_id: str) -> list[tuple[Account, GuardianState]]:
    """Return who is concerned: the child's own account, as active, and every guardian's, with how far each is."""
    rows = session.exec(
        select(Account, Guardianship)
        .join(Guardianship, col(Guardianship.account_id) == col(Account.id))
        .where(Guardianship.person_id == person_id)
    ).all()
    own = account_of_person(session, person_id=person_id)
    found = [(own, GuardianState.ACTIVE)] if own is not None else []
    return [*found, *((account, row.state) for account, row in rows)]
