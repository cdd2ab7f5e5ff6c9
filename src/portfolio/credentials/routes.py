"""The API of an issuer's own credentials: look, link, correct, revoke; and drafts that wait for a signature made
elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from portfolio.anchoring.states import AnchoringState
from portfolio.auth import CallingOrganisation, ReadingOrganisation, portfolio_of
from portfolio.credentials import corrections, drafts, listing, revocations, service
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import RevocationReason
from portfolio.people.service import Profile

router = APIRouter(prefix="/api/v1/credentials", tags=["credentials"])


class CredentialOut(BaseModel):
    """A credential as its issuer sees it in a list; what it says stands in its bundle."""

    id: str
    kind: str
    state: AnchoringState
    row: int | None
    link: str | None
    minimal_link: str | None
    created_at: datetime
    replaced_by: str | None
    revocation_requested: RevocationReason | None
    revoked_at: datetime | None


class RevokeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: RevocationReason


class CorrectIn(BaseModel):
    """The corrected values, whole: what is left out is not in the new credential."""

    model_config = ConfigDict(extra="forbid")

    holder_name: str = Field(max_length=300)
    fields: dict[str, Any]
    valid_until: str | None = None


class SignedIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    credentials: list[dict[str, Any]] = Field(max_length=1000)


@router.get("", response_model=list[CredentialOut])
def list_credentials(
    request: Request,
    organisation: ReadingOrganisation,
    run_id: str | None = None,
    after: Annotated[str | None, Query(description="id of the last credential of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[CredentialOut]:
    """List the organisation's credentials, by id, a page at a time."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        views = listing.list_credentials(
            session, vault=portfolio.vault, organisation=organisation, run_id=run_id, after=after, limit=limit
        )
    return [_out(request, view) for view in views]


@router.get("/drafts")
def list_drafts(request: Request, organisation: ReadingOrganisation) -> dict[str, Any]:
    """Return the statements that wait for the organisation's own signature (`portfolio sign` signs them)."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        waiting = drafts.pending_drafts(session, vault=portfolio.vault, organisation=organisation)
    return {"drafts": [orjson.loads(draft) for draft in waiting]}


@router.post("/signed")
def submit_signed(request: Request, organisation: CallingOrganisation, body: SignedIn) -> dict[str, Any]:
    """Accept credentials that the organisation signed on its own computer: all of them, or none."""
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        digests = [
            drafts.submit_signed(
                session,
                vault=portfolio.vault,
                organisation=organisation,
                document=document,
                clock=portfolio.clock,
            )
            for document in body.credentials
        ]
    return {"accepted": ["0x" + digest.hex() for digest in digests]}


@router.get("/{credential_id}", response_model=CredentialOut)
def get_credential(request: Request, organisation: ReadingOrganisation, credential_id: str) -> CredentialOut:
    """Return one credential of the organisation."""
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        credential = service.credential_of(session, organisation=organisation, credential_id=credential_id)
        return _out(request, listing.view_of(session, vault=portfolio.vault, credential=credential))


@router.post("/{credential_id}/revoke", response_model=CredentialOut)
def revoke(request: Request, organisation: CallingOrganisation, credential_id: str, body: RevokeIn) -> CredentialOut:
    """Revoke with a reason; it holds once the chain says so, within seconds on a chain that answers.

    A successor may revoke what its predecessor issued.
    """
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        credential = revocations.revocable(session, organisation=organisation, credential_id=credential_id)
        revocations.revoke(session, credential=credential, reason=body.reason, by=organisation, clock=portfolio.clock)
        return _out(request, listing.view_of(session, vault=portfolio.vault, credential=credential))


@router.post("/{credential_id}/correct", response_model=CredentialOut, status_code=201)
def correct(request: Request, organisation: CallingOrganisation, credential_id: str, body: CorrectIn) -> CredentialOut:
    """Issue a corrected credential; the old one is revoked as superseded once the new one is final."""
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        old = service.credential_of(session, organisation=organisation, credential_id=credential_id)
        new_id = corrections.correct(
            session,
            vault=portfolio.vault,
            issuer=service.issuer_of(session, vault=portfolio.vault, organisation_id=organisation.id),
            credential=old,
            award=service.Award(
                profile=Profile(name=corrections.normalise_holder(body.holder_name)),
                fields=corrections.normalise_fields(kind_of(old.kind), body.fields),
            ),
            valid_until=body.valid_until,
            clock=portfolio.clock,
        )
        new = service.credential_of(session, organisation=organisation, credential_id=new_id)
        return _out(request, listing.view_of(session, vault=portfolio.vault, credential=new))


def _out(request: Request, view: listing.CredentialView) -> CredentialOut:
    links = f"{portfolio_of(request).settings.public_url}/v/"
    row = view.credential
    return CredentialOut(
        id=row.id,
        kind=row.kind,
        state=view.state,
        row=row.row,
        link=links + view.token if view.token else None,
        minimal_link=links + view.minimal_token if view.minimal_token else None,
        created_at=row.created_at,
        replaced_by=row.replaced_by,
        revocation_requested=view.revocation.reason if view.revocation else None,
        revoked_at=view.revocation.revoked_at if view.revocation else None,
    )
