"""What an organisation's own administrators change: its contact and its time zone."""

from __future__ import annotations

from sqlmodel import Session

from portfolio.organisations.models import Organisation


def change_settings(session: Session, *, organisation_id: str, contact: str, time_zone: str) -> None:
    """Set the contact that verdicts show, and the calendar that the organisation lives by."""
    organisation = session.get_one(Organisation, organisation_id)
    organisation.contact, organisation.time_zone = contact, time_zone
    session.add(organisation)
    session.flush()
