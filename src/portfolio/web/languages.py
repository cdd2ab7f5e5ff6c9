"""The language of an answer: the switch, then the cookie, then what the browser asks for; Russian first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from portfolio.i18n import LANGUAGE_COOKIE, Language, choose_language

_A_YEAR = 31_536_000


def language_of(request: Request) -> Language:
    """Return the language to answer in."""
    return choose_language(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language"),
    )


def remember_language(request: Request, response: Response, language: Language) -> None:
    """Keep the reader's choice in a cookie when this request made it."""
    if request.query_params.get("lang"):
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_A_YEAR, httponly=True, samesite="lax")
