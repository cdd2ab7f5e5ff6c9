"""What a person pastes into the check box, before anything is looked up (pure)."""

from __future__ import annotations

from urllib.parse import urlsplit


def foreign_host(text: str, *, public_url: str) -> str | None:
    """Return the host of a pasted web address that is not this service, else None; ports do not count.

    A QR code or link that leads to a look-alike page must be named as such, never followed or searched (fault 112).
    """
    try:
        pasted, own = urlsplit(text.strip()), urlsplit(public_url)
        host = pasted.hostname if pasted.scheme.lower() in {"http", "https"} else None
    except ValueError:
        return None
    return host if host and host != own.hostname else None
