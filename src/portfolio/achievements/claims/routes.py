"""Pages of a holder's own claims: upload, look, ask an organisation, take back."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from portfolio.achievements.claims import service
from portfolio.achievements.claims.olympiads import known_olympiads, subjects
from portfolio.achievements.claims.showing import document_response
from portfolio.achievements.claims.stating import CLAIMED_KINDS, ClaimForm, Stated, stated_in
from portfolio.achievements.claims.uploads import MAX_UPLOAD, UploadRefusedError, scrub
from portfolio.achievements.looks import record_look
from portfolio.achievements.models import ClaimState, Wish
from portfolio.auth import OfPerson, PersonAccess, portfolio_of
from portfolio.credentials.kinds import Kind
from portfolio.credentials.kinds.olympiad_award import OLYMPIAD_AWARD
from portfolio.documents.media import (
    DamagedMediaError,
    MediaTooLargeError,
    MediaType,
    MixedMediaError,
    UnsupportedMediaError,
)
from portfolio.documents.models import Document
from portfolio.i18n import N_
from portfolio.notifications.mailer import MailRefusedError
from portfolio.organisations.models import Organisation
from portfolio.people.attempts import TooManyAttemptsError, count_attempt
from portfolio.people.consent import Purpose
from portfolio.people.consents import ConsentMissingError, standing
from portfolio.people.service import profile_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.gates import Gate
from portfolio.web.languages import language_of
from portfolio.web.multiparts import Sent, multipart_of
from portfolio.web.pages import page, see_other

router = APIRouter(include_in_schema=False)

GATE: Final = Gate(at_once=4, waiting=24)
"""Scrubbing takes a process and memory each; the rest waits its turn."""
INVITATIONS_A_DAY: Final = 5
UPLOADS_A_DAY: Final = 30
_REFUSALS: Final = (
    UploadRefusedError,
    DamagedMediaError,
    MediaTooLargeError,
    MixedMediaError,
    UnsupportedMediaError,
)


class AskForm(Form):
    organisation: str = Field(max_length=40)
    wish: Wish


class InviteForm(Form):
    address: str = Field(max_length=254)


@router.get("/p/{person_id}/claims/new")
def new_claim(request: Request, access: OfPerson, kind: str = OLYMPIAD_AWARD.code) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        name = profile_of(session, vault=portfolio.vault, person_id=access.person.id).name
    if not _may_store(request, access):
        return _consent_page(request, access)
    return _form_page(request, access, _kind_of(kind), Filled.empty(holder_name=name))


@router.post("/p/{person_id}/claims/new")
async def make_claim(
    request: Request,
    access: OfPerson,
    sent: Annotated[Sent[Form], multipart_of(ClaimForm, limit=MAX_UPLOAD)],
    kind: str = OLYMPIAD_AWARD.code,
) -> Response:
    GATE.require_room()
    return await GATE.run(partial(_made, request, access, sent, _kind_of(kind)))


def _made(request: Request, access: PersonAccess, sent: Sent[Form], kind: Kind) -> Response:
    portfolio, filled = portfolio_of(request), sent.filled
    stated = stated_in(filled, kind, today=portfolio.clock().date())
    content = _scrubbed(request, access, sent)
    if stated is None or content is None:
        if sent.content is not None and "file" not in filled.problems:
            filled.problem("file", N_("Choose the file once more: browsers do not keep it."))
        return _form_page(request, access, kind, filled, status=422)
    try:
        claim_id = _keep(request, access, stated, content)
    except ConsentMissingError:
        return _consent_page(request, access, status=403)
    except service.TooManyClaimsError as refusal:
        filled.problem("file", refusal.message)
        return _form_page(request, access, kind, filled, status=422)
    return see_other(f"/p/{access.person.id}/claims/{claim_id}", done="claimed")


def _scrubbed(request: Request, access: PersonAccess, sent: Sent[Form]) -> bytes | None:
    portfolio = portfolio_of(request)
    if sent.content is None:
        sent.filled.problem("file", N_("Choose a photo or a PDF of the paper."))
        return None
    try:
        count_attempt(
            portfolio.database,
            vault=portfolio.vault,
            clock=portfolio.clock,
            what="upload",
            who=access.person.id,
            limit=UPLOADS_A_DAY,
            minutes=24 * 60,
        )
        return scrub(sent.content)
    except TooManyAttemptsError:
        sent.filled.problem("file", N_("30 files were sent within a day: that is the limit. Go on tomorrow."))
        return None
    except _REFUSALS as refusal:
        sent.filled.problem("file", refusal.message)
        return None


def _keep(request: Request, access: PersonAccess, stated: Stated, content: bytes) -> str:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        claim = service.make_claim(
            session,
            vault=portfolio.vault,
            store=portfolio.store,
            person_id=access.person.id,
            stated=stated,
            content=content,
            actor=access.actor.name,
            clock=portfolio.clock,
        )
        return claim.id


@router.get("/p/{person_id}/claims/{claim_id}")
def show_claim(request: Request, access: OfPerson, claim_id: str) -> Response:
    return _claim_page(request, access, claim_id)


def _claim_page(
    request: Request, access: PersonAccess, claim_id: str, invitation: Filled[Any] | None = None, q: str = ""
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        view = service.view_claim(session, vault=portfolio.vault, person_id=access.person.id, claim_id=claim_id)
        document = session.get_one(Document, view.claim.document_id)
        is_signed = service.is_signed(session, claim=view.claim)
        found: list[Organisation] = []
        if view.claim.state in {ClaimState.CLAIMED, ClaimState.DECLINED, ClaimState.ENDORSED}:
            found = service.askable(session, text=q)
    record_look(
        portfolio.database,
        person_id=access.person.id,
        account_id=access.actor.account_id,
        capacity=access.capacity,
        what="claim",
        clock=portfolio.clock,
    )
    return page(
        request,
        "achievements/claim.html",
        actor=access.actor,
        status=422 if invitation and invitation.problems else 200,
        person=access.person,
        view=view,
        is_signed=is_signed,
        kind=CLAIMED_KINDS[view.stated.kind],
        is_pdf=document.media_type == MediaType.PDF.value,
        q=q,
        found=found,
        invitation=invitation or Filled.empty(),
    )


@router.get("/p/{person_id}/claims/{claim_id}/document")
def show_document(request: Request, access: OfPerson, claim_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        claim = service.claim_of(session, person_id=access.person.id, claim_id=claim_id)
        found = service.document_of_claim(session, vault=portfolio.vault, store=portfolio.store, claim=claim)
    return document_response(found)


@router.get("/p/{person_id}/claims/{claim_id}/ask")
def choose_organisation(request: Request, access: OfPerson, claim_id: str, q: str = "") -> Response:
    return _claim_page(request, access, claim_id, q=q[:200])


@router.post("/p/{person_id}/claims/{claim_id}/ask")
def ask(
    request: Request, access: OfPerson, claim_id: str, filled: Annotated[Filled[AskForm], form_of(AskForm)]
) -> Response:
    if not filled.ok:
        return see_other(f"/p/{access.person.id}/claims/{claim_id}")
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.ask(
            session,
            vault=portfolio.vault,
            person_id=access.person.id,
            claim_id=claim_id,
            organisation_id=filled.form.organisation,
            wish=filled.form.wish,
            actor=access.actor.name,
            clock=portfolio.clock,
        )
    return see_other(f"/p/{access.person.id}/claims/{claim_id}", done="asked")


@router.post("/p/{person_id}/claims/{claim_id}/invite")
def invite(
    request: Request, access: OfPerson, claim_id: str, filled: Annotated[Filled[InviteForm], form_of(InviteForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        count_attempt(
            portfolio.database,
            vault=portfolio.vault,
            clock=portfolio.clock,
            what="invite-organiser",
            who=access.actor.account_id,
            limit=INVITATIONS_A_DAY,
            minutes=24 * 60,
        )
        try:
            with portfolio.database.write() as session:
                service.invite(
                    session,
                    vault=portfolio.vault,
                    person_id=access.person.id,
                    claim_id=claim_id,
                    address=filled.form.address,
                    public_url=portfolio.settings.public_url,
                    language=language_of(request),
                    actor=access.actor.name,
                    clock=portfolio.clock,
                )
        except MailRefusedError:
            filled.problem("address", N_("This is not an e-mail address."))
        else:
            return see_other(f"/p/{access.person.id}/claims/{claim_id}", done="invited")
    return _claim_page(request, access, claim_id, filled)


@router.post("/p/{person_id}/claims/{claim_id}/take-back")
def take_back(request: Request, access: OfPerson, claim_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.take_back(
            session, person_id=access.person.id, claim_id=claim_id, actor=access.actor.name, clock=portfolio.clock
        )
    return see_other(f"/p/{access.person.id}/claims/{claim_id}", done="taken_back")


@router.post("/p/{person_id}/claims/{claim_id}/withdraw")
def withdraw(request: Request, access: OfPerson, claim_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        cid = service.withdraw(
            session, person_id=access.person.id, claim_id=claim_id, actor=access.actor.name, clock=portfolio.clock
        )
    service.forget(portfolio.store, cid=cid)
    return see_other(f"/p/{access.person.id}", done="withdrawn")


def _kind_of(code: str) -> Kind:
    return CLAIMED_KINDS.get(code, OLYMPIAD_AWARD)


def _may_store(request: Request, access: PersonAccess) -> bool:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        standings = standing(session, vault=portfolio.vault, person_id=access.person.id, now=portfolio.clock())
    return any(one.purpose is Purpose.STORE and one.is_allowed for one in standings)


def _consent_page(request: Request, access: PersonAccess, *, status: int = 200) -> Response:
    """Say whose consent is missing, instead of a bare refusal."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        standings = standing(session, vault=portfolio.vault, person_id=access.person.id, now=portfolio.clock())
    needed = next(one for one in standings if one.purpose is Purpose.STORE)
    missing = {capacity.value for capacity in needed.needed if not needed.by(capacity)}
    return page(
        request,
        "achievements/consent_needed.html",
        actor=access.actor,
        status=status,
        person=access.person,
        capacity=access.capacity.value,
        missing=missing,
    )


def _form_page(
    request: Request, access: PersonAccess, kind: Kind, filled: Filled[Any], *, status: int = 200
) -> Response:
    return page(
        request,
        "achievements/claim_new.html",
        actor=access.actor,
        status=status,
        person=access.person,
        kinds=list(CLAIMED_KINDS.values()),
        kind=kind,
        filled=filled,
        olympiads=known_olympiads(),
        subjects=subjects(),
        limit=MAX_UPLOAD // 1024 // 1024,
    )
