"""The outbox as a page: what would have been sent, where development writes to nobody."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.auth import Anybody, portfolio_of
from portfolio.errors import NotFoundError
from portfolio.notifications.mailer import OutboxMailer, open_mailer
from portfolio.web.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/dev/mail")
def outbox(request: Request, _rule: Anybody) -> Response:
    """Show the letters of the outbox; there is no such page in production or with a mail server."""
    settings = portfolio_of(request).settings
    mailer = None if settings.is_production else open_mailer(settings)
    if not isinstance(mailer, OutboxMailer):
        raise NotFoundError("there is no such page")
    letters = [
        {
            "to": str(letter["to"]),
            "subject": str(letter["subject"]),
            "at": letter["date"].datetime,
            "lines": letter.get_content().splitlines(),
        }
        for letter in mailer.letters()
    ]
    return page(request, "notifications/outbox.html", actor=None, letters=letters, own=settings.public_url + "/")
