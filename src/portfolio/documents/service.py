"""Storing and reading documents: keys, rows and stores together. Who may do it is decided by the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlmodel import Session

from portfolio.db import new_id, utc_now
from portfolio.documents.encryption import (
    Context,
    MasterKeys,
    bind,
    new_key,
    person_key,
    seal,
    unseal,
    unwrap,
    version_of,
    wrap,
)
from portfolio.documents.fake import FakeStore
from portfolio.documents.media import MediaType, recognise
from portfolio.documents.models import Document
from portfolio.documents.storage import (
    DocumentStore,
    EmbeddedStore,
    MirroredStore,
    StoreRefusedError,
)
from portfolio.errors import NotFoundError, PortfolioError

FAKE_URL = "fake:"


class KeyedPerson(Protocol):
    """What is needed of a person: `people.models.Person` has it."""

    id: str
    sealed_key: bytes


class WrongOwnerError(PortfolioError):
    """The person given is not the one the document belongs to: a fault of the caller, not of the reader."""

    status = 500
    code = "wrong_owner"


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document's row and its plaintext."""

    document: Document
    content: bytes = field(repr=False)

    @property
    def media_type(self) -> MediaType:
        return MediaType(self.document.media_type)


def open_store(*, data_dir: Path, ipfs_api_url: str | None, is_production: bool) -> DocumentStore:
    """Return the store the settings ask for: embedded under `data_dir`, with a Kubo node behind it when a URL is set.

    It does not ask the node anything, so the service starts while the node is down. Raises StoreRefusedError.
    """
    if ipfs_api_url == FAKE_URL:
        return FakeStore(is_production=is_production)
    own = own_store(data_dir=data_dir)
    if ipfs_api_url is None:
        return own
    return MirroredStore(own=own, mirror=mirror_store(ipfs_api_url=ipfs_api_url))


def own_store(*, data_dir: Path) -> EmbeddedStore:
    """Return the embedded store under `data_dir`."""
    return EmbeddedStore(data_dir / "documents")


def mirror_store(*, ipfs_api_url: str | None) -> DocumentStore:
    """Return the Kubo node of the settings; raises StoreRefusedError when none is set."""
    if ipfs_api_url is None:
        raise StoreRefusedError("No Kubo node is set: put its address into PORTFOLIO_IPFS_API_URL.")
    from portfolio.documents.kubo import KuboStore

    return KuboStore(ipfs_api_url)


def store_document(
    session: Session,
    *,
    store: DocumentStore,
    keys: MasterKeys,
    organisation_id: str | None,
    person: KeyedPerson | None,
    content: bytes,
    clock: Callable[[], datetime] = utc_now,
) -> Document:
    """Encrypt a file under a key of its own, make the ciphertext durable, and add its row; the caller commits.

    The type is told from the content. When the transaction is rolled back later, a ciphertext without a key stays
    behind, which `mirror.audit_documents` lists. Raises the errors of `media.recognise` and of the store.
    """
    media_type = recognise(content)
    document = Document(
        id=new_id(),
        organisation_id=organisation_id,
        person_id=person.id if person else None,
        media_type=media_type.value,
        size=len(content),
        cid="",
        sealed_key=b"",
        created_at=clock(),
    )
    key = new_key()
    if person is None:
        document.sealed_key = wrap(keys, key, _key_context(document))
        document.key_version = version_of(document.sealed_key)
    else:
        owner_key = person_key(keys, person.id, person.sealed_key)
        document.sealed_key = seal(owner_key, key, _key_context(document))
    document.cid = store.put(seal(key, content, _content_context(document)))
    session.add(document)
    session.flush()
    return document


def read_document(
    session: Session, *, store: DocumentStore, keys: MasterKeys, person: KeyedPerson | None, document_id: str
) -> ReadDocument:
    """Return a document decrypted; digest, ciphertext and place are all checked.

    Raises NotFoundError, ContentMissingError or ContentDamagedError (no copy is good), SealError (altered row or key).
    """
    document = session.get(Document, document_id)
    if document is None:
        raise NotFoundError("There is no such document.")
    if document.person_id != (person.id if person else None):
        raise WrongOwnerError("The document belongs to another person.")
    if person is None:
        key = unwrap(keys, document.sealed_key, _key_context(document))
    else:
        key = unseal(person_key(keys, person.id, person.sealed_key), document.sealed_key, _key_context(document))
    content = unseal(key, store.get(document.cid), _content_context(document))
    return ReadDocument(document, content)


def reseal_document(document: Document, *, old: bytes, new: bytes) -> None:
    """Put a document's key under another key of its person, both of 32 bytes: the old one opens it no more."""
    document.sealed_key = seal(new, unseal(old, document.sealed_key, _key_context(document)), _key_context(document))


def _key_context(document: Document) -> Context:
    return bind("document-key", document.id, document.organisation_id or "", document.person_id or "")


def _content_context(document: Document) -> Context:
    owners = (document.organisation_id or "", document.person_id or "")
    return bind("document", document.id, *owners, document.media_type, document.size)
