"""From an issuer's decision to revoke, in both forms, to the chain's word that it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import ColumnElement, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from portfolio.anchoring.models import CallPurpose, Sender
from portfolio.anchoring.service import enqueue_call, final_at, is_final_digest
from portfolio.credentials.forms import forms_of
from portfolio.credentials.models import Credential, Revocation, RevocationReason
from portfolio.db import new_id
from portfolio.errors import ConflictError, NotFoundError
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation

DIGESTS_A_CALL = 100
DECISIONS_AT_A_TIME = 500


class AlreadyRevokedError(ConflictError):
    code = "already_revoked"


def is_revoked(session: Session, *, credential: Credential) -> bool:
    """Tell whether its issuer has decided to revoke it, in either form and for whatever reason."""
    ids = [form.id for form in forms_of(session, credential=credential)]
    known = select(Revocation.id).where(col(Revocation.credential_id).in_(ids))
    return session.exec(known).first() is not None


def other_form_is_revoked() -> ColumnElement[bool]:
    """Return the condition that the other form of a `Credential` row is revoked, for a query of such rows."""
    other = aliased(Credential)
    pair = or_(col(other.minimal_of) == col(Credential.id), col(other.id) == col(Credential.minimal_of))
    return exists().where(col(Revocation.credential_id) == col(other.id)).where(pair)


def revocable(session: Session, *, organisation: Organisation, credential_id: str) -> Credential:
    """Return a credential that an organisation may revoke: its own, or one of an issuer whose successor it is.

    Raises `NotFoundError`, for another's as for an absent one.
    """
    found = session.get(Credential, credential_id.removeprefix("urn:uuid:"))
    issuer = session.get(Organisation, found.organisation_id) if found else None
    if found is None or issuer is None or organisation.id not in {issuer.id, issuer.successor_id}:
        raise NotFoundError("this organisation has no credential with that id", id=credential_id)
    return found


def revocable_of(
    session: Session, *, organisation: Organisation, credentials: Sequence[Credential]
) -> list[Credential]:
    """Return those of some credentials that an organisation may revoke."""
    followed = session.exec(select(Organisation.id).where(Organisation.successor_id == organisation.id)).all()
    return [row for row in credentials if row.organisation_id in {organisation.id, *followed}]


def revoke(
    session: Session,
    *,
    credential: Credential,
    reason: RevocationReason,
    clock: Clock,
    waits_for: str | None = None,
    by: Organisation | None = None,
) -> Revocation:
    """Decide to revoke both forms; the chain is told by the worker, and the revocation holds from then on.

    Either form may be given; returns the revocation of that one. `by` is who decides: the issuer, or its successor.
    """
    signed = [form for form in forms_of(session, credential=credential, lock=True) if form.digest is not None]
    if credential.digest is None:
        raise ConflictError("a draft is not signed yet and cannot be revoked: correct it instead", id=credential.id)
    ids = [form.id for form in signed]
    known = session.exec(select(Revocation).where(col(Revocation.credential_id).in_(ids))).all()
    if known:
        _revoke_at_once(known, credential, reason)
        session.add_all(known)
        return next(revocation for revocation in known if revocation.credential_id == credential.id)
    decision, now = new_id(), clock()
    made = {
        form.id: Revocation(
            organisation_id=form.organisation_id,
            credential_id=form.id,
            decision_id=decision,
            digest=form.digest or b"",
            reason=reason,
            requested_at=now,
            revoked_by=by.id if by is not None and by.id != form.organisation_id else None,
            waits_for=waits_for,
        )
        for form in signed
    }
    session.add_all(made.values())
    session.flush()
    return made[credential.id]


def _revoke_at_once(known: Sequence[Revocation], credential: Credential, reason: RevocationReason) -> None:
    """A correction still waits for its turn; a real reason does not have to wait with it."""
    if any(revocation.call_id is not None or revocation.waits_for is None for revocation in known):
        raise AlreadyRevokedError("this credential is revoked already", id=credential.id, reason=known[0].reason)
    for revocation in known:
        revocation.reason, revocation.waits_for = reason, None


def queue_revocations(session: Session, *, clock: Clock) -> int:
    """Put decisions to revoke into calls to the chain, a call per issuer and reason; returns how many revocations.

    Corrections whose successor is not FINAL are passed over in the query, so that however many of them wait, they hold
    up nobody.
    """
    successor_final = exists().where(
        col(Credential.id) == col(Revocation.waits_for), is_final_digest(col(Credential.digest))
    )
    ready = (
        select(Revocation.decision_id)
        .where(col(Revocation.call_id).is_(None))
        .where(or_(col(Revocation.waits_for).is_(None), successor_final))
        .group_by(col(Revocation.decision_id))
        .order_by(func.min(Revocation.requested_at))
        .limit(DECISIONS_AT_A_TIME)
    )
    open_ones = session.exec(
        select(Revocation)
        .where(col(Revocation.call_id).is_(None))
        .where(col(Revocation.decision_id).in_(session.exec(ready).all()))
        .order_by(col(Revocation.requested_at), col(Revocation.decision_id), col(Revocation.id))
        .with_for_update()  # waits for another worker, for a decision must not be torn in two
    ).all()
    groups: dict[tuple[str, str, str | None], list[Revocation]] = defaultdict(list)
    for revocation in open_ones:
        groups[revocation.organisation_id, revocation.reason, revocation.revoked_by].append(revocation)
    for (organisation_id, _, _), group in groups.items():
        organisation = session.get_one(Organisation, organisation_id)
        for call in _calls(group):
            _queue(session, organisation, call, clock)
    return sum(map(len, groups.values()))


def _calls(group: Sequence[Revocation]) -> Iterator[list[Revocation]]:
    """Divide revocations among calls; what was decided as one thing stays in one call."""
    call: list[Revocation] = []
    for _, decided in groupby(group, key=lambda revocation: revocation.decision_id):
        together = list(decided)
        if call and len(call) + len(together) > DIGESTS_A_CALL:
            yield call
            call = []
        call += together
    yield call


def revocations_wait(session: Session) -> bool:
    """Tell whether a decision to revoke waits for the chain."""
    return session.exec(select(Revocation.id).where(col(Revocation.revoked_at).is_(None)).limit(1)).first() is not None


def _queue(session: Session, organisation: Organisation, group: list[Revocation], clock: Clock) -> None:
    successor = session.get(Organisation, group[0].revoked_by) if group[0].revoked_by else None
    call = enqueue_call(
        session,
        purpose=CallPurpose.REVOKE,
        sender=Sender.OPERATOR,
        subject="0x" + organisation.issuer_id.hex(),
        payload={
            "issuer_id": "0x" + organisation.issuer_id.hex(),
            "digests": ["0x" + revocation.digest.hex() for revocation in group],
            "reason": group[0].reason.number,
            **({"by": "0x" + successor.issuer_id.hex()} if successor else {}),
        },
        now=clock(),
    )
    for revocation in group:
        revocation.call_id = call.id
        session.add(revocation)


def settle_revocations(session: Session) -> int:
    """Take over from the chain which revocations hold; returns how many were new."""
    settled = 0
    waiting = session.exec(
        select(Revocation).where(col(Revocation.call_id).is_not(None)).where(col(Revocation.revoked_at).is_(None))
    ).all()
    for revocation in waiting:
        revocation.revoked_at = final_at(session, call_id=revocation.call_id)
        settled += revocation.revoked_at is not None
        session.add(revocation)
    return settled
