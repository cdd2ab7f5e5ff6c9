"""Asks a service for the newest bundle of a credential that somebody holds, and accepts nothing but that."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import orjson

from portfolio.credentials.bundles import MAX_BUNDLE, read_bundle, usable_receipts
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.signing import read_credential
from portfolio.errors import PortfolioError
from portfolio.i18n import N_
from portfolio.verification.fetching import LinkError
from portfolio.verification.inputs import InputError, read_input
from portfolio.verification.pasted import PublicLink
from portfolio.verification.sources import Kind, Source, read_source

_TIMEOUT = 20.0  # seconds


class RenewalError(PortfolioError):
    code = "not_renewed"


def held_bundle(path: Path) -> bytes:
    """Return the bundle or credential in a file or a PDF. Raises `InputError`."""
    found = read_input(read_source(Source(kind=Kind.FILE, name=str(path), path=path)))
    if isinstance(found, PublicLink):
        raise InputError("file_unknown")
    return found.data


def renewed(held: bytes, *, service: str) -> tuple[bytes, bool]:
    """Return the newest bundle of what is held, and whether it has a receipt (else it is PENDING still).

    The answer must hold the very same credential, by its digest. Raises `StructureError` for a held file that is none,
    `LinkError` for an outage, `RenewalError` where the service refuses or answers something else.
    """
    digest = read_credential(read_bundle(held).credential).digest
    answer = _asked(held, f"{service.rstrip('/')}/api/v1/bundles")
    try:
        newest = read_bundle(answer)
        same = read_credential(newest.credential).digest == digest
    except StructureError:
        same = False
    if not same:
        raise RenewalError(N_("The service answered with another document; nothing was written."))
    receipts, _ = usable_receipts(newest.receipts, digest)
    return answer, bool(receipts)


def write_bundle(bundle: bytes, path: Path) -> None:
    """Write a bundle so that the file is never half written."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(bundle)
    fresh.replace(path)


def _asked(held: bytes, url: str) -> bytes:
    headers = {"content-type": "application/json"}
    try:
        with httpx2.stream("POST", url, content=held, headers=headers, timeout=_TIMEOUT) as answer:
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MAX_BUNDLE:
                    raise RenewalError(N_("The service answered with another document; nothing was written."))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise LinkError(f"the service did not answer ({type(error).__name__}); try again later") from None
    if answer.status_code == HTTPStatus.OK:
        return body
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise LinkError(f"the service answered {answer.status_code}; try again later")
    raise RenewalError(_refusal(body) or f"the service answered {answer.status_code}")


def _refusal(body: bytes) -> str:
    try:
        said: Any = orjson.loads(body)["error"]["message"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return said if isinstance(said, str) and said.isprintable() else ""
