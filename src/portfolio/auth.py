"""Who calls: an organisation's machine by its API key. Accounts of people come with their slice."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session, col, select

from portfolio.errors import UnauthenticatedError
from portfolio.jobs import Clock
from portfolio.organisations.models import ApiKey, Organisation

if TYPE_CHECKING:
    from portfolio.app import Portfolio

KEY_PREFIX = "pk_"
_bearer = HTTPBearer(auto_error=False, description="An organisation's API key")


def create_api_key(session: Session, *, organisation: Organisation, label: str, clock: Clock) -> str:
    """Make an API key and return it; only its hash is kept, so it is shown this once."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiKey(organisation_id=organisation.id, label=label, key_hash=_hash(key), created_at=clock()))
    return key


def organisation_of_key(session: Session, *, key: str) -> Organisation:
    """Return the organisation a key belongs to, or raise `UnauthenticatedError` (the same for unknown and revoked)."""
    found = session.exec(
        select(Organisation)
        .join(ApiKey, col(ApiKey.organisation_id) == col(Organisation.id))
        .where(ApiKey.key_hash == _hash(key))
        .where(col(ApiKey.revoked_at).is_(None))
    ).first()
    if found is None:
        raise UnauthenticatedError("this API key is unknown or was revoked: ask your organisation for a new one")
    return found


def portfolio_of(request: Request) -> Portfolio:
    """Return what the process was composed of; routes take their dependencies from it."""
    portfolio: Portfolio = request.app.state.portfolio
    return portfolio


def require_organisation(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Organisation:
    """FastAPI dependency: the calling organisation."""
    if credentials is None:
        raise UnauthenticatedError("send your organisation's API key: `Authorization: Bearer pk_...`")
    with portfolio_of(request).database.read() as session:
        return organisation_of_key(session, key=credentials.credentials)


CallingOrganisation = Annotated[Organisation, Depends(require_organisation)]


def _hash(key: str) -> bytes:
    # 256 random bits need no slow hash; a plain one keeps the look-up indexed and constant.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
