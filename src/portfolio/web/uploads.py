"""Reading what a visitor sends, never more than the limit."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

import orjson
from fastapi import Depends, Request, UploadFile

from portfolio.errors import PortfolioError

MAX_OBJECT: Final = 64 * 1024


class TooLargeError(PortfolioError):
    status = 413
    code = "too_large"


class MalformedObjectError(PortfolioError):
    status = 422
    code = "malformed_request"


async def read_upload(upload: UploadFile, *, limit: int) -> bytes:
    """Return an upload's bytes, or refuse it once it passes `limit` bytes."""
    data = await upload.read(limit + 1)
    if len(data) > limit:
        raise TooLargeError(f"the file is larger than {limit} bytes", limit=limit)
    return data


async def read_body(request: Request, *, limit: int) -> bytes:
    """Return the body of a request, or refuse it once it passes `limit` bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise TooLargeError(f"the body is larger than {limit} bytes", limit=limit)
    return bytes(data)


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object that a script of ours sends.

    A dependency, so that it is read after the rule of access before it: FastAPI itself reads bodies first of all.
    Raises `TooLargeError`, `MalformedObjectError`.
    """
    try:
        found = orjson.loads(await read_body(request, limit=MAX_OBJECT))
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise MalformedObjectError("the request does not have the form asked for")
    return found


JsonObject: TypeAlias = Annotated[dict[str, Any], Depends(read_object)]
