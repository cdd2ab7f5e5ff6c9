"""Guardians: invited, proved, ended. Their rights follow the child's age at once, not after a job.

A guardianship counts only while ACTIVE: the guardian accepted it, and it was proved by the code on the child's screen,
by a code on a document of the child, or by a school.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, or_, select

from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, ForbiddenError, NotFoundError, PortfolioError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.actors import Actor
from portfolio.people.consent import Age, Capacity, age_of, may_be_guarded, may_dismiss_guardian
from portfolio.people.journal import record_act
from portfolio.people.models import Account, Consent, Guardianship, GuardianState, Person
from portfolio.people.service import Profile, key_of_person, new_own_person, profile_in
from portfolio.people.sign_ins import hash_of

INVITATION_DAYS: Final = 7
PAIRING_MINUTES: Final = 60
MOST_OPEN: Final = 10
CODE_LENGTH: Final = 8
# Without 0 O 1 I L: what is read from another screen must not be guessed at. 31^8 codes.
CODE_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

# Asked at every request of whoever is signed in. Made once: to put it together takes longer than to answer it.
_WARDS: Final = (
    select(Person)
    .join(Guardianship, col(Guardianship.person_id) == col(Person.id))
    .where(Guardianship.account_id == bindparam("account_id"))
    .where(Guardianship.state == GuardianState.ACTIVE)
    .where(col(Person.erased_at).is_(None))
    .order_by(col(Guardianship.created_at))
)


class NotAGuardianError(ForbiddenError):
    """An account cannot be guardian of a person; the message says why."""

    code: ClassVar[str] = "not_a_guardian"


class WrongCodeError(PortfolioError):
    status: ClassVar[int] = 422
    code: ClassVar[str] = "wrong_code"


class ConfirmedAlreadyError(ConflictError):
    code: ClassVar[str] = "confirmed_already"


class TooManyInvitationsError(ConflictError):
    code: ClassVar[str] = "too_many_invitations"


def wards_of(session: Session, *, vault: Vault, account_id: str, now: datetime) -> tuple[str, ...]:
    """Return the persons (own rows) whose guardian an account is at present: those of 18 are none."""
    rows = session.exec(_WARDS, params={"account_id": account_id})
    return tuple(
        dict.fromkeys(row.id for row in rows if may_be_guarded(age_of(profile_in(row, vault=vault).birth_date, now)))
    )


def age_at(session: Session, *, vault: Vault, person_id: str, now: datetime) -> Age:
    """Return how old a person is, as he himself or a guardian says; unknown when he was erased."""
    person = session.get(Person, person_id)
    return (
        Age.UNKNOWN if person is None or person.erased_at else age_of(profile_in(person, vault=vault).birth_date, now)
    )


def guardianships_of(session: Session, *, person_id: str) -> list[Guardianship]:
    """Return everything that is or was between a person and guardians, the oldest first."""
    return list(
        session.exec(
            select(Guardianship).where(Guardianship.person_id == person_id).order_by(col(Guardianship.created_at))
        )
    )


def unproved_of(session: Session, *, account_id: str) -> list[Guardianship]:
    """Return what an account has accepted but not proved yet."""
    return list(
        session.exec(
            select(Guardianship)
            .where(Guardianship.account_id == account_id)
            .where(Guardianship.state == GuardianState.ACCEPTED)
            .order_by(col(Guardianship.created_at))
        )
    )


def invite(session: Session, *, vault: Vault, person_id: str, address: str, actor: Actor, clock: Clock) -> str:
    """Invite somebody by e-mail to be guardian of a person; return the secret of the link.

    `address` is a normalised address. Raises `NotAGuardianError` (from 18), `TooManyInvitationsError`.
    """
    now = clock()
    if not may_be_guarded(age_at(session, vault=vault, person_id=person_id, now=now)):
        raise NotAGuardianError(N_("From 18 nobody needs a guardian here."))
    running = [row for row in guardianships_of(session, person_id=person_id) if is_open(row, now)]
    if len(running) >= MOST_OPEN:
        raise TooManyInvitationsError(N_("There are many guardians and invitations already. End one first."))
    token, key = secrets.token_urlsafe(32), key_of_person(session, vault=vault, person_id=person_id)
    row = Guardianship(
        person_id=person_id,
        state=GuardianState.INVITED,
        token_hash=hash_of(token),
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    row.sealed_email = vault.seal_for(key, address.encode(), context=f"guardian:{row.id}")
    session.add(row)
    record_act(session, actor=actor.name, act="guardian.invite", subject=row.id, clock=clock)
    return token


def address_invited(session: Session, *, vault: Vault, guardianship: Guardianship) -> str:
    """Return the address an invitation went to; "" where there was none."""
    if not guardianship.sealed_email:
        return ""
    key = key_of_person(session, vault=vault, person_id=guardianship.person_id)
    return vault.open_for(key, guardianship.sealed_email, context=f"guardian:{guardianship.id}").decode()


def is_open(guardianship: Guardianship, now: datetime) -> bool:
    """Tell whether a guardianship holds or may still come to hold."""
    if guardianship.state is GuardianState.INVITED:
        return guardianship.expires_at is not None and now < guardianship.expires_at
    return guardianship.state is not GuardianState.ENDED


def invitation(session: Session, *, token: str, now: datetime) -> Guardianship:
    """Return the invitation of a link. Raises `NotFoundError`: unknown, used, ended and too old answer alike."""
    row = session.exec(select(Guardianship).where(Guardianship.token_hash == hash_of(token))).first()
    if row is None or row.state is not GuardianState.INVITED or not is_open(row, now):
        raise NotFoundError("there is no such invitation")
    return row


def accept(session: Session, *, vault: Vault, token: str, actor: Actor, clock: Clock) -> Guardianship:
    """Take an invitation up; it has no force before it is proved. The link is used up."""
    row = invitation(session, token=token, now=clock())
    session.refresh(row, with_for_update=True)
    if row.state is not GuardianState.INVITED:
        raise NotFoundError("there is no such invitation")
    _check_guardian(session, vault=vault, person_id=row.person_id, actor=actor, now=clock())
    row.account_id, row.state, row.token_hash, row.expires_at = actor.account_id, GuardianState.ACCEPTED, None, None
    session.add(row)
    record_act(session, actor=actor.name, act="guardian.accept", subject=row.id, clock=clock)
    return row


def decline(session: Session, *, token: str, actor: Actor | None, clock: Clock) -> None:
    """Refuse an invitation; whoever has the link may."""
    row = invitation(session, token=token, now=clock())
    finish(session, row, why="declined", by=actor.name if actor else "invited", clock=clock)


def add_child(session: Session, *, vault: Vault, profile: Profile, actor: Actor, clock: Clock) -> Guardianship:
    """Make a row for a child without an account, and a guardianship that has no force before it is proved.

    Raises `NotAGuardianError` for one of 14 or more, who has an account of his own, or when the guardian is no adult.
    """
    now = clock()
    if age_of(profile.birth_date, now) is not Age.CHILD:
        raise NotAGuardianError(N_("From 14 a pupil has an account of his own and invites you from there."))
    if len(unproved_of(session, account_id=actor.account_id)) >= MOST_OPEN:
        raise TooManyInvitationsError(N_("There are many children here that were not proved yet. Prove them first."))
    if age_at(session, vault=vault, person_id=actor.person_id, now=now) is not Age.ADULT:
        raise NotAGuardianError(N_("A parent or guardian is at least 18 years old."))
    child = new_own_person(session, vault=vault, profile=profile, clock=clock)
    row = Guardianship(person_id=child.id, account_id=actor.account_id, state=GuardianState.ACCEPTED, created_at=now)
    session.add(row)
    record_act(session, actor=actor.name, act="guardian.add_child", subject=row.id, clock=clock)
    return row


def show_pairing_code(
    session: Session, *, vault: Vault, person_id: str, guardianship_id: str, actor: Actor, clock: Clock
) -> str:
    """Make the code that the guardian types, and return it this once. A new one replaces the one before."""
    row = session.get(Guardianship, guardianship_id, with_for_update=True)
    if row is None or row.person_id != person_id or row.state not in {GuardianState.INVITED, GuardianState.ACCEPTED}:
        raise NotFoundError("there is no such guardian")
    code = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
    row.pairing_hash = _pairing_hash(vault, row, code)
    row.pairing_until = clock() + timedelta(minutes=PAIRING_MINUTES)
    session.add(row)
    record_act(session, actor=actor.name, act="guardian.show_code", subject=row.id, clock=clock)
    return f"{code[:4]}-{code[4:]}"


def own_guardianship(session: Session, *, guardianship_id: str, account_id: str) -> Guardianship:
    """Return a guardianship of this account that runs. Raises `NotFoundError` for another's."""
    row = session.get(Guardianship, guardianship_id)
    if row is None or row.account_id != account_id or row.state is GuardianState.ENDED:
        raise NotFoundError("there is no such guardianship")
    return row


