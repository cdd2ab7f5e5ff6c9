"""Letters about terms: once when half is gone, to whoever has to act; once when all of it is, to the registrars too.

A letter and the mark that it was written are one transaction: killed anywhere, each is written once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from sqlmodel import Session, col, select

from portfolio.achievements.duties.service import OpenDuty, open_duties
from portfolio.achievements.models import Dispute, Objection
from portfolio.documents.encryption import SealError, UnknownMasterKeyError
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import format_day
from portfolio.jobs import Clock
from portfolio.notifications.mailer import MailRefusedError
from portfolio.organisations.models import Membership, StaffRole
from portfolio.people.deadlines import Cause, Stage
from portfolio.people.family import account_of_person, guardian_accounts, language_of_account, tell
from portfolio.people.models import Account, ErasureRequest

AT_A_TIME: Final = 500
NAMED_AT_MOST: Final = 6
"""Organisations that a letter to registrars names; the page that it leads to has them all."""
_TABLES: Final[dict[Cause, Any]] = {
    Cause.WRONG: Objection,
    Cause.NOT_ME: Objection,
    Cause.DISPUTE: Dispute,
    Cause.ERASURE: ErasureRequest,
}
_UNREACHABLE: Final = (SealError, UnknownMasterKeyError, NotFoundError, MailRefusedError, UnicodeDecodeError)
"""What reading an account's address raises when the row is broken."""

log = logging.getLogger(__name__)


def warn(session: Session, *, vault: Vault, public_url: str, clock: Clock) -> int:
    """Write the letters that are due about terms, one a reader for all of an organisation; returns how many.

    An account whose address cannot be read is left out. Raises `PortfolioError`, so that nothing is marked, when no
    address at all could be: then it is the master key that is wrong.
    """
    due = [duty for duty in open_duties(session, now=clock()) if _is_to_be_told(duty)][:AT_A_TIME]
    duties = _mark(session, due, clock)
    post = _Post(session, vault, public_url, clock)
    count = 0
    for stage in (Stage.OVERDUE, Stage.HALF):
        told = [duty for duty in duties if duty.stage is stage]
        for owing in _by_organisation(told):
            count += post.to_staff(owing, stage)
        for duty in told:
            if duty.cause is Cause.ERASURE and not duty.started:
                count += post.to_whose_word_is_missing(duty)
        ours = [duty for duty in told if stage is Stage.OVERDUE or duty.started]
        count += post.to_registrars(ours, stage)
    if post.left_out and not count:
        message = "no address could be read: is the master key the right one?"
        raise PortfolioError(message)
    return count


def _is_to_be_told(duty: OpenDuty) -> bool:
    if duty.stage is Stage.OVERDUE:
        return not duty.escalated
    return duty.stage is Stage.HALF and not duty.warned


def _mark(session: Session, duties: Sequence[OpenDuty], clock: Clock) -> list[OpenDuty]:
    """Mark duties as told of and return those that no other worker is marking at the same time."""
    ours: set[str] = set()
    stages = {duty.id: duty.stage for duty in duties}
    for table in dict.fromkeys(_TABLES.values()):
        ids = [duty.id for duty in duties if _TABLES[duty.cause] is table]
        rows = session.exec(
            select(table)
            .where(table.id.in_(ids))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        for row in rows:
            if row.escalated_at is not None or (stages[row.id] is Stage.HALF and row.warned_at is not None):
                continue
            row.warned_at = row.warned_at or clock()
            if stages[row.id] is Stage.OVERDUE:
                row.escalated_at = clock()
            session.add(row)
            ours.add(row.id)
    return [duty for duty in duties if duty.id in ours]


def _by_organisation(duties: Iterable[OpenDuty]) -> list[list[OpenDuty]]:
    def name(duty: OpenDuty) -> str:
        return duty.owing.id if duty.owing else ""

    theirs = sorted((duty for duty in duties if duty.owing is not None), key=name)
    return [list(group) for _, group in groupby(theirs, key=name)]


class _Post:
    """Writes letters about duties into the outbox."""

    def __init__(self, session: Session, vault: Vault, public_url: str, clock: Clock) -> None:
        self._session, self._vault, self._public_url, self._clock = session, vault, public_url, clock
        self.left_out = 0

    def to_staff(self, duties: list[OpenDuty], stage: Stage) -> int:
        """Write to those of an organisation who may answer."""
        owing = duties[0].owing
        assert owing is not None
        accounts = self._session.exec(
            select(Account)
            .join(Membership, col(Membership.account_id) == col(Account.id))
            .where(Membership.organisation_id == owing.id)
            .where(col(Membership.ended_at).is_(None))
            .where(col(Membership.role) != StaffRole.VIEWER)
            .where(col(Account.closed_at).is_(None))
        ).all()
        queue = "disputes" if all(duty.cause is Cause.DISPUTE for duty in duties) else "objections"
        letter = "duties_overdue" if stage is Stage.OVERDUE else "duties_half"
        link = f"/org/{owing.slug}/requests/{queue}"
        return self._write(accounts, letter, duties, link=link, count=str(len(duties)), organisation=owing.name)

    def to_registrars(self, duties: list[OpenDuty], stage: Stage) -> int:
        """Write to every registrar, of what is overdue and of what only this service itself can do."""
        if not duties:
            return 0
        accounts = self._session.exec(
            select(Account).where(col(Account.is_registrar)).where(col(Account.closed_at).is_(None))
        ).all()
        owing = Counter((duty.owing.name, duty.owing.id) for duty in duties if duty.owing)
        erasures = Counter(duty.started for duty in duties if duty.owing is None)
        return self._write(
            accounts,
            "duties_registrars",
            duties,
            link="/registrar/duties",
            overdue="yes" if stage is Stage.OVERDUE else "",
            organisations="; ".join(f"{name} ({number})" for (name, _), number in owing.most_common(NAMED_AT_MOST)),
            unnamed=_number(max(len(owing) - NAMED_AT_MOST, 0)),
            stopped=_number(erasures[True]),
            waiting=_number(erasures[False]),
        )

    def to_whose_word_is_missing(self, duty: OpenDuty) -> int:
        """Write to the person, or to the guardians, that an erasure waits for their word."""
        request = self._session.get_one(ErasureRequest, duty.id)
        if request.by_person_at is None:
            own = account_of_person(self._session, person_id=request.person_id)
            asked = [own] if own else []
        else:
            asked = guardian_accounts(self._session, person_id=request.person_id)
        return self._write(asked, "erasure_waits", [duty], link=f"/p/{request.person_id}/erase")

    def _write(
        self, accounts: Sequence[Account], letter: str, duties: list[OpenDuty], *, link: str, **values: str
    ) -> int:
        first = min(duties, key=lambda duty: duty.deadline.due)
        return sum(self._tell(account, letter, first, link=link, **values) for account in accounts)

    def _tell(self, account: Account, letter: str, duty: OpenDuty, *, link: str, **values: str) -> bool:
        """Write to one account; False where its address cannot be read, which must not keep the others waiting."""
        day = format_day(duty.deadline.due.isoformat(), language_of_account(account))
        try:
            tell(
                self._session,
                vault=self._vault,
                account=account,
                letter=letter,
                clock=self._clock,
                link=self._public_url + link,
                day=day,
                **values,
            )
        except _UNREACHABLE:
            log.warning("letter %s left out: the address of account %s cannot be read", letter, account.id)
            self.left_out += 1
            return False
        return True


def _number(count: int) -> str:
    """Return a number as a letter's value; nothing for none, so that a template can ask."""
    return str(count) if count else ""
