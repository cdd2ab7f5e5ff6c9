"""An organisation's queue: what holders ask it to confirm, and what it answers. Of two answers one counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from portfolio.achievements.claims.service import ClaimStateError, ClaimView, open_claims, opened
from portfolio.achievements.models import Claim, ClaimState, Dispute, Objection
from portfolio.achievements.requests.matching import SAME, Match, best_match, is_same_name, own_credentials
from portfolio.credentials.models import Credential
from portfolio.credentials.statement import Statement
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError, PortfolioError
from portfolio.i18n import N_, Language
from portfolio.jobs import Clock
from portfolio.notifications.service import queue_mail
from portfolio.organisations.models import Membership, Organisation, StaffRole
from portfolio.people.accounts import address_of
from portfolio.people.consent import Purpose
from portfolio.people.consenting import allowing
from portfolio.people.consents import require_consent
from portfolio.people.models import Account, Person
from portfolio.people.service import profile_in

A_PAGE: Final = 50
LOOKED_AT: Final = 4 * A_PAGE
"""Claims that are fetched for a page: those without consent are left out of it."""
PATIENCE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim in the queue: opened, how the claimant's account is called, and the organisation's credential like it."""

    view: ClaimView
    own_name: str
    match: Match | None

    @property
    def paper_differs(self) -> bool:
        """Whether the name on the paper is another than the account's."""
        return not is_same_name(self.own_name, self.view.stated.holder_name)

    @property
    def match_differs(self) -> bool:
        """Whether the credential that is like it names another than the account."""
        return self.match is not None and not is_same_name(self.own_name, self.match.statement.holder_name)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits for an organisation."""

    claims: int
    disputes: int
    objections: int


def queue_of(session: Session, *, vault: Vault, organisation: Organisation, now: datetime) -> list[ClaimView]:
    """Return the claims that wait for an organisation's answer, the oldest first, a page of them.

    Those of people without a consent that stands are left out.
    """
    rows = session.exec(
        select(Claim, Person)
        .join(Person, col(Person.id) == col(Claim.person_id))
        .where(Claim.organisation_id == organisation.id)
        .where(Claim.state == ClaimState.ASKED)
        .where(col(Person.erased_at).is_(None))
        .order_by(col(Claim.asked_at))
        .limit(LOOKED_AT)
    ).all()
    persons = list({person.id: person for _, person in rows}.values())
    willing = allowing(session, vault=vault, persons=persons, purpose=Purpose.STORE, now=now)
    return open_claims(vault=vault, rows=[row for row in rows if row[1].id in willing][:A_PAGE])


def counts_of(session: Session, *, organisation: Organisation) -> Counts:
    """Count what waits for an organisation."""

    def count(table: type[Claim | Dispute | Objection], *conditions: object) -> int:
        query = select(func.count()).select_from(table).where(table.organisation_id == organisation.id)
        return session.exec(query.where(*conditions)).one()  # type: ignore[arg-type]

    return Counts(
        count(Claim, col(Claim.state) == ClaimState.ASKED),
        count(Dispute, col(Dispute.decided_at).is_(None)),
        count(Objection, col(Objection.answered_at).is_(None)),
    )


def request_of(session: Session, *, organisation: Organisation, claim_id: str, lock: bool = False) -> Claim:
    """Return a claim that waits for this organisation's answer.

    Raises `NotFoundError` for another's, `ClaimStateError` for one that was answered or taken back.
    """
    query = select(Claim).where(Claim.id == claim_id).where(Claim.organisation_id == organisation.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    claim = session.exec(query).first()
    holder = session.get(Person, claim.person_id) if claim else None
    if claim is None or claim.state is ClaimState.WITHDRAWN or holder is None or holder.erased_at is not None:
        raise NotFoundError("there is no such request")
    if claim.state is not ClaimState.ASKED:
        raise ClaimStateError(N_("This was answered already, or taken back. Look at it again."))
    return claim


def open_request(
    session: Session, *, vault: Vault, organisation: Organisation, claim_id: str, now: datetime
) -> tuple[ClaimView, str]:
    """Return a claim in the queue opened, and how the claimant's account is called. Raises `ConsentMissingError`."""
    claim = request_of(session, organisation=organisation, claim_id=claim_id)
    person = session.get_one(Person, claim.person_id)  # held, so that it is not read again for each of these
    require_consent(session, vault=vault, person_id=person.id, purpose=Purpose.STORE, now=now)
    view = opened(vault, vault.open_person_key(person.sealed_key, person_id=person.id), claim)
    return view, profile_in(person, vault=vault).name


