"""Administrators that come from outside: invited by command, or by two registrars where one has left or is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, ForbiddenError, NotFoundError
from portfolio.i18n import Language
from portfolio.jobs import Clock
from portfolio.organisations.invitations import invite_staff, withdraw_invitations_of
from portfolio.organisations.models import Membership, Organisation, Replacement, StaffInvitation, StaffRole
from portfolio.organisations.staff import Member, end_place, members_of, tell_staff
from portfolio.people.access import record_views
from portfolio.people.accounts import address_hash, normalise_address
from portfolio.people.journal import record_act
from portfolio.people.models import Account
from portfolio.people.office import FirstWordGoneError, in_office
from portfolio.people.rescue.service import end_granted_by

GOOD_FOR: Final = timedelta(days=30)
"""A proposal that nobody confirms lapses: it must not wait for whoever steals a second registrar's account later."""

REASONS_KEPT: Final = timedelta(days=365)
"""As long as somebody may ask why; a reason may name people."""


class ReplacementWaitsError(ConflictError):
    code: ClassVar[str] = "replacement_waits"


class SameProposerError(ConflictError):
    code: ClassVar[str] = "same_proposer"


class OwnReplacementError(ForbiddenError):
    code: ClassVar[str] = "own_replacement"


class ReplacementDecidedError(ConflictError):
    code: ClassVar[str] = "replacement_decided"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal with what the second registrar reads."""

    row: Replacement
    organisation: Organisation
    address: str
    reason: str


def invite_admin(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    address: str,
    invited_by: str,
    actor: str,
    public_url: str,
    language: Language,
    clock: Clock,
) -> StaffInvitation:
    """Invite an address to administer an organisation, and write it down. Raises `BadAddressError`."""
    row = invite_staff(
        session,
        vault=vault,
        organisation=organisation,
        address=address,
        role=StaffRole.ADMIN,
        invited_by=invited_by,
        public_url=public_url,
        language=language,
        clock=clock,
    )
    record_act(session, actor=actor, act="staff.invite.admin", subject=f"invitation:{row.id}", clock=clock)
    return row


def administrators_of(
    session: Session, *, vault: Vault, organisation_id: str, account_id: str, clock: Clock
) -> list[Member]:
    """Return the administrators for a registrar who chooses among them; his look is in the log of each."""
    everybody = members_of(session, vault=vault, organisation_id=organisation_id)
    found = [member for member in everybody if member.role is StaffRole.ADMIN]
    accounts = select(Account.person_id).where(col(Account.id).in_([member.account_id for member in found]))
    record_views(
        session,
        person_ids=session.exec(accounts).all(),
        viewer="registrar",
        account_id=account_id,
        what="name",
        why="replacement",
        clock=clock,
    )
    return found


def open_proposals(session: Session, *, vault: Vault, now: datetime) -> list[Proposal]:
    """Return what waits for a second registrar, the oldest first."""
    rows = session.exec(
        select(Replacement, Organisation)
        .join(Organisation, col(Organisation.id) == col(Replacement.organisation_id))
        .where(col(Replacement.decided_at).is_(None))
        .where(col(Replacement.expires_at) > now)
        .order_by(col(Replacement.proposed_at))
        .limit(100)
    )
    return [_proposal(vault, row, organisation) for row, organisation in rows]


def proposal_for(session: Session, *, vault: Vault, organisation: Organisation, now: datetime) -> Proposal | None:
    """Return the proposal about an organisation that waits, or None."""
    row = session.exec(
        select(Replacement)
        .where(Replacement.organisation_id == organisation.id)
        .where(col(Replacement.decided_at).is_(None))
        .where(col(Replacement.expires_at) > now)
    ).first()
    return _proposal(vault, row, organisation) if row else None


def propose(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    address: str,
    reason: str,
    membership_id: str | None,
    account_id: str,
    clock: Clock,
) -> Replacement:
    """Propose as one registrar whom to invite, and whose place ends with it.

    Raises `BadAddressError`, `ReplacementWaitsError`, `OwnReplacementError`, and `NotFoundError` for the place of
    somebody who is no administrator here.
    """
    # Two who propose at the same moment must not both find that nothing waits.
    session.exec(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update()).one()
    if proposal_for(session, vault=vault, organisation=organisation, now=clock()) is not None:
        raise ReplacementWaitsError("a proposal about this organisation waits for another registrar already")
    address = normalise_address(address)
    _require_disinterested(session, vault=vault, organisation=organisation, address=address, account_id=account_id)
    if membership_id is not None:
        _require_administrator(session, organisation=organisation, membership_id=membership_id)
    row = Replacement(
        organisation_id=organisation.id,
        sealed_email=b"",
        sealed_reason=b"",
        membership_id=membership_id,
        proposed_by=account_id,
        proposed_at=clock(),
        expires_at=clock() + GOOD_FOR,
    )
    row.sealed_email = vault.seal(address.encode(), context=f"replacement-address:{row.id}")
    row.sealed_reason = vault.seal(reason.encode(), context=f"replacement-reason:{row.id}")
    session.add(row)
    session.flush()
    _record(session, account_id, "administrator.propose", row, clock)
    return row


def confirm(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    replacement_id: str,
    account_id: str,
    public_url: str,
    contact: str,
    language: Language,
    clock: Clock,
) -> None:
    """Confirm as another registrar: the address is invited, the place ends if that was said, the staff are told.

    Raises `SameProposerError`, `FirstWordGoneError`, `OwnReplacementError`, `ReplacementDecidedError`, `NotFoundError`.
    """
    row = _of(session, organisation, replacement_id)
    proposal = _proposal(vault, row, organisation)
    _require_disinterested(
        session, vault=vault, organisation=organisation, address=proposal.address, account_id=account_id
    )
    _decide(session, row, account_id, clock)
    _tell(session, vault, proposal, f"{public_url}/o/{organisation.slug}", contact, clock)
    if row.membership_id is not None:
        _end_seat(session, vault, row, account_id, public_url, clock)
    invite_admin(
        session,
        vault=vault,
        organisation=organisation,
        address=proposal.address,
        invited_by=account_id,
        actor=f"account:{account_id}",
        public_url=public_url,
        language=language,
        clock=clock,
    )


def withdraw(
    session: Session, *, organisation: Organisation, replacement_id: str, account_id: str, clock: Clock
) -> None:
    """End a proposal as any registrar. Raises `ReplacementDecidedError`, `NotFoundError`."""
    row = _of(session, organisation, replacement_id)
    withdrawn = _undecided(replacement_id, clock()).values(decided_at=clock(), sealed_email=b"")
    if not session.exec(withdrawn).rowcount:
        raise ReplacementDecidedError("this proposal is decided already")
    _record(session, account_id, "administrator.withdraw", row, clock)


def forget_addresses(session: Session, *, now: datetime) -> int:
    """Empty the addresses of proposals that have lapsed, and reasons after a year (a job); returns how many."""
    over = update(Replacement).where(col(Replacement.expires_at) <= now).where(col(Replacement.sealed_email) != b"")
    count = int(session.exec(over.values(sealed_email=b"")).rowcount)
    old = update(Replacement).where(col(Replacement.proposed_at) <= now - REASONS_KEPT)
    old = old.where(col(Replacement.sealed_reason) != b"")
    return count + int(session.exec(old.values(sealed_reason=b"")).rowcount)


def _of(session: Session, organisation: Organisation, replacement_id: str) -> Replacement:
    row = session.get(Replacement, replacement_id)
    if row is None or row.organisation_id != organisation.id:
        raise NotFoundError("there is no such proposal")
    return row


def _decide(session: Session, row: Replacement, account_id: str, clock: Clock) -> None:
    """Write the second word down, in one conditional update: of two at the same moment one counts.

    The first word counts only while its speaker is a registrar.
    """
    now = clock()
    confirmed = _undecided(row.id, now).where(col(Replacement.proposed_by) != account_id)
    confirmed = confirmed.where(col(Replacement.proposed_by).in_(in_office()))
    values = {"confirmed_by": account_id, "decided_at": now, "sealed_email": b""}
    if not session.exec(confirmed.values(values)).rowcount:
        session.refresh(row)
        if row.decided_at is not None or row.expires_at <= now:
            raise ReplacementDecidedError("this proposal is decided already")
        if row.proposed_by == account_id:
            raise SameProposerError("you have proposed this: another registrar has to confirm")
        raise FirstWordGoneError
    _record(session, account_id, "administrator.confirm", row, clock)


def _tell(session: Session, vault: Vault, proposal: Proposal, link: str, contact: str, clock: Clock) -> None:
    """Tell the whole staff, whoever's place ends included; the new address is nobody else's business."""
    tell_staff(
        session,
        vault=vault,
        organisation_id=proposal.organisation.id,
        letter="administrator_invited",
        organisation=proposal.organisation.name,
        ended="yes" if proposal.row.membership_id else "",
        contact=contact,
        link=link,
        clock=clock,
    )


def _require_administrator(session: Session, *, organisation: Organisation, membership_id: str) -> None:
    place = session.get(Membership, membership_id)
    is_here = place is not None and place.organisation_id == organisation.id and place.ended_at is None
    if place is None or not is_here or place.role is not StaffRole.ADMIN:
        raise NotFoundError("there is no such administrator")


def _end_seat(session: Session, vault: Vault, row: Replacement, account_id: str, public_url: str, clock: Clock) -> None:
    """End a place and what waits on its holder's word: his invitations, and requests that he vouched for."""
    place, actor = session.get_one(Membership, row.membership_id), f"account:{account_id}"
    here, his = row.organisation_id, place.account_id
    try:
        # At once, also the last one's: who stays until the other comes could withdraw the invitation.
        end_place(session, organisation_id=here, membership_id=place.id, clock=clock)
        record_act(session, actor=actor, act="staff.dismiss", subject=f"membership:{place.id}", clock=clock)
    except NotFoundError:
        pass  # he has left by himself meanwhile
    end_word_of(
        session, vault=vault, organisation_id=here, account_id=his, actor=actor, public_url=public_url, clock=clock
    )


