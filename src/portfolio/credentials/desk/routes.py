"""An issuer's credentials as its staff see them: found again, looked at, revoked, corrected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

import anyio.to_thread
from fastapi import APIRouter, Request
from pydantic import create_model
from starlette.responses import Response

from portfolio.auth import Issuer, StaffAccess, Viewer, portfolio_of
from portfolio.credentials import corrections, listing, revocations, service
from portfolio.credentials.kinds import KINDS, Field, FieldType, Kind
from portfolio.credentials.links import read_short_code
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.statement import Statement
from portfolio.errors import ConflictError, JsonValue, PortfolioError
from portfolio.i18n import N_, format_day
from portfolio.organisations import wording
from portfolio.people.access import record_view
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.service import Profile
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(prefix="/org/{slug}/credentials", tags=["credentials"], include_in_schema=False)

PAGE = 50
STATES: Mapping[str, tuple[str, str]] = {
    "draft": (N_("waits for the signature"), "info"),
    "signed": (N_("being entered in the register"), "info"),
    "batched": (N_("being entered in the register"), "info"),
    "sent": (N_("being entered in the register"), "info"),
    "mined": (N_("being entered in the register"), "info"),
    "held": (N_("stopped: ask the operator"), "warning"),
    "final": (N_("in the register"), "good"),
}
REASONS: Mapping[str, str] = {
    RevocationReason.ISSUED_IN_ERROR: N_("It was issued in error"),
    RevocationReason.HOLDER_REQUEST: N_("The holder asked for it"),
    RevocationReason.FRAUD: N_("It was obtained by fraud"),
    RevocationReason.WITHDRAWN: N_("The award was taken back"),
    RevocationReason.UNSPECIFIED: N_("Another reason"),
    RevocationReason.SUPERSEDED: N_("It was replaced by a corrected one"),
    RevocationReason.KEY_COMPROMISE: N_("The signing key was stolen"),
}
CHOOSABLE = tuple(REASONS)[:5]
_FIELD = "field_"


class RevokeForm(Form):
    reason: RevocationReason


class CorrectForm(Form):
    """A correction; the kind's own fields are added per credential (`_correct_form`)."""

    holder_name: str


@router.get("")
def list_page(request: Request, access: Viewer, after: str = "", run: str = "", code: str = "") -> Response:
    portfolio = portfolio_of(request)
    wanted = read_short_code(code) if code else None
    with portfolio.database.read() as session:
        if code:
            found = service.credentials_by_code(session, code=wanted) if wanted else []
            own = revocations.revocable_of(session, organisation=access.organisation, credentials=found)
            views = listing.views_of(session, vault=portfolio.vault, credentials=own)
        else:
            views = listing.newest_credentials(
                session,
                vault=portfolio.vault,
                organisation=access.organisation,
                run_id=run or None,
                after=after or None,
                limit=PAGE,
            )
    language = language_of(request)
    return page(
        request,
        "organisations/credentials.html",
        actor=access.actor,
        seat=access.seat,
        views=views,
        states=STATES,
        kinds={code: kind.ru if language == "ru" else kind.en for code, kind in KINDS.items()},
        more=len(views) == PAGE and not code,
        after=after,
        run=run,
        code=code,
        filled=Filled.empty(code=code),
    )


@router.get("/{credential_id}")
def credential_page(request: Request, access: Viewer, credential_id: str) -> Response:
    return _credential(request, access, credential_id)


