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
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.refusals import review_refusal, to_be_gone_by

ACTOR: Final = "service"


def destroy_unkept(session: Session, *, vault: Vault, person_id: str, clock: Clock) -> list[str]:
    """Delete what an own row added if its thirty days are over; returns what names the ciphertexts in the store, for
    `claims.service.forget` once this is committed.
    """
    person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).one()
    review_refusal(session, vault=vault, person_id=person_id, now=clock())
    last = to_be_gone_by(person)
    if person.erased_at is not None or last is None or clock() < last:
        return []
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
    person.refused_at = None  # nothing can be added without a new yes
    session.add(person)
    record_act(session, actor=ACTOR, act="person.unkept", subject=person_id, clock=clock)
    return gone
