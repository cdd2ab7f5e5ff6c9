"""From an issuer's decision to revoke to the chain's word that it holds."""

from __future__ import annotations

from collections import defaultdict

from sqlmodel import Session, col, select

from portfolio.anchoring.models import CallPurpose, Sender
from portfolio.anchoring.service import enqueue_call, final_at, standing_of
from portfolio.anchoring.states import AnchoringState
from portfolio.credentials.models import Credential, Revocation
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation

DIGESTS_A_CALL = 100


def queue_revocations(session: Session, *, clock: Clock) -> int:
    """Put decisions to revoke into calls to the chain, a call per issuer and reason; returns how many decisions."""
    open_ones = session.exec(
        select(Revocation)
        .where(col(Revocation.call_id).is_(None))
        .order_by(col(Revocation.requested_at))
        .limit(10 * DIGESTS_A_CALL)
        .with_for_update(skip_locked=True)
    ).all()
    groups: dict[tuple[str, str], list[Revocation]] = defaultdict(list)
    for revocation in open_ones:
        if revocation.waits_for is None or _is_final(session, revocation.waits_for):
            groups[revocation.organisation_id, revocation.reason].append(revocation)
    for (organisation_id, _), group in groups.items():
        organisation = session.get_one(Organisation, organisation_id)
        for start in range(0, len(group), DIGESTS_A_CALL):
            _queue(session, organisation, group[start : start + DIGESTS_A_CALL], clock)
    return sum(map(len, groups.values()))


def revocations_wait(session: Session) -> bool:
    """Tell whether a decision to revoke waits for the chain."""
    return session.exec(select(Revocation.id).where(col(Revocation.revoked_at).is_(None)).limit(1)).first() is not None


def _is_final(session: Session, credential_id: str) -> bool:
    digest = session.get_one(Credential, credential_id).digest
    standing = standing_of(session, digest=digest) if digest else None
    return standing is not None and standing.state is AnchoringState.FINAL


def _queue(session: Session, organisation: Organisation, group: list[Revocation], clock: Clock) -> None:
    call = enqueue_call(
        session,
        purpose=CallPurpose.REVOKE,
        sender=Sender.OPERATOR,
        subject="0x" + organisation.issuer_id.hex(),
        payload={
            "issuer_id": "0x" + organisation.issuer_id.hex(),
            "digests": ["0x" + revocation.digest.hex() for revocation in group],
            "reason": group[0].reason.number,
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
