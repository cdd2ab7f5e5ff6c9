"""The API for documents (scans, PDF) of an organisation: stored encrypted, returned only to it, always as a
download.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from portfolio.auth import CallingOrganisation, ReadingOrganisation, portfolio_of
from portfolio.credentials.service import credential_of
from portfolio.documents import service
from portfolio.documents.media import MAX_SIZE
from portfolio.documents.models import Document
from portfolio.errors import NotFoundError
from portfolio.organisations.models import Organisation
from portfolio.people.models import Person

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])


class DocumentOut(BaseModel):
    id: str
    media_type: str
    size: int
    cid: str
    created_at: datetime


@router.post("", response_model=DocumentOut, status_code=201)
def store(
    request: Request,
    organisation: CallingOrganisation,
    file: Annotated[UploadFile, File(description="PDF, PNG or JPEG, told from its content")],
    credential_id: Annotated[
        str | None, Form(description="the credential it belongs to; absent: the organisation's")
    ] = None,
) -> DocumentOut:
    """Store a document. When this answers, its ciphertext is safe on our own disk, whatever IPFS does."""
    portfolio = portfolio_of(request)
    content = file.file.read(MAX_SIZE + 1)
    with portfolio.database.write() as session:
        person = None
        if credential_id is not None:
            credential = credential_of(session, organisation=organisation, credential_id=credential_id)
            person = session.get_one(Person, credential.person_id)
        document = service.store_document(
            session,
            store=portfolio.store,
            keys=portfolio.vault.master,
            organisation_id=organisation.id,
            person=person,
            content=content,
            clock=portfolio.clock,
        )
        return DocumentOut(**document.model_dump(include=set(DocumentOut.model_fields)))


@router.get("/{document_id}", response_class=Response)
def read(request: Request, organisation: ReadingOrganisation, document_id: str) -> Response:
    """Return a document of this organisation, decrypted, its digest checked."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        row = _document_of(session, organisation, document_id)
        found = service.read_document(
            session,
            store=portfolio.store,
            keys=portfolio.vault.master,
            person=session.get(Person, row.person_id) if row.person_id else None,
            document_id=row.id,
        )
    suffix = found.media_type.value.rpartition("/")[2]
    return Response(
        found.content,
        media_type=found.media_type.value,
        headers={
            "content-disposition": f'attachment; filename="{row.id}.{suffix}"',
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "no-store",
        },
    )


def _document_of(session: Session, organisation: Organisation, document_id: str) -> Document:
    row = session.get(Document, document_id)
    if row is None or row.organisation_id != organisation.id:
        raise NotFoundError("this organisation has no document with that id")
    return row
