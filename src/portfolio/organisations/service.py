"""Issuers: made here, admitted and given keys on chain by calls that the worker sends."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from zoneinfo import available_timezones

from sqlalchemy import update
from sqlmodel import Session, col, select
from tiny_keccak import keccak256

from portfolio.anchoring.models import CallPurpose, ChainCall, Sender
from portfolio.anchoring.pairs import pairs_of_issuer, pairs_to_enter
from portfolio.anchoring.service import enqueue_call, enqueue_everywhere, final_at
from portfolio.anchoring.states import CallState
from portfolio.chain.accounts import Account
from portfolio.credentials.kinds import ISSUED_KINDS, kind_of
from portfolio.credentials.values import ValueProblem, normalise_name
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError, PortfolioError
from portfolio.jobs import Clock
from portfolio.organisations.did import did_document, did_web
from portfolio.organisations.keys import new_hosted_key
from portfolio.organisations.models import (
    Custody,
    IssuerKey,
    Organisation,
    OrganisationType,
    PublishedList,
    Purpose,
)
from portfolio.organisations.moments import (
    FURTHEST_BACK,
    PLANNED_WITHIN,
    AlreadyEndedError,
    require_moment,
    seconds_of,
)

ROOM = 3600  # seconds that a call may wait for its block before 30 days back have become more
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


class BadSlugError(PortfolioError):
    status = 422
    code = "bad_slug"


class BadTimeZoneError(PortfolioError):
    status = 422
    code = "bad_time_zone"


class BadNameError(PortfolioError):
    status = 422
    code = "bad_name"


def create_organisation(
    session: Session,
    *,
    vault: Vault,
    identifier_host: str,
    slug: str,
    name: str,
    contact: str,
    kinds: Sequence[str],
    clock: Clock,
    time_zone: str = "Europe/Moscow",
    own_keys: Mapping[Purpose, bytes] | None = None,
    organisation_type: OrganisationType = OrganisationType.SCHOOL,
) -> Organisation:
    """Make an issuer, and queue its admission and its keys on chain.

    Its keys are hosted here unless `own_keys` gives the public keys (32 bytes) that it keeps elsewhere. The
    controller is hosted in either case, so that the issuer needs no coin (ADR 0034).
    """
    if not SLUG.fullmatch(slug):
        raise BadSlugError("a slug has lower-case Latin letters, digits and inner hyphens, at most 64", slug=slug)
    if session.exec(select(Organisation).where(Organisation.slug == slug)).first():
        raise ConflictError(f"there is an organisation {slug} already", slug=slug)
    try:
        name = normalise_name(name)
    except ValueProblem as problem:
        raise BadNameError(str(problem)) from None
    if time_zone not in available_timezones():
        raise BadTimeZoneError("the time zone is one of the IANA names, e.g. Europe/Moscow", time_zone=time_zone)
    did = did_web(identifier_host, slug)
    controller_key = secrets.token_bytes(32)
    organisation = Organisation(
        slug=slug,
        name=name,
        type=organisation_type,
        did=did,
        issuer_id=keccak256(did.encode()),
        kinds=kinds_mask(kinds),
        contact=contact,
        time_zone=time_zone,
        custody=Custody.OWN if own_keys else Custody.HOSTED,
        controller=Account(controller_key).address,
        created_at=clock(),
    )
    organisation.sealed_controller_key = vault.seal(controller_key, context=f"controller:{organisation.id}")
    session.add(organisation)
    session.flush()
    for pair in pairs_to_enter(session):
        queue_admission(session, organisation=organisation, pair=pair, clock=clock)
    for purpose in Purpose:
        _add_key(session, vault, organisation, purpose, (own_keys or {}).get(purpose), clock)
    return organisation


def kinds_mask(kinds: Sequence[str]) -> int:
    """Return the contract's bit mask of kinds named by their codes."""
    mask = 0
    for code in kinds:
        mask |= 1 << kind_of(code).bit
    return mask


def kinds_of_mask(mask: int) -> list[str]:
    """Return the codes of the kinds in a mask."""
    return [code for code, kind in ISSUED_KINDS.items() if mask >> kind.bit & 1]


