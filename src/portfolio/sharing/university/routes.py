"""What a university sees of those who let it: the list of applicants, one applicant's way, every verdict."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from portfolio.auth import StaffAccess, Viewer, portfolio_of
from portfolio.errors import ForbiddenError, NotFoundError
from portfolio.i18n import N_
from portfolio.organisations.models import OrganisationType
from portfolio.sharing import grants
from portfolio.sharing.gathered import gathered_by
from portfolio.sharing.showing import exhibits_in_full, judge_all, view_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page

router = APIRouter(prefix="/org/{slug}/applicants", tags=["sharing"], include_in_schema=False)


class SuspendedError(ForbiddenError):
    """A suspended university opens nobody's portfolio; what was granted is there again after a reinstatement."""

    code = "suspended"


@router.get("")
def applicants(
    request: Request, access: Viewer, number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1
) -> Response:
    _require_university(access)
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found, more = grants.applicants(
            session, vault=portfolio.vault, university=access.organisation, page=number, now=portfolio.clock()
        )
    return page(
        request,
        "sharing/applicants.html",
        actor=access.actor,
        university=access.organisation,
        applicants=found,
        number=number,
        more=more,
    )


@router.get("/{grant_id}")
def applicant(request: Request, access: Viewer, grant_id: str) -> Response:
    """Show one applicant's way, year by year; the look is written down before it is shown."""
    return _applicant_page(request, access, grant_id, None)


@router.get("/{grant_id}/{credential_id}")
def applicants_document(request: Request, access: Viewer, grant_id: str, credential_id: str) -> Response:
    """Show the whole check of one document of an applicant."""
    return _applicant_page(request, access, grant_id, credential_id)


def _applicant_page(request: Request, access: StaffAccess, grant_id: str, credential_id: str | None) -> Response:
    _require_university(access)
    portfolio = portfolio_of(request)
    vault, clock = portfolio.vault, portfolio.clock
    with portfolio.database.write() as session:
        found = grants.applicant(session, vault=vault, university=access.organisation, grant_id=grant_id, now=clock())
        gathered = gathered_by(session, vault=vault, person_id=found.grant.person_id, with_hidden=False)
        if credential_id is not None:
            gathered = [item for item in gathered if item.full.id == credential_id]
            if not gathered:
                raise NotFoundError("there is no such document")
        exhibits = exhibits_in_full(session, vault=vault, gathered=gathered)
        what = "portfolio" if credential_id is None else "credential"
        grants.record_look(session, actor=access.actor, grant=found.grant, what=what, clock=clock)
    views = [
        view_of(judged, language=language_of(request))
        for judged in judge_all(exhibits, keeper=portfolio.keeper, clock=clock)
    ]
    here = f"/org/{access.organisation.slug}/applicants/{grant_id}"
    if credential_id is not None:
        return page(request, "sharing/check.html", actor=access.actor, view=views[0], back=here, links=None, host=None)
    return page(
        request,
        "sharing/applicant.html",
        actor=access.actor,
        university=access.organisation,
        applicant=found,
        here=here,
        documents=list(zip(gathered, views, strict=True)),
    )


def _require_university(access: StaffAccess) -> None:
    if access.organisation.type is not OrganisationType.UNIVERSITY:
        raise NotFoundError("there is no such page")
    if access.seat.suspended:
        raise SuspendedError(N_("The university is suspended: until it is reinstated it opens no portfolio."))
