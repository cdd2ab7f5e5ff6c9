"""Fetches the bundle behind a link. Whoever serves it can at most withhold it: nothing that comes is believed."""

from __future__ import annotations

import time
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2

from portfolio.errors import UnavailableError
from portfolio.fetching import AddressRefusedError, FetchError, PublicFetcher
from portfolio.verification.inputs import MAX_FILE, InputError
from portfolio.verification.pasted import link_in, same_service

_TIMEOUT = 15.0  # seconds for the whole answer
_CONNECT = 5.0
_CHUNK = 64 * 1024
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class LinkError(UnavailableError):
    """A link that gave no document; `status` in `data` where it answered at all."""

    code = "link_silent"


class LinkNotFollowedError(LinkError):
    """A link that somebody else wrote, to a machine that a stranger may not make us ask."""

    code = "link_not_followed"


def fetch(address: str, *, typed: bool, public_url: str = "") -> bytes:
    """Return what a link leads to, at most `MAX_FILE` bytes; redirects are not followed.

    `typed` by the user an address may be any. One from a list or a QR code must be a public link (`link_in`), of the
    service at `public_url` or on the public internet over https: whoever wrote the list may not make this machine ask
    its own neighbours (fault 100). Raises `LinkError` for an outage, `LinkNotFollowedError` for a link that is not
    followed, and `InputError` for an address that is none or under which nothing is known.
    """
    link = link_in(address)
    if link is None and not typed:
        raise InputError("link_not_public")
    url = link.bundle_url if link is not None else urlsplit(address)._replace(fragment="").geturl()
    if typed or same_service(url, public_url):
        return _asked(url)
    return _asked_in_public(url)


def _asked_in_public(url: str) -> bytes:
    try:
        return PublicFetcher().get(url)
    except AddressRefusedError:
        raise LinkNotFollowedError("the link leads to no public https address") from None
    except FetchError as error:
        status = error.data.get("status")
        if status in _GONE:
            raise InputError("link_unknown") from None
        raise LinkError(error.message, **({"status": status} if status else {})) from None


def _asked(url: str) -> bytes:
    deadline = time.monotonic() + _TIMEOUT
    try:
        with (
            httpx2.Client(timeout=httpx2.Timeout(_TIMEOUT, connect=_CONNECT), follow_redirects=False) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code in _GONE:
                raise InputError("link_unknown")
            if answer.status_code != HTTPStatus.OK:
                raise LinkError("the link did not give the document", status=answer.status_code)
            return _body(answer, deadline)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise LinkError(f"the link did not answer ({type(error).__name__})") from None


def _body(answer: httpx2.Response, deadline: float) -> bytes:
    received = bytearray()
    for chunk in answer.iter_bytes(_CHUNK):
        received += chunk
        if len(received) > MAX_FILE:
            raise InputError("file_too_large")
        if time.monotonic() > deadline:
            raise LinkError("the link answered too slowly")
    return bytes(received)
