"""Pages of badges from elsewhere: bring one, see what was found out about it, check it again, delete it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.achievements.imported import service
from portfolio.achievements.imports import MAX_IMPORT, NotACredentialError, OurOwnError, verify_import
from portfolio.achievements.looks import record_look
from portfolio.auth import OfPerson, PersonAccess, portfolio_of
from portfolio.fetching import PublicFetcher
from portfolio.i18n import N_
from portfolio.people.consents import ConsentMissingError
from portfolio.people.service import key_of_person
from portfolio.web.forms import Filled, Form
from portfolio.web.gates import Gate
from portfolio.web.multiparts import Sent, multipart_of
from portfolio.web.pages import page, see_other

router = APIRouter(include_in_schema=False)

GATE: Final = Gate(at_once=4, waiting=8)  # strangers' addresses answer as slowly as they like
_SLACK: Final = 16 * 1024  # the form around the file


class ImportForm(Form):
    """Nothing but the file."""


@router.get("/p/{person_id}/imports")
def list_imports(request: Request, access: OfPerson) -> Response:
    return _page(request, access, Filled.empty())


def _page(request: Request, access: PersonAccess, filled: Filled[Any], *, status: int = 200) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        key = key_of_person(session, vault=portfolio.vault, person_id=access.person.id)
        views = service.imports_of(session, vault=portfolio.vault, key=key, person_id=access.person.id)
    record_look(
        portfolio.database,
        person_id=access.person.id,
        account_id=access.actor.account_id,
        capacity=access.capacity,
        what="imports",
        clock=portfolio.clock,
    )
    return page(
        request,
        "achievements/imports.html",
        actor=access.actor,
        status=status,
        person=access.person,
        views=views,
        filled=filled,
        limit=MAX_IMPORT // 1024 // 1024,
    )


@router.post("/p/{person_id}/imports")
async def bring(
    request: Request,
    access: OfPerson,
    sent: Annotated[Sent[ImportForm], multipart_of(ImportForm, limit=MAX_IMPORT + _SLACK)],
) -> Response:
    GATE.require_room()
    return await GATE.run(partial(_brought, request, access, sent))


def _brought(request: Request, access: PersonAccess, sent: Sent[ImportForm]) -> Response:
    portfolio, filled = portfolio_of(request), sent.filled
    if sent.content is None:
        filled.problem("file", N_("Choose the file of the badge."))
        return _page(request, access, filled, status=422)
    try:
        report = verify_import(sent.content, fetcher=PublicFetcher(), now=portfolio.clock())
        with portfolio.database.write() as session:
            service.keep(
                session,
                vault=portfolio.vault,
                person_id=access.person.id,
                data=sent.content,
                report=report,
                actor=access.actor.name,
                clock=portfolio.clock,
            )
    except OurOwnError:
        filled.problem("file", N_("This is from this register itself: enter the code of its paper instead."))
    except NotACredentialError:
        filled.problem("file", N_("No badge of a known form is in this file."))
    except service.TooManyImportsError as refusal:
        filled.problem("file", refusal.message)
    except ConsentMissingError:
        return see_other(f"/p/{access.person.id}/claims/new")  # the page that says whose consent is missing
    else:
        return see_other(f"/p/{access.person.id}/imports", done="imported")
    return _page(request, access, filled, status=422)


@router.post("/p/{person_id}/imports/{import_id}/check")
async def check_again(request: Request, access: OfPerson, import_id: str) -> Response:
    GATE.require_room()
    return await GATE.run(partial(_checked, request, access, import_id))


def _checked(request: Request, access: PersonAccess, import_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        badge = service.import_of(session, person_id=access.person.id, import_id=import_id)
        data = service.file_of(session, vault=portfolio.vault, badge=badge)
    report = verify_import(data, fetcher=PublicFetcher(), now=portfolio.clock())
    with portfolio.database.write() as session:
        service.set_report(
            session,
            vault=portfolio.vault,
            person_id=access.person.id,
            import_id=import_id,
            report=report,
            clock=portfolio.clock,
        )
    return see_other(f"/p/{access.person.id}/imports", done="checked")


@router.post("/p/{person_id}/imports/{import_id}/delete")
def delete(request: Request, access: OfPerson, import_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.delete(
            session,
            person_id=access.person.id,
            import_id=import_id,
            actor=access.actor.name,
            clock=portfolio.clock,
        )
    return see_other(f"/p/{access.person.id}/imports", done="deleted")