@router.post("/{credential_id}/revoke")
def revoke(
    request: Request, access: Issuer, credential_id: str, filled: Annotated[Filled[RevokeForm], form_of(RevokeForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok and filled.form.reason not in CHOOSABLE:
        filled.problem("reason", N_("Choose one of the list."))
    if not filled.ok:
        return _credential(request, access, credential_id, revoking=filled)
    try:
        with portfolio.database.write() as session:
            found = revocations.revocable(session, organisation=access.organisation, credential_id=credential_id)
            revocations.revoke(
                session,
                credential=found,
                reason=filled.form.reason,
                by=access.organisation,
                clock=portfolio.clock,
            )
            _record(session, request, access, f"credential.revoke.{filled.form.reason}", found.id)
    except ConflictError:
        filled.problem("", N_("This document is revoked already, or was never signed."))
        return _credential(request, access, credential_id, revoking=filled)
    return see_other(_path(access, credential_id), done="revoked")


@router.post("/{credential_id}/correct")
async def correct(request: Request, access: Issuer, credential_id: str) -> Response:
    kind = await anyio.to_thread.run_sync(_kind, request, access, credential_id)
    filled = await form_of(_correct_form(kind)).dependency(request)
    return await anyio.to_thread.run_sync(_correct, request, access, credential_id, kind, filled)


def _correct(
    request: Request, access: StaffAccess, credential_id: str, kind: Kind, filled: Filled[CorrectForm]
) -> Response:
    if not filled.ok:
        return _credential(request, access, credential_id, correcting=filled)
    portfolio, form = portfolio_of(request), filled.form
    typed = {name.removeprefix(_FIELD): value for name, value in form if name.startswith(_FIELD) and value}
    try:
        raw = {name: _raw(cast("Field", kind.field(name)), value) for name, value in typed.items()}
        with portfolio.database.write() as session:
            old = service.credential_of(session, organisation=access.organisation, credential_id=credential_id)
            before = service.open_statement(session, vault=portfolio.vault, credential=old)
            made = corrections.correct(
                session,
                vault=portfolio.vault,
                issuer=service.issuer_of(session, vault=portfolio.vault, organisation_id=access.organisation.id),
                credential=old,
                award=service.Award(
                    profile=Profile(name=corrections.normalise_holder(form.holder_name)),
                    fields=corrections.normalise_fields(kind, raw),
                ),
                valid_until=before.valid_until,
                clock=portfolio.clock,
            )
            _record(session, request, access, "credential.correct", old.id)
    except corrections.FieldsRefusedError as error:
        _point_out(filled, error.data.get("problems"))
        return _credential(request, access, credential_id, correcting=filled)
    except PortfolioError as error:
        filled.problem("", _why(error))
        return _credential(request, access, credential_id, correcting=filled)
    return see_other(_path(access, made), done="corrected")


def _credential(
    request: Request,
    access: StaffAccess,
    credential_id: str,
    revoking: Filled[Any] | None = None,
    correcting: Filled[Any] | None = None,
) -> Response:
    portfolio, russian = portfolio_of(request), language_of(request) == "ru"
    with portfolio.database.read() as session:
        found = revocations.revocable(session, organisation=access.organisation, credential_id=credential_id)
        view = listing.view_of(session, vault=portfolio.vault, credential=found)
        person = session.get_one(Person, found.person_id)
        # What it said is gone with the holder's key; that it is worth nothing any more can still be said.
        is_erased = person.erased_at is not None or not found.sealed_body
        statement = None if is_erased else service.open_statement(session, vault=portfolio.vault, credential=found)
        owner = person.owner_id
    if owner is not None:
        _note_look(request, access, owner)
    kind, is_heir = KINDS[found.kind], found.organisation_id != access.organisation.id
    return page(
        request,
        "organisations/credential.html",
        actor=access.actor,
        status=422 if revoking or correcting else 200,
        seat=access.seat,
        view=view,
        states=STATES,
        reasons=REASONS,
        choosable=[(reason, REASONS[reason]) for reason in CHOOSABLE],
        kind_name=kind.ru if russian else kind.en,
        statement=statement,
        facts=_facts(kind, statement, russian=russian) if statement else [],
        fields=[] if kind.minimal_of or is_heir or statement is None else _fields(kind, russian=russian),
        is_heir=is_heir,
        revoking=revoking or Filled.empty(),
        correcting=correcting or (_as_issued(kind, statement) if statement else Filled.empty()),
        opened="revoke" if revoking else "correct" if correcting else "",
        public_url=portfolio.settings.public_url,
    )


def _note_look(request: Request, access: StaffAccess, owner: str) -> None:
    """Who has claimed the record sees who looked at it."""
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        record_view(
            session,
            person_id=owner,
            viewer="organisation",
            what="credential",
            why="issuer",
            clock=portfolio.clock,
            account_id=access.actor.account_id,
            organisation_id=access.organisation.id,
        )


def _kind(request: Request, access: StaffAccess, credential_id: str) -> Kind:
    with portfolio_of(request).database.read() as session:
        found: Credential = service.credential_of(
            session, organisation=access.organisation, credential_id=credential_id
        )
    return KINDS[found.kind]


def _correct_form(kind: Kind) -> type[CorrectForm]:
    fields: dict[str, Any] = {_FIELD + field.name: (str, "") for field in kind.fields}
    return cast("type[CorrectForm]", create_model("KindCorrectForm", __base__=CorrectForm, **fields))


def _fields(kind: Kind, *, russian: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": _FIELD + field.name,
            "label": field.ru if russian else field.en,
            "required": field.required,
            "marks": field.type is FieldType.MARKS,
            "choices": [(choice.code, choice.ru if russian else choice.en) for choice in field.choices],
        }
        for field in kind.fields
    ]


def _facts(kind: Kind, statement: Statement, *, russian: bool) -> list[tuple[str, str]]:
    shown = []
    for field in kind.fields:
        value = statement.fields.get(field.name)
        if value is None:
            continue
        if isinstance(value, tuple):
            text = "; ".join(f"{subject}: {mark}" for subject, mark in value)
        else:
            choice = field.choice(str(value))
            text = (choice.ru if russian else choice.en) if choice else str(value)
            if field.type is FieldType.DATE:
                text = format_day(text, "ru" if russian else "en")
        shown.append((field.ru if russian else field.en, text))
    return shown


def _as_issued(kind: Kind, statement: Statement) -> Filled[Any]:
    values: dict[str, str] = {}
    for field in kind.fields:
        value = statement.fields.get(field.name, "")
        if isinstance(value, tuple):
            value = "\n".join(f"{subject}: {mark}" for subject, mark in value)
        values[_FIELD + field.name] = str(value)
    return Filled.empty(holder_name=statement.holder_name, **values)


def _raw(field: Field, text: str) -> Any:
    """Return what was typed as `normalise` takes it: marks are lines of "subject: mark"."""
    if field.type is not FieldType.MARKS:
        return text
    pairs = []
    for line in filter(None, map(str.strip, text.splitlines())):
        subject, separator, mark = line.rpartition(":")
        if not separator:
            problems: list[JsonValue] = [{"field": field.name, "problem": ""}]
            raise corrections.FieldsRefusedError("a line of marks lacks its colon", problems=problems)
        pairs.append((subject.strip(), mark.strip()))
    return pairs


def _point_out(filled: Filled[Any], problems: Any) -> None:
    for problem in problems or ():
        name = problem["field"]
        filled.problem(
            name if name == "holder_name" else _FIELD + name,
            N_("Fill this in.") if problem.get("code") == "missing" else N_("This value cannot be used. Look it over."),
        )


def _why(error: PortfolioError) -> str:
    if isinstance(error, ConflictError) and error.code in {"already_replaced", "conflict"}:
        return N_("This document was corrected before, or another one says the same.")
    return wording.said(error)


def _path(access: StaffAccess, credential_id: str) -> str:
    return f"/org/{access.organisation.slug}/credentials/{credential_id}"


def _record(session: Any, request: Request, access: StaffAccess, act: str, credential_id: str) -> None:
    subject = f"credential:{credential_id}"
    record_act(session, actor=access.actor.name, act=act, subject=subject, clock=portfolio_of(request).clock)
