"""Forms with a file: the text part read into a pydantic model as every form, the file kept in memory, within limits.

The limit holds while the body is read: a body that never ends, or says nothing of its length, goes no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic

import anyio
from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import Message

from portfolio.errors import PortfolioError
from portfolio.web.forms import MAX_FORM, Filled, M, MalformedFormError, fill
from portfolio.web.uploads import TooLargeError

PATIENCE: Final = 120
"""Seconds in which a form must have come: 12 MB at 1 Mbit/s."""
MAX_PARTS: Final = 40


class SlowFormError(PortfolioError):
    status: ClassVar[int] = 408
    code: ClassVar[str] = "too_slow"


@dataclass(slots=True)
class Sent(Generic[M]):
    """A form with a file. `content` is None where none was chosen; a browser never gives a chosen file back."""

    filled: Filled[M]
    content: bytes | None


def multipart_of(model: type[M], *, limit: int, name: str = "file") -> Any:
    """Make the dependency that reads such a form; a parameter names it in its annotation, beside `Sent[M]`.

    `limit` is of the whole body, in bytes. Raises `TooLargeError` (413), `MalformedFormError` (400), `SlowFormError`.
    """

    async def read(request: Request) -> Sent[M]:
        _require_short(request, limit)
        try:
            with anyio.fail_after(PATIENCE):
                return await _read(request, model, limit, name)
        except TimeoutError:
            raise SlowFormError("the form took too long to arrive: send it again") from None

    return Depends(read)


def _require_short(request: Request, limit: int) -> None:
    """Refuse by what the header says, before anything is read."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise MalformedFormError("the form could not be read: send it again")
    said = request.headers.get("content-length", "0")
    if not said.isdecimal():
        raise MalformedFormError("the form could not be read: send it again")
    if int(said[:20]) > limit:
        raise TooLargeError(f"the form is larger than {limit} bytes", limit=limit)


async def _read(request: Request, model: type[M], limit: int, name: str) -> Sent[M]:
    parser = MultiPartParser(
        request.headers,
        _within(request, limit).stream(),
        max_files=1,
        max_fields=MAX_PARTS,
        max_part_size=MAX_FORM,
    )
    parser.spool_max_size = limit  # a file stays in memory: in the temporary folder it would lie unsealed
    try:
        form = await parser.parse()
    except (MultiPartException, HTTPException, ClientDisconnect, ValueError, KeyError):
        raise MalformedFormError("the form could not be read: send it again") from None
    try:
        return await _sent(form, model, name)
    finally:
        await form.close()


def _within(request: Request, limit: int) -> Request:
    """Return the request with a body that ends in an error once it passes the limit."""
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise TooLargeError(f"the form is larger than {limit} bytes", limit=limit)
        return message

    return Request(request.scope, receive)


async def _sent(form: FormData, model: type[M], name: str) -> Sent[M]:
    values: dict[str, str] = {}
    content: bytes | None = None
    for field, value in form.multi_items():
        if isinstance(value, UploadFile):
            if field != name:
                raise MalformedFormError("the form could not be read: send it again")
            content = await value.read() or None
        elif field in values or "\0" in value:
            raise MalformedFormError("the form could not be read: send it again")
        elif field != name:  # an empty choice of a file comes as text from some
            values[field] = value
    return Sent(fill(model, values), content)
