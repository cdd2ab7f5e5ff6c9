"""What a request sent to be judged: its file, opened off the event loop."""

from __future__ import annotations

from functools import partial
from typing import Final

import anyio
import anyio.to_thread
from starlette.requests import Request

from portfolio.credentials.bundles import MAX_BUNDLE
from portfolio.errors import PortfolioError
from portfolio.verification.inputs import MAX_UPLOAD, Document, InputError, read_input
from portfolio.verification.pasted import PublicLink
from portfolio.verification.photos import UPLOADED_PIXELS
from portfolio.web.uploads import TooLargeError, read_body, read_upload

_READERS: Final = anyio.CapacityLimiter(2)


async def opened(data: bytes) -> Document | PublicLink:
    """Find what is to be judged in a file, and not more of them at once than there are cores.

    Raises `InputError` for a PDF or a picture with nothing in it, `TooLargeError`.
    """
    if not data.startswith((b"%PDF-", b"\x89PNG", b"\xff\xd8")):
        if len(data) > MAX_BUNDLE:
            raise TooLargeError(f"the file is larger than {MAX_BUNDLE} bytes", limit=MAX_BUNDLE)
        return read_input(data)
    reading = partial(read_input, data, max_pixels=UPLOADED_PIXELS)
    return await anyio.to_thread.run_sync(reading, limiter=_READERS)


async def document(data: bytes) -> bytes:
    """Return the credential in a file. Raises what `opened` raises, and `InputError` for a picture of a link."""
    found = await opened(data)
    if isinstance(found, PublicLink):
        raise InputError("file_unknown")
    return found.data


async def sent(request: Request) -> bytes:
    """Return the file of a request: its body, or the form field `file`."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await read_body(request, limit=MAX_UPLOAD)
    async with request.form(max_files=1, max_fields=4) as form:
        upload = form.get("file")
        if not hasattr(upload, "read"):
            raise PortfolioError("send the bundle as the JSON body, or as the form field `file`")
        return await read_upload(upload, limit=MAX_UPLOAD)  # type: ignore[arg-type]
