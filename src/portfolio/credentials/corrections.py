"""Corrections: a new credential in place of an issued one, which is revoked once the new one is FINAL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from portfolio.credentials.forms import forms_of
from portfolio.credentials.kinds import Kind, kind_of
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.revocations import is_revoked, revoke
from portfolio.credentials.service import Award, Issuer, issue_awards
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
    if credential.minimal_of is not None:
        raise ConflictError("this is a minimal form: correct the full one", id=credential.minimal_of)
    kind = kind_of(credential.kind)
    award = replace(award, person_id=credential.person_id, row=credential.row, natural_key=credential.natural_key)
    # The old rows leave the unique natural key first, so that the new ones may take it.
    old = forms_of(session, credential=credential)
    ids = [form.id for form in old]
    session.execute(update(Credential).where(col(Credential.id).in_(ids)).values(replaced_by=new_id()))
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
    new = forms_of(session, credential=session.get_one(Credential, outcome.issued[0]))
    for before, after in zip(old, new, strict=False):  # one issued before there were minimal forms has none
        before.replaced_by, after.replaces = after.id, before.id
    session.add_all([*old, *new])
    session.flush()
    if credential.digest is not None and not is_revoked(session, credential=credential):
        revoke(session, credential=credential, reason=RevocationReason.SUPERSEDED, clock=clock, waits_for=new[0].id)
    return new[0].id
