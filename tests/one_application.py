"""One application for all worlds of a test process: putting it together costs a tenth of a second for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portfolio.app import Portfolio, create_app

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

_applications: dict[tuple[str, int, bool], FastAPI] = {}


class Served:
    """Answers for one world by the application that all worlds of equal settings share."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio
        settings = portfolio.settings
        # What an application takes from the settings when it is made; the rest it asks of its portfolio each time.
        alike = (settings.public_url, settings.upload_limit, settings.is_production)
        if alike not in _applications:
            _applications[alike] = create_app(portfolio)
        self.application = _applications[alike]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.application.state.portfolio = self.portfolio
        await self.application(scope, receive, send)
