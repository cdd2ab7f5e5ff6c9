"""The address of a link that was just made, kept for ten minutes by the browser of whoever made it and nowhere here.

It travels in a cookie, sealed for this one link: the page can be loaded again, and no address in a history or a log
holds the token.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Final

from portfolio.credentials.links import token_hash
from portfolio.documents.encryption import SealError
from portfolio.documents.vault import Vault
from portfolio.sharing.models import ShareLink

SHOWN_FOR: Final = timedelta(minutes=10)


def sealed_token(vault: Vault, *, link: ShareLink, token: str, now: datetime) -> str:
    """Return the value of the cookie."""
    until = int((now + SHOWN_FOR).timestamp())
    sealed = vault.seal(f"{until}.{token}".encode(), context=f"fresh-link:{link.id}")
    return base64.urlsafe_b64encode(sealed).decode()


def fresh_token(vault: Vault, *, link: ShareLink, sealed: str | None, now: datetime) -> str | None:
    """Return the token of a link just made; None once the time is over, or for anything but its own cookie."""
    try:
        opened = vault.open(base64.urlsafe_b64decode(sealed or ""), context=f"fresh-link:{link.id}").decode()
    except (SealError, binascii.Error, ValueError):
        return None
    until, _, token = opened.partition(".")
    return token if int(until) > now.timestamp() and token_hash(token) == link.token_hash else None
