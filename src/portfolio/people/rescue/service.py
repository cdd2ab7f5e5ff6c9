"""Coming in again when telephone and codes on paper are lost: asked for by letter, vouched for by people, after a wait.

The letter box alone opens nothing, nor does who vouches: an administrator or two registrars say whom they saw, then a
time passes in which the owner can stop it, then a new password is set by letter. Who may be an administrator here is
not known: the caller says so.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from portfolio.db import Database
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, ForbiddenError, NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.entry.service import LinkEndedError, open_token
from portfolio.people.family import tell
from portfolio.people.journal import record_act
from portfolio.people.models import Account, AccountToken, Passkey, RecoveryCode, Rescue, TokenPurpose
from portfolio.people.numbers import find_by_number, number_of
from portfolio.people.office import FirstWordGoneError, in_office
from portfolio.people.second_factors import has_second_factor, remove_totp
from portfolio.people.service import key_of_person
from portfolio.people.sign_ins import end_all_sign_ins

GOOD_FOR: Final = timedelta(days=14)
"""How long a request waits for people to vouch."""
WAIT: Final = timedelta(hours=72)
"""Between the last word that was needed and the act: a weekend away from the letter box."""

log = logging.getLogger(__name__)


class NothingLostError(ConflictError):
    code: ClassVar[str] = "nothing_lost"


class RegistrarsAccountError(ForbiddenError):
    code: ClassVar[str] = "registrars_account"


class SameVoucherError(ConflictError):
    code: ClassVar[str] = "same_voucher"


class OwnRescueError(ForbiddenError):
    code: ClassVar[str] = "own_rescue"


class RescueDecidedError(ConflictError):
    code: ClassVar[str] = "rescue_decided"


def account_of_link(session: Session, *, token: str, clock: Clock) -> Account:
    """Return the account whose letter box a link proves. Raises `LinkEndedError`."""
    row = open_token(session, TokenPurpose.LOST_FACTORS, token, clock)
    account = session.get(Account, row.account_id) if row.account_id else None
    if account is None or account.closed_at is not None:
        raise LinkEndedError
    return account


def ask(session: Session, *, vault: Vault, token: str, public_url: str, clock: Clock) -> Rescue:
    """Open a request by the link of a letter, or return the one that stands; the link is used up.

    Raises `LinkEndedError`, `NothingLostError`, `RegistrarsAccountError`.
    """
    account = account_of_link(session, token=token, clock=clock)
    if not has_second_factor(session, account=account):
        raise NothingLostError(N_("This account has no second step: a new password is enough."))
    _refuse_registrars(account)
    _use(session, open_token(session, TokenPurpose.LOST_FACTORS, token, clock), clock)
    standing = standing_of(session, account_id=account.id)
    if standing is not None and (standing.due_at is not None or clock() < standing.expires_at):
        return standing
    if standing is not None:
        _end(session, standing.id, why="lapsed", by="worker", clock=clock)
    rescue = Rescue(account_id=account.id, asked_at=clock(), expires_at=clock() + GOOD_FOR)
    session.add(rescue)
    session.flush()
    _write(session, vault, rescue, "rescue_asked", clock, link=_stop_link(vault, rescue, public_url))
    record_act(session, actor="letter", act="rescue.ask", subject=rescue.id, clock=clock)
    return rescue


def standing_of(session: Session, *, account_id: str) -> Rescue | None:
    """Return the request of an account that was neither ended nor carried out."""
    return session.exec(
        select(Rescue)
        .where(Rescue.account_id == account_id)
        .where(col(Rescue.ended_at).is_(None))
        .where(col(Rescue.done_at).is_(None))
    ).first()


def rescue_of_number(session: Session, *, typed: str, now: datetime) -> Rescue:
    """Return the request of a number that may still be decided. Raises `NotFoundError`. The caller counts the tries."""
    return _still_open(find_by_number(session, Rescue, typed), now)


def rescue_of_id(session: Session, *, rescue_id: str, now: datetime) -> Rescue:
    """Return the request of a whole id that may still be decided. Raises `NotFoundError`."""
    return _still_open(session.get(Rescue, rescue_id), now)


def _still_open(found: Rescue | None, now: datetime) -> Rescue:
    if found is None or found.ended_at is not None or found.done_at is not None:
        raise NotFoundError(N_("There is no request with this number. It may have ended: ask for the number again."))
    if found.due_at is None and now >= found.expires_at:
        raise NotFoundError(N_("There is no request with this number. It may have ended: ask for the number again."))
    return found


def stopped_before(session: Session, *, rescue: Rescue) -> int:
    """Return how many requests of the same account its owner has stopped: a sign that somebody else asks."""
    stopped = select(func.count()).select_from(Rescue).where(Rescue.account_id == rescue.account_id)
    return session.exec(stopped.where(col(Rescue.ended_why).in_(["owner", "signed_in"]))).one()


def vouch_as_registrar(
    session: Session, *, vault: Vault, rescue_id: str, account_id: str, reason: str, public_url: str, clock: Clock
) -> Rescue:
    """Vouch as one registrar; the second, another one, lets the waiting time begin.

    Each is one conditional update, so that of two at the same moment each counts once. Raises `SameVoucherError`,
    `OwnRescueError`, `FirstWordGoneError`, `RescueDecidedError`, `RegistrarsAccountError`, `NotFoundError`.
    """
    rescue = _to_vouch_for(session, rescue_id, account_id)
    sealed, now = _seal(session, vault, rescue, account_id, reason), clock()
    first = _undecided(rescue_id, now).where(col(Rescue.first_by).is_(None))
    if session.exec(first.values(first_by=account_id, first_reason=sealed, first_at=now)).rowcount:
        _record(session, account_id, "rescue.vouch", rescue_id, "registrar", clock)
        session.refresh(rescue)
        return rescue
    second = (
        _undecided(rescue_id, now)
        .where(col(Rescue.first_by) != account_id)
        .where(col(Rescue.first_by).in_(in_office()))
    )
    granted = second.values(second_by=account_id, second_reason=sealed, second_at=now, due_at=now + WAIT)
    if not session.exec(granted).rowcount:
        raise _why_not(session, rescue, account_id, now)
    _record(session, account_id, "rescue.vouch", rescue_id, "registrar", clock)
    return _granted(session, vault, rescue, account_id, public_url, clock)


def vouch_as_administrator(
    session: Session,
    *,
    vault: Vault,
    rescue_id: str,
    organisation_id: str,
    account_id: str,
    reason: str,
    public_url: str,
    clock: Clock,
) -> Rescue:
    """Vouch alone, as an administrator of the organisation whose staff the account is: the caller has checked that.

    Raises as `vouch_as_registrar`.
    """
    rescue = _to_vouch_for(session, rescue_id, account_id)
    sealed, now = _seal(session, vault, rescue, account_id, reason), clock()
    other = or_(col(Rescue.first_by).is_(None), col(Rescue.first_by) != account_id)
    granted = (
        _undecided(rescue_id, now)
        .where(other)
        .values(
            second_by=account_id,
            second_reason=sealed,
            second_at=now,
            due_at=now + WAIT,
            organisation_id=organisation_id,
        )
    )
    if not session.exec(granted).rowcount:
        raise _why_not(session, rescue, account_id, now)
    _record(session, account_id, "rescue.vouch", rescue_id, "administrator", clock)
    return _granted(session, vault, rescue, account_id, public_url, clock)


def refuse(
    session: Session, *, vault: Vault, rescue_id: str, account_id: str, reason: str, public_url: str, clock: Clock
) -> None:
    """End a request as one registrar, also while it waits; the owner reads why, and those who vouched are told.

    Raises `RescueDecidedError`, `OwnRescueError`, `RegistrarsAccountError`, `NotFoundError`.
    """
    rescue = _to_vouch_for(session, rescue_id, account_id)
    if not _end(session, rescue_id, why="registrar", by=f"account:{account_id}", clock=clock):
        raise RescueDecidedError(N_("This request is decided already."))
    _write(session, vault, rescue, "rescue_refused", clock, reason=reason, link=f"{public_url}/rescue")
    _tell_vouchers(session, vault, rescue, "registrar", public_url, clock)


def end_granted_by(
    session: Session, *, vault: Vault, organisation_id: str, account_id: str, by: str, public_url: str, clock: Clock
) -> None:
    """End the requests that wait on the word of an administrator whose place has ended; their owners are told."""
    waiting = session.exec(
        select(Rescue)
        .where(Rescue.organisation_id == organisation_id)
        .where(Rescue.second_by == account_id)
        .where(col(Rescue.ended_at).is_(None))
        .where(col(Rescue.done_at).is_(None))
    ).all()
    for rescue in waiting:
        if _end(session, rescue.id, why="administrator", by=by, clock=clock):
            _write(session, vault, rescue, "rescue_ungranted", clock, link=f"{public_url}/rescue")
            _tell_vouchers(session, vault, rescue, "administrator", public_url, clock)


def rescue_of_stop_link(session: Session, *, vault: Vault, rescue_id: str, token: str) -> Rescue:
    """Return the request that a link stops. Raises `LinkEndedError`: made up, ended and carried out answer alike."""
    found = session.get(Rescue, rescue_id)
    fits = secrets.compare_digest(_stop_token(vault, rescue_id).encode(), token.encode("utf-8", "replace"))
    if not fits or found is None or found.ended_at is not None or found.done_at is not None:
        raise LinkEndedError
    return found


def stop(session: Session, *, vault: Vault, rescue: Rescue, why: str, by: str, public_url: str, clock: Clock) -> None:
    """End a request at its owner's word; he and those who vouched are told. One that has ended stays as it is."""
    if not _end(session, rescue.id, why=why, by=by, clock=clock):
        return
    _write(session, vault, rescue, "rescue_stopped", clock, why=why, link=f"{public_url}/me/security")
    _tell_vouchers(session, vault, rescue, why, public_url, clock)


