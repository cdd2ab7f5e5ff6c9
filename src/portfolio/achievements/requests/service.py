"""An organisation's queue: what holders ask it to confirm, and what it answers. Of two answers one counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from portfolio.achievements.claims.service import ClaimStateError, ClaimView, open_claims, opened
from portfolio.achievements.claims.stating import Stated
from portfolio.achievements.models import Claim, ClaimState, Dispute, Objection, Wish
from portfolio.achievements.records.service import Taking, take
from portfolio.achievements.requests.matching import SAME, Match, best_match, is_same_name, own_credentials
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.service import Award, credential_of, issue_awards, issuer_of, open_statement
from portfolio.credentials.statement import Statement
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError, PortfolioError
from portfolio.i18n import N_, Language
from portfolio.jobs import Clock
from portfolio.notifications.service import queue_mail
from portfolio.organisations.models import Membership, Organisation, StaffRole
from portfolio.people.accounts import address_of
from portfolio.people.consent import Purpose
from portfolio.people.consenting import allowing
from portfolio.people.consents import require_consent
from portfolio.people.journal import record_act
from portfolio.people.models import Account, Person
from portfolio.people.service import Profile, key_of_person, profile_in, profile_of

A_PAGE: Final = 50
LOOKED_AT: Final = 4 * A_PAGE
"""Claims that are fetched for a page: those without consent are left out of it."""
PATIENCE: Final = timedelta(days=7)


class AnswerStands(StrEnum):
    """What a confirmation came to."""

    ISSUED = "issued"
    LINKED = "linked"
    DISPUTED = "disputed"


class AlreadyIssuedError(ConflictError):
    """The organisation has given this already, word for word or with other values."""

    code: ClassVar[str] = "already_issued"


class OtherNameError(ConflictError):
    """The account is called otherwise than the credential that is to be given to it, and nobody said that he looked."""

    code: ClassVar[str] = "other_name"


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


def confirm(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    claim_id: str,
    actor: str,
    clock: Clock,
    corrected: Stated | None = None,
) -> AnswerStands:
    """Issue what a claim says, or what it says corrected, as the organisation's own credential to the pupil.

    Raises `ClaimStateError`, `AlreadyIssuedError`, `ConsentMissingError`, and what issuing raises.
    """
    claim = _to_answer(session, vault, organisation, claim_id, clock, Wish.CONFIRM)
    stated = corrected
    if stated is None:
        stated = opened(vault, key_of_person(session, vault=vault, person_id=claim.person_id), claim).stated
    credential_id = _issue(session, vault, organisation, claim, stated, clock)
    credential = session.get_one(Credential, credential_id)
    take(session, credential=credential, own_id=claim.person_id, actor=actor, clock=clock)
    _settle(session, claim, ClaimState.CONFIRMED, actor, clock, credential_id)
    return AnswerStands.ISSUED


def _issue(
    session: Session, vault: Vault, organisation: Organisation, claim: Claim, stated: Stated, clock: Clock
) -> str:
    known = session.exec(
        select(Person.id).where(Person.organisation_id == organisation.id).where(Person.owner_id == claim.person_id)
    ).first()
    outcome = issue_awards(
        session,
        vault=vault,
        issuer=issuer_of(session, vault=vault, organisation_id=organisation.id),
        kind=kind_of(stated.kind),
        awards=[Award(profile=Profile(name=stated.holder_name), fields=stated.fields, person_id=known)],
        valid_until=None,
        run_id=None,
        clock=clock,
    )
    if not outcome.issued:
        raise AlreadyIssuedError(N_("Your organisation has given this already. Join it to the pupil, or correct it."))
    return outcome.issued[0]


def link(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    claim_id: str,
    credential_id: str,
    actor: str,
    clock: Clock,
    names_checked: bool = False,
) -> AnswerStands:
    """Answer a claim by a credential that exists already: its person is the pupil. Nothing is issued twice.

    Raises `OtherNameError` where the account is called otherwise, unless somebody said that he looked at it.
    """
    claim = _to_answer(session, vault, organisation, claim_id, clock, Wish.CONFIRM)
    credential = credential_of(session, organisation=organisation, credential_id=credential_id)
    own_name = profile_of(session, vault=vault, person_id=claim.person_id).name
    statement = open_statement(session, vault=vault, credential=credential)
    if not names_checked and not is_same_name(own_name, statement.holder_name):
        raise OtherNameError(
            N_("The names differ. Make sure that it is the same person, tick that, and send it again.")
        )
    taking = take(session, credential=credential, own_id=claim.person_id, actor=actor, clock=clock)
    if taking is Taking.DISPUTED:
        return AnswerStands.DISPUTED
    _settle(session, claim, ClaimState.CONFIRMED, actor, clock, credential.id)
    return AnswerStands.LINKED


def confirm_all(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    claim_ids: Sequence[str],
    actor: str,
    clock: Clock,
) -> int:
    """Confirm claims as they stand, each wholly or not at all; returns how many were.

    Which of them can be is found before, by `fit_to_confirm`: nothing that takes long happens while this is written.
    """
    done = 0
    for claim_id in claim_ids:
        try:
            with session.begin_nested():
                confirm(session, vault=vault, organisation=organisation, claim_id=claim_id, actor=actor, clock=clock)
        except PortfolioError:
            continue
        done += 1
    return done


def endorse(
    session: Session, *, vault: Vault, organisation: Organisation, claim_id: str, actor: str, clock: Clock
) -> None:
    """Certify that the copy is of an original that the school saw. It makes no credential: the award is another's."""
    claim = _to_answer(session, vault, organisation, claim_id, clock, Wish.ENDORSE)
    _settle(session, claim, ClaimState.ENDORSED, actor, clock)


def decline(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    claim_id: str,
    reason: str,
    actor: str,
    clock: Clock,
) -> None:
    """Answer no, with a reason that the holder reads."""
    claim = _to_answer(session, vault, organisation, claim_id, clock)
    key = key_of_person(session, vault=vault, person_id=claim.person_id)
    claim.sealed_reason = vault.seal_for(key, reason.encode(), context=f"claim-reason:{claim.id}")
    _settle(session, claim, ClaimState.DECLINED, actor, clock)


def _to_answer(
    session: Session, vault: Vault, organisation: Organisation, claim_id: str, clock: Clock, wish: Wish | None = None
) -> Claim:
    """Return a claim held for an answer. Without the holder's consent there is none to give, not even a no."""
    claim = request_of(session, organisation=organisation, claim_id=claim_id, lock=True)
    if wish is not None and claim.wish is not wish:
        raise ClaimStateError(N_("Something else was asked for. Look at it again."))
    require_consent(session, vault=vault, person_id=claim.person_id, purpose=Purpose.STORE, now=clock())
    return claim


def _settle(
    session: Session, claim: Claim, state: ClaimState, actor: str, clock: Clock, credential_id: str | None = None
) -> None:
    claim.state, claim.decided_at, claim.credential_id = state, clock(), credential_id
    session.add(claim)
    record_act(session, actor=actor, act=f"claim.{state.value}", subject=claim.id, clock=clock)


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
