"""Pages of an organisation's queue: what holders ask it to confirm."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from portfolio.achievements.claims.service import document_of_claim
from portfolio.achievements.claims.showing import document_response
from portfolio.achievements.claims.stating import CLAIMED_KINDS, ClaimForm, Stated, stated_in, typed_of
from portfolio.achievements.requests import answers, service
from portfolio.achievements.requests.matching import LOOKED_THROUGH
from portfolio.auth import Issuer, StaffAccess, Viewer, portfolio_of
from portfolio.documents.media import MediaType
from portfolio.documents.models import Document
from portfolio.errors import ForbiddenError
from portfolio.i18n import N_
from portfolio.people.access import record_views
from portfolio.people.consent import Purpose
from portfolio.people.consents import require_consent
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.pages import page, see_other

router = APIRouter(include_in_schema=False)


class ReasonForm(Form):
    reason: str = Field(max_length=1000)


class LinkForm(Form):
    credential: str = Field(max_length=60)
    names_checked: bool = False


class TickedForm(Form):
    claim: list[str] = Field(default_factory=list, max_length=service.A_PAGE)


@router.get("/org/{slug}/requests")
def show_queue(request: Request, access: Viewer, confirmed: int = 0, left: int = 0) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        views = service.queue_of(
            session, vault=portfolio.vault, organisation=access.organisation, now=portfolio.clock()
        )
        counts = service.counts_of(session, organisation=access.organisation)
    _record(request, access, {view.claim.person_id for view in views}, "claim")
    return page(
        request,
        "achievements/requests.html",
        actor=access.actor,
        organisation=access.organisation,
        seat=access.seat,
        views=views,
        counts=counts,
        kinds=CLAIMED_KINDS,
        confirmed=confirmed,
        left=left,
    )


@router.post("/org/{slug}/requests/confirm")
def confirm_ticked(
    request: Request, access: Issuer, filled: Annotated[Filled[TickedForm], form_of(TickedForm)]
) -> Response:
    back = f"/org/{access.seat.slug}/requests"
    if not filled.ok or not filled.form.claim:
        return see_other(back, done="none_ticked")
    _require_standing(access)
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        fit = service.fit_to_confirm(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            claim_ids=filled.form.claim,
            clock=portfolio.clock,
        )
    with portfolio.database.write() as session:
        confirmed = answers.confirm_all(
            session,
            _desk(request, access),
            claim_ids=fit,
        )
    left = len(filled.form.claim) - confirmed
    return see_other(back, done="confirmed_all", confirmed=str(confirmed), left=str(left))


@router.get("/org/{slug}/requests/{claim_id}")
def show_request(request: Request, access: Viewer, claim_id: str) -> Response:
    return _request_page(request, access, claim_id)


def _request_page(
    request: Request,
    access: StaffAccess,
    claim_id: str,
    corrected: Filled[Any] | None = None,
    declined: Filled[Any] | None = None,
    problem: str = "",
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        asked = service.view_request(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            claim_id=claim_id,
            clock=portfolio.clock,
        )
        document = session.get_one(Document, asked.view.claim.document_id)
    _record(request, access, {asked.view.claim.person_id}, "claim")
    return page(
        request,
        "achievements/request.html",
        actor=access.actor,
        status=422 if corrected or declined or problem else 200,
        problem=problem,
        is_pdf=document.media_type == MediaType.PDF.value,
        **_context(access, asked, corrected, declined),
    )


def _context(
    access: StaffAccess,
    asked: service.Asked,
    corrected: Filled[Any] | None,
    declined: Filled[Any] | None,
) -> dict[str, Any]:
    view = asked.view
    return {
        "organisation": access.organisation,
        "seat": access.seat,
        "asked": asked,
        "view": view,
        "match": asked.match,
        "kind": CLAIMED_KINDS[view.stated.kind],
        "corrected": corrected or Filled.empty(**typed_of(view.stated)),
        "declined": declined or Filled.empty(),
        "joined": Filled.empty(),
        "looked_through": LOOKED_THROUGH,
        "may_issue": bool(access.organisation.kinds >> CLAIMED_KINDS[view.stated.kind].bit & 1),
    }


@router.get("/org/{slug}/requests/{claim_id}/document")
def show_document(request: Request, access: Viewer, claim_id: str) -> Response:
    """Give the paper to the staff that was asked; the look is written down for the pupil."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        claim = service.request_of(session, organisation=access.organisation, claim_id=claim_id)
        require_consent(
            session,
            vault=portfolio.vault,
            person_id=claim.person_id,
            purpose=Purpose.STORE,
            now=portfolio.clock(),
        )
        found = document_of_claim(session, vault=portfolio.vault, store=portfolio.store, claim=claim)
    _record(request, access, {claim.person_id}, "document")
    return document_response(found)


