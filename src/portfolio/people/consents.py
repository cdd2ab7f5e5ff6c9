"""Consents: given, withdrawn, asked for. The rules are in `consent`; here are the rows, read live at every use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import update
from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.errors import ForbiddenError, NotFoundError, PortfolioError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.consent import IN_USE, Age, Basis, Capacity, Given, Purpose, age_of, counts, deciders, is_allowed
from portfolio.people.journal import record_act
from portfolio.people.models import Consent, Guardianship, GuardianState, Person
from portfolio.people.service import profile_in
from portfolio.people.wordings import newest


class ConsentMissingError(ForbiddenError):
    """The person, a guardian or both have not agreed to this, or have taken it back."""

    code: ClassVar[str] = "consent_missing"


class NotYoursToGiveError(ForbiddenError):
    code: ClassVar[str] = "not_yours_to_give"


class NotInUseError(PortfolioError):
    """Nothing here rests on this purpose, so no consent to it is taken."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "purpose_not_in_use"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a purpose stands: the consents with force, whose are needed, and whether they suffice."""

    purpose: Purpose
    consents: tuple[Consent, ...]
    needed: frozenset[Capacity]
    is_allowed: bool

    def by(self, capacity: Capacity) -> tuple[Consent, ...]:
        return tuple(consent for consent in self.consents if consent.capacity == capacity)


def allows(session: Session, *, vault: Vault, person_id: str, purpose: Purpose, now: datetime) -> bool:
    """Tell whether a purpose is allowed for a person at this moment: by age, by whose consents stand.

    An issuer's row rests on the issuer's own basis for storing; for all else its owner decides, once it was claimed.
    """
    person = session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        return False
    if person.organisation_id is not None:
        if purpose is Purpose.STORE:
            return is_allowed(purpose, age=Age.UNKNOWN, by_person=False, by_guardian=False, basis=Basis.STATUTE)
        return person.owner_id is not None and allows(
            session, vault=vault, person_id=person.owner_id, purpose=purpose, now=now
        )
    age = age_of(profile_in(person, vault=vault).birth_date, now)
    return _standing_of(purpose, age, _with_force(session, vault, person, age, purpose)).is_allowed


def require_consent(session: Session, *, vault: Vault, person_id: str, purpose: Purpose, now: datetime) -> None:
    """Raise `ConsentMissingError` unless `allows`."""
    if not allows(session, vault=vault, person_id=person_id, purpose=purpose, now=now):
        raise ConsentMissingError(N_("There is no consent to this, or it was withdrawn."), purpose=purpose.value)


def standing(session: Session, *, vault: Vault, person_id: str, now: datetime) -> list[Standing]:
    """Return where every purpose stands, in the order of `Purpose`, in two queries. Raises `NotFoundError`."""
    person = session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFoundError("there is no such person")
    age = age_of(profile_in(person, vault=vault).birth_date, now)
    found = _with_force(session, vault, person, age, None)
    return [_standing_of(purpose, age, [one for one in found if one.purpose is purpose]) for purpose in Purpose]


def standing_of(
    session: Session, *, vault: Vault, person_id: str, purpose: Purpose, now: datetime, from_version: int = 1
) -> Standing:
    """Return where one purpose stands for an own row, in two queries, by the yes to a text of this version or a newer
    one. Raises `NotFoundError`.
    """
    person = session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFoundError("there is no such person")
    age = age_of(profile_in(person, vault=vault).birth_date, now)
    found = _with_force(session, vault, person, age, purpose)
    return _standing_of(purpose, age, [one for one in found if one.text_version >= from_version])