def prove_by_code(
    session: Session, *, vault: Vault, guardianship_id: str, code: str, actor: Actor, clock: Clock
) -> None:
    """Prove by the code on the child's screen. Raises `WrongCodeError`; the caller counts the attempts."""
    row = _accepted(session, guardianship_id, actor)
    typed = "".join(code.upper().replace("-", "").split())
    in_time = row.pairing_until is not None and clock() < row.pairing_until
    stored = row.pairing_hash or b""
    if not secrets.compare_digest(stored, _pairing_hash(vault, row, typed)) or not in_time:
        raise WrongCodeError(N_("This is not the code on the child's screen, or its hour is over. Show a new one."))
    _activate(session, row, proof="code", by=actor.name, clock=clock)


def prove_by_paper(
    session: Session, *, guardianship_id: str, claim: Callable[[str], bool], actor: Actor, clock: Clock
) -> None:
    """Prove by a code on a document of the child.

    `claim` is given the child's person id, takes the record over and tells whether the code was right: where records
    live is not known here. Raises `WrongCodeError`.
    """
    row = _accepted(session, guardianship_id, actor)
    if not claim(row.person_id):
        raise WrongCodeError(N_("There is no document of this child with this code. Look at the paper once more."))
    _activate(session, row, proof="paper", by=actor.name, clock=clock)


