"""Pages that belong to no slice: the style page, which shows every part, and the notice on personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.auth import Visitor, portfolio_of
from portfolio.i18n import N_
from portfolio.web.forms import Filled
from portfolio.web.pages import page

if TYPE_CHECKING:
    from portfolio.people.actors import Actor

router = APIRouter(tags=["web"], include_in_schema=False)

_SPECIMENS: Final = (
    ("ru", "Съешь же ещё этих мягких французских булок"),
    ("tt", "Әҗәл җиңсә дә, үз һөнәрең өчен яңа нур"),
    ("ba", "Ҡоролтай ҙур өй һәм көҫлө ғаилә яҡлай, үҫеш әҙерләй"),
    ("sah", "Үөрэх иһин күннэтэ ыраах дьоҕурдаах оҕо барар, ҥ ҕ ө һ ү"),
    ("cv", "Ҫӗршыв тӑрӑх вӗренекенсем ӳсеҫҫӗ"),
)


@router.get("/style")
def style_page(request: Request, actor: Visitor) -> Response:
    """Show every part of the pages, for those who build them and those who judge them."""
    wrong: Filled[Any] = Filled(
        values={"name": "Иванова Әлфия", "birth": "31.02.2011", "role": "pupil", "kinds": ["award"], "consent": ""},
        problems={
            "": N_("Nothing was sent yet: two fields need another look."),
            "birth": N_("Write the date as day, month and year, for example 05.09.2010."),
            "consent": N_("Fill this in."),
        },
    )
    return _for_visitors(request, "style.html", actor=actor, empty=Filled.empty(), wrong=wrong, specimens=_SPECIMENS)


@router.get("/privacy")
def privacy_page(request: Request, actor: Visitor) -> Response:
    """Show the operator's notice on personal data (152-ФЗ, article 18.1)."""
    settings = portfolio_of(request).settings
    return _for_visitors(
        request,
        "privacy.html",
        actor=actor,
        operator=settings.operator_name,
        address=settings.operator_address,
        contact=settings.operator_contact,
    )


def _for_visitors(request: Request, template: str, *, actor: Actor | None, **context: Any) -> Response:
    canonical = portfolio_of(request).settings.public_url + request.url.path
    response = page(request, template, actor=actor, canonical=canonical, **context)
    # The page itself is public, but its header knows who reads it.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