def stop_as_signed_in(session: Session, *, vault: Vault, account_id: str, public_url: str, clock: Clock) -> None:
    """End the request of an account that has just passed its second step: then nothing is lost."""
    rescue = standing_of(session, account_id=account_id)
    if rescue is not None:
        by = f"account:{account_id}"
        stop(session, vault=vault, rescue=rescue, why="signed_in", by=by, public_url=public_url, clock=clock)


def carry_out_due(database: Database, *, vault: Vault, public_url: str, clock: Clock) -> int:
    """Take the second steps off the accounts whose waiting time is over (a job); returns how many.

    Each is a unit of work of its own, so that one that fails keeps no other waiting: it is logged by its id and kind of
    error, and the first is raised after all were tried, so that the job is tried again sooner.
    """
    with database.read() as session:
        waiting = session.exec(_due(clock()).order_by(col(Rescue.due_at))).all()
    count, trouble = 0, None
    for row in waiting:
        try:
            with database.write() as session:
                count += _carry_out(session, vault, row.id, public_url, clock)
        except Exception as error:  # noqa: BLE001  whatever it is, it is raised below
            log.warning("rescue %s: %s", row.id, type(error).__name__)
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return count


def _due(now: datetime) -> SelectOfScalar[Rescue]:
    return (
        select(Rescue)
        .where(col(Rescue.due_at) <= now)
        .where(col(Rescue.ended_at).is_(None))
        .where(col(Rescue.done_at).is_(None))
    )