def give(
    session: Session,
    *,
    vault: Vault,
    person_id: str,
    purpose: Purpose,
    account_id: str,
    capacity: Capacity,
    clock: Clock,
) -> Consent:
    """Write down a yes to the newest text; who gave it to this text before keeps that one.

    The caller has checked that the account may act in this capacity. Raises `NotInUseError`, and `NotYoursToGiveError`
    when the age leaves the decision to others.
    """
    if purpose not in IN_USE:
        raise NotInUseError(N_("Nothing here makes use of this consent, so it is not asked for."))
    now, text = clock(), newest(purpose)
    person = session.get_one(Person, person_id)
    age = age_of(profile_in(person, vault=vault).birth_date, now)
    if capacity not in deciders(age):
        raise NotYoursToGiveError(
            N_("Under 14 a parent or guardian decides this.")
            if capacity is Capacity.SELF
            else N_("From 18 only the person decides this.")
        )
    before = _row_of(session, person_id, purpose, account_id)
    if before is not None:
        was = age_of(profile_in(person, vault=vault).birth_date, before.given_at)
        has_force = counts(Given(before.capacity, was, is_guardian_now=True), age=age)
        if has_force and before.text_hash == text.hash and before.capacity is capacity:
            return before
        before.withdrawn_at, before.withdrawn_by = now, "newer"
        session.add(before)
        session.flush()
    consent = Consent(
        person_id=person_id,
        purpose=purpose,
        account_id=account_id,
        capacity=capacity,
        text_version=text.version,
        text_hash=text.hash,
        given_at=now,
    )
    session.add(consent)
    _record(session, "consent.give", consent.account_id, person_id, purpose, capacity, clock)
    return consent


def withdraw(
    session: Session, *, person_id: str, purpose: Purpose, account_id: str, capacity: Capacity, clock: Clock
) -> int:
    """Take back a yes, at once; return how many consents ended.

    A person takes back his own. A guardian's no ends what any guardian has given: between two parents the no counts.
    """
    ended = session.exec(
        update(Consent)
        .where(col(Consent.person_id) == person_id)
        .where(col(Consent.purpose) == purpose)
        .where(col(Consent.capacity) == capacity)
        .where(col(Consent.withdrawn_at).is_(None))
        .values(withdrawn_at=clock(), withdrawn_by=account_id)
    ).rowcount
    if ended:
        _record(session, "consent.withdraw", account_id, person_id, purpose, capacity, clock)
    return int(ended)


def history_of(session: Session, *, person_id: str) -> list[Consent]:
    """Return every consent ever given for a person, the newest first."""
    return list(
        session.exec(select(Consent).where(Consent.person_id == person_id).order_by(col(Consent.given_at).desc()))
    )


def _standing_of(purpose: Purpose, age: Age, consents: list[Consent]) -> Standing:
    by = {consent.capacity for consent in consents}
    allowed = is_allowed(purpose, age=age, by_person=Capacity.SELF in by, by_guardian=Capacity.GUARDIAN in by)
    return Standing(purpose, tuple(consents), deciders(age), allowed)


def _with_force(session: Session, vault: Vault, person: Person, age: Age, purpose: Purpose | None) -> list[Consent]:
    """Return the consents that count now. An own one is its account's; another account's needs an active guardian."""
    guardians = (
        select(Guardianship.account_id)
        .where(Guardianship.person_id == person.id)
        .where(Guardianship.state == GuardianState.ACTIVE)
    )
    wanted = (
        select(Consent, col(Consent.account_id).in_(guardians))
        .where(Consent.person_id == person.id)
        .where(col(Consent.withdrawn_at).is_(None))
        .order_by(col(Consent.given_at))
    )
    if purpose is not None:
        wanted = wanted.where(Consent.purpose == purpose)
    born = profile_in(person, vault=vault).birth_date
    return [
        consent
        for consent, is_guardian in session.exec(wanted)
        if counts(Given(consent.capacity, age_of(born, consent.given_at), bool(is_guardian)), age=age)
    ]


def _row_of(session: Session, person_id: str, purpose: Purpose, account_id: str) -> Consent | None:
    return session.exec(
        select(Consent)
        .where(Consent.person_id == person_id)
        .where(Consent.purpose == purpose)
        .where(Consent.account_id == account_id)
        .where(col(Consent.withdrawn_at).is_(None))
    ).first()


def _record(
    session: Session, act: str, account_id: str, person_id: str, purpose: Purpose, capacity: Capacity, clock: Clock
) -> None:
    detail = f"{purpose.value} {capacity.value}"
    record_act(session, actor=f"account:{account_id}", act=act, subject=person_id, detail=detail, clock=clock)