def organisation_by_slug(session: Session, *, slug: str) -> Organisation:
    """Return the organisation of a slug, or raise `NotFoundError` that lists none of the others."""
    found = session.exec(select(Organisation).where(Organisation.slug == slug)).first()
    if found is None:
        raise NotFoundError(f"there is no organisation {slug}", slug=slug)
    return found


def successor_of(session: Session, *, organisation: Organisation) -> Organisation | None:
    """Return the legal successor of an organisation, or None."""
    return session.get(Organisation, organisation.successor_id) if organisation.successor_id else None


def keys_of(session: Session, *, organisation: Organisation) -> list[IssuerKey]:
    """Return all keys of an issuer, oldest first."""
    return list(
        session.exec(
            select(IssuerKey).where(IssuerKey.organisation_id == organisation.id).order_by(col(IssuerKey.created_at))
        )
    )


def rotate_key(
    session: Session, *, vault: Vault, organisation: Organisation, purpose: Purpose, clock: Clock
) -> IssuerKey:
    """Give the issuer a new hosted key; the old one stays good until it is retired. What it signed stays valid."""
    return _add_key(session, vault, organisation, purpose, None, clock)


def retire_key(
    session: Session, *, key: IssuerKey, organisation: Organisation, as_of: int, now: int, clock: Clock
) -> None:
    """Queue the end of a key as of a block time, in every pair of contracts that knows it.

    `as_of` and `now`, the time of the chain's newest block, are unix seconds. More than 30 days back also needs a
    registrar. A retired key may be retired again as of an earlier moment, when its theft comes to light.
    """
    require_moment(as_of, now=now, earliest=seconds_of(key.active_at))
    ended = _retired_from(session, organisation, key)
    if ended is not None and as_of >= ended:
        raise AlreadyEndedError("the key is retired already; only an earlier moment could be set", since=ended)
    key.retired_at = clock()
    session.add(key)
    if key.purpose is Purpose.STATUS:
        _renew_lists(session, organisation, clock)
    steps = [(CallPurpose.RETIRE_KEY, Sender.OPERATOR)]
    if now - as_of > FURTHEST_BACK - ROOM:
        steps = [
            (CallPurpose.REQUEST_RETIREMENT, Sender.OPERATOR),
            (CallPurpose.CONFIRM_RETIREMENT, Sender.REGISTRAR),
        ]
    for purpose, sender in steps:
        enqueue_everywhere(
            session,
            issuer_id=organisation.issuer_id,
            public_key=key.public_key,
            purpose=purpose,
            sender=sender,
            payload={"as_of": as_of},
            now=clock(),
        )


def _retired_from(session: Session, organisation: Organisation, key: IssuerKey) -> int | None:
    """Return the earliest moment as of which the key's end was decided (unix seconds), None while it was not."""
    # In a pair that was left, every key ended when it was closed: that says nothing of the key itself.
    known = pairs_of_issuer(session, issuer_id=organisation.issuer_id, public_key=key.public_key)
    calls = session.exec(
        select(ChainCall)
        .where(ChainCall.subject == "0x" + organisation.issuer_id.hex())
        .where(ChainCall.pair == known[-1])
        .where(col(ChainCall.purpose).in_([CallPurpose.RETIRE_KEY, CallPurpose.CONFIRM_RETIREMENT]))
        .where(ChainCall.state != CallState.HELD)
    ).all()
    public_key = "0x" + key.public_key.hex()
    return min((call.payload["as_of"] for call in calls if call.payload["public_key"] == public_key), default=None)


def _renew_lists(session: Session, organisation: Organisation, clock: Clock) -> None:
    """What a retired key signed no longer verifies elsewhere: the DID document drops the key at once."""
    session.exec(
        update(PublishedList)
        .where(col(PublishedList.organisation_id) == organisation.id)
        .values(outdated=True, renew_at=clock())
    )


def document_of(session: Session, *, organisation: Organisation) -> dict[str, object]:
    """Return the DID document: the present keys, and credential keys that ended by plan.

    Verifiers elsewhere know no block time. A key that ended as of an earlier moment than its owner said so may be in
    other hands, and with it all that it signed is refused there; one that ended when its owner said so is not, and what
    it signed goes on verifying there too.
    """
    keys = [
        key.public_key
        for key in keys_of(session, organisation=organisation)
        if key.retired_at is None or _ended_by_plan(session, organisation, key)
    ]
    return did_document(organisation.did, keys)


