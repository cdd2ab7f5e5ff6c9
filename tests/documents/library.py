"""A database with an organisation and persons, in a file that a child process may open too."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import SQLModel

from portfolio.db import Database, new_id, utc_now
from portfolio.documents.encryption import MasterKey, MasterKeys, new_person_key
from portfolio.documents.models import Document
from portfolio.documents.service import store_document
from portfolio.documents.storage import DocumentStore
from portfolio.organisations.models import Custody, Organisation
from portfolio.people.models import Person

KEYS = MasterKeys({1: MasterKey(1, bytes(range(32)))})


def make_png(size: int = 300) -> bytes:
    """A whole PNG of about `size` bytes, no two alike."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
    pixels = zlib.compress(b"\0\0")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"teSt", os.urandom(size))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


@dataclass
class Library:
    """One organisation and what it stores."""

    database: Database
    organisation_id: str

    @classmethod
    def open(cls, path: Path) -> Library:
        database = Database(f"sqlite:///{path}")
        SQLModel.metadata.create_all(database.engine)
        organisation = Organisation(
            slug="school",
            name="Школа № 1",
            did="did:web:localhost:issuers:school",
            issuer_id=os.urandom(32),
            kinds=1,
            contact="school@example.org",
            custody=Custody.HOSTED,
            controller="0x" + "0" * 40,
            created_at=utc_now(),
        )
        with database.write() as session:
            session.add(organisation)
        return cls(database, organisation.id)

    def make_person(self) -> Person:
        person_id = new_id()
        person = Person(
            id=person_id,
            organisation_id=self.organisation_id,
            sealed_key=new_person_key(KEYS, person_id),
            sealed_profile=b"",
            created_at=utc_now(),
        )
        with self.database.write() as session:
            session.add(person)
        return person

    def store(self, store: DocumentStore, content: bytes, person: Person | None = None) -> Document:
        with self.database.write() as session:
            return store_document(
                session,
                store=store,
                keys=KEYS,
                organisation_id=self.organisation_id,
                person=person,
                content=content,
            )
