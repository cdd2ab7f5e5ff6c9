"""What a person shares, as a part of the archive to take along: for whom each link is, what the public page says."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, select

from portfolio.db import Database
from portfolio.documents.vault import Vault
from portfolio.people.export import Part, as_json
from portfolio.people.service import key_of_person
from portfolio.sharing.models import ShareLink
from portfolio.sharing.public.service import every_choice
from portfolio.sharing.service import label_of


def sharing_parts(database: Database, vault: Vault, *, person_id: str) -> Iterator[Part]:
    """Yield the words that rows keep sealed; all else of them stands in rows.json."""
    with database.read() as session:
        found = {"links": _links(session, vault, person_id), "public": _public(session, vault, person_id)}
    yield "sharing.json", as_json(found)


def _links(session: Session, vault: Vault, person_id: str) -> list[dict[str, object]]:
    key = key_of_person(session, vault=vault, person_id=person_id)
    rows = session.exec(
        select(ShareLink).where(ShareLink.person_id == person_id).order_by(col(ShareLink.created_at))
    ).all()
    return [{"id": link.id, "label": label_of(vault, key, link)} for link in rows]


def _public(session: Session, vault: Vault, person_id: str) -> list[dict[str, object]]:
    return [
        {"page": row.page_id, "by": row.capacity.value, "chosen_at": row.chosen_at, "words": chosen.words}
        for row, chosen in every_choice(session, vault=vault, person_id=person_id)
    ]
