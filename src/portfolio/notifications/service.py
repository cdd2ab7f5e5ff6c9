"""Letters: written and sealed in the transaction of the act they tell of, sent by the worker, forgotten when sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

import orjson
from sqlmodel import Session, col, select

from portfolio.db import Database
from portfolio.documents.vault import Vault
from portfolio.errors import PortfolioError
from portfolio.i18n import Language, visible
from portfolio.jobs import Clock
from portfolio.notifications.mailer import Mailer, MailRefusedError, address_header
from portfolio.notifications.models import OutgoingMail
from portfolio.web.render import render

AT_A_TIME: Final = 20
LONGEST_VALUE: Final = 2000
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
"""Before the second attempt, the third, ...; after the last one the letter is given up: two days in all."""

log = logging.getLogger(__name__)


def queue_mail(
    session: Session, *, vault: Vault, address: str, letter: str, language: Language, clock: Clock, **values: str
) -> None:
    """Put a letter into the outbox, in the transaction of what it tells of.

    `letter` names a template of `web/templates/letters/`; its first line is the subject. `values` fill it in, each as
    one line. Raises `MailRefusedError` for what is no address.
    """
    address_header(address)
    lines = {name: _one_line(value) for name, value in values.items()}
    subject, _, body = render(f"letters/{letter}.txt", language=language, **lines).partition("\n")
    row = OutgoingMail(letter=letter, created_at=clock(), next_at=clock())
    message = {"to": address, "subject": _one_line(subject), "body": body.strip() + "\n", "language": language}
    row.sealed_message = vault.seal(orjson.dumps(message), context=f"mail:{row.id}")
    session.add(row)
    session.flush()


def deliver(*, database: Database, vault: Vault, open_mailer: Callable[[], Mailer], sender: str, clock: Clock) -> int:
    """Send what is due; returns how many letters were sent.

    A letter is taken up in one transaction (so that no other worker sends it too), sent outside of any, and marked in
    another: one that was sent when this process died is sent again, with the same Message-ID.
    """
    with database.read() as session:
        if not _due(session, clock()):
            return 0
    mailer, sent = open_mailer(), 0
    with database.write() as session:
        rows = _take_up(session, clock)
    for row in rows:
        try:
            mailer.send(message_of(row, vault=vault, sender=sender))
        except PortfolioError as error:
            log.warning("letter %s (%s), attempt %d: %s", row.id, row.letter, row.attempts, error.code)
            if row.next_at is None or isinstance(error, MailRefusedError):
                _finish(database, row.id, given_up_at=clock())
        else:
            _finish(database, row.id, sent_at=clock())
            sent += 1
    return sent


def message_of(row: OutgoingMail, *, vault: Vault, sender: str) -> EmailMessage:
    """Return a stored letter as a mail server takes it."""
    assert row.sealed_message is not None
    stored = orjson.loads(vault.open(row.sealed_message, context=f"mail:{row.id}"))
    message = EmailMessage(policy=policy.SMTP)
    origin = address_header(sender)
    message["From"] = origin
    message["To"] = address_header(stored["to"])
    message["Subject"] = stored["subject"]
    message["Date"] = format_datetime(row.created_at)
    message["Message-ID"] = f"<{row.id}@{origin.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    message.set_content(stored["body"], cte="base64")
    message["Content-Language"] = stored["language"]  # after the content, which sets such headers anew
    return message


def _due(session: Session, now: datetime, **more: Any) -> list[OutgoingMail]:
    query = select(OutgoingMail).where(col(OutgoingMail.next_at) <= now).order_by(col(OutgoingMail.next_at))
    if more:
        query = query.with_for_update(**more)
    return list(session.exec(query.limit(AT_A_TIME)))


def _take_up(session: Session, clock: Clock) -> list[OutgoingMail]:
    rows = _due(session, clock(), skip_locked=True)
    for row in rows:
        row.next_at = clock() + PAUSES[row.attempts] if row.attempts < len(PAUSES) else None
        row.attempts += 1
        session.add(row)
    return rows


def _finish(
    database: Database, mail_id: str, *, sent_at: datetime | None = None, given_up_at: datetime | None = None
) -> None:
    with database.write() as session:
        row = session.get_one(OutgoingMail, mail_id)
        row.sealed_message = row.next_at = None
        row.sent_at, row.given_up_at = sent_at, given_up_at
        session.add(row)


def _one_line(value: str) -> str:
    """Return a text without what would begin another line or header (fault 86)."""
    return " ".join(visible(value).split())[:LONGEST_VALUE]
