"""What the pages about guardians and consents show: names of those concerned, read for those who may see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.i18n import Language
from portfolio.jobs import Clock
from portfolio.notifications.service import queue_mail
from portfolio.people.accounts import address_of
from portfolio.people.consent import Age, age_of
from portfolio.people.guardians import end_by_age, wards_of
from portfolio.people.models import Account, Guardianship, GuardianState, Person
from portfolio.people.service import Profile, profile_in, profile_of

AT_A_TIME: Final = 500


def names_of_accounts(session: Session, *, vault: Vault, ids: Collection[str]) -> dict[str, str]:
    """Return the names of people by the ids of their accounts; those who were erased are left out."""
    wanted = (
        select(Account.id, Person)
        .join(Person, col(Person.id) == col(Account.person_id))
        .where(col(Account.id).in_(set(ids)))
        .where(col(Person.erased_at).is_(None))
    )
    return {account_id: profile_in(person, vault=vault).name for account_id, person in session.exec(wanted)}


def profiles_of(session: Session, *, vault: Vault, ids: Collection[str]) -> dict[str, Profile]:
    """Return what is known of people, by id, in one query; those who were erased are left out."""
    wanted = select(Person).where(col(Person.id).in_(set(ids))).where(col(Person.erased_at).is_(None))
    return {person.id: profile_in(person, vault=vault) for person in session.exec(wanted)}


def initials_of(name: str) -> str:
    """Return the first letters of a name, e.g. "С. А. О.": enough to know one's own child by."""
    return " ".join(f"{part[0]}." for part in name.split()[:3])


def account_of_person(session: Session, *, person_id: str) -> Account | None:
    """Return the account of a person's own row, or None: a child that a guardian added has none."""
    return session.exec(
        select(Account).where(Account.person_id == person_id).where(col(Account.closed_at).is_(None))
    ).first()


def accounts_of_person(session: Session, *, vault: Vault, person_id: str, now: datetime) -> list[Account]:
    """Return who keeps a portfolio: the person's own account, or, where there is none, the active guardians'."""
    own = account_of_person(session, person_id=person_id)
    if own is not None:
        return [own]
    rows = guardian_accounts(session, person_id=person_id)
    return [row for row in rows if person_id in wards_of(session, vault=vault, account_id=row.id, now=now)]


def guardian_accounts(session: Session, *, person_id: str) -> list[Account]:
    """Return the open accounts of a person's active guardians."""
    return list(
        session.exec(
            select(Account)
            .join(Guardianship, col(Guardianship.account_id) == col(Account.id))
            .where(Guardianship.person_id == person_id)
            .where(Guardianship.state == GuardianState.ACTIVE)
            .where(col(Account.closed_at).is_(None))
        )
    )


def language_of_account(account: Account) -> Language:
    """Return the language in which an account's owner is written to."""
    return "en" if account.language == "en" else "ru"


def tell(session: Session, *, vault: Vault, account: Account | None, letter: str, clock: Clock, **values: str) -> None:
    """Write a letter to an account, in its language."""
    if account is None or account.closed_at is not None:
        return
    language = language_of_account(account)
    address = address_of(session, vault=vault, account=account)
    queue_mail(session, vault=vault, address=address, letter=letter, language=language, clock=clock, **values)


def tell_that_ended(
    session: Session, *, vault: Vault, guardianship: Guardianship, but: str, public_url: str, clock: Clock
) -> None:
    """Tell the guardian and the person that a guardianship has ended, but not the account that ended it."""
    guardian = session.get(Account, guardianship.account_id) if guardianship.account_id else None
    person = account_of_person(session, person_id=guardianship.person_id)
    for account, path in ((guardian, "/me"), (person, f"/p/{guardianship.person_id}/guardians")):
        if account is not None and account.id != but:
            link = public_url + path
            tell(session, vault=vault, account=account, letter="guardianship_ended", clock=clock, link=link)


def hand_over(session: Session, *, vault: Vault, public_url: str, clock: Clock, after: str = "") -> str:
    """End guardianships of those who have turned 18 and say so; tell those who have turned 14 what is needed now.

    One stretch of guardianships, by id after `after`; returns the last id seen, "" at the end. Rights follow the age
    without it: this only writes down and tells.
    """
    rows = session.exec(
        select(Guardianship)
        .join(Person, col(Person.id) == col(Guardianship.person_id))
        .where(Guardianship.state == GuardianState.ACTIVE)
        .where(col(Person.erased_at).is_(None))  # an erasure under way ends it by itself
        .where(col(Guardianship.id) > after)
        .order_by(col(Guardianship.id))
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True, of=Guardianship)
    ).all()
    for row in rows:
        born = profile_of(session, vault=vault, person_id=row.person_id).birth_date
        age = age_of(born, clock())
        if age is Age.ADULT:
            end_by_age(session, guardianship=row, clock=clock)
            tell_that_ended(session, vault=vault, guardianship=row, but="", public_url=public_url, clock=clock)
        elif age is Age.MINOR and row.told_at is None:
            # Who became a guardian after the birthday knows already.
            if row.active_at is not None and age_of(born, row.active_at) is Age.CHILD:
                _tell_of_own_word(session, vault, row, public_url, clock)
            row.told_at = clock()
            session.add(row)
    return rows[-1].id if len(rows) == AT_A_TIME else ""


def _tell_of_own_word(session: Session, vault: Vault, row: Guardianship, public_url: str, clock: Clock) -> None:
    link = f"{public_url}/p/{row.person_id}/consents"
    guardian = session.get(Account, row.account_id) if row.account_id else None
    person = account_of_person(session, person_id=row.person_id)
    for account in (guardian, person):
        tell(session, vault=vault, account=account, letter="own_word_from_14", clock=clock, link=link)


def age_and_name(session: Session, *, vault: Vault, person_id: str, now: datetime) -> tuple[Age, str]:
    """Return how old a person is, and his name."""
    profile = profile_of(session, vault=vault, person_id=person_id)
    return age_of(profile.birth_date, now), profile.name
