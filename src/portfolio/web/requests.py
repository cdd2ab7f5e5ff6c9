"""What a request may weigh before anything looks at it."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY: Final = 64 * 1024
"""Bytes of a form without a file; also what may stand around a file of the largest size."""
UPLOADS: Final = re.compile(r"/api/|/verify\b|/p/[^/]+/(claims|imports)\b|/org/[^/]+/(issue|settings)\b")
"""Paths that take files, and the API; whoever takes one there has a limit of his own, at most that of the settings."""
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


class BodyLimit:
    """Refuses giant bodies before a route has them read: at once by their `Content-Length`, else while they come."""

    def __init__(self, app: ASGIApp, *, upload_limit: int) -> None:
        self.app = app
        self._upload_limit = upload_limit + MOST_BODY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._upload_limit if UPLOADS.match(scope["path"]) else MOST_BODY
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said[:20]) > limit:
            await _too_large(scope, limit)(scope, receive, send)
            return
        taken, started = 0, False

        async def receive_within() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            # For the route it is as if the sender had left; he is answered below.
            return message if taken <= limit else {"type": "http.disconnect"}

        async def send_unless_refused(message: Message) -> None:
            nonlocal started
            if started or taken <= limit:
                started = True
                await send(message)

        try:
            await self.app(scope, receive_within, send_unless_refused)
        except ClientDisconnect:
            if started or taken <= limit:
                raise  # he left by himself
        if not started and taken > limit:
            await _too_large(scope, limit)(scope, receive, send)


def _too_large(scope: Scope, limit: int) -> Response:
    said = f"the body is larger than {limit} bytes"
    if scope["path"].startswith("/api/"):
        return JSONResponse({"error": {"code": "too_large", "message": said, "limit": limit}}, status_code=413)
    return PlainTextResponse(f"{said.capitalize()}.\n", status_code=413)