def _carry_out(session: Session, vault: Vault, rescue_id: str, public_url: str, clock: Clock) -> bool:
    """Open one account; tells whether it did. What was stopped meanwhile, or is in another worker's hands, is left."""
    query = _due(clock()).where(Rescue.id == rescue_id).with_for_update(skip_locked=True)
    rescue = session.exec(query).first()
    if rescue is None:
        return False
    account = session.get_one(Account, rescue.account_id)
    if account.closed_at is not None or account.is_registrar:
        why = "closed" if account.closed_at is not None else "registrar"
        _end(session, rescue.id, why=why, by="worker", clock=clock)
        return False
    _open_account(session, account, clock)
    rescue.done_at = clock()
    session.add(rescue)
    record_act(session, actor="worker", act="rescue.carry_out", subject=rescue.id, clock=clock)
    _write(session, vault, rescue, "rescue_done", clock, link=f"{public_url}/recover")
    return True


def _open_account(session: Session, account: Account, clock: Clock) -> None:
    """Leave no way in but a new password by letter."""
    remove_totp(session, account=account)
    account.password_hash = None
    for model in (Passkey, RecoveryCode, AccountToken):
        session.exec(delete(model).where(col(model.account_id) == account.id))
    end_all_sign_ins(session, account_id=account.id, clock=clock)


