"""Answers whether a credential is real, for a public link or a file, and makes the bundle that answers without us."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlmodel import Session, select

from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.anchoring.service import Standing, standings
from portfolio.credentials.bundles import bundle_json
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import Receipt
from portfolio.credentials.forms import minimal_token
from portfolio.credentials.links import read_short_code, short_code
from portfolio.credentials.models import Credential
from portfolio.credentials.report import Report, Verdict
from portfolio.credentials.service import (
    credential_by_token,
    credentials_by_code,
    open_body,
    open_statement,
    token_of,
)
from portfolio.credentials.status_publication import snapshot_at
from portfolio.credentials.verdict import ask, judge
from portfolio.documents.vault import Vault
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation
from portfolio.organisations.service import document_of
from portfolio.verification.keeper import FactsKeeper, unix
from portfolio.verification.names import is_named

_TOKEN = re.compile(r"(?:^|/v/)([A-Za-z0-9_-]{16,64})(?:[/?#].*)?$")


@dataclass(frozen=True, slots=True)
class Answer:
    """A report, and the last verdict with its time where the present one had to be CANNOT_CHECK."""

    report: Report
    last_verdict: Verdict | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """An organisation of this service whose document was judged: its public page, and whom to ask there."""

    page: str
    contact: str


def issuer_of(session: Session, *, report: Report) -> Issuer | None:
    """Return the issuer that a report names; None where it is not here, not in the register, or falsely named."""
    if report.statement is None or report.issuer_name is None or report.verdict is Verdict.INVALID:
        return None
    found = session.exec(select(Organisation).where(Organisation.did == report.statement.issuer_did)).first()
    return Issuer(f"/o/{found.slug}", found.contact) if found else None


def verify_document(data: bytes, *, keeper: FactsKeeper, clock: Clock, keep: bool = False) -> Answer:
    """Judge a bundle or a bare credential. Never raises for anything in `data`, nor for an outage.

    `keep` what the chain said for a credential of this service's own links.
    """
    now = unix(clock())
    try:
        asked = ask(data)
    except StructureError as error:
        return Answer(judge(error, trust=keeper.trust, facts=(), now=now))
    signed = asked.credential
    if not signed.genuine:
        # Cheap checks first: a forged signature never costs the chain a call (fault 146).
        return Answer(judge(asked, trust=keeper.trust, facts=(), now=now))
    found = keeper.find(asked.question, keep=keep)
    report = judge(asked, trust=keeper.trust, facts=found.facts, now=now)
    if report.verdict is not Verdict.CANNOT_CHECK or found.stored_at is None:
        return Answer(report)
    last = judge(asked, trust=keeper.trust, facts=found.stored, now=unix(found.stored_at))
    return Answer(report, last.verdict, found.stored_at)


@dataclass(frozen=True, slots=True)
class Linked:
    """What stands behind a public link: the bundle, and whom to ask."""

    credential_id: str
    bundle: bytes
    issuer: Issuer
    time_zone: str
    minimal_token: str | None = None


def linked(session: Session, *, vault: Vault, token: str) -> Linked:
    """Return the bundle behind a link; raises `NotFoundError` the same for unknown, replaced and unsigned."""
    credential = credential_by_token(session, token=token)
    organisation = session.get_one(Organisation, credential.organisation_id)
    bundle = bundle_of(session, vault=vault, credential=credential, organisation=organisation)
    return Linked(
        credential.id,
        bundle,
        Issuer(f"/o/{organisation.slug}", organisation.contact),
        organisation.time_zone,
        minimal_token(session, vault=vault, credential=credential),
    )


def code_of_link(session: Session, *, token: str) -> str:
    """Return the short code of what stands behind a link; raises `NotFoundError` for an unknown one."""
    return short_code(credential_by_token(session, token=token).digest or b"")


def token_by_code(session: Session, *, vault: Vault, typed: str, family: str) -> str | None:
    """Return the token of the credential whose paper bears this code and name; None for any other pair.

    A wrong name answers as an unknown code does: the code alone opens nothing.
    """
    code = read_short_code(typed)
    if code is None:
        return None
    for credential in credentials_by_code(session, code=code):
        if is_named(open_statement(session, vault=vault, credential=credential).holder_name, family):
            return token_of(vault, credential)
    return None


def token_in(text: str) -> str:
    """Return the token in what a person pasted: a link, or the token alone. Anything else gives a token nobody has."""
    match = _TOKEN.search(text.strip())
    return match.group(1) if match else "unknown"


def bundle_of(session: Session, *, vault: Vault, credential: Credential, organisation: Organisation) -> bytes:
    """Return the bundle of a signed credential: with its receipt once it is mined, without before.

    The receipt names the pair of contracts in which it was anchored, whichever is the present one.
    """
    owners = {organisation.id: organisation}
    return bundles_of(session, vault=vault, credentials=[credential], organisations=owners)[credential.id]


def bundles_of(
    session: Session, *, vault: Vault, credentials: Sequence[Credential], organisations: Mapping[str, Organisation]
) -> dict[str, bytes]:
    """Return the bundles of signed credentials by id, with few queries however many there are.

    `organisations` holds the issuer of each, by id.
    """
    stands = standings(session, digests=[credential.digest for credential in credentials if credential.digest])
    issuers = {owner: {"did_document": document_of(session, organisation=it)} for owner, it in organisations.items()}
    lists: dict[str, Any] = {}
    made: dict[str, bytes] = {}
    for credential in credentials:
        signed = orjson.loads(open_body(session, vault=vault, credential=credential))
        url = signed["credentialStatus"]["statusListCredential"]
        if url not in lists:
            snapshot = snapshot_at(session, url=url)
            lists[url] = orjson.loads(snapshot) if snapshot else None
        receipts = _receipts(stands, credential)
        issuer = issuers[credential.organisation_id]
        made[credential.id] = orjson.dumps(
            bundle_json(credential=signed, receipts=receipts, issuer=issuer, status_list=lists[url])
        )
    return made


def bare_bundles_of(session: Session, *, vault: Vault, credentials: Sequence[Credential]) -> dict[str, bytes]:
    """Return bundles without snapshots by id: enough for a verdict, in as few queries for many issuers as for one."""
    stands = standings(session, digests=[credential.digest for credential in credentials if credential.digest])
    return {
        credential.id: orjson.dumps(
            bundle_json(
                credential=orjson.loads(open_body(session, vault=vault, credential=credential)),
                receipts=_receipts(stands, credential),
            )
        )
        for credential in credentials
    }


def _receipts(stands: Mapping[bytes, Standing], credential: Credential) -> list[Receipt]:
    standing = stands.get(credential.digest or b"")
    if standing is None or not standing.is_mined or standing.pair is None:
        return []
    return [_receipt(standing, credential.digest or b"")]


def _receipt(standing: Standing, digest: bytes) -> Receipt:
    pair = standing.pair
    if pair is None:
        raise AssertionError("a mined batch stands in a pair of contracts")
    return Receipt(
        tag=_hex(TAG_CREDENTIAL),
        digest=_hex(digest),
        root=_hex(standing.root or b""),
        proof=tuple(_hex(step) for step in standing.proof),
        chain_id=pair.chain_id,
        genesis_hash=pair.genesis_hash,
        contract=pair.credential_registry,
        transaction=standing.transaction or _hex(bytes(32)),
        block_number=standing.block_number or 0,
        block_hash=_hex(standing.block_hash or b""),
        block_time=standing.block_time or 0,
    )


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
