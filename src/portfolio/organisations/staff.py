"""Who acts for an organisation: places in its staff and their end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, ForbiddenError, NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.organisations.models import Membership, Organisation, StaffRole
from portfolio.organisations.register import suspension_decided
from portfolio.people.actors import Seat
from portfolio.people.family import tell
from portfolio.people.models import Account, Person

MOST: Final = 500
"""Members of one organisation's staff that are shown."""

# Asked at every request of whoever is signed in. Made once: to put it together takes longer than to answer it.
_SEATS: Final = (
    select(Membership.role, Organisation, suspension_decided())
    .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
    .where(Membership.account_id == bindparam("account_id"))
    .where(col(Membership.ended_at).is_(None))
    .order_by(col(Organisation.name))
)


class LastAdminError(ConflictError):
    code = "last_admin"


class StaffElsewhereError(ForbiddenError):
    code = "staff_elsewhere"


@dataclass(frozen=True, slots=True)
class Member:
    """A place in the staff with who has it; name and address are for the organisation's administrators alone."""

    id: str
    account_id: str
    role: StaffRole
    since: datetime
    name: str
    address: str


def seats_of(session: Session, *, account_id: str, now: datetime) -> tuple[Seat, ...]:
    """Return the places an account has in organisations at present, by name."""
    rows = session.exec(_SEATS, params={"account_id": account_id})
    moment = int(now.timestamp())
    return tuple(
        Seat(
            organisation_id=organisation.id,
            slug=organisation.slug,
            name=organisation.name,
            type=organisation.type,
            role=role,
            time_zone=organisation.time_zone,
            suspended=bool(decided)
            or (organisation.suspended_from is not None and organisation.suspended_from <= moment),
        )
        for role, organisation, decided in rows
    )


def members_of(session: Session, *, vault: Vault, organisation_id: str) -> list[Member]:
    """Return the staff at present, the oldest place first."""
    rows = session.exec(
        select(Membership, Account, Person)
        .join(Account, col(Account.id) == col(Membership.account_id))
        .join(Person, col(Person.id) == col(Account.person_id))
        .where(Membership.organisation_id == organisation_id)
        .where(col(Membership.ended_at).is_(None))
        .where(col(Person.erased_at).is_(None))
        .order_by(col(Membership.created_at))
        .limit(MOST)
    )
    members = []
    for place, account, person in rows:
        key = vault.open_person_key(person.sealed_key, person_id=person.id)
        profile = orjson.loads(vault.open_for(key, person.sealed_profile, context=f"profile:{person.id}"))
        address = vault.open_for(key, account.sealed_email, context=f"address:{person.id}").decode()
        members.append(Member(place.id, account.id, place.role, place.created_at, profile["name"], address))
    return members


def give_place(session: Session, *, organisation_id: str, account_id: str, role: StaffRole, clock: Clock) -> Membership:
    """Give an account a place; who has one gets this role in it."""
    _lock(session, organisation_id)
    place = session.exec(_standing(organisation_id).where(Membership.account_id == account_id)).first()
    if place is None:
        place = Membership(organisation_id=organisation_id, account_id=account_id, role=role, created_at=clock())
    elif place.role is not role:
        _keep_an_admin(session, place, role)
        place.role = role
    session.add(place)
    session.flush()
    return place


def change_role(session: Session, *, organisation_id: str, membership_id: str, role: StaffRole) -> Membership:
    """Give a member another role, from his next request on. Raises `NotFoundError`, `LastAdminError`."""
    _lock(session, organisation_id)
    place = _place(session, organisation_id, membership_id)
    _keep_an_admin(session, place, role)
    place.role = role
    session.add(place)
    session.flush()
    return place


def dismiss(session: Session, *, organisation_id: str, membership_id: str, clock: Clock) -> Membership:
    """End a place; its holder may do nothing from his next request on. Raises `NotFoundError`, `LastAdminError`."""
    _lock(session, organisation_id)
    place = _place(session, organisation_id, membership_id)
    _keep_an_admin(session, place, None)
    place.ended_at = clock()
    session.add(place)
    session.flush()
    return place


