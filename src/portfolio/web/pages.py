"""Pages for people who may be signed in: the template with who they are, and the redirect after a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portfolio.web.languages import language_of, remember_language
from portfolio.web.render import render

if TYPE_CHECKING:
    from portfolio.people.actors import Actor

_VARY = {"vary": "Cookie, Accept-Language"}


def page(request: Request, template: str, *, actor: Actor | None, status: int = 200, **context: Any) -> Response:
    """Return a page. The template also has `actor`, `path`, `done` (what was just done, from the redirect before)."""
    language = language_of(request)
    body = render(
        template,
        language=language,
        actor=actor,
        path=request.url.path,
        done=request.query_params.get("done", "")[:40],
        **context,
    )
    response = HTMLResponse(body, status_code=status, headers=_VARY)
    remember_language(request, response, language)
    return response


def see_other(path: str, *, done: str = "", **query: str) -> RedirectResponse:
    """Return the redirect after a form: to a path of our own, with the name of what was done."""
    asked = {**query, **({"done": done} if done else {})}
    return RedirectResponse(path + ("?" + urlencode(asked) if asked else ""), status_code=303)


def own_path(wanted: str | None, otherwise: str) -> str:
    """Return `wanted` when it is a path of this site, else `otherwise` (fault 110)."""
    if not wanted or len(wanted) > 500 or not wanted.isprintable() or "\\" in wanted:  # noqa: PLR2004
        return otherwise
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith("//"):
        return otherwise
    return wanted
