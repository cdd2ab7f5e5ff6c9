"""What a person pastes into the check box or a QR code holds, before anything is looked up (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from portfolio.credentials.links import read_short_code

_PATH: Final = re.compile(
    r"(?P<before>(?:/[\w.~-]{1,64}){0,4})/(?:v/(?P<page>[\w-]{16,64})/?|c/(?P<file>[\w-]{16,64})\.(?:json|pdf))"
)
_MAX_LINK: Final = 500  # characters
_USUAL_PORTS: Final = frozenset({80, 443})


@dataclass(frozen=True, slots=True)
class PublicLink:
    """An address of a credential at some service: whose it is, the token, and the short code that its QR also carries.

    `bundle_url` is where that service gives the bundle; whoever answers there can at most withhold it.
    """

    url: str
    host: str
    token: str
    bundle_url: str
    short_code: str | None = None


def link_in(text: str) -> PublicLink | None:
    """Read `http(s)://host/v/{token}[#code]` or `.../c/{token}.json|pdf`, or return None; the host is not judged here.

    No other address is ever fetched for a stranger's list or QR code: a verifier must not become a tool that asks
    machines of somebody else's choice (fault 100).
    """
    text = text.strip()
    if len(text) > _MAX_LINK or not text.isprintable():
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    path = _PATH.fullmatch(parts.path)
    if parts.scheme.lower() not in {"http", "https"} or not host or path is None or "@" in parts.netloc:
        return None
    token = path["page"] or path["file"]
    bundle = parts._replace(path=f"{path['before']}/c/{token}.json", query="", fragment="").geturl()
    return PublicLink(text, host, token, bundle, read_short_code(parts.fragment))


def foreign_host(text: str, *, public_url: str) -> str | None:
    """Return the host of a pasted web address that is not this service, else None; ports do not count.

    A QR code or link that leads to a look-alike page must be named as such, never followed or searched (fault 112).
    A host with other than Latin letters is given in both its forms, for it may look like ours.
    """
    host = _host(text.strip())
    if host is None:
        return None
    plain = _ascii(host)
    if plain == _ascii(_host(public_url) or ""):
        return None
    return host if host == plain else f"{host} ({plain})"


def same_service(url: str, public_url: str) -> bool:
    """Tell whether a web address is one of the service at `public_url`: the same host, and the same port of it.

    The usual ports of http and https count as one, for a link may have been printed before there was a certificate.
    """
    try:
        one, other = urlsplit(url), urlsplit(public_url)
        ports = [None if parts.port in _USUAL_PORTS else parts.port for parts in (one, other)]
    except ValueError:
        return False
    schemes = {one.scheme.lower(), other.scheme.lower()}
    if not one.hostname or not other.hostname or not schemes <= {"http", "https"}:
        return False
    return ports[0] == ports[1] and _ascii(one.hostname) == _ascii(other.hostname)


def _host(text: str) -> str | None:
    """Return the host of an address, with or without its scheme; None for a bare token and for nonsense."""
    start, slash, _ = text.partition("/")
    bare = bool(slash) and "." in start and ":" not in start
    try:
        address = urlsplit(f"//{text}" if bare else text)
        return address.hostname if bare or address.scheme.lower() in {"http", "https"} else None
    except ValueError:
        return None


def _ascii(host: str) -> str:
    """Return a host in punycode, letter for letter (RFC 3492).

    Nothing is mapped as IDNA 2003 does: there "faß.example" is "fass.example", in browsers another host.
    """
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in host.split(".")
    )
