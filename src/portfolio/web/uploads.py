"""Reading what a visitor sends, never more than the limit."""

from __future__ import annotations

from fastapi import Request, UploadFile

from portfolio.errors import PortfolioError


class TooLargeError(PortfolioError):
    status = 413
    code = "too_large"


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
