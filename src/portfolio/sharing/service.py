"""Links that a person shares documents by: made with a fixed scope, listed, killed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from portfolio.credentials.links import token_hash
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.actors import Actor
from portfolio.people.consent import Purpose
from portfolio.people.consents import require_consent
from portfolio.people.journal import record_act
from portfolio.people.service import key_of_person
from portfolio.sharing.gathered import Gathered, gathered_by
from portfolio.sharing.models import FormShown, ShareItem, ShareLink, ShareView

TOKEN_BYTES: Final = 24
"""192 bits from the system's generator, above the 128 of protocol.md; nothing in it tells of the link (fault 103)."""
LONGEST: Final = timedelta(days=366)
MOST_VIEWS: Final = 1000
LISTED: Final = 100


class NothingChosenError(PortfolioError):
    status: ClassVar[int] = 422
    code: ClassVar[str] = "nothing_chosen"


class BadTermsError(PortfolioError):
    """An end that is past or too far away, or a number of openings that cannot be."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "bad_terms"


class LinkState(StrEnum):
    """What became of a link, as its owner sees it; to everybody else all but LIVE are one (fault 105)."""

    LIVE = "live"
    KILLED = "killed"
    EXPIRED = "expired"
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class Choice:
    """A credential to show, by the id of its full form, and in which form."""

    credential_id: str
    form: FormShown


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a link may be used. `label` says for whom and why; `password_hash` is Argon2id."""

    label: str
    expires_at: datetime
    password_hash: str | None = None
    max_views: int | None = None


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as its owner sees it; `opened` are the moments, the newest first."""

    link: ShareLink
    label: str
    state: LinkState
    items: int
    opened: tuple[datetime, ...]


def create_link(
    session: Session,
    *,
    vault: Vault,
    actor: Actor,
    person_id: str,
    choices: Sequence[Choice],
    terms: Terms,
    clock: Clock,
) -> tuple[ShareLink, str]:
    """Make a link and return it with its token, which is known only now.

    Raises `ConsentMissingError`; `NothingChosenError`; `NotFoundError` for a credential that is not the person's or has
    no such form; `BadTermsError`.
    """
    now = clock()
    require_consent(session, vault=vault, person_id=person_id, purpose=Purpose.SHARE, now=now)
    _check_terms(terms, now)
    shown = chosen_rows(gathered_by(session, vault=vault, person_id=person_id), choices)
    token, link_id = secrets.token_urlsafe(TOKEN_BYTES), new_id()
    key = key_of_person(session, vault=vault, person_id=person_id)
    link = ShareLink(
        id=link_id,
        person_id=person_id,
        token_hash=token_hash(token),
        sealed_label=vault.seal_for(key, terms.label.encode(), context=f"share:{link_id}"),
        created_at=now,
        created_by=actor.account_id,
        expires_at=terms.expires_at,
        password_hash=terms.password_hash,
        max_views=terms.max_views,
    )
    session.add(link)
    session.flush()
    for place, (credential_id, form) in enumerate(shown, start=1):
        session.add(ShareItem(link_id=link_id, credential_id=credential_id, form=form, place=place))
    record_act(session, actor=actor.name, act="share.make", subject=link_id, clock=clock)
    return link, token


def _check_terms(terms: Terms, now: datetime) -> None:
    if not now < terms.expires_at <= now + LONGEST:
        raise BadTermsError(N_("A link lasts at most a year."))
    if terms.max_views is not None and not 1 <= terms.max_views <= MOST_VIEWS:
        raise BadTermsError(N_("Write a number from 1 to 1000, or nothing."))


def read_choices(values: Sequence[str]) -> list[Choice]:
    """Return what a form holds as "full:<id>" or "minimal:<id>", or blank. Raises `NotFoundError` for another form."""
    chosen = []
    for value in filter(None, values):
        shown, _, credential_id = value.partition(":")
        if shown not in {FormShown.FULL, FormShown.MINIMAL}:
            raise NotFoundError("there is no such form of a document")
        chosen.append(Choice(credential_id, FormShown(shown)))
    return chosen


def chosen_rows(gathered: Sequence[Gathered], choices: Sequence[Choice]) -> list[tuple[str, FormShown]]:
    """Return the rows to show, in the order of the portfolio.

    Raises `NothingChosenError`; `NotFoundError` for what is not there or has no such form.
    """
    wanted = {choice.credential_id: choice.form for choice in choices}
    if not wanted:
        raise NothingChosenError(N_("Choose at least one document to show."))
    if not wanted.keys() <= {item.full.id for item in gathered}:
        raise NotFoundError("there is no such document in this portfolio")
    shown: list[tuple[str, FormShown]] = []
    for item in gathered:
        form = wanted.get(item.full.id)
        if form is FormShown.FULL:
            shown.append((item.full.id, form))
        elif form is FormShown.MINIMAL and item.minimal is not None:
            shown.append((item.minimal.id, form))
        elif form is FormShown.MINIMAL:
            raise NotFoundError("this document has no short form")
    return shown


def state_of(link: ShareLink, now: datetime) -> LinkState:
    """Return what became of a link."""
    if link.killed_at is not None:
        return LinkState.KILLED
    if link.expires_at <= now:
        return LinkState.EXPIRED
    if link.max_views is not None and link.views >= link.max_views:
        return LinkState.USED_UP
    return LinkState.LIVE


def links_of(session: Session, *, vault: Vault, person_id: str, now: datetime) -> list[LinkView]:
    """Return a person's links, the newest first, with how often each was opened and when, in four queries."""
    links = session.exec(
        select(ShareLink)
        .where(ShareLink.person_id == person_id)
        .order_by(col(ShareLink.created_at).desc())
        .limit(LISTED)
    ).all()
    ids = [link.id for link in links]
    counts = dict(
        session.exec(
            select(ShareItem.link_id, func.count())
            .where(col(ShareItem.link_id).in_(ids))
            .group_by(col(ShareItem.link_id))
        ).all()
    )
    opened: dict[str, list[datetime]] = {}
    for link_id, at in session.exec(
        select(ShareView.link_id, ShareView.at)
        .where(col(ShareView.link_id).in_(ids))
        .order_by(col(ShareView.at).desc())
        .limit(20 * LISTED)
    ):
        opened.setdefault(link_id, []).append(at)
    key = key_of_person(session, vault=vault, person_id=person_id)
    return [
        LinkView(
            link,
            label_of(vault, key, link),
            state_of(link, now),
            counts.get(link.id, 0),
            tuple(opened.get(link.id, ())),
        )
        for link in links
    ]


def label_of(vault: Vault, key: bytes, link: ShareLink) -> str:
    """Return for whom and why a link was made; `key` is the person's."""
    return vault.open_for(key, link.sealed_label, context=f"share:{link.id}").decode()


def link_of(session: Session, *, person_id: str, link_id: str) -> ShareLink:
    """Return a person's link; another's is as unknown as an absent one. Raises `NotFoundError`."""
    link = session.get(ShareLink, link_id)
    if link is None or link.person_id != person_id:
        raise NotFoundError("there is no such link")
    return link


def kill_link(session: Session, *, actor: Actor, person_id: str, link_id: str, clock: Clock) -> None:
    """End a link at once, also for those who have it open. Harmless to repeat. Raises `NotFoundError`."""
    link = link_of(session, person_id=person_id, link_id=link_id)
    if link.killed_at is not None:
        return
    link.killed_at = clock()
    session.add(link)
    record_act(session, actor=actor.name, act="share.kill", subject=link.id, clock=clock)
