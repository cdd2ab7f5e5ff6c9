"""Text goes out compressed: on a slow link a page is there in half the time.

What an address can make a page repeat is not compressed together with what only its reader may see: the length would
tell one from the other (BREACH, CVE-2013-3587).
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST: Final = 800
"""Bytes below which an answer fits into one packet anyway."""
MOST: Final = 2_000_000
"""Bytes above which compressing would keep everybody else waiting."""
_LEVEL: Final = 6
_TEXT: Final = re.compile(r"text/|image/svg\+xml|application/(?:[a-z.+-]*json|javascript)\b")
_KEPT: Final = ("/static/", "/v/", "/verifier.html")
"""Paths of answers that are the same for everybody, again and again: what they compress to is kept."""
_PLAIN_QUERY: Final = re.compile(rb"(?:lang=[a-z]{2})?")

_kept = lru_cache(maxsize=256)(lambda body: gzip.compress(body, _LEVEL, mtime=0))


class Compressed:
    """Compresses answers of text that come in one piece; a plain ASGI layer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "HEAD" or not _may(scope):
            await self.app(scope, receive, send)
            return
        start: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                begun, start = start, None
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    message = _packed(begun, message, scope["path"])
                await send(begun)
            await send(message)

        await self.app(scope, receive, send_compressed)


def _may(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    if "gzip" not in headers.get("accept-encoding", ""):
        return False
    public = scope["path"].startswith(_KEPT) or "session=" not in headers.get("cookie", "")
    return public or bool(_PLAIN_QUERY.fullmatch(scope["query_string"]))


def _packed(start: Message, message: Message, path: str) -> Message:
    """Return the body compressed, with the headers of `start` saying so; as it is where nothing is to be gained."""
    headers = MutableHeaders(raw=start["headers"])
    body = message.get("body", b"")
    if not _TEXT.match(headers.get("content-type", "")) or "content-encoding" in headers:
        return message
    headers.add_vary_header("Accept-Encoding")
    if start["status"] == 206 or not LEAST <= len(body) <= MOST:  # noqa: PLR2004  parts of a file are parts of it as it is
        return message
    packed = _kept(body) if path.startswith(_KEPT) else gzip.compress(body, _LEVEL, mtime=0)
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(packed))
    start["headers"] = headers.raw
    return {**message, "body": packed}
