"""From a credential to its paper: who may print what, in which design, with what the registry says of the issuer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from portfolio.anchoring.service import standings
from portfolio.anchoring.states import AnchoringState
from portfolio.credentials.kinds import KINDS
from portfolio.credentials.links import short_code
from portfolio.credentials.models import Credential, Revocation
from portfolio.credentials.service import credential_by_token, credential_of, open_statement, token_of
from portfolio.credentials.statement import Statement
from portfolio.db import Database
from portfolio.diplomas import designs, glyphs
from portfolio.diplomas.models import DesignChoice
from portfolio.diplomas.paper import Copy, Replaced, paper_of
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError, PortfolioError
from portfolio.issuing.models import IssuingRun, RunState
from portfolio.jobs import Clock
from portfolio.organisations.logos import logo_svg
from portfolio.organisations.models import Organisation
from portfolio.people.models import Person
from portfolio.verification.keeper import FactsKeeper
from portfolio.verification.service import bundles_of, verify_document

PAGE = 25  # credentials read in one transaction, with one query for all of them where there can be one


class WithdrawnError(ConflictError):
    """Revoked or replaced: a fine new paper of it would only mislead."""

    status = 410
    code = "diploma_withdrawn"


class NotSignedError(ConflictError):
    code = "not_signed"


class RunNotDoneError(ConflictError):
    code = "run_not_done"


class BadDuplicateDayError(PortfolioError):
    status = 422
    code = "bad_duplicate_day"


@dataclass(frozen=True, slots=True)
class Order:
    """A paper to be set: everything a process without a database needs, and what names its file."""

    paper: dict[str, Any]
    bundle: bytes
    design: str
    signed_at: datetime
    code: str
    row: int | None
    number: str
    holder: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A credential of a run that gets no paper; `reason` is the code of the refusal."""

    row: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What setting papers needs of a process: keys, the registry, its own address and the clock."""

    vault: Vault
    keeper: FactsKeeper
    database: Database
    public_url: str
    clock: Clock


def order_for_link(desk: Desk, *, token: str) -> Order:
    """Return the paper behind a public link. Raises `NotFoundError`, `WithdrawnError`, `MissingGlyphError`."""
    with desk.database.read() as session:
        credential = credential_by_token(session, token=token)
        draft = _draft(desk, session, credential, _known(desk, session, [credential]))
    return _finished(draft, registered_name(desk, draft.bundle))


def order_for_issuer(desk: Desk, *, organisation: Organisation, credential_id: str, duplicate_on: date | None) -> Order:
    """Return the paper of an organisation's own credential, as a duplicate of a day when one is given.

    Raises `NotFoundError`, `NotSignedError`, `WithdrawnError`, `BadDuplicateDayError`, `MissingGlyphError`.
    """
    with desk.database.read() as session:
        credential = credential_of(session, organisation=organisation, credential_id=credential_id)
        _check_day(credential, duplicate_on, now=desk.clock(), zone=ZoneInfo(organisation.time_zone))
        draft = _draft(desk, session, credential, _known(desk, session, [credential]), duplicate_on=duplicate_on)
    return _finished(draft, registered_name(desk, draft.bundle))


def _check_day(credential: Credential, day: date | None, *, now: datetime, zone: ZoneInfo) -> None:
    """Refuse a day outside the life of a paper, as the organisation's own calendar has it."""
    if day is None or credential.signed_at is None:
        return
    if not credential.signed_at.astimezone(zone).date() <= day <= now.astimezone(zone).date():
        raise BadDuplicateDayError("a duplicate is given between the day of signing and today")


def run_of(session: Session, *, run_id: str, organisation: Organisation | None = None) -> IssuingRun:
    """Return a finished run, of one organisation if it is given; raises `NotFoundError` and `RunNotDoneError`."""
    run = session.get(IssuingRun, run_id)
    if run is None or (organisation is not None and run.organisation_id != organisation.id):
        raise NotFoundError("this organisation has no issuing run with that id")
    if run.state is not RunState.DONE:
        raise RunNotDoneError("this run is not finished: ask again when it is", state=run.state)
    return run