@router.post("/org/{slug}/requests/{claim_id}/confirm")
def confirm(request: Request, access: Issuer, claim_id: str) -> Response:
    _require_standing(access)
    return _confirm(request, access, claim_id, corrected=None)


@router.post("/org/{slug}/requests/{claim_id}/correct")
def correct(
    request: Request, access: Issuer, claim_id: str, filled: Annotated[Filled[Form], form_of(ClaimForm)]
) -> Response:
    _require_standing(access)
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        view, _ = service.open_request(
            session,
            vault=portfolio.vault,
            organisation=access.organisation,
            claim_id=claim_id,
            now=portfolio.clock(),
        )
    stated = stated_in(filled, CLAIMED_KINDS[view.stated.kind], today=portfolio.clock().date())
    if stated is None:
        return _request_page(request, access, claim_id, corrected=filled)
    return _confirm(request, access, claim_id, corrected=stated)


def _confirm(request: Request, access: StaffAccess, claim_id: str, *, corrected: Stated | None) -> Response:
    try:
        with portfolio_of(request).database.write() as session:
            answers.confirm(session, _desk(request, access), claim_id=claim_id, corrected=corrected)
    except answers.AlreadyIssuedError as refusal:
        return _request_page(request, access, claim_id, problem=refusal.message)
    return see_other(f"/org/{access.seat.slug}/requests", done="confirmed")


@router.post("/org/{slug}/requests/{claim_id}/link")
def link(
    request: Request, access: Issuer, claim_id: str, filled: Annotated[Filled[LinkForm], form_of(LinkForm)]
) -> Response:
    if not filled.ok:
        return see_other(f"/org/{access.seat.slug}/requests/{claim_id}")
    _require_standing(access)
    portfolio = portfolio_of(request)
    try:
        with portfolio.database.write() as session:
            stands = answers.link(
                session,
                _desk(request, access),
                claim_id=claim_id,
                credential_id=filled.form.credential,
                names_checked=filled.form.names_checked,
            )
    except answers.OtherNameError as refusal:
        return _request_page(request, access, claim_id, problem=refusal.message)
    return see_other(f"/org/{access.seat.slug}/requests", done=stands.value)


@router.post("/org/{slug}/requests/{claim_id}/endorse")
def endorse(request: Request, access: Issuer, claim_id: str) -> Response:
    _require_standing(access)
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        answers.endorse(
            session,
            _desk(request, access),
            claim_id=claim_id,
        )
    return see_other(f"/org/{access.seat.slug}/requests", done="endorsed")


@router.post("/org/{slug}/requests/{claim_id}/decline")
def decline(
    request: Request, access: Issuer, claim_id: str, filled: Annotated[Filled[ReasonForm], form_of(ReasonForm)]
) -> Response:
    if not filled.ok:
        return _request_page(request, access, claim_id, declined=filled)
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        answers.decline(
            session,
            _desk(request, access),
            claim_id=claim_id,
            reason=filled.form.reason,
        )
    return see_other(f"/org/{access.seat.slug}/requests", done="declined")


def _desk(request: Request, access: StaffAccess) -> answers.Desk:
    portfolio = portfolio_of(request)
    return answers.Desk(
        vault=portfolio.vault,
        organisation=access.organisation,
        actor=access.actor.name,
        clock=portfolio.clock,
        public_url=portfolio.settings.public_url,
    )


def _require_standing(access: StaffAccess) -> None:
    if access.seat.suspended:
        raise ForbiddenError(N_("While an organisation is suspended it confirms nothing."))


def _record(request: Request, access: StaffAccess, person_ids: Collection[str], what: str) -> None:
    """Write down that the staff looked, in a short unit of work of its own, before anything is shown."""
    portfolio = portfolio_of(request)
    if not person_ids:
        return
    with portfolio.database.write() as session:
        record_views(
            session,
            person_ids=person_ids,
            viewer="organisation",
            organisation_id=access.organisation.id,
            account_id=access.actor.account_id,
            what=what,
            why="confirmation",
            clock=portfolio.clock,
        )