def _undecided(rescue_id: str, now: datetime) -> Any:
    return (
        update(Rescue)
        .where(col(Rescue.id) == rescue_id)
        .where(col(Rescue.ended_at).is_(None))
        .where(col(Rescue.due_at).is_(None))
        .where(col(Rescue.expires_at) > now)
    )


def _end(session: Session, rescue_id: str, *, why: str, by: str, clock: Clock) -> bool:
    ended = session.exec(
        update(Rescue)
        .where(col(Rescue.id) == rescue_id)
        .where(col(Rescue.ended_at).is_(None))
        .where(col(Rescue.done_at).is_(None))
        .values(ended_at=clock(), ended_why=why)
    ).rowcount
    if ended:
        record_act(session, actor=by, act="rescue.end", subject=rescue_id, detail=why, clock=clock)
    return bool(ended)


def _to_vouch_for(session: Session, rescue_id: str, account_id: str) -> Rescue:
    rescue = session.get(Rescue, rescue_id)
    if rescue is None:
        raise NotFoundError("there is no such request")
    if rescue.account_id == account_id:
        raise OwnRescueError(N_("This is your own account: others have to vouch."))
    _refuse_registrars(session.get_one(Account, rescue.account_id))
    return rescue


def _refuse_registrars(account: Account) -> None:
    if account.is_registrar:
        raise RegistrarsAccountError(
            N_("A registrar's account is not opened this way. The operator first takes the office from it.")
        )


def _why_not(session: Session, rescue: Rescue, account_id: str, now: datetime) -> ConflictError:
    session.refresh(rescue)
    if rescue.due_at is not None or rescue.ended_at is not None or now >= rescue.expires_at:
        return RescueDecidedError(N_("This request is decided already."))
    if rescue.first_by == account_id:
        return SameVoucherError(N_("You have vouched already: another registrar has to agree."))
    return FirstWordGoneError()


def _granted(session: Session, vault: Vault, rescue: Rescue, account_id: str, public_url: str, clock: Clock) -> Rescue:
    session.refresh(rescue)
    assert rescue.due_at is not None
    due, link = str(int(rescue.due_at.timestamp())), _stop_link(vault, rescue, public_url)
    _write(session, vault, rescue, "rescue_granted", clock, link=link, due=due)
    _record(session, account_id, "rescue.grant", rescue.id, due, clock)
    return rescue


def _seal(session: Session, vault: Vault, rescue: Rescue, account_id: str, reason: str) -> bytes:
    person_id = session.get_one(Account, rescue.account_id).person_id
    key = key_of_person(session, vault=vault, person_id=person_id)
    return vault.seal_for(key, reason.encode(), context=f"rescue:{rescue.id}:{account_id}")


def _write(session: Session, vault: Vault, rescue: Rescue, letter: str, clock: Clock, **values: str) -> None:
    account, number = session.get_one(Account, rescue.account_id), number_of(rescue.id)
    tell(session, vault=vault, account=account, letter=letter, clock=clock, number=number, **values)


def _tell_vouchers(session: Session, vault: Vault, rescue: Rescue, why: str, public_url: str, clock: Clock) -> None:
    """Tell those who have vouched that a request has ended, and at whose word."""
    session.refresh(rescue)  # somebody may have vouched since it was read
    told = {"number": number_of(rescue.id), "link": f"{public_url}/me/security", "why": why}
    for account_id in {rescue.first_by, rescue.second_by} - {None}:
        account = session.get(Account, account_id)
        tell(session, vault=vault, account=account, letter="rescue_stopped", clock=clock, **told)


def _stop_link(vault: Vault, rescue: Rescue, public_url: str) -> str:
    return f"{public_url}/rescue/{rescue.id}/stop/{_stop_token(vault, rescue.id)}"


def _stop_token(vault: Vault, rescue_id: str) -> str:
    """Return what the link that stops a request holds: kept nowhere, so that every letter can name it."""
    return vault.hmac("rescue-stop", rescue_id).hex()


def _use(session: Session, row: AccountToken, clock: Clock) -> None:
    row.used_at = clock()
    session.add(row)


def _record(session: Session, account_id: str, act: str, rescue_id: str, detail: str, clock: Clock) -> None:
    record_act(session, actor=f"account:{account_id}", act=act, subject=rescue_id, detail=detail, clock=clock)
