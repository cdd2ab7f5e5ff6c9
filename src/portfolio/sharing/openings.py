"""A link is opened: found by its token while it lives, counted once by a POST, and held open for half an hour.

Whatever ended a link, it answers like one that never was (fault 105). Looking at its first page changes nothing, so
that mail scanners and previews use nothing up (fault 109).
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from portfolio.credentials.links import token_hash
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.jobs import Clock
from portfolio.people.access import record_view
from portfolio.people.accounts import password_fits
from portfolio.people.consent import Purpose
from portfolio.people.consents import allows
from portfolio.sharing.models import ShareLink, ShareView
from portfolio.sharing.service import LinkState, state_of

OPEN_FOR: Final = timedelta(minutes=30)
LONGEST_TOKEN: Final = 64
DEAD: Final = "nothing is shared under this link"


def live_link(
    session: Session, *, vault: Vault, token: str, proof: str | None, now: datetime
) -> tuple[ShareLink, bool]:
    """Return the link of a token, and whether `proof` shows that it was opened before, within `OPEN_FOR`.

    Raises `NotFoundError`, always the same, for one that never was, is killed, is over, was opened as often as it may
    be, or whose person's consent to sharing does not stand at this moment.
    """
    link = None
    if len(token) <= LONGEST_TOKEN:
        link = session.exec(select(ShareLink).where(ShareLink.token_hash == token_hash(token))).first()
    if link is None:
        raise NotFoundError(DEAD)
    state = state_of(link, now)
    is_open = proof_fits(vault, link, proof, now)
    if state is not LinkState.LIVE and not (state is LinkState.USED_UP and is_open):
        raise NotFoundError(DEAD)
    if not allows(session, vault=vault, person_id=link.person_id, purpose=Purpose.SHARE, now=now):
        raise NotFoundError(DEAD)
    return link, is_open


def password_is_right(link: ShareLink, password: str) -> bool:
    """Tell whether a password opens a link; one without a password opens by any."""
    return link.password_hash is None or password_fits(link.password_hash, password)


def open_link(session: Session, *, link_id: str, clock: Clock) -> None:
    """Count one opening and write it into both logs; raises `NotFoundError` when none is left.

    One statement looks and counts, so that of two who come at once with one opening left one is told that there is no
    such link.
    """
    now = clock()
    counted = session.exec(
        update(ShareLink)
        .where(col(ShareLink.id) == link_id)
        .where(col(ShareLink.killed_at).is_(None))
        .where(col(ShareLink.expires_at) > now)
        .where(or_(col(ShareLink.max_views).is_(None), col(ShareLink.views) < col(ShareLink.max_views)))
        .values(views=ShareLink.views + 1)
    )
    if counted.rowcount != 1:
        raise NotFoundError(DEAD)
    person_id = session.exec(select(ShareLink.person_id).where(ShareLink.id == link_id)).one()
    session.add(ShareView(link_id=link_id, at=now))
    record_view(session, person_id=person_id, viewer="link", what="share", why="link", link_id=link_id, clock=clock)


def proof_of_opening(vault: Vault, link: ShareLink, now: datetime) -> str:
    """Return what the reader's browser keeps: it names no reader, opens this link alone and only for `OPEN_FOR`."""
    until = int((now + OPEN_FOR).timestamp())
    return f"{until}.{_mark(vault, link, until)}"


def proof_fits(vault: Vault, link: ShareLink, proof: str | None, now: datetime) -> bool:
    """Tell whether a proof is of this link and still good."""
    written, _, mark = (proof or "").partition(".")
    if not (written.isascii() and written.isdigit() and len(written) <= 12):  # noqa: PLR2004  digits of unix seconds
        return False
    until = int(written)
    return until > now.timestamp() and hmac.compare_digest(mark.encode(), _mark(vault, link, until).encode())


def _mark(vault: Vault, link: ShareLink, until: int) -> str:
    return base64.urlsafe_b64encode(vault.hmac("share-opening", link.id, str(until))).decode()
