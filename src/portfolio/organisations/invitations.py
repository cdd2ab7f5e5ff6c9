"""Invitations by mail: to an organisation's staff, and to be a registrar. A link is good once, and for one address."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.errors import ForbiddenError, NotFoundError
from portfolio.i18n import Language
from portfolio.jobs import Clock
from portfolio.notifications.service import queue_mail
from portfolio.organisations.models import Organisation, RegistrarInvitation, StaffInvitation, StaffRole
from portfolio.organisations.staff import give_place
from portfolio.people.accounts import address_hash, normalise_address
from portfolio.people.models import Account
from portfolio.people.sign_ins import hash_of

GOOD_FOR: Final = timedelta(days=7)


class OtherAddressError(ForbiddenError):
    """The invitation was sent to another address than the account's, and is no use to it."""

    code = "invited_elsewhere"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation that nobody has accepted yet."""

    id: str
    address: str
    role: StaffRole
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link of an invitation leads to; without an organisation it is to be a registrar."""

    organisation: Organisation | None
    role: StaffRole | None
    address: str
    row: StaffInvitation | RegistrarInvitation


def invite_staff(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    address: str,
    role: StaffRole,
    invited_by: str,
    public_url: str,
    language: Language,
    clock: Clock,
) -> StaffInvitation:
    """Invite an address to the staff; an older invitation to it ends. Raises `BadAddressError`."""
    address = normalise_address(address)
    for waiting in waiting_for(session, vault=vault, organisation_id=organisation.id, now=clock()):
        if waiting.address == address:
            withdraw(session, organisation_id=organisation.id, invitation_id=waiting.id, clock=clock)
    token = secrets.token_urlsafe(32)
    row = StaffInvitation(
        organisation_id=organisation.id,
        role=role,
        token_hash=hash_of(token),
        sealed_email=b"",
        invited_by=invited_by,
        created_at=clock(),
        expires_at=clock() + GOOD_FOR,
    )
    row.sealed_email = vault.seal(address.encode(), context=f"invitation:{row.id}")
    session.add(row)
    queue_mail(
        session,
        vault=vault,
        address=address,
        letter="staff_invitation",
        language=language,
        clock=clock,
        link=f"{public_url}/join/{token}",
        organisation=organisation.name,
    )
    return row


def invite_registrar(
    session: Session, *, vault: Vault, address: str, public_url: str, language: Language, clock: Clock
) -> RegistrarInvitation:
    """Invite an address to be a registrar. Raises `BadAddressError`."""
    address, token = normalise_address(address), secrets.token_urlsafe(32)
    row = RegistrarInvitation(
        token_hash=hash_of(token), sealed_email=b"", created_at=clock(), expires_at=clock() + GOOD_FOR
    )
    row.sealed_email = vault.seal(address.encode(), context=f"invitation:{row.id}")
    session.add(row)
    queue_mail(
        session,
        vault=vault,
        address=address,
        letter="registrar_invitation",
        language=language,
        clock=clock,
        link=f"{public_url}/join/{token}",
    )
    return row


def waiting_for(session: Session, *, vault: Vault, organisation_id: str, now: datetime) -> list[Waiting]:
    """Return the invitations to a staff that may still be accepted, the newest first."""
    rows = session.exec(
        select(StaffInvitation)
        .where(StaffInvitation.organisation_id == organisation_id)
        .where(col(StaffInvitation.used_at).is_(None))
        .where(col(StaffInvitation.expires_at) > now)
        .order_by(col(StaffInvitation.created_at).desc())
        .limit(100)
    )
    return [Waiting(row.id, _address(vault, row), row.role, row.expires_at) for row in rows]


def withdraw(session: Session, *, organisation_id: str, invitation_id: str, clock: Clock) -> None:
    """End an invitation that was not accepted. Raises `NotFoundError`."""
    row = session.get(StaffInvitation, invitation_id)
    if row is None or row.organisation_id != organisation_id or row.used_at is not None:
        raise NotFoundError("there is no such invitation")
    row.expires_at = clock()
    session.add(row)
    session.flush()


def withdraw_invitations_of(session: Session, *, organisation_id: str, account_id: str, clock: Clock) -> list[str]:
    """End what one member of staff has sent and nobody has accepted; returns the ids."""
    waiting = session.exec(
        select(StaffInvitation)
        .where(StaffInvitation.organisation_id == organisation_id)
        .where(StaffInvitation.invited_by == account_id)
        .where(col(StaffInvitation.used_at).is_(None))
        .where(col(StaffInvitation.expires_at) > clock())
    ).all()
    for row in waiting:
        withdraw(session, organisation_id=organisation_id, invitation_id=row.id, clock=clock)
    return [row.id for row in waiting]


def invitation_by_token(session: Session, *, vault: Vault, token: str, now: datetime) -> Invitation:
    """Return what a link leads to; unknown, used and expired ones are `NotFoundError` alike."""
    hashed = hash_of(token)
    place = session.exec(select(StaffInvitation).where(StaffInvitation.token_hash == hashed)).first()
    if place is not None and place.used_at is None and place.expires_at > now:
        organisation = session.get_one(Organisation, place.organisation_id)
        return Invitation(organisation, place.role, _address(vault, place), place)
    office = session.exec(select(RegistrarInvitation).where(RegistrarInvitation.token_hash == hashed)).first()
    if office is not None and office.used_at is None and office.expires_at > now:
        return Invitation(None, None, _address(vault, office), office)
    raise NotFoundError("this invitation is not known, was used, or has expired")


def accept(session: Session, *, vault: Vault, token: str, account_id: str, clock: Clock) -> Invitation:
    """Accept an invitation, once. Raises `NotFoundError`, and `OtherAddressError` for an account of another address."""
    invitation = invitation_by_token(session, vault=vault, token=token, now=clock())
    account = session.get_one(Account, account_id)
    if account.email_hash != address_hash(vault, invitation.address):
        raise OtherAddressError("this invitation was sent to another address than that of your account")
    model = type(invitation.row)
    used = update(model).where(col(model.id) == invitation.row.id).where(col(model.used_at).is_(None))
    if not session.exec(used.values(used_at=clock())).rowcount:
        raise NotFoundError("this invitation is not known, was used, or has expired")
    if invitation.organisation is not None and invitation.role is not None:
        give_place(
            session,
            organisation_id=invitation.organisation.id,
            account_id=account_id,
            role=invitation.role,
            clock=clock,
        )
    else:
        account.is_registrar = True
        session.add(account)
    session.flush()
    return invitation


def forget_addresses(session: Session, *, now: datetime) -> int:
    """Empty the addresses of invitations that were used or have expired (a job); returns how many."""
    count = 0
    for model in (StaffInvitation, RegistrarInvitation):
        over = or_(col(model.used_at).is_not(None), col(model.expires_at) <= now)
        emptied = update(model).where(over).where(col(model.sealed_email) != b"").values(sealed_email=b"")
        count += int(session.exec(emptied).rowcount)
    return count


def _address(vault: Vault, row: StaffInvitation | RegistrarInvitation) -> str:
    return vault.open(row.sealed_email, context=f"invitation:{row.id}").decode()