def end_word_of(
    session: Session, *, vault: Vault, organisation_id: str, account_id: str, actor: str, public_url: str, clock: Clock
) -> None:
    """End what waits on the word of somebody who administers here no more: his invitations, and requests of those who
    lost telephone and codes for whom he vouched.
    """
    for invitation_id in withdraw_invitations_of(
        session, organisation_id=organisation_id, account_id=account_id, clock=clock
    ):
        record_act(session, actor=actor, act="staff.withdraw", subject=f"invitation:{invitation_id}", clock=clock)
    end_granted_by(
        session,
        vault=vault,
        organisation_id=organisation_id,
        account_id=account_id,
        by=actor,
        public_url=public_url,
        clock=clock,
    )


def _require_disinterested(
    session: Session, *, vault: Vault, organisation: Organisation, address: str, account_id: str
) -> None:
    """Refuse a registrar who would invite himself, or who acts for the organisation."""
    account = session.get_one(Account, account_id)
    places = select(Membership.id).where(Membership.organisation_id == organisation.id)
    places = places.where(Membership.account_id == account_id).where(col(Membership.ended_at).is_(None))
    if account.email_hash == address_hash(vault, address) or session.exec(places).first() is not None:
        raise OwnReplacementError("you act for this organisation, or would: other registrars have to decide")


def _undecided(replacement_id: str, now: datetime) -> Any:
    return (
        update(Replacement)
        .where(col(Replacement.id) == replacement_id)
        .where(col(Replacement.decided_at).is_(None))
        .where(col(Replacement.expires_at) > now)
    )


def _proposal(vault: Vault, row: Replacement, organisation: Organisation) -> Proposal:
    address = vault.open(row.sealed_email, context=f"replacement-address:{row.id}") if row.sealed_email else b""
    reason = vault.open(row.sealed_reason, context=f"replacement-reason:{row.id}") if row.sealed_reason else b""
    return Proposal(row, organisation, address.decode(), reason.decode())


def _record(session: Session, account_id: str, act: str, row: Replacement, clock: Clock) -> None:
    record_act(session, actor=f"account:{account_id}", act=act, subject=f"replacement:{row.id}", clock=clock)