def ids_of_run(session: Session, *, run: IssuingRun) -> list[str]:
    """Return the ids of a run's credentials in the order of the table's rows."""
    query = select(Credential.id).where(Credential.run_id == run.id).where(Credential.kind == run.kind)
    return list(session.exec(query.order_by(col(Credential.row), col(Credential.id))))


def orders_of_run(desk: Desk, *, ids: Sequence[str]) -> Iterator[Order | LeftOut]:
    """Return the papers of credentials in their order, read as they are asked for; a corrected one stands for the old.

    No transaction is open while the caller works on what it was given.
    """
    names: dict[tuple[str, str], str | None] = {}
    for start in range(0, len(ids), PAGE):
        with desk.database.read() as session:
            page = _drafts(desk, session, ids[start : start + PAGE])
        for draft in page:
            if isinstance(draft, LeftOut):
                yield draft
                continue
            # All of one key under one name were signed while the registry gave that name: asked once.
            key = (draft.statement.issuer_did, draft.statement.issuer_name)
            if key not in names:
                names[key] = registered_name(desk, draft.bundle)
            try:
                yield _finished(draft, names[key])
            except glyphs.MissingGlyphError as error:
                yield LeftOut(draft.row, error.code)


def registered_name(desk: Desk, bundle: bytes) -> str | None:
    """Return the issuer's name as the registry gives it, as the verify page shows it; None while it cannot say."""
    return verify_document(bundle, keeper=desk.keeper, clock=desk.clock).report.issuer_name


def choose_design(session: Session, *, organisation_id: str, design: str, run_id: str = "") -> None:
    """Choose the design of a run, or of all that an organisation issues; raises `UnknownDesignError`."""
    designs.require_design(design)
    rows = _choices(session, {organisation_id})
    choice = next((row for row in rows if row.run_id == run_id), None) or DesignChoice(
        organisation_id=organisation_id, run_id=run_id, design=design
    )
    choice.design = design
    session.add(choice)
    session.flush()


def design_chosen(session: Session, *, organisation_id: str) -> str:
    """Return the design that an organisation chose for all it issues; "" when it left that to the kinds."""
    rows = _choices(session, {organisation_id})
    return next((row.design for row in rows if not row.run_id), "")


def design_of(session: Session, *, credential: Credential) -> str:
    """Return the design for a credential: its run's, else its organisation's, else the usual one of its kind."""
    rows = _choices(session, {credential.organisation_id})
    return _design(session, credential, {(row.organisation_id, row.run_id): row.design for row in rows})


def _design(session: Session, credential: Credential, chosen: Mapping[tuple[str, str], str]) -> str:
    owner = credential.organisation_id
    design = chosen.get((owner, _first(session, credential).run_id or "")) or chosen.get((owner, ""))
    return design if design in designs.DESIGNS else designs.usual_design(KINDS[credential.kind])


def _first(session: Session, credential: Credential) -> Credential:
    """Return the credential that was corrected into this one, over all corrections: it alone belongs to a run."""
    while credential.replaces and (older := session.get(Credential, credential.replaces)):
        credential = older
    return credential


def _choices(session: Session, organisation_ids: set[str]) -> Sequence[DesignChoice]:
    return session.exec(select(DesignChoice).where(col(DesignChoice.organisation_id).in_(organisation_ids))).all()


@dataclass(frozen=True, slots=True)
class _Draft:
    """An order that lacks only the issuer's name."""

    statement: Statement
    bundle: bytes
    design: str
    row: int | None
    copy: Callable[[str], Copy]


@dataclass(frozen=True, slots=True)
class _Known:
    """What one query tells of many credentials. `people` are kept so that the session finds them without asking."""

    revoked: frozenset[str]
    final: frozenset[bytes]
    organisations: dict[str, Organisation]
    logos: dict[str, str | None]
    designs: dict[tuple[str, str], str]
    people: Sequence[Person]
    bundles: Mapping[str, bytes]


