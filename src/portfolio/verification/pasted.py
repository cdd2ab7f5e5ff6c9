"""What a person pastes into the check box, before anything is looked up (pure)."""

from __future__ import annotations

from urllib.parse import urlsplit


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
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
