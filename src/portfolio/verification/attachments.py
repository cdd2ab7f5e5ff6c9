"""The bundle inside a PDF: found among its attachments, unpacked within limits. Nothing of the PDF is run or drawn."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import pikepdf

from portfolio.credentials.bundles import BUNDLE_TYPE, MAX_BUNDLE
from portfolio.documents.pdf import limit_pdf_reading
from portfolio.verification.inputs import MAX_FILE, InputError

ATTACHMENT_NAME: Final = "credential.json"
MAX_ATTACHMENTS: Final = 64

_MARKS: Final = (f'"{BUNDLE_TYPE}"'.encode(), b'"OpenBadgeCredential"')

limit_pdf_reading()


def bundle_in(pdf: bytes) -> bytes:
    """Return the bytes of the one bundle or credential attached to a PDF, unread.

    The attachment named `credential.json` is it; without one, the attachment that says of itself to be one. Raises
    `InputError` where there is none or several, where the PDF is damaged, encrypted or too large.
    """
    if len(pdf) > MAX_FILE:
        raise InputError("file_too_large")
    try:
        # No repair: what is read here must be what every reader sees, and repair scans the file again and again.
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=False, suppress_warnings=True) as opened:
            if opened.is_encrypted:
                raise InputError("pdf_encrypted")
            found = list(_attachments(opened))
    except pikepdf.PasswordError:
        raise InputError("pdf_encrypted") from None
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, zlib.error):
        raise InputError("pdf_damaged") from None
    named = {data for name, data in found if name == ATTACHMENT_NAME}
    candidates = named or {data for _, data in found if any(mark in data for mark in _MARKS)}
    if len(candidates) > 1:
        raise InputError("pdf_several_bundles")
    if not candidates:
        raise InputError("pdf_without_bundle")
    return candidates.pop()


def _attachments(opened: pikepdf.Pdf) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the attachments that are small enough to be a bundle."""
    listed = list(islice(opened.attachments.items(), MAX_ATTACHMENTS + 1))
    if len(listed) > MAX_ATTACHMENTS:
        raise InputError("pdf_too_complex")
    for key, spec in listed:
        files = spec.obj.get("/EF")
        stream = None if files is None else files.get("/UF", files.get("/F"))
        if not isinstance(stream, pikepdf.Stream):
            continue
        name = spec.filename or key
        data = _unpacked(stream, is_named=name == ATTACHMENT_NAME)
        if data is not None:
            yield name, data


def _unpacked(stream: pikepdf.Stream, *, is_named: bool) -> bytes | None:
    """Return the bytes of an attachment; None for one that no bundle is, refused where its name says it is one.

    Only what is stored plainly or deflated is read, by zlib and no further than a bundle may reach.
    """
    filters = _filters(stream)
    raw = stream.read_raw_bytes()
    data: bytes | None = None
    if filters == ["/FlateDecode"] and stream.get("/DecodeParms") is None:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(raw, MAX_BUNDLE + 1)
        if len(data) <= MAX_BUNDLE and not unpacking.eof:
            raise InputError("pdf_damaged")
    elif not filters:
        data = raw
    if data is not None and len(data) <= MAX_BUNDLE:
        return data
    if is_named:
        raise InputError("pdf_too_complex")
    return None


def _filters(stream: pikepdf.Stream) -> list[str]:
    found: Any = stream.get("/Filter")
    if found is None:
        return []
    return [str(found)] if isinstance(found, pikepdf.Name) else [str(one) for one in found]
