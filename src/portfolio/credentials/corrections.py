"""Corrections: a new credential in place of an issued one, which is revoked once the new one is FINAL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from portfolio.credentials.kinds import Kind, kind_of
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.service import Award, Issuer, is_revoked, issue_awards, revoke
from portfolio.credentials.values import FieldValue, ValueProblem, normalise, normalise_name
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, JsonValue, PortfolioError
from portfolio.jobs import Clock


class AlreadyReplacedError(ConflictError):
    code = "already_replaced"


class FieldsRefusedError(PortfolioError):
    """Values that the kind cannot hold; `data["problems"]` names each field and what is wrong."""

    status = 422
    code = "fields_refused"


def normalise_fields(kind: Kind, raw: Mapping[str, Any]) -> dict[str, FieldValue]:
    """Return the normal form of all values of a credential; `FieldsRefusedError` names every problem at once."""
    problems: list[JsonValue] = [
        {"field": name, "code": "unknown_field", "problem": "this kind has no such field"}
        for name in raw
        if kind.field(name) is None
    ]
    values: dict[str, FieldValue] = {}
    for field in kind.fields:
        if raw.get(field.name) is None:
            if field.required:
                problems.append({"field": field.name, "code": "missing", "problem": "this field is needed"})
            continue
        try:
            values[field.name] = normalise(field, raw[field.name])
        except ValueProblem as problem:
            problems.append({"field": field.name, "code": problem.code, "problem": str(problem)})
    if problems:
        raise FieldsRefusedError("some fields cannot be issued as they are", problems=problems)
    return values


def normalise_holder(name: str) -> str:
    """Return the normal form of a holder's name, or raise `FieldsRefusedError`."""
    try:
        return normalise_name(name)
    except ValueProblem as problem:
        problems: list[JsonValue] = [{"field": "holder_name", "code": problem.code, "problem": str(problem)}]
        raise FieldsRefusedError("the name cannot be issued as it is", problems=problems) from None


def correct(
    session: Session,
    *,
    vault: Vault,
    issuer: Issuer,
    credential: Credential,
    award: Award,
    valid_until: str | None,
    clock: Clock,
) -> str:
    """Issue a corrected credential and revoke the old one as SUPERSEDED once the new one is FINAL. Returns the new
    id.
    """
    if credential.replaced_by is not None:
        raise AlreadyReplacedError("this credential was corrected before", replaced_by=credential.replaced_by)
    kind = kind_of(credential.kind)
    award = replace(award, person_id=credential.person_id, row=credential.row, natural_key=credential.natural_key)
    # The old row leaves the unique natural key first, so that the new one may take it.
    marker = new_id()
    session.execute(update(Credential).where(col(Credential.id) == credential.id).values(replaced_by=marker))
    outcome = issue_awards(
        session,
        vault=vault,
        issuer=issuer,
        kind=kind,
        awards=[award],
        valid_until=valid_until,
        run_id=None,
        clock=clock,
    )
    if not outcome.issued:
        raise ConflictError("another credential of this issuer already says the same", id=credential.id)
    new = session.get_one(Credential, outcome.issued[0])
    credential.replaced_by = new.id
    new.replaces = credential.id
    session.add_all([credential, new])
    session.flush()
    if credential.digest is not None and not is_revoked(session, credential=credential):
        revoke(session, credential=credential, reason=RevocationReason.SUPERSEDED, clock=clock, waits_for=new.id)
    return new.id
