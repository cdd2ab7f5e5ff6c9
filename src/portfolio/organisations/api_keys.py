"""API keys of an organisation's machines as its administrators see them; `auth.create_api_key` makes them."""

from __future__ import annotations

from sqlmodel import Session, col, select

from portfolio.errors import NotFoundError
from portfolio.jobs import Clock
from portfolio.organisations.models import ApiKey


def api_keys_of(session: Session, *, organisation_id: str) -> list[ApiKey]:
    """Return the keys that are good, the newest first."""
    query = select(ApiKey).where(ApiKey.organisation_id == organisation_id).where(col(ApiKey.revoked_at).is_(None))
    return list(session.exec(query.order_by(col(ApiKey.created_at).desc()).limit(100)))


def revoke_api_key(session: Session, *, organisation_id: str, key_id: str, clock: Clock) -> None:
    """End a key, at once. Raises `NotFoundError` for another's."""
    key = session.get(ApiKey, key_id)
    if key is None or key.organisation_id != organisation_id:
        raise NotFoundError("there is no such key")
    key.revoked_at = key.revoked_at or clock()
    session.add(key)
    session.flush()