def end_place(session: Session, *, organisation_id: str, membership_id: str, clock: Clock) -> Membership:
    """End a place by decision of the registrars, also the last administrator's. Raises `NotFoundError`."""
    _lock(session, organisation_id)
    place = _place(session, organisation_id, membership_id)
    place.ended_at = clock()
    session.add(place)
    session.flush()
    return place


def require_colleague(session: Session, *, organisation_id: str, account_id: str, since: datetime) -> None:
    """Raise `NotFoundError` unless an account has had a place here `since`, `StaffElsewhereError` if elsewhere, too.

    An administrator vouches for his own staff alone: he must not open what another organisation relies on.
    """
    places = session.exec(
        select(Membership).where(Membership.account_id == account_id).where(col(Membership.ended_at).is_(None))
    ).all()
    if not any(place.organisation_id == organisation_id and place.created_at <= since for place in places):
        raise NotFoundError("nobody of this organisation has asked under this number")
    if len(places) > 1:
        raise StaffElsewhereError(
            N_("This person acts for another organisation, too: two registrars have to vouch, not one administrator.")
        )


def tell_staff(
    session: Session,
    *,
    vault: Vault,
    organisation_id: str,
    letter: str,
    clock: Clock,
    but: Collection[str] = (),
    roles: Collection[StaffRole] = tuple(StaffRole),
    **values: str,
) -> None:
    """Write a letter to everybody of an organisation's staff in these roles, in the language of each."""
    accounts = session.exec(
        select(Account)
        .join(Membership, col(Membership.account_id) == col(Account.id))
        .where(Membership.organisation_id == organisation_id)
        .where(col(Membership.ended_at).is_(None))
        .where(col(Membership.role).in_(list(roles)))
        .where(col(Account.id).not_in(list(but)))
        .limit(MOST)
    ).all()
    for account in accounts:
        tell(session, vault=vault, account=account, letter=letter, clock=clock, **values)


def require_other_admins(session: Session, *, person_id: str) -> None:
    """Raise `LastAdminError` when an organisation would be left without an administrator by this person's erasure."""
    for place in _places_of(session, [person_id]):
        _lock(session, place.organisation_id)
        if place.role is StaffRole.ADMIN and not _has_other_admin(session, place):
            raise LastAdminError(N_("You are the only administrator of an organisation. Make somebody else one first."))


def end_places(session: Session, *, person_ids: Collection[str], clock: Clock) -> None:
    """End every place of people who are erased."""
    for place in _places_of(session, person_ids):
        place.ended_at = clock()
        session.add(place)
    session.flush()


def _places_of(session: Session, person_ids: Collection[str]) -> list[Membership]:
    return list(
        session.exec(
            select(Membership)
            .join(Account, col(Account.id) == col(Membership.account_id))
            .where(col(Account.person_id).in_(person_ids))
            .where(col(Membership.ended_at).is_(None))
            .order_by(col(Membership.organisation_id))
        )
    )


def _lock(session: Session, organisation_id: str) -> None:
    # Two administrators who dismiss each other at the same moment must not leave none.
    session.exec(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update()).one()


def _place(session: Session, organisation_id: str, membership_id: str) -> Membership:
    place = session.exec(_standing(organisation_id).where(Membership.id == membership_id)).first()
    if place is None:
        raise NotFoundError("there is no such member of staff")
    return place


def _keep_an_admin(session: Session, place: Membership, role: StaffRole | None) -> None:
    if place.role is not StaffRole.ADMIN or role is StaffRole.ADMIN:
        return
    if not _has_other_admin(session, place):
        raise LastAdminError("the last administrator stays: make somebody else one first")


def _has_other_admin(session: Session, place: Membership) -> bool:
    others = (
        select(func.count())
        .select_from(Membership)
        .join(Account, col(Account.id) == col(Membership.account_id))
        .where(Membership.organisation_id == place.organisation_id)
        .where(col(Membership.id) != place.id)
        .where(col(Membership.ended_at).is_(None))
        .where(Membership.role == StaffRole.ADMIN)
        .where(col(Account.closed_at).is_(None))  # nobody signs in to a closed one
    )
    return session.exec(others).one() > 0


def _standing(organisation_id: str) -> SelectOfScalar[Membership]:
    return (
        select(Membership)
        .where(Membership.organisation_id == organisation_id)
        .where(col(Membership.ended_at).is_(None))
    )
