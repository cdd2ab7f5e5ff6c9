"""Records that issuers hold, and who claims them: by the code on the paper, by a new code, and where two do."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from portfolio.achievements.models import ClaimCode, Dispute
from portfolio.credentials.links import read_short_code, short_code, token_hash
from portfolio.credentials.models import Credential
from portfolio.credentials.service import credential_of, credentials_by_code, open_statement, token_of
from portfolio.credentials.statement import Statement
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation
from portfolio.people.deadlines import Cause, Deadline, deadline_of
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.service import Profile, profile_of
from portfolio.verification.names import is_named

CODE_GOOD_FOR: Final = timedelta(days=30)
LOOKED_THROUGH: Final = 500
"""Credentials of an issuer, the newest, that are opened to find a holder by name."""


class Taking(StrEnum):
    """What became of a record that somebody claimed."""

    TAKEN = "taken"
    YOURS_ALREADY = "yours_already"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A credential of an issuer with what it says."""

    credential: Credential
    statement: Statement
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute with what the record says, how the two call themselves, and until when it is to be decided."""

    dispute: Dispute
    statement: Statement
    owner: Profile
    claimant: Profile
    deadline: Deadline


def claim_by_code(
    session: Session,
    *,
    vault: Vault,
    own_id: str,
    typed: str,
    family: str,
    actor: str,
    clock: Clock,
    about: Profile | None = None,
) -> Taking | None:
    """Give the record behind a code and a name to an own row; None where the two lead nowhere.

    A wrong name answers as an unknown code does. The code is the one on the paper, or a new one from the issuer: once
    there was a new one, what is printed on the lost paper claims nothing. `about`: the record must be about one of this
    name and birth date, beyond the one name that was typed.
    """
    code = read_short_code(typed)
    if code is None:
        return None
    replacement = session.exec(
        select(ClaimCode)
        .where(ClaimCode.code_hash == _hash_of(code))
        .where(col(ClaimCode.used_at).is_(None))
        .where(ClaimCode.expires_at > clock())
        .with_for_update()
    ).first()
    if replacement is not None:
        found = [session.get_one(Credential, replacement.credential_id)]
        found = [one for one in found if _is_readable(session, one)]
    else:
        found = _without_new_codes(session, credentials_by_code(session, code=code))
    for credential in found:
        holder_name = open_statement(session, vault=vault, credential=credential).holder_name
        if is_named(holder_name, family) and (
            about is None or _is_about(session, vault, credential, holder_name, about)
        ):
            if replacement is not None:
                replacement.used_at = clock()
                session.add(replacement)
            return take(session, credential=credential, own_id=own_id, actor=actor, clock=clock)
    return None


def _is_readable(session: Session, credential: Credential) -> bool:
    """Tell whether what a credential says can be read: not while or after it is erased."""
    return bool(credential.sealed_body) and session.get_one(Person, credential.person_id).erased_at is None


def _without_new_codes(session: Session, credentials: list[Credential]) -> list[Credential]:
    """Leave out those that got a new code, of themselves, of their full form or of what was corrected since."""

    def forms(row: Credential) -> set[str]:
        return {form for form in (row.id, row.minimal_of, row.replaced_by) if form}

    ids = set().union(*map(forms, credentials))
    renewed = set(session.exec(select(ClaimCode.credential_id).where(col(ClaimCode.credential_id).in_(ids))))
    return [row for row in credentials if not forms(row) & renewed]


def _is_about(session: Session, vault: Vault, credential: Credential, holder_name: str, profile: Profile) -> bool:
    """Tell whether a record names somebody by family and first name, and contradicts no patronymic nor birth date."""
    first_two = profile.name.split()[:2]
    if len(first_two) < 2 or not is_named(holder_name, " ".join(first_two)):  # noqa: PLR2004  family and first name
        return False
    if not (is_named(holder_name, profile.name) or is_named(profile.name, holder_name)):
        return False
    known = profile_of(session, vault=vault, person_id=credential.person_id).birth_date
    return known is None or known == profile.birth_date


def take(session: Session, *, credential: Credential, own_id: str, actor: str, clock: Clock) -> Taking:
    """Give the issuer's person of a credential to an own row, with all else that it was or will be given.

    Of two at once the second finds the first (fault 101): then a human decides.
    """
    holder = session.exec(
        select(Person)
        .where(Person.id == credential.person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if holder.owner_id == own_id:
        return Taking.YOURS_ALREADY
    if holder.owner_id is not None:
        _dispute(session, holder, credential, own_id, actor, clock)
        return Taking.DISPUTED
    holder.owner_id, holder.claimed_at = own_id, clock()
    session.add(holder)
    record_act(session, actor=actor, act="record.claim", subject=holder.id, clock=clock)
    return Taking.TAKEN


def _dispute(session: Session, holder: Person, credential: Credential, own_id: str, actor: str, clock: Clock) -> None:
    open_already = session.exec(
        select(Dispute)
        .where(Dispute.holder_id == holder.id)
        .where(Dispute.claimant_id == own_id)
        .where(col(Dispute.decided_at).is_(None))
    ).first()
    if open_already is not None:
        return
    dispute = Dispute(
        organisation_id=credential.organisation_id,
        credential_id=credential.id,
        holder_id=holder.id,
        owner_id=holder.owner_id or "",
        claimant_id=own_id,
        created_at=clock(),
    )
    session.add(dispute)
    record_act(session, actor=actor, act="dispute.open", subject=dispute.id, clock=clock)


def let_go(session: Session, *, holder_id: str, own_id: str, actor: str, clock: Clock) -> None:
    """Take an issuer's person out of a portfolio: "this is not me"."""
    holder = session.exec(select(Person).where(Person.id == holder_id).with_for_update()).one()
    if holder.owner_id != own_id:
        raise NotFoundError("there is no such record")
    holder.owner_id = holder.claimed_at = None
    session.add(holder)
    record_act(session, actor=actor, act="record.let_go", subject=holder.id, clock=clock)


