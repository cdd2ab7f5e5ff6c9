"""What whoever has a link sees: a first page that tells nothing, and behind its button the documents."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from portfolio.auth import Anybody, limit_attempts, portfolio_of, set_cookie
from portfolio.errors import NotFoundError
from portfolio.i18n import N_
from portfolio.people.attempts import forget_attempts
from portfolio.sharing import openings
from portfolio.sharing.misses import behind
from portfolio.sharing.models import ShareLink
from portfolio.sharing.presentation import MEDIA_TYPE, presentation
from portfolio.sharing.readme import readme
from portfolio.sharing.showing import Judged, exhibits_of, judge_all, place_in, view_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(prefix="/s/{token}", tags=["sharing"], include_in_schema=False)

OPENED: Final = "opened"
PASSWORDS: Final = 20
PASSWORDS_MINUTES: Final = 60


class OpenForm(Form):
    password: str | None = Field(default=None, max_length=200)


@router.api_route("", methods=["GET", "HEAD"])
def shared(request: Request, _: Anybody, token: str) -> Response:
    """Show the documents to a browser that has opened the link, and a button to every other. It changes nothing."""
    link, is_open = _live(request, token)
    if not is_open:
        return _door(request, link, Filled.empty())
    judged = _judged(request, link)
    return page(
        request,
        "sharing/shared.html",
        actor=None,
        link=link,
        here=f"/s/{token}",
        documents=[(one.exhibit, view_of(one, language=language_of(request))) for one in judged],
    )


@router.post("")
def open_shared(
    request: Request, _: Anybody, token: str, filled: Annotated[Filled[OpenForm], form_of(OpenForm)]
) -> Response:
    """Count one opening, after the password where there is one, and lead back to the page, now open."""
    portfolio = portfolio_of(request)
    link, is_open = _live(request, token)
    response = see_other(f"/s/{token}")
    if is_open:
        return response
    if not filled.ok or not _password_is_right(request, link, filled.form.password or ""):
        filled.problem("password", N_("This is not the password of this link. Ask whoever sent it to you."))
        return _door(request, link, filled, status=422)
    with portfolio.database.write() as session:
        openings.open_link(session, link_id=link.id, clock=portfolio.clock)
    proof = openings.proof_of_opening(portfolio.vault, link, portfolio.clock())
    seconds = int(openings.OPEN_FOR.total_seconds())
    set_cookie(request, response, OPENED, proof, seconds=seconds, path=f"/s/{token}")
    return response


def _password_is_right(request: Request, link: ShareLink, password: str) -> bool:
    """Tell whether the password fits; guesses are counted by link, wherever they come from. Raises when too many."""
    if link.password_hash is None:
        return True
    portfolio = portfolio_of(request)
    limit_attempts(request, "share-password", who=link.id, limit=PASSWORDS, minutes=PASSWORDS_MINUTES)
    if not openings.password_is_right(link, password):
        return False
    forget_attempts(portfolio.database, vault=portfolio.vault, what="share-password", who=link.id)
    return True


@router.api_route("/presentation.zip", methods=["GET", "HEAD"])
def shared_presentation(request: Request, _: Anybody, token: str) -> Response:
    """Return what the link shows as a file that verifies without this service."""
    portfolio = portfolio_of(request)
    link = _opened(request, token)
    with portfolio.database.read() as session:
        text = readme(language_of(request), portfolio.settings.public_url, portfolio.clock())
        packed = presentation(session, vault=portfolio.vault, link=link, readme=text, now=portfolio.clock())
    disposition = {"content-disposition": 'attachment; filename="presentation.zip"'}
    return Response(packed, media_type=MEDIA_TYPE, headers=disposition)


@router.api_route("/{place}", methods=["GET", "HEAD"])
def shared_document(request: Request, _: Anybody, token: str, place: str) -> Response:
    """Show the whole check of one document. It ends with the link, as the document's own public page would not."""
    link = _opened(request, token)
    judged = _judged(request, link, place_in(place))
    if not judged:
        raise NotFoundError(openings.DEAD)
    view = view_of(judged[0], language=language_of(request))
    return page(request, "sharing/check.html", actor=None, view=view, back=f"/s/{token}", links=None, host=None)


def _judged(request: Request, link: ShareLink, place: int | None = None) -> list[Judged]:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        exhibits = exhibits_of(session, vault=portfolio.vault, link=link, place=place)
    return judge_all(exhibits, keeper=portfolio.keeper, clock=portfolio.clock)


def _opened(request: Request, token: str) -> ShareLink:
    """Return a link that this browser has opened; to another the page behind it does not exist."""
    link, is_open = _live(request, token)
    if not is_open:
        raise NotFoundError(openings.DEAD)
    return link


def _live(request: Request, token: str) -> tuple[ShareLink, bool]:
    """Return a living link, and whether this browser has opened it."""
    portfolio = portfolio_of(request)
    return behind(
        request,
        lambda session: openings.live_link(
            session,
            vault=portfolio.vault,
            token=token,
            proof=request.cookies.get(OPENED),
            now=portfolio.clock(),
        ),
    )


def _door(request: Request, link: ShareLink, filled: Filled[OpenForm], *, status: int = 200) -> Response:
    return page(
        request,
        "sharing/door.html",
        actor=None,
        status=status,
        asks_password=link.password_hash is not None,
        is_counted=link.max_views is not None,
        filled=filled,
    )