def ask_school(
    session: Session, *, guardianship_id: str, organisation_id: str, actor: Actor, clock: Clock
) -> Guardianship:
    """Ask a school that knows the child to confirm; another one may be asked as long as none has answered."""
    row = _accepted(session, guardianship_id, actor)
    row.organisation_id = organisation_id
    session.add(row)
    record_act(session, actor=actor.name, act="guardian.ask_school", subject=row.id, clock=clock)
    return row


def asked_of_school(session: Session, *, organisation_id: str) -> list[Guardianship]:
    """Return what waits for a school's word, and what it has confirmed, the newest first."""
    return list(
        session.exec(
            select(Guardianship)
            .where(Guardianship.organisation_id == organisation_id)
            .where(or_(Guardianship.state == GuardianState.ACCEPTED, _confirmed_by_school()))
            .order_by(col(Guardianship.created_at).desc())
            .limit(200)
        )
    )


def answer_as_school(
    session: Session, *, organisation_id: str, guardianship_id: str, confirms: bool, actor: Actor, clock: Clock
) -> Guardianship:
    """Confirm or refuse as the school that was asked. Raises `NotFoundError`, `ConfirmedAlreadyError`."""
    row = session.get(Guardianship, guardianship_id, with_for_update=True)
    if row is None or row.organisation_id != organisation_id or row.state is GuardianState.ENDED:
        raise NotFoundError("there is no such request")
    if confirms and row.state is GuardianState.ACCEPTED:
        _activate(session, row, proof="school", by=actor.name, clock=clock)
    elif not confirms and row.state is GuardianState.ACTIVE:
        raise ConfirmedAlreadyError(N_("It was confirmed meanwhile. End it with a reason."))
    elif not confirms:
        finish(session, row, why="school", by=actor.name, clock=clock)
    return row


def end(
    session: Session,
    *,
    vault: Vault,
    person_id: str,
    guardianship_id: str,
    actor: Actor,
    capacity: Capacity,
    clock: Clock,
) -> Guardianship:
    """End a guardianship, or take back an invitation.

    A guardian lays down his own. The person may end any from 14. An invitation that nobody has taken up may be taken
    back by whoever acts for the person. Raises `NotFoundError`, `NotAGuardianError`.
    """
    row = session.get(Guardianship, guardianship_id, with_for_update=True)
    if row is None or row.person_id != person_id or row.state is GuardianState.ENDED:
        raise NotFoundError("there is no such guardian")
    age = age_at(session, vault=vault, person_id=person_id, now=clock())
    is_own = row.account_id == actor.account_id
    if not (is_own or row.state is GuardianState.INVITED or may_dismiss_guardian(capacity, age=age)):
        raise NotAGuardianError(N_("Only this guardian or the school that confirmed it can end this."))
    finish(session, row, why="guardian" if is_own else "person", by=actor.name, clock=clock)
    return row


