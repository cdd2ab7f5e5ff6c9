"""What tests of portfolios share: consents, pictures, claims and credentials of a made world."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from sqlmodel import select

from people_world import Someone, World
from portfolio.achievements.models import Claim, ClaimState
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.service import Award, issue_awards, issuer_of
from portfolio.organisations.models import Organisation
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.models import Consent, Person
from portfolio.people.service import Profile

OLYMPIAD = {
    "title": "Олимпиада «Северная звезда»",
    "level": "rsosh_2",
    "subject": "Физика",
    "degree": "winner",
    "award_date": "2026-03-14",
    "holder_name": "Сидорова Анна Олеговна",
    "organiser": "Школа «school»",
}


def picture(*, size: tuple[int, int] = (600, 400), kind: str = "JPEG", **more: Any) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, "#dde").save(output, kind, **more)
    return output.getvalue()


def may_keep(world: World, person_id: str, *accounts: tuple[str, Capacity]) -> None:
    """Give the consents to keep a portfolio as they lie in the table, whoever has to."""
    with world.portfolio.database.write() as session:
        for account_id, capacity in accounts:
            session.add(
                Consent(
                    person_id=person_id,
                    purpose=Purpose.STORE,
                    account_id=account_id,
                    capacity=capacity,
                    text_version=1,
                    text_hash=b"\0" * 32,
                    given_at=world.clock(),
                )
            )


def pupil_with_consent(world: World, name: str = "Сидорова Анна Олеговна") -> Someone:
    pupil = world.pupil(name=name)
    guardian = world.guardian_of(pupil)
    may_keep(world, pupil.person_id, (pupil.account.id, Capacity.SELF), (guardian.account.id, Capacity.GUARDIAN))
    return pupil


def adult_with_consent(world: World, name: str = "Иванов Пётр Алексеевич") -> Someone:
    someone = world.someone(name)
    may_keep(world, someone.person_id, (someone.account.id, Capacity.SELF))
    return someone


def upload(
    someone: Someone, *, person_id: str = "", content: bytes | None = None, kind: str = "olympiad_award", **fields: str
) -> Any:
    """Send the form of a new award."""
    return someone.post(
        f"/p/{person_id or someone.person_id}/claims/new?kind={kind}",
        {**OLYMPIAD, **fields},
        files={"file": ("IMG_0001.JPG", picture() if content is None else content, "image/jpeg")},
    )


def claimed(someone: Someone, **fields: str) -> str:
    """Upload an award and return the claim's id."""
    answer = upload(someone, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"].partition("?")[0].rpartition("/")[2])


def ask(someone: Someone, claim_id: str, organisation: Organisation, wish: str = "confirm") -> Any:
    return someone.post(
        f"/p/{someone.person_id}/claims/{claim_id}/ask", {"organisation": organisation.id, "wish": wish}
    )


def state_of(world: World, claim_id: str) -> ClaimState:
    with world.portfolio.database.read() as session:
        return session.get_one(Claim, claim_id).state


def issue(
    world: World,
    organisation: Organisation,
    name: str,
    *,
    kind: str = "olympiad_award",
    born: str | None = None,
    **fields: Any,
) -> str:
    """Issue a credential and return its id."""
    values = {key: value for key, value in OLYMPIAD.items() if key not in {"holder_name", "organiser"}}
    with world.portfolio.database.write() as session:
        outcome = issue_awards(
            session,
            vault=world.portfolio.vault,
            issuer=issuer_of(session, vault=world.portfolio.vault, organisation_id=organisation.id),
            kind=kind_of(kind),
            awards=[
                Award(
                    profile=Profile(name=name, birth_date=born),
                    fields={**(values if kind == "olympiad_award" else {}), **fields},
                )
            ],
            valid_until=None,
            run_id=None,
            clock=world.clock,
        )
        return outcome.issued[0]


def code_of(world: World, credential_id: str) -> str:
    with world.portfolio.database.read() as session:
        return session.get_one(Credential, credential_id).short_code or ""


def owner_of(world: World, credential_id: str) -> str | None:
    with world.portfolio.database.read() as session:
        row = session.get_one(Credential, credential_id)
        return session.exec(select(Person.owner_id).where(Person.id == row.person_id)).one()
