"""Signed status lists as they are served: revocations that the chain has taken are entered, lists are signed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from portfolio.credentials.models import Credential, Revocation
from portfolio.credentials.service import open_statement
from portfolio.credentials.status import number_of
from portfolio.credentials.statuslists import OwnList, encode_bits, sign_list
from portfolio.db import Database
from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError, UnavailableError
from portfolio.jobs import Clock
from portfolio.organisations.keys import EmbeddedSigner, KeyNotReadyError, present_key, signer_of
from portfolio.organisations.models import Organisation, PublishedList, Purpose, StatusList

IN_FORCE = timedelta(hours=24)
RENEW_AFTER = timedelta(hours=12)
TRY_AGAIN_AFTER = timedelta(minutes=1)  # a list that cannot be signed: its issuer has no STATUS key here yet
AT_A_TIME = 100


class ListUnsignedError(UnavailableError):
    """The list cannot be signed here now; an old one would call revoked credentials good, so none is served."""

    code = "status_list_unsigned"


@dataclass(frozen=True, slots=True)
class ServedList:
    """A signed list as JSON bytes, and a tag that changes with them."""

    document: bytes
    etag: str


def lists_wait(session: Session, *, clock: Clock) -> bool:
    """Tell whether a revocation is to be entered or a list to be signed."""
    unlisted = select(Revocation.id).where(*_UNLISTED).limit(1)
    due = select(PublishedList.list_id).where(col(PublishedList.renew_at) <= clock()).limit(1)
    return session.exec(unlisted).first() is not None or session.exec(due).first() is not None


def publish_lists(session: Session, *, vault: Vault, clock: Clock) -> int:
    """Enter final revocations in their lists and sign what is due; returns how many lists were signed.

    Called in the transaction that takes a revocation over from the chain, so that no list is behind.
    """
    _enter_revocations(session, vault, clock)
    due = session.exec(
        select(PublishedList)
        .where(col(PublishedList.renew_at) <= clock())
        .order_by(col(PublishedList.renew_at))
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
    return sum(_sign(session, vault, row, clock) for row in due)


def list_to_serve(database: Database, *, vault: Vault, url: str, clock: Clock) -> ServedList:
    """Return the newest signed list at a URL; signs it first where the worker has not come to it.

    Raises `NotFoundError` for a URL of no list and `ListUnsignedError` where there is none that may be believed.
    """
    with database.read() as session:
        row = _by_url(session, url)
    now = clock()
    if not _is_good(row, now) and row.renew_at <= now:
        with database.write() as session:
            row = _by_url(session, url, lock=True)
            if not _is_good(row, now):
                _sign(session, vault, row, clock)
    if not _is_good(row, now) or row.document is None:
        raise ListUnsignedError("the list of revoked credentials has not been signed yet; try again later")
    return ServedList(row.document, f'"{sha256(row.document).hexdigest()[:32]}"')


def snapshot_at(session: Session, *, url: str) -> bytes | None:
    """Return the newest signed list at a URL for a bundle, or None; an old one says by its dates that it is old."""
    row = session.exec(select(PublishedList).where(PublishedList.url == url)).first()
    return None if row is None or row.outdated else row.document


_UNLISTED: tuple[ColumnElement[bool], ...] = (
    col(Revocation.revoked_at).is_not(None),
    col(Revocation.list_id).is_(None),
)


def _by_url(session: Session, url: str, *, lock: bool = False) -> PublishedList:
    query = select(PublishedList).where(PublishedList.url == url)
    row = session.exec(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFoundError("there is no status list at this address")
    return row


def _is_good(row: PublishedList, now: datetime) -> bool:
    return not row.outdated and row.document is not None and row.valid_until is not None and row.valid_until > now


def _enter_revocations(session: Session, vault: Vault, clock: Clock) -> None:
    touched = set()
    # All of them, or a list would be signed as new without what is revoked already.
    while waiting := session.exec(select(Revocation).where(*_UNLISTED).limit(AT_A_TIME * 10)).all():
        for revocation in waiting:
            number, place = _place_of(session, vault, revocation)
            revocation.list_id, revocation.place = _list_id(session, revocation.organisation_id, number), place
            session.add(revocation)
            touched.add(revocation.list_id)
        session.flush()
    if touched:
        # One statement takes the rows' locks: whoever is signing one of them now has not seen these revocations.
        session.exec(
            update(PublishedList)
            .where(or_(*(col(PublishedList.list_id) == one for one in sorted(touched))))
            .values(outdated=True, renew_at=clock())
        )


def _place_of(session: Session, vault: Vault, revocation: Revocation) -> tuple[int, int]:
    credential = session.get_one(Credential, revocation.credential_id)
    if credential.status_list is None or credential.status_index is None:
        # Issued before places were kept beside the sealed body.
        statement = open_statement(session, vault=vault, credential=credential)
        credential.status_list, credential.status_index = number_of(statement.status_list), statement.status_index
        session.add(credential)
    return credential.status_list, credential.status_index


def _list_id(session: Session, organisation_id: str, number: int) -> str:
    return session.exec(
        select(StatusList.id).where(StatusList.organisation_id == organisation_id).where(StatusList.number == number)
    ).one()


def _sign(session: Session, vault: Vault, row: PublishedList, clock: Clock) -> bool:
    """Sign what the list is now; False where no key here may."""
    now = clock().replace(microsecond=0)
    organisation = session.get_one(Organisation, row.organisation_id)
    signer = _signer(session, vault, organisation)
    session.add(row)
    if signer is None:
        row.renew_at = now + TRY_AGAIN_AFTER
        return False
    unsigned = OwnList(
        url=row.url,
        issuer_did=organisation.did,
        valid_from=_instant(now),
        valid_until=_instant(now + IN_FORCE),
        encoded=encode_bits(_places(session, row.list_id)),
    )
    row.document = sign_list(unsigned, signer)
    row.public_key = signer.public_key
    row.signed_at, row.valid_until, row.renew_at = now, now + IN_FORCE, now + RENEW_AFTER
    row.outdated = False
    session.flush()
    return True


def _places(session: Session, list_id: str) -> Sequence[int]:
    found = session.exec(select(Revocation.place).where(Revocation.list_id == list_id)).all()
    return [place for place in found if place is not None]


def _signer(session: Session, vault: Vault, organisation: Organisation) -> EmbeddedSigner | None:
    try:
        key = present_key(session, organisation=organisation, purpose=Purpose.STATUS)
    except KeyNotReadyError:
        return None
    return signer_of(vault, key)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