def open_disputes(session: Session, *, vault: Vault, organisation: Organisation) -> list[DisputeView]:
    """Return the disputes over an issuer's records that wait for its decision, the oldest first."""
    rows = session.exec(
        select(Dispute, Credential)
        .join(Credential, col(Credential.id) == col(Dispute.credential_id))
        .join(Person, col(Person.id) == col(Credential.person_id))
        .where(Dispute.organisation_id == organisation.id)
        .where(col(Dispute.decided_at).is_(None))
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
        .order_by(col(Dispute.created_at))
        .limit(20)
    ).all()
    return [
        DisputeView(
            dispute,
            open_statement(session, vault=vault, credential=credential),
            _profile(session, vault, dispute.owner_id),
            _profile(session, vault, dispute.claimant_id),
            deadline_of(Cause.DISPUTE, dispute.created_at, organisation.time_zone),
        )
        for dispute, credential in rows
    ]


def _profile(session: Session, vault: Vault, person_id: str) -> Profile:
    try:
        return profile_of(session, vault=vault, person_id=person_id)
    except NotFoundError:
        return Profile(name="—")  # erased since


def decide_dispute(
    session: Session, *, organisation: Organisation, dispute_id: str, to_claimant: bool, actor: str, clock: Clock
) -> Dispute:
    """Say whose a record is. Raises `NotFoundError`, or `ConflictError` when somebody has decided already."""
    dispute = session.exec(select(Dispute).where(Dispute.id == dispute_id).with_for_update()).first()
    if dispute is None or dispute.organisation_id != organisation.id:
        raise NotFoundError("there is no such case")
    if dispute.decided_at is not None:
        raise ConflictError(N_("This was decided already. Look at it again."))
    winner = dispute.claimant_id if to_claimant else dispute.owner_id
    holder = session.exec(select(Person).where(Person.id == dispute.holder_id).with_for_update()).one()
    if to_claimant:
        holder.owner_id, holder.claimed_at = winner, clock()
        session.add(holder)
    dispute.winner_id, dispute.decided_at = winner, clock()
    session.add(dispute)
    record_act(session, actor=actor, act="dispute.decide", subject=dispute.id, clock=clock)
    return dispute


