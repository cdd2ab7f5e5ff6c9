"""The registrars' pages of acts of destruction: a list, one act made for paper, and the proof as a file."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from portfolio.anchoring.service import digests_of
from portfolio.auth import Registrar, portfolio_of
from portfolio.i18n import N_
from portfolio.people import destruction
from portfolio.people.destruction import ProofState, act_of
from portfolio.people.journal import AUDIT_TAG
from portfolio.web.pages import page

router = APIRouter(prefix="/registrar/acts", tags=["registrar"], include_in_schema=False)

STATES: Final = {
    ProofState.GOOD: (N_("The act is as it was written"), "good"),
    ProofState.ACT_MISSING: (N_("The act is missing"), "bad"),
    ProofState.ACT_ALTERED: (N_("The act was altered"), "bad"),
    ProofState.LINE_ALTERED: (N_("The audit log was altered"), "bad"),
    ProofState.LINE_MISSING: (N_("The audit log does not know this act"), "bad"),
}


@router.get("")
def acts(request: Request, actor: Registrar, before: str = "") -> Response:
    with portfolio_of(request).database.read() as session:
        found = destruction.finished_erasures(session, before=before[:64])
        states = destruction.states_of(session, requests=found)
    return page(
        request,
        "people/acts.html",
        actor=actor,
        requests=found,
        reasons={row.id: destruction.REASONS.get(act.reason_code, "") for row in found if (act := act_of(row))},
        states={key: STATES[state] for key, state in states.items()},
        more=len(found) == destruction.PAGE,
        before=before,
    )


@router.get("/{request_id}")
def act(request: Request, actor: Registrar, request_id: str) -> Response:
    with portfolio_of(request).database.read() as session:
        row = destruction.finished_erasure(session, request_id=request_id)
        proof = destruction.proof_of(session, request=row, anchored=set(digests_of(session, tag=AUDIT_TAG)))
        lines = destruction.lines_of(session, request_id=row.id)
    return page(
        request,
        "people/act.html",
        actor=actor,
        erasure=row,
        act=act_of(row),
        digest=destruction.digest_of(row.act or ""),
        proof=proof,
        state=STATES[proof.state],
        lines=lines,
    )


@router.get("/{request_id}/journal")
def journal(request: Request, _actor: Registrar, request_id: str) -> Response:
    """Give act and journal as one file, for an inspection or a court."""
    with portfolio_of(request).database.read() as session:
        row = destruction.finished_erasure(session, request_id=request_id)
        proof = destruction.proof_of(session, request=row, anchored=set(digests_of(session, tag=AUDIT_TAG)))
        content = destruction.export_of(session, request=row, proof=proof)
    headers = {"content-disposition": f'attachment; filename="destruction-{row.id}.json"'}
    return Response(content, media_type="application/json", headers=headers)
