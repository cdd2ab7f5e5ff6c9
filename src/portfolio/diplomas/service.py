"""From a credential to its paper: who may print what, in which design, with what the registry says of the issuer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from portfolio.anchoring.service import standing_of
from portfolio.anchoring.states import AnchoringState
from portfolio.credentials.facts import TrustedPair
from portfolio.credentials.kinds import KINDS
from portfolio.credentials.links import short_code
from portfolio.credentials.models import Credential
from portfolio.credentials.revocations import is_revoked
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
from portfolio.verification.keeper import FactsKeeper
from portfolio.verification.service import bundle_of, verify_document

PAGE = 50  # credentials read in one transaction


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
    pair: TrustedPair
    keeper: FactsKeeper
    database: Database
    public_url: str
    clock: Clock


def order_for_link(desk: Desk, *, token: str) -> Order:
    """Return the paper behind a public link. Raises `NotFoundError`, `WithdrawnError`, `MissingGlyphError`."""
    with desk.database.read() as session:
        draft = _draft(desk, session, credential_by_token(session, token=token))
    return _finished(draft, registered_name(desk, draft.bundle))


def order_for_issuer(desk: Desk, *, organisation: Organisation, credential_id: str, duplicate_on: date | None) -> Order:
    """Return the paper of an organisation's own credential, as a duplicate of a day when one is given.

    Raises `NotFoundError`, `NotSignedError`, `WithdrawnError`, `BadDuplicateDayError`, `MissingGlyphError`.
    """
    with desk.database.read() as session:
        credential = credential_of(session, organisation=organisation, credential_id=credential_id)
        _check_day(credential, duplicate_on, today=desk.clock().date())
        draft = _draft(desk, session, credential, duplicate_on=duplicate_on)
    return _finished(draft, registered_name(desk, draft.bundle))


def _check_day(credential: Credential, day: date | None, *, today: date) -> None:
    if day is not None and credential.signed_at is not None and not credential.signed_at.date() <= day <= today:
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
            page = [_draft_or_left_out(desk, session, credential_id) for credential_id in ids[start : start + PAGE]]
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
    choice = _choice(session, organisation_id, run_id) or DesignChoice(
        organisation_id=organisation_id, run_id=run_id, design=design
    )
    choice.design = design
    session.add(choice)
    session.flush()


def design_of(session: Session, *, credential: Credential) -> str:
    """Return the design for a credential: its run's, else its organisation's, else the usual one of its kind."""
    chosen = _choice(session, credential.organisation_id, credential.run_id or "") or _choice(
        session, credential.organisation_id, ""
    )
    if chosen is not None and chosen.design in designs.DESIGNS:
        return chosen.design
    return designs.usual_design(KINDS[credential.kind])


def _choice(session: Session, organisation_id: str, run_id: str) -> DesignChoice | None:
    query = select(DesignChoice).where(DesignChoice.organisation_id == organisation_id)
    return session.exec(query.where(DesignChoice.run_id == run_id)).first()


@dataclass(frozen=True, slots=True)
class _Draft:
    """An order that lacks only the issuer's name."""

    statement: Statement
    bundle: bytes
    design: str
    row: int | None
    copy: Callable[[str], Copy]


def _draft_or_left_out(desk: Desk, session: Session, credential_id: str) -> _Draft | LeftOut:
    credential = session.get_one(Credential, credential_id)
    row = credential.row
    while credential.replaced_by and (newer := session.get(Credential, credential.replaced_by)):
        credential = newer
    try:
        return _draft(desk, session, credential)
    except (WithdrawnError, NotSignedError) as error:
        return LeftOut(row, error.code)


def _draft(desk: Desk, session: Session, credential: Credential, *, duplicate_on: date | None = None) -> _Draft:
    if credential.digest is None:
        raise NotSignedError("this credential is not signed yet")
    if credential.replaced_by or is_revoked(session, credential=credential):
        raise WithdrawnError("this document was taken back or replaced: it is not printed any more")
    organisation = session.get_one(Organisation, credential.organisation_id)
    statement = open_statement(session, vault=desk.vault, credential=credential)
    bundle = bundle_of(session, vault=desk.vault, pair=desk.pair, credential=credential, organisation=organisation)
    standing = standing_of(session, digest=credential.digest)
    code = short_code(credential.digest)
    link = f"{desk.public_url}/v/{token_of(desk.vault, credential)}#{code}"
    logo = logo_svg(session, organisation_id=organisation.id)
    replaces = _replaced(desk, session, credential)

    def copy(issuer: str) -> Copy:
        return Copy(
            issuer=issuer,
            code=code,
            link=link,
            host=urlsplit(desk.public_url).netloc,
            logo=logo,
            pending=standing is None or standing.state is not AnchoringState.FINAL,
            replaces=replaces,
            duplicate_on=duplicate_on.isoformat() if duplicate_on else None,
        )

    return _Draft(statement, bundle, design_of(session, credential=credential), credential.row, copy)


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