def _known(desk: Desk, session: Session, credentials: Sequence[Credential]) -> _Known:
    ids = [credential.id for credential in credentials]
    digests = [credential.digest for credential in credentials if credential.digest]
    owners = {credential.organisation_id for credential in credentials}
    people = {credential.person_id for credential in credentials}
    revoked = select(Revocation.credential_id).where(col(Revocation.credential_id).in_(ids))
    organisations = {owner: session.get_one(Organisation, owner) for owner in owners}
    known_people = session.exec(select(Person).where(col(Person.id).in_(people))).all()
    signed = [credential for credential in credentials if credential.digest]
    return _Known(
        revoked=frozenset(session.exec(revoked)),
        final=frozenset(
            digest
            for digest, standing in standings(session, digests=digests).items()
            if standing.state is AnchoringState.FINAL
        ),
        organisations=organisations,
        logos={owner: logo_svg(session, organisation_id=owner) for owner in owners},
        designs={(row.organisation_id, row.run_id): row.design for row in _choices(session, owners)},
        people=known_people,
        bundles=bundles_of(session, vault=desk.vault, credentials=signed, organisations=organisations),
    )


def _drafts(desk: Desk, session: Session, ids: Sequence[str]) -> list[_Draft | LeftOut]:
    found = {row.id: row for row in session.exec(select(Credential).where(col(Credential.id).in_(ids)))}
    present = [(found[credential_id].row, _newest(session, found[credential_id])) for credential_id in ids]
    known = _known(desk, session, [credential for _, credential in present])
    drafts: list[_Draft | LeftOut] = []
    for row, credential in present:
        try:
            drafts.append(_draft(desk, session, credential, known))
        except (WithdrawnError, NotSignedError) as error:
            drafts.append(LeftOut(row, error.code))
    return drafts


def _newest(session: Session, credential: Credential) -> Credential:
    while credential.replaced_by and (newer := session.get(Credential, credential.replaced_by)):
        credential = newer
    return credential


def _draft(
    desk: Desk, session: Session, credential: Credential, known: _Known, *, duplicate_on: date | None = None
) -> _Draft:
    digest = credential.digest
    if digest is None:
        raise NotSignedError("this credential is not signed yet")
    if credential.replaced_by or credential.id in known.revoked:
        raise WithdrawnError("this document was taken back or replaced: it is not printed any more")
    organisation = known.organisations[credential.organisation_id]
    statement = open_statement(session, vault=desk.vault, credential=credential)
    code = short_code(digest)
    link = f"{desk.public_url}/v/{token_of(desk.vault, credential)}#{code}"
    replaces = _replaced(desk, session, credential)

    def copy(issuer: str) -> Copy:
        return Copy(
            issuer=issuer,
            code=code,
            link=link,
            host=urlsplit(desk.public_url).netloc,
            logo=known.logos[organisation.id],
            pending=digest not in known.final,
            replaces=replaces,
            duplicate_on=duplicate_on.isoformat() if duplicate_on else None,
        )

    return _Draft(
        statement, known.bundles[credential.id], _design(session, credential, known.designs), credential.row, copy
    )


def _replaced(desk: Desk, session: Session, credential: Credential) -> Replaced | None:
    """Return the signed paper that this one replaces; drafts that never were a paper are passed over."""
    old = session.get(Credential, credential.replaces) if credential.replaces else None
    while old is not None and old.digest is None:
        old = session.get(Credential, old.replaces) if old.replaces else None
    if old is None or old.digest is None:
        return None
    fields = open_statement(session, vault=desk.vault, credential=old).fields
    number, day = fields.get("registration_number") or "", fields.get("award_date") or ""
    return Replaced(number=str(number), day=str(day), code=short_code(old.digest))


def _finished(draft: _Draft, name: str | None) -> Order:
    """Complete a draft; while the registry cannot say the name, it is the one the organisation had when it signed."""
    statement = draft.statement
    copy = draft.copy(name or statement.issuer_name)
    glyphs.require_drawable(statement, issuer=copy.issuer)
    return Order(
        paper=paper_of(statement, copy),
        bundle=draft.bundle,
        design=draft.design,
        signed_at=datetime.strptime(statement.valid_from, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        code=copy.code,
        row=draft.row,
        number=str(statement.fields.get("registration_number") or ""),
        holder=statement.holder_name,
    )
