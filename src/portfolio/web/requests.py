"""What a request may weigh before anything looks at it."""

from __future__ import annotations

from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_HEADERS: Final = 64 * 1024
"""Bytes of all headers together; browsers send some two thousand."""


class HeaderLimit:
    """Refuses giant headers (fault 81); a plain ASGI layer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
            answer = PlainTextResponse("The headers of this request are too large.\n", status_code=431)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)
