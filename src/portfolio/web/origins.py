"""Forms are taken only from pages of our own (fault 96): no other site can make a browser act for its reader.

Browsers say where a request comes from in `Sec-Fetch-Site`, older ones (Safari before 16.4) only in `Origin` or
`Referer`: our pages allow them to, by `Referrer-Policy: same-origin`. The API is asked with keys that no browser adds
by itself, and the public check changes nothing: both stay open to any origin.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS: Final = ("/api/", "/verify")


class SameOrigin:
    """Refuses unsafe requests of other sites' pages; a plain ASGI layer."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self.app = app
        self._host = urlsplit(public_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE or scope["path"].startswith(OPEN_PATHS):
            await self.app(scope, receive, send)
            return
        if self._is_ours(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        answer = PlainTextResponse("This form was not sent from a page of this site.\n", status_code=403)
        await answer(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin", headers.get("referer"))
        # What says nothing of where it comes from is harmless only without any cookie. "null" is some other page.
        if origin is None:
            return "cookie" not in headers
        return urlsplit(origin).netloc in {self._host, headers.get("host", "")}
