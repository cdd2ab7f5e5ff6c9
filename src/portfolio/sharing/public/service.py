"""A person's public page: chosen by those who decide, live only while their consents stand, taken down at once."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from portfolio.credentials.links import token_hash
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation, OrganisationType
from portfolio.people.actors import Actor
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.consents import ConsentMissingError, standing_of
from portfolio.people.journal import record_act
from portfolio.people.models import Consent, Person
from portfolio.people.service import key_of_person
from portfolio.sharing.gathered import Gathered
from portfolio.sharing.openings import DEAD
from portfolio.sharing.public.models import PublicPage, PublicSelection
from portfolio.sharing.public.selections import Selection, common_to, read_selection
from portfolio.sharing.service import Choice, chosen_rows

CODE_BYTES: Final = 18
LONGEST_CODE: Final = 64
FROM_TEXT: Final = 2
"""The version of the consent's text from which on it names every field; an earlier yes opens no page."""
_STUDY: Final = (OrganisationType.SCHOOL, OrganisationType.UNIVERSITY)


@dataclass(frozen=True, slots=True)
class Side:
    """One of those who decide: whether its consent stands, and what it has chosen under that consent."""

    capacity: Capacity
    has_agreed: bool
    selection: Selection | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a public page stands at this moment.

    `shown` is what the sides that have chosen agree on; everybody sees it only when `is_open`.
    """

    person: Person
    page: PublicPage | None
    sides: tuple[Side, ...]
    consents: tuple[Consent, ...]

    @property
    def selections(self) -> tuple[Selection, ...]:
        return tuple(side.selection for side in self.sides if side.selection is not None)

    @property
    def shown(self) -> Selection:
        return common_to(self.selections)

    @property
    def is_agreed(self) -> bool:
        """Whether everybody whose word is needed has agreed and chosen."""
        return self.page is not None and all(side.selection is not None for side in self.sides)

    @property
    def is_open(self) -> bool:
        return self.is_agreed and self.shown.shows_something

    def side(self, capacity: Capacity) -> Side | None:
        return next((side for side in self.sides if side.capacity is capacity), None)

    def with_chosen(self, capacity: Capacity, selection: Selection) -> Selection:
        """Return what would be shown if one side chose this, beside what the other has chosen."""
        others = [side.selection for side in self.sides if side.capacity is not capacity and side.selection]
        return common_to([selection, *others])

    def consent_of(self, account_id: str, capacity: Capacity) -> Consent | None:
        return next((one for one in self.consents if (one.account_id, one.capacity) == (account_id, capacity)), None)


def code_of(vault: Vault, page: PublicPage) -> str:
    """Return the code in a page's address: 144 bits that say nothing about the person."""
    return base64.urlsafe_b64encode(vault.hmac("public-page", page.id)[:CODE_BYTES]).decode()


def plan_of(session: Session, *, vault: Vault, person_id: str, now: datetime) -> Plan:
    """Return where a person's page stands, in four queries. Raises `NotFoundError` when he was erased."""
    page = session.exec(
        select(PublicPage).where(PublicPage.person_id == person_id).where(col(PublicPage.down_at).is_(None))
    ).first()
    return _plan(session, vault, person_id, page, now)


def open_page(session: Session, *, vault: Vault, code: str, now: datetime) -> Plan:
    """Return the page of an address as everybody may see it at this moment, in four queries.

    Raises `NotFoundError`, always that of a dead link: for none, one that was taken down, one whose person was erased,
    and one for which a consent or a choice is missing.
    """
    page = None
    if len(code) <= LONGEST_CODE:
        page = session.exec(
            select(PublicPage).where(PublicPage.code_hash == token_hash(code)).where(col(PublicPage.down_at).is_(None))
        ).first()
    if page is None:
        raise NotFoundError(DEAD)
    try:
        plan = _plan(session, vault, page.person_id, page, now)
    except NotFoundError:
        raise NotFoundError(DEAD) from None
    if not plan.is_open:
        raise NotFoundError(DEAD)
    return plan


def _plan(session: Session, vault: Vault, person_id: str, page: PublicPage | None, now: datetime) -> Plan:
    person = session.get(Person, person_id)
    if person is None or person.organisation_id is not None:
        raise NotFoundError("there is no such person")
    standing = standing_of(
        session, vault=vault, person_id=person_id, purpose=Purpose.PUBLISH, now=now, from_version=FROM_TEXT
    )
    rows = (
        session.exec(select(PublicSelection).where(PublicSelection.page_id == page.id)).all()
        if page is not None
        else ()
    )
    key = key_of_person(session, vault=vault, person_id=person_id)
    in_force = {consent.id for consent in standing.consents}
    chosen = {row.capacity: _read(vault, key, row) for row in rows if row.consent_id in in_force}
    sides = tuple(
        Side(capacity, bool(standing.by(capacity)), chosen.get(capacity))
        for capacity in Capacity
        if capacity in standing.needed
    )
    return Plan(person, page, sides, standing.consents)