def give_up(session: Session, *, guardianship_id: str, actor: Actor, clock: Clock) -> None:
    """Lay down one's own guardianship, proved or not. Raises `NotFoundError`."""
    row = session.get(Guardianship, guardianship_id, with_for_update=True)
    if row is None or row.account_id != actor.account_id or row.state is GuardianState.ENDED:
        raise NotFoundError("there is no such guardianship")
    finish(session, row, why="guardian", by=actor.name, clock=clock)


def was_added_by(guardianship: Guardianship) -> bool:
    """Tell whether the guardian added the child himself, rather than being invited."""
    return guardianship.sealed_email is None


def forget_addresses(session: Session, *, now: datetime) -> int:
    """Empty the addresses of invitations that were taken up, ended or have expired (a job); returns how many.

    Empty is not None: that says that the guardian added the child himself.
    """
    over = or_(Guardianship.state != GuardianState.INVITED, col(Guardianship.expires_at) <= now)
    emptied = update(Guardianship).where(over).where(col(Guardianship.sealed_email) != b"").values(sealed_email=b"")
    return int(session.exec(emptied).rowcount)


def leaves_a_child(session: Session, *, vault: Vault, account_id: str, now: datetime) -> bool:
    """Tell whether a child would have nobody without this guardian: no other one, and no account of its own."""
    wards = wards_of(session, vault=vault, account_id=account_id, now=now)
    others = select(Guardianship.person_id).join(Account, col(Account.id) == col(Guardianship.account_id))
    others = others.where(Guardianship.state == GuardianState.ACTIVE).where(col(Account.closed_at).is_(None))
    guarded = session.exec(
        others.where(col(Guardianship.person_id).in_(wards)).where(col(Guardianship.account_id) != account_id)
    )
    grown = session.exec(select(Account.person_id).where(col(Account.person_id).in_(wards)))
    return bool(set(wards) - set(guarded) - set(grown))


def end_by_age(session: Session, *, guardianship: Guardianship, clock: Clock) -> None:
    """End what age has ended: the rights were gone already at midnight."""
    finish(session, guardianship, why="age", by="worker", clock=clock)


def _check_guardian(session: Session, *, vault: Vault, person_id: str, actor: Actor, now: datetime) -> None:
    if actor.person_id == person_id:
        raise NotAGuardianError(N_("Nobody is a guardian of himself. Give the link to a parent or guardian."))
    if age_at(session, vault=vault, person_id=actor.person_id, now=now) is not Age.ADULT:
        raise NotAGuardianError(N_("A parent or guardian is at least 18 years old."))
    if not may_be_guarded(age_at(session, vault=vault, person_id=person_id, now=now)):
        raise NotAGuardianError(N_("From 18 nobody needs a guardian here."))
    running = guardianships_of(session, person_id=person_id)
    if any(row.account_id == actor.account_id and row.state is not GuardianState.ENDED for row in running):
        raise NotAGuardianError(N_("You are a guardian of this child already."))


def _confirmed_by_school() -> Any:
    return (col(Guardianship.state) == GuardianState.ACTIVE) & (col(Guardianship.proof) == "school")


def _accepted(session: Session, guardianship_id: str, actor: Actor) -> Guardianship:
    row = session.get(Guardianship, guardianship_id, with_for_update=True)
    if row is None or row.account_id != actor.account_id or row.state is not GuardianState.ACCEPTED:
        raise NotFoundError("there is no such guardianship")
    return row


def _activate(session: Session, row: Guardianship, *, proof: str, by: str, clock: Clock) -> None:
    row.state, row.proof, row.active_at, row.pairing_hash = GuardianState.ACTIVE, proof, clock(), None
    session.add(row)
    record_act(session, actor=by, act="guardian.prove", subject=row.id, detail=proof, clock=clock)


def finish(session: Session, row: Guardianship, *, why: str, by: str, clock: Clock) -> None:
    """End a guardianship, and what this guardian has agreed to: a new one of the same account begins without."""
    row.state, row.ended_at, row.ended_why = GuardianState.ENDED, clock(), why
    row.token_hash = row.pairing_hash = None
    session.add(row)
    session.exec(
        update(Consent)
        .where(col(Consent.person_id) == row.person_id)
        .where(col(Consent.account_id) == row.account_id)
        .where(col(Consent.capacity) == Capacity.GUARDIAN)
        .where(col(Consent.withdrawn_at).is_(None))
        .values(withdrawn_at=clock(), withdrawn_by="ended")
    )
    record_act(session, actor=by, act="guardian.end", subject=row.id, detail=why, clock=clock)


def _pairing_hash(vault: Vault, row: Guardianship, code: str) -> bytes:
    return vault.hmac("pairing", row.id, code)
