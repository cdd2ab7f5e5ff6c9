"""Invented people of the demonstration: accounts of every role with one known password, and one shared second step.

Only a service on its own computer gets them: production refuses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pyotp
from sqlmodel import Session, col, select

from portfolio.achievements.records.service import take
from portfolio.app import Portfolio
from portfolio.credentials.models import Credential
from portfolio.credentials.service import open_statement
from portfolio.errors import ForbiddenError
from portfolio.jobs import Clock
from portfolio.operations.demo import EXAMPLES
from portfolio.organisations.models import OrganisationType, StaffRole
from portfolio.organisations.service import organisation_by_slug
from portfolio.organisations.staff import give_place
from portfolio.people.accounts import create_account, find_account, hash_password
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.consents import give
from portfolio.people.models import Account, Guardianship, GuardianState
from portfolio.people.second_factors import set_totp
from portfolio.people.service import Profile

TOTP_SECRET: Final = "PORTFOLIODEMOPORTFOLIODEMOPORTFO"  # noqa: S105  known to everybody, like the password
ACTOR: Final = "demo"


@dataclass(frozen=True, slots=True)
class ShownPerson:
    address: str
    who: str
    second_step: bool


@dataclass(frozen=True, slots=True)
class ShownPeople:
    """What the demonstration prints of its people."""

    password: str
    people: tuple[ShownPerson, ...]


def fill_people(portfolio: Portfolio) -> ShownPeople:
    """Make the accounts that are not there yet; harmless to repeat. Raises `ForbiddenError` in production."""
    if portfolio.settings.is_production:
        raise ForbiddenError("people with a known password are for one computer, never for production")
    manifest = json.loads((EXAMPLES / "people.json").read_text("utf-8"))
    password_hash = hash_password(manifest["password"])
    with portfolio.database.write() as session:
        for slug, kind in manifest["organisations"].items():
            organisation = organisation_by_slug(session, slug=slug)
            organisation.type = OrganisationType(kind)
            session.add(organisation)
        for person in manifest["people"]:
            if find_account(session, vault=portfolio.vault, address=person["address"]) is None:
                _make(portfolio, session, person, password_hash)
    return ShownPeople(manifest["password"], tuple(_shown(person) for person in manifest["people"]))


def code_now(clock: Clock) -> str:
    """Return the six digits that the demonstration's second step asks for at this moment."""
    return pyotp.TOTP(TOTP_SECRET).at(int(clock().timestamp()))


def _shown(person: dict[str, Any]) -> ShownPerson:
    return ShownPerson(person["address"], person["who"], "staff_of" in person or "registrar" in person)


def _make(portfolio: Portfolio, session: Session, person: dict[str, Any], password_hash: str) -> None:
    clock, vault = portfolio.clock, portfolio.vault
    account = create_account(
        session,
        vault=vault,
        address=person["address"],
        profile=Profile(name=person["name"], birth_date=person["birth_date"]),
        password_hash=password_hash,
        language="ru",
        clock=clock,
        confirmed_at=clock(),
    )
    account.is_registrar = bool(person.get("registrar"))
    session.add(account)
    if _shown(person).second_step:
        # One step back, so that the code of this very moment is still unused.
        code = pyotp.TOTP(TOTP_SECRET).at(int(clock().timestamp()) - 30)
        set_totp(session, vault=vault, account=account, secret=TOTP_SECRET, code=code, clock=clock)
    if "staff_of" in person:
        organisation = organisation_by_slug(session, slug=person["staff_of"])
        give_place(session, organisation_id=organisation.id, account_id=account.id, role=StaffRole.ADMIN, clock=clock)
    _consent(portfolio, session, account, account.person_id, Capacity.SELF)
    if "guardian_of" in person:
        _guard(portfolio, session, account, person["guardian_of"])
    _take_awards(portfolio, session, account, person["name"])


def _guard(portfolio: Portfolio, session: Session, account: Account, child_address: str) -> None:
    child = find_account(session, vault=portfolio.vault, address=child_address)
    assert child is not None
    now = portfolio.clock()
    session.add(
        Guardianship(
            person_id=child.person_id,
            account_id=account.id,
            state=GuardianState.ACTIVE,
            proof="code",
            created_at=now,
            active_at=now,
        )
    )
    session.flush()
    _consent(portfolio, session, account, child.person_id, Capacity.GUARDIAN)


def _consent(portfolio: Portfolio, session: Session, account: Account, person_id: str, capacity: Capacity) -> None:
    for purpose in (Purpose.STORE, Purpose.SHARE, Purpose.UNIVERSITY_ACCESS):
        give(
            session,
            vault=portfolio.vault,
            person_id=person_id,
            purpose=purpose,
            account_id=account.id,
            capacity=capacity,
            clock=portfolio.clock,
        )


def _take_awards(portfolio: Portfolio, session: Session, account: Account, name: str) -> None:
    """Gather what the examples gave to somebody of this name: the invented people have names of their own."""
    rows = session.exec(
        select(Credential).where(col(Credential.minimal_of).is_(None)).where(col(Credential.digest).is_not(None))
    ).all()
    for row in rows:
        if open_statement(session, vault=portfolio.vault, credential=row).holder_name == name:
            take(session, credential=row, own_id=account.person_id, actor=ACTOR, clock=portfolio.clock)