def view_request(session: Session, *, vault: Vault, organisation: Organisation, claim_id: str, clock: Clock) -> Asked:
    """Return a claim in the queue, and the organisation's own credential that is most like it.

    It opens hundreds of credentials: for a session that only reads.
    """
    view, own_name = open_request(session, vault=vault, organisation=organisation, claim_id=claim_id, now=clock())
    known = own_credentials(session, vault=vault, organisation=organisation, kind=view.stated.kind)
    return Asked(view, own_name, best_match(view.stated, known))


def fit_to_confirm(
    session: Session, *, vault: Vault, organisation: Organisation, claim_ids: Sequence[str], clock: Clock
) -> list[str]:
    """Return the claims that can be confirmed without being opened.

    Left for a closer look are those that may be about a credential given before, which may be a namesake's, and those
    of an account that is called otherwise than the paper says. It opens hundreds of credentials of each kind, once: for
    a session that only reads.
    """
    known: dict[str, list[tuple[Credential, Statement]]] = {}
    fit = []
    for claim_id in dict.fromkeys(claim_ids):
        try:
            view, own_name = open_request(
                session, vault=vault, organisation=organisation, claim_id=claim_id, now=clock()
            )
        except PortfolioError:
            continue
        kind = view.stated.kind
        if kind not in known:
            known[kind] = own_credentials(session, vault=vault, organisation=organisation, kind=kind)
        asked = Asked(view, own_name, best_match(view.stated, known[kind]))
        if not asked.paper_differs and (asked.match is None or asked.match.likeness < SAME):
            fit.append(claim_id)
    return fit


def remind(session: Session, *, vault: Vault, public_url: str, clock: Clock) -> int:
    """Write to the staff of organisations that have let a claim wait for a week; returns how many letters.

    Each claim is reminded of once a week, an organisation in one letter a member of staff.
    """
    before = clock() - PATIENCE
    claims = session.exec(
        select(Claim)
        .where(Claim.state == ClaimState.ASKED)
        .where(col(Claim.asked_at) < before)
        .where(col(Claim.reminded_at).is_(None) | (col(Claim.reminded_at) < before))
        .order_by(col(Claim.organisation_id))
        .limit(500)
    ).all()
    waiting: dict[str, int] = {}
    for claim in claims:
        waiting[claim.organisation_id or ""] = waiting.get(claim.organisation_id or "", 0) + 1
        claim.reminded_at = clock()
        session.add(claim)
    return sum(_write(session, vault, found, count, public_url, clock) for found, count in waiting.items())


def _write(session: Session, vault: Vault, organisation_id: str, count: int, public_url: str, clock: Clock) -> int:
    organisation = session.get_one(Organisation, organisation_id)
    staff = session.exec(
        select(Account)
        .join(Membership, col(Membership.account_id) == col(Account.id))
        .where(Membership.organisation_id == organisation_id)
        .where(col(Membership.ended_at).is_(None))
        .where(col(Membership.role) != StaffRole.VIEWER)
        .where(col(Account.closed_at).is_(None))
    ).all()
    for account in staff:
        language: Language = "en" if account.language == "en" else "ru"
        queue_mail(
            session,
            vault=vault,
            address=address_of(session, vault=vault, account=account),
            letter="requests_waiting",
            language=language,
            clock=clock,
            count=str(count),
            organisation=organisation.name,
            link=f"{public_url}/org/{organisation.slug}/requests",
        )
    return len(staff)