def _ended_by_plan(session: Session, organisation: Organisation, key: IssuerKey) -> bool:
    ended = _retired_from(session, organisation, key)
    if key.purpose is not Purpose.CREDENTIAL or ended is None or key.retired_at is None:
        return False
    return ended >= seconds_of(key.retired_at) - PLANNED_WITHIN


def controller_key_of(session: Session, *, vault: Vault, issuer_id: bytes) -> bytes | None:
    """Return the private key of the controller that we host for an issuer, or None."""
    row = session.exec(select(Organisation).where(Organisation.issuer_id == issuer_id)).first()
    if row is None or row.sealed_controller_key is None:
        return None
    return vault.open(row.sealed_controller_key, context=f"controller:{row.id}")


def queue_admission(session: Session, *, organisation: Organisation, pair: int, clock: Clock) -> None:
    """Queue the issuer's admission, as it is now, in one pair of contracts."""
    call = enqueue_call(
        session,
        purpose=CallPurpose.ADMIT,
        sender=Sender.REGISTRAR,
        subject="0x" + organisation.issuer_id.hex(),
        payload={
            "issuer_id": "0x" + organisation.issuer_id.hex(),
            "did": organisation.did,
            "controller": organisation.controller,
            "name": organisation.name,
            "kinds": organisation.kinds,
        },
        now=clock(),
        pair=pair,
    )
    organisation.call_id = organisation.call_id or call.id
    session.add(organisation)


def _add_key(
    session: Session,
    vault: Vault,
    organisation: Organisation,
    purpose: Purpose,
    public_key: bytes | None,
    clock: Clock,
) -> IssuerKey:
    now = clock()
    if public_key is None:
        key = new_hosted_key(vault, organisation=organisation, purpose=purpose, now=now)
    else:
        key = IssuerKey(
            organisation_id=organisation.id,
            purpose=purpose,
            custody=Custody.OWN,
            public_key=public_key,
            created_at=now,
        )
    for pair in pairs_to_enter(session):
        queue_key(session, organisation=organisation, key=key, pair=pair, clock=clock)
    session.flush()
    return key


def queue_key(session: Session, *, organisation: Organisation, key: IssuerKey, pair: int, clock: Clock) -> None:
    """Queue the entry of a key in one pair of contracts."""
    call = enqueue_call(
        session,
        purpose=CallPurpose.ADD_KEY,
        sender=Sender.OPERATOR,
        subject="0x" + organisation.issuer_id.hex(),
        payload={
            "issuer_id": "0x" + organisation.issuer_id.hex(),
            "public_key": "0x" + key.public_key.hex(),
            "purpose": list(Purpose).index(key.purpose),
            "custody": list(Custody).index(key.custody),
        },
        now=clock(),
        pair=pair,
    )
    key.call_id = key.call_id or call.id
    session.add(key)


def registrations_wait(session: Session) -> bool:
    """Tell whether an issuer or a key waits for the chain's word."""
    waits = select(Organisation.id).where(col(Organisation.admitted_at).is_(None)).limit(1)
    key_waits = select(IssuerKey.id).where(col(IssuerKey.active_at).is_(None)).limit(1)
    return session.exec(waits).first() is not None or session.exec(key_waits).first() is not None


def settle_registrations(session: Session) -> int:
    """Take over from the chain which issuers are admitted and which keys are good now; returns how many were new."""
    settled = 0
    for organisation in session.exec(select(Organisation).where(col(Organisation.admitted_at).is_(None))).all():
        organisation.admitted_at = final_at(session, call_id=organisation.call_id)
        settled += organisation.admitted_at is not None
        session.add(organisation)
    for key in session.exec(select(IssuerKey).where(col(IssuerKey.active_at).is_(None))).all():
        key.active_at = final_at(session, call_id=key.call_id)
        settled += key.active_at is not None
        session.add(key)
    return settled