def disputed_holders(session: Session, *, own_id: str) -> frozenset[str]:
    """Return the issuers' persons that an own row has, but somebody else claims too or was given.

    They are not his alone to erase: they stay with their issuer.
    """
    return frozenset(
        session.exec(
            select(Person.id)
            .join(Dispute, col(Dispute.holder_id) == col(Person.id))
            .where(Person.owner_id == own_id)
            .where(or_(_is_open_against(own_id), _was_lost_by(own_id)))
        )
    )


def _is_open_against(own_id: str) -> Any:
    return col(Dispute.decided_at).is_(None) & (col(Dispute.claimant_id) != own_id)


def _was_lost_by(own_id: str) -> Any:
    is_party = (col(Dispute.owner_id) == own_id) | (col(Dispute.claimant_id) == own_id)
    return is_party & col(Dispute.decided_at).is_not(None) & (col(Dispute.winner_id) != own_id)


def find_records(session: Session, *, vault: Vault, organisation: Organisation, name: str) -> list[FoundRecord]:
    """Return an issuer's credentials whose holder is called so, 20 at most; the 500 newest are opened to find them."""
    rows = session.exec(
        select(Credential, Person)
        .join(Person, col(Person.id) == col(Credential.person_id))
        .where(Credential.organisation_id == organisation.id)
        .where(col(Credential.minimal_of).is_(None))
        .where(col(Credential.replaced_by).is_(None))
        .where(col(Credential.digest).is_not(None))
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
        .order_by(col(Credential.created_at).desc())
        .limit(LOOKED_THROUGH)
    ).all()
    found: list[FoundRecord] = []
    for credential, person in rows:
        statement = open_statement(session, vault=vault, credential=credential)
        if is_named(statement.holder_name, name):
            found.append(FoundRecord(credential, statement, person.owner_id is not None))
            if len(found) == 20:  # noqa: PLR2004  what fits on a page
                break
    return found


def replace_code(session: Session, *, organisation: Organisation, credential_id: str, actor: str, clock: Clock) -> str:
    """Return a new code for a record whose paper is lost; codes given before for it end. It is shown this once."""
    credential = credential_of(session, organisation=organisation, credential_id=credential_id)
    before = session.exec(
        select(ClaimCode).where(ClaimCode.credential_id == credential.id).where(col(ClaimCode.used_at).is_(None))
    )
    for row in before:
        row.used_at = clock()
        session.add(row)
    code = short_code(secrets.token_bytes(32))
    session.add(
        ClaimCode(
            organisation_id=organisation.id,
            credential_id=credential.id,
            code_hash=_hash_of(code),
            created_at=clock(),
            expires_at=clock() + CODE_GOOD_FOR,
        )
    )
    record_act(session, actor=actor, act="record.new_code", subject=credential.id, clock=clock)
    return code


def replace_link(
    session: Session, *, vault: Vault, organisation: Organisation, credential_id: str, actor: str, clock: Clock
) -> str:
    """Give a credential another public link and return its token; the one before leads nowhere from now on."""
    credential = credential_of(session, organisation=organisation, credential_id=credential_id)
    credential.link_version += 1
    token = token_of(vault, credential)
    credential.token_hash = token_hash(token)
    session.add(credential)
    record_act(session, actor=actor, act="record.new_link", subject=credential.id, clock=clock)
    return token


def _hash_of(code: str) -> bytes:
    # 60 random bits, tried against a limit and good for a month: they need no slow hash.
    return hashlib.sha256(b"portfolio/claim-code/v1" + code.encode()).digest()
