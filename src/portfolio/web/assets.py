"""The static files: addresses that change with the content, so that a browser may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_PATH: Final = "/static"
STATIC_DIRECTORY: Final = Path(__file__).parent / "static"

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_AN_HOUR: Final = "public, max-age=3600"


@cache
def asset_url(name: str) -> str:
    """Return the address of a static file. Raises `FileNotFoundError` for a name that does not exist."""
    digest = hashlib.sha256((STATIC_DIRECTORY / name).read_bytes()).hexdigest()
    return f"{STATIC_PATH}/{name}?v={digest[:12]}"


class Assets(StaticFiles):
    """The application to mount at `STATIC_PATH`."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_DIRECTORY)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        wanted = f"{STATIC_PATH}/{path}?{scope['query_string'].decode('latin-1')}"
        known = response.status_code in {200, 304} and wanted == asset_url(path)
        response.headers["Cache-Control"] = _FOR_EVER if known else _AN_HOUR
        return response
