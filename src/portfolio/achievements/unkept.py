"""What a holder added, destroyed when the consent to keeping was taken back for good (152-ФЗ, article 21 (5)).

Claims with their papers, badges from elsewhere, and the words at them go. What an organisation has made its own
credential rests on that organisation's basis, and the account on its own.
"""

from __future__ import annotations

from typing import Final

from sqlmodel import Session, select

from portfolio.achievements.claims import service as claims
from portfolio.achievements.imported import service as imported
from portfolio.achievements.models import Claim, ClaimState, ImportedBadge, PortfolioItem
from portfolio.documents.vault import Vault
from portfolio.jobs import Clock
from portfolio.people.deadlines import local_day
from portfolio.people.models import Person
from portfolio.people.refusals import to_be_destroyed_on

ACTOR: Final = "service"


def destroy_unkept(session: Session, *, vault: Vault, person_id: str, clock: Clock) -> list[str] | None:
    """Delete what an own row added if its last day has come; returns what names the ciphertexts in the store, for
    `claims.service.forget` once this is committed, or None where the day has not come.
    """
    person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).one()
    if person.erased_at is not None:
        return None
    day = to_be_destroyed_on(session, vault=vault, person=person, now=clock())
    if day is None or local_day(clock()) < day:
        return None
    badges = session.exec(select(ImportedBadge.id).where(ImportedBadge.person_id == person_id)).all()
    for badge_id in badges:
        imported.delete(session, person_id=person_id, import_id=badge_id, actor=ACTOR, clock=clock)
    added = session.exec(
        select(Claim.id).where(Claim.person_id == person_id).where(Claim.state != ClaimState.CONFIRMED)
    ).all()
    gone = [
        claims.withdraw(session, person_id=person_id, claim_id=claim_id, actor=ACTOR, clock=clock) for claim_id in added
    ]
    for item in session.exec(select(PortfolioItem).where(PortfolioItem.person_id == person_id)):
        item.sealed_words = None
        session.add(item)
    return gone