def every_choice(session: Session, *, vault: Vault, person_id: str) -> list[tuple[PublicSelection, Selection]]:
    """Return all that was ever chosen for a person's pages and is kept, the oldest first."""
    key = key_of_person(session, vault=vault, person_id=person_id)
    rows = session.exec(
        select(PublicSelection)
        .join(PublicPage, col(PublicPage.id) == col(PublicSelection.page_id))
        .where(PublicPage.person_id == person_id)
        .order_by(col(PublicSelection.chosen_at))
    ).all()
    return [(row, _read(vault, key, row)) for row in rows]


def _read(vault: Vault, key: bytes, row: PublicSelection) -> Selection:
    words = b"" if row.sealed_words is None else vault.open_for(key, row.sealed_words, context=_context(row))
    return read_selection(row.selection, words=words.decode())


def _context(row: PublicSelection) -> str:
    return f"public-words:{row.page_id}:{row.capacity.value}"


def choose(
    session: Session,
    *,
    vault: Vault,
    actor: Actor,
    capacity: Capacity,
    plan: Plan,
    selection: Selection,
    clock: Clock,
) -> PublicPage:
    """Keep what one side has chosen; it takes the place of what that side chose before.

    The caller has checked it by `check_selection`. Raises `ConsentMissingError`.
    """
    consent = require_own_consent(plan, account_id=actor.account_id, capacity=capacity)
    page = plan.page or _new_page(session, vault, actor, plan.person.id, clock)
    row = session.exec(
        select(PublicSelection)
        .where(PublicSelection.page_id == page.id)
        .where(PublicSelection.capacity == capacity)
        .with_for_update()
    ).first() or PublicSelection(page_id=page.id, capacity=capacity, account_id="", consent_id="", chosen_at=clock())
    row.account_id, row.consent_id, row.chosen_at = actor.account_id, consent.id, clock()
    row.selection = selection.stored()
    key = key_of_person(session, vault=vault, person_id=plan.person.id)
    row.sealed_words = vault.seal_for(key, selection.words.encode(), context=_context(row)) if selection.words else None
    session.add(row)
    record_act(session, actor=actor.name, act="public.choose", subject=page.id, detail=capacity.value, clock=clock)
    return page


def require_own_consent(plan: Plan, *, account_id: str, capacity: Capacity) -> Consent:
    """Return the consent under which an account chooses; raises `ConsentMissingError` unless it has agreed itself, as
    one of those who decide.
    """
    consent = plan.consent_of(account_id, capacity)
    if consent is None or plan.side(capacity) is None:
        raise ConsentMissingError(
            N_("There is no consent to this, or it was withdrawn."), purpose=Purpose.PUBLISH.value
        )
    return consent


def _new_page(session: Session, vault: Vault, actor: Actor, person_id: str, clock: Clock) -> PublicPage:
    page = PublicPage(id=new_id(), person_id=person_id, code_hash=b"", created_at=clock(), created_by=actor.account_id)
    page.code_hash = token_hash(code_of(vault, page))
    session.add(page)
    session.flush()
    return page


def check_selection(selection: Selection, *, gathered: Sequence[Gathered], schools: Sequence[Organisation]) -> None:
    """Raise `NotFoundError` for a document that is not the person's, a form it has not, a school that does not know
    him.
    """
    choices = [Choice(credential_id, form) for credential_id, form in selection.documents.items()]
    if choices:
        chosen_rows(gathered, choices)
    if selection.school is not None and selection.school not in {school.id for school in schools}:
        raise NotFoundError("there is no such school in this portfolio")


def take_down(session: Session, *, actor: Actor, person_id: str, clock: Clock) -> None:
    """End a page and its address at once; anybody who acts for the person may. Harmless to repeat."""
    page = session.exec(
        select(PublicPage)
        .where(PublicPage.person_id == person_id)
        .where(col(PublicPage.down_at).is_(None))
        .with_for_update()
    ).first()
    if page is None:
        return
    page.down_at = clock()
    session.add(page)
    record_act(session, actor=actor.name, act="public.take_down", subject=page.id, clock=clock)


def count_look(session: Session, *, page: PublicPage) -> None:
    """Count one look, by nobody in particular."""
    session.exec(update(PublicPage).where(col(PublicPage.id) == page.id).values(looks=PublicPage.looks + 1))


def schools_of(session: Session, *, person_id: str) -> list[Organisation]:
    """Return the schools and universities whose records a person has claimed, by name."""
    return list(
        session.exec(
            select(Organisation)
            .where(
                col(Organisation.id).in_(
                    select(Person.organisation_id)
                    .where(Person.owner_id == person_id)
                    .where(col(Person.erased_at).is_(None))
                )
            )
            .where(col(Organisation.type).in_(_STUDY))
            .order_by(col(Organisation.name))
        )
    )
