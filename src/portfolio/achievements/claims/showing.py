"""How an uploaded document is served: never as a page of ours, whatever it holds (fault 75)."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from portfolio.documents.media import MediaType
from portfolio.documents.service import ReadDocument

SANDBOX: Final = "sandbox; default-src 'none'"


def document_response(found: ReadDocument) -> Response:
    """Return a picture that we encoded ourselves to be looked at, and a PDF only to be saved; names are our own."""
    suffix = found.media_type.value.rpartition("/")[2]
    shown = "attachment" if found.media_type is MediaType.PDF else "inline"
    return Response(
        found.content,
        media_type=found.media_type.value,
        headers={
            "content-disposition": f'{shown}; filename="{found.document.id}.{suffix}"',
            "content-security-policy": SANDBOX,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        },
    )
