"""What an organisation answers to a request: confirm, join to a credential given before, endorse, decline.

Of two answers one counts; the holder, or who keeps the portfolio for him, is told by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from sqlmodel import Session, select

from portfolio.achievements.claims.service import ClaimStateError, opened
from portfolio.achievements.claims.stating import Stated
from portfolio.achievements.models import Claim, ClaimState, Wish
from portfolio.achievements.records.service import Taking, take
from portfolio.achievements.requests.matching import is_same_name
from portfolio.achievements.requests.service import request_of
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.service import Award, credential_of, issue_awards, issuer_of, open_statement
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, PortfolioError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation
from portfolio.people.consent import Purpose
from portfolio.people.consents import require_consent
from portfolio.people.family import accounts_of_person, tell
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.service import Profile, key_of_person, profile_of


@dataclass(frozen=True, slots=True)
class Desk:
    """Who answers, and with what: the same for every answer. `actor` is as in the audit log."""

    vault: Vault
    organisation: Organisation
    actor: str
    clock: Clock
    public_url: str


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


def confirm(
    session: Session,
    desk: Desk,
    *,
    claim_id: str,
    corrected: Stated | None = None,
) -> AnswerStands:
    """Issue what a claim says, or what it says corrected, as the organisation's own credential to the pupil.

    Raises `ClaimStateError`, `AlreadyIssuedError`, `ConsentMissingError`, and what issuing raises.
    """
    claim = _to_answer(session, desk, claim_id, Wish.CONFIRM)
    stated = corrected
    if stated is None:
        stated = opened(desk.vault, key_of_person(session, vault=desk.vault, person_id=claim.person_id), claim).stated
    credential_id = _issue(session, desk, claim, stated)
    credential = session.get_one(Credential, credential_id)
    take(session, credential=credential, own_id=claim.person_id, actor=desk.actor, clock=desk.clock)
    _settle(session, desk, claim, ClaimState.CONFIRMED, credential_id)
    return AnswerStands.ISSUED


def _issue(session: Session, desk: Desk, claim: Claim, stated: Stated) -> str:
    known = session.exec(
        select(Person.id)
        .where(Person.organisation_id == desk.organisation.id)
        .where(Person.owner_id == claim.person_id)
    ).first()
    outcome = issue_awards(
        session,
        vault=desk.vault,
        issuer=issuer_of(session, vault=desk.vault, organisation_id=desk.organisation.id),
        kind=kind_of(stated.kind),
        awards=[Award(profile=Profile(name=stated.holder_name), fields=stated.fields, person_id=known)],
        valid_until=None,
        run_id=None,
        clock=desk.clock,
    )
    if not outcome.issued:
        raise AlreadyIssuedError(N_("Your organisation has given this already. Join it to the pupil, or correct it."))
    return outcome.issued[0]


def link(
    session: Session,
    desk: Desk,
    *,
    claim_id: str,
    credential_id: str,
    names_checked: bool = False,
) -> AnswerStands:
    """Answer a claim by a credential that exists already: its person is the pupil. Nothing is issued twice.

    Raises `OtherNameError` where the account is called otherwise, unless somebody said that he looked at it.
    """
    claim = _to_answer(session, desk, claim_id, Wish.CONFIRM)
    credential = credential_of(session, organisation=desk.organisation, credential_id=credential_id)
    own_name = profile_of(session, vault=desk.vault, person_id=claim.person_id).name
    statement = open_statement(session, vault=desk.vault, credential=credential)
    if not names_checked and not is_same_name(own_name, statement.holder_name):
        raise OtherNameError(
            N_("The names differ. Make sure that it is the same person, tick that, and send it again.")
        )
    taking = take(session, credential=credential, own_id=claim.person_id, actor=desk.actor, clock=desk.clock)
    if taking is Taking.DISPUTED:
        return AnswerStands.DISPUTED
    _settle(session, desk, claim, ClaimState.CONFIRMED, credential.id)
    return AnswerStands.LINKED


def confirm_all(
    session: Session,
    desk: Desk,
    *,
    claim_ids: Sequence[str],
) -> int:
    """Confirm claims as they stand, each wholly or not at all; returns how many were.

    Which of them can be is found before, by `fit_to_confirm`: nothing that takes long happens while this is written.
    """
    done = 0
    for claim_id in claim_ids:
        try:
            with session.begin_nested():
                confirm(session, desk, claim_id=claim_id)
        except PortfolioError:
            continue
        done += 1
    return done


def endorse(session: Session, desk: Desk, *, claim_id: str) -> None:
    """Certify that the copy is of an original that the school saw. It makes no credential: the award is another's."""
    claim = _to_answer(session, desk, claim_id, Wish.ENDORSE)
    _settle(session, desk, claim, ClaimState.ENDORSED)


def decline(
    session: Session,
    desk: Desk,
    *,
    claim_id: str,
    reason: str,
) -> None:
    """Answer no, with a reason that the holder reads."""
    claim = _to_answer(session, desk, claim_id)
    key = key_of_person(session, vault=desk.vault, person_id=claim.person_id)
    claim.sealed_reason = desk.vault.seal_for(key, reason.encode(), context=f"claim-reason:{claim.id}")
    _settle(session, desk, claim, ClaimState.DECLINED)


def _to_answer(session: Session, desk: Desk, claim_id: str, wish: Wish | None = None) -> Claim:
    """Return a claim held for an answer. Without the holder's consent there is none to give, not even a no."""
    claim = request_of(session, organisation=desk.organisation, claim_id=claim_id, lock=True)
    if wish is not None and claim.wish is not wish:
        raise ClaimStateError(N_("Something else was asked for. Look at it again."))
    require_consent(session, vault=desk.vault, person_id=claim.person_id, purpose=Purpose.STORE, now=desk.clock())
    return claim


def _settle(session: Session, desk: Desk, claim: Claim, state: ClaimState, credential_id: str | None = None) -> None:
    claim.state, claim.decided_at, claim.credential_id = state, desk.clock(), credential_id
    session.add(claim)
    record_act(session, actor=desk.actor, act=f"claim.{state.value}", subject=claim.id, clock=desk.clock)
    for account in accounts_of_person(session, vault=desk.vault, person_id=claim.person_id, now=desk.clock()):
        tell(
            session,
            vault=desk.vault,
            account=account,
            letter="claim_decided",
            clock=desk.clock,
            link=f"{desk.public_url}/p/{claim.person_id}/claims/{claim.id}",
        )
