"""Everything about a person as the parts of one archive: what we keep, documents decrypted, credentials as bundles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson
from sqlmodel import Session, col, select

from portfolio.achievements.claims.service import claims_of
from portfolio.achievements.models import ImportedBadge
from portfolio.credentials.models import Credential
from portfolio.db import Database
from portfolio.documents.media import MediaType
from portfolio.documents.models import Document
from portfolio.documents.service import read_document
from portfolio.documents.storage import DocumentStore
from portfolio.documents.vault import Vault
from portfolio.errors import UnavailableError
from portfolio.organisations.models import Organisation
from portfolio.people.export import Part, as_json, facts_about, rows_about
from portfolio.people.models import Person
from portfolio.people.service import key_of_person, profile_of
from portfolio.verification.service import bundle_of

READ_ME: Final = (
    "Это всё, что о вас хранит портфолио.\n"
    "about.json: сведения о вас, согласия, родители и опекуны, просмотры.\n"
    "rows.json: остальные записи, как они хранятся.\n"
    "claims.json: награды, которые вы добавили сами.\n"
    "sharing.json: для кого ваши ссылки и слова с открытой страницы.\n"
    "records/: сведения, которые хранят о вас организации.\n"
    "documents/: ваши файлы.\n"
    "bundles/: подтверждённые награды. Их можно проверить и без этого сайта.\n"
    "imported/: награды из других систем.\n\n"
    "This is everything that the portfolio keeps about you.\n"
    "about.json: yourself, consents, guardians, looks. rows.json: all other rows as they are stored.\n"
    "claims.json: awards you added. records/: what organisations keep about you. documents/: your files.\n"
    "sharing.json: for whom your links are, and the words of the public page.\n"
    "bundles/: confirmed awards, which verify without this site. imported/: awards from elsewhere.\n"
)
_ENDINGS: Final = {MediaType.PDF: "pdf", MediaType.JPEG: "jpg", MediaType.PNG: "png"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What reading takes."""

    database: Database
    vault: Vault
    store: DocumentStore


def parts_of(desk: Desk, *, person_id: str) -> Iterator[Part]:
    """Yield name and content of every part. Each is read in a transaction of its own: a slow reader holds none."""
    yield "README.txt", READ_ME.encode()
    with desk.database.read() as session:
        about = facts_about(session, vault=desk.vault, person_id=person_id)
        rows = rows_about(session, person_id=person_id)
        claims = _claims(session, desk.vault, person_id)
        credentials, documents, badges = _ids(session, person_id, about["claimed_records"])
    yield "about.json", as_json(about)
    yield "rows.json", as_json(rows)
    yield "claims.json", as_json(claims)
    for record in about["claimed_records"]:
        with desk.database.read() as session:
            profile = profile_of(session, vault=desk.vault, person_id=record)
            person = session.get_one(Person, record)
            holder = session.get_one(Organisation, person.organisation_id) if person.organisation_id else None
        said = {name: getattr(profile, name) for name in profile.__slots__}
        yield f"records/{record}.json", as_json({"organisation": holder.name if holder else None, **said})
    for document in documents:
        yield _document(desk, document)
    for credential in credentials:
        with desk.database.read() as session:
            row = session.get_one(Credential, credential)
            owner = session.get_one(Organisation, row.organisation_id)
            yield f"bundles/{credential}.json", bundle_of(session, vault=desk.vault, credential=row, organisation=owner)
    for badge in badges:
        with desk.database.read() as session:
            key = key_of_person(session, vault=desk.vault, person_id=person_id)
            stored = session.get_one(ImportedBadge, badge)
        yield f"imported/{badge}", desk.vault.open_for(key, stored.sealed_file, context=f"import:{badge}")


def _ids(session: Session, person_id: str, claimed: list[str]) -> tuple[list[str], list[str], list[str]]:
    persons = [person_id, *claimed]
    credentials = session.exec(
        select(Credential.id)
        .where(col(Credential.person_id).in_(persons))
        .where(col(Credential.digest).is_not(None))
        .where(col(Credential.sealed_body) != b"")
        .order_by(col(Credential.created_at))
    )
    # A document that belongs to a record of an issuer is the issuer's own; the person's are those of his own row.
    documents = session.exec(select(Document.id).where(Document.person_id == person_id))
    badges = session.exec(select(ImportedBadge.id).where(ImportedBadge.person_id == person_id))
    return list(credentials), list(documents), list(badges)


def _claims(session: Session, vault: Vault, person_id: str) -> list[dict[str, object]]:
    key = key_of_person(session, vault=vault, person_id=person_id)
    return [
        {
            "id": view.claim.id,
            "document": view.claim.document_id,
            "state": view.claim.state.value,
            "created_at": view.claim.created_at,
            "stated": orjson.loads(view.stated.to_json()),
            "reason": view.reason,
        }
        for view in claims_of(session, vault=vault, key=key, person_id=person_id)
    ]


def _document(desk: Desk, document_id: str) -> Part:
    with desk.database.read() as session:
        row = session.get_one(Document, document_id)
        person = session.get_one(Person, row.person_id)
        try:
            found = read_document(
                session, store=desk.store, keys=desk.vault.master, person=person, document_id=document_id
            )
        except UnavailableError as error:
            # One lost file must not keep all others from their owner; that it is lost is said.
            return f"documents/{document_id}.missing.txt", error.code.encode()
    ending = _ENDINGS.get(found.media_type, "bin")
    return f"documents/{document_id}.{ending}", found.content
