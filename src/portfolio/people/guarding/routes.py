"""Pages of guardians and of the schools that confirm them: an invitation answered, a child added, a proof given."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from portfolio.achievements.records.service import Taking, claim_by_code
from portfolio.auth import Anybody, Issuer, SignedIn, Visitor, portfolio_of
from portfolio.errors import ForbiddenError, NotFoundError
from portfolio.i18n import N_
from portfolio.organisations.directory import school, schools
from portfolio.people import growing_up, guardians
from portfolio.people.access import record_views
from portfolio.people.accounts import AddressTakenError, hash_password
from portfolio.people.actors import Actor
from portfolio.people.attempts import count_attempt
from portfolio.people.family import initials_of, names_of_accounts, profiles_of, tell_that_ended
from portfolio.people.fields import BirthDate, NewPassword, PersonName
from portfolio.people.models import GuardianState
from portfolio.people.service import Profile, profile_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["people"], include_in_schema=False)


class AcceptForm(Form):
    is_guardian: bool = False


class ChildForm(Form):
    name: PersonName
    birth_date: BirthDate
    is_guardian: bool = False


class CodeForm(Form):
    code: str


class PasswordForm(Form):
    password: NewPassword


class PaperForm(Form):
    paper_code: str


class SchoolForm(Form):
    school: str


class AnswerForm(Form):
    answer: Literal["confirm", "refuse"]


UNSAID = N_("Tick this if it is so; without it you cannot go on.")


@router.get("/guardian/{token}")
def invitation_page(request: Request, actor: Visitor, token: str) -> Response:
    return _invitation_page(request, actor, token, Filled.empty())


@router.post("/guardian/{token}")
def accept(
    request: Request, actor: SignedIn, token: str, filled: Annotated[Filled[AcceptForm], form_of(AcceptForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok and not filled.form.is_guardian:
        filled.problem("is_guardian", UNSAID)
    if not filled.ok:
        return _invitation_page(request, actor, token, filled, status=422)
    try:
        with portfolio.database.write() as session:
            row = guardians.accept(session, vault=portfolio.vault, token=token, actor=actor, clock=portfolio.clock)
    except guardians.NotAGuardianError as error:
        filled.problem("", error.message)
        return _invitation_page(request, actor, token, filled, status=422)
    return see_other(f"/me/children/{row.id}", done="accepted")


@router.post("/guardian/{token}/decline")
def decline(request: Request, actor: Visitor, token: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        guardians.decline(session, token=token, actor=actor, clock=portfolio.clock)
    return page(request, "people/declined.html", actor=actor)


@router.get("/me/children/new")
def new_child_page(request: Request, actor: SignedIn) -> Response:
    return page(request, "people/new_child.html", actor=actor, filled=Filled.empty())


@router.post("/me/children/new")
def add_child(request: Request, actor: SignedIn, filled: Annotated[Filled[ChildForm], form_of(ChildForm)]) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok and not filled.form.is_guardian:
        filled.problem("is_guardian", UNSAID)
    if filled.ok:
        profile = Profile(name=filled.form.name, birth_date=filled.form.birth_date.isoformat())
        try:
            with portfolio.database.write() as session:
                row = guardians.add_child(
                    session, vault=portfolio.vault, profile=profile, actor=actor, clock=portfolio.clock
                )
            return see_other(f"/me/children/{row.id}", done="added")
        except (guardians.NotAGuardianError, guardians.TooManyInvitationsError) as error:
            filled.problem("birth_date" if isinstance(error, guardians.NotAGuardianError) else "", error.message)
    return page(request, "people/new_child.html", actor=actor, filled=filled, status=422)


@router.get("/me/children/{guardianship_id}")
def proof_page(request: Request, actor: SignedIn, guardianship_id: str) -> Response:
    return _proof_page(request, actor, guardianship_id, Filled.empty())


@router.post("/me/children/{guardianship_id}/code")
def prove_by_code(
    request: Request, actor: SignedIn, guardianship_id: str, filled: Annotated[Filled[CodeForm], form_of(CodeForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        _limit_codes(request, actor, guardianship_id)
        try:
            with portfolio.database.write() as session:
                guardians.prove_by_code(
                    session,
                    vault=portfolio.vault,
                    guardianship_id=guardianship_id,
                    code=filled.form.code,
                    actor=actor,
                    clock=portfolio.clock,
                )
            return see_other("/me", done="guardian-proved")
        except guardians.WrongCodeError as error:
            filled.problem("code", error.message)
    return _proof_page(request, actor, guardianship_id, filled, status=422)


@router.post("/me/children/{guardianship_id}/paper")
def prove_by_paper(
    request: Request, actor: SignedIn, guardianship_id: str, filled: Annotated[Filled[PaperForm], form_of(PaperForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        _limit_codes(request, actor, guardianship_id)
        try:
            with portfolio.database.write() as session:
                guardians.prove_by_paper(
                    session,
                    guardianship_id=guardianship_id,
                    claim=lambda child: _claims(request, session, actor, child, filled.form.paper_code),
                    actor=actor,
                    clock=portfolio.clock,
                )
            return see_other("/me", done="guardian-proved")
        except guardians.WrongCodeError as error:
            filled.problem("paper_code", error.message)
    return _proof_page(request, actor, guardianship_id, filled, status=422)


@router.post("/me/children/{guardianship_id}/school")
def ask_school(
    request: Request, actor: SignedIn, guardianship_id: str, filled: Annotated[Filled[SchoolForm], form_of(SchoolForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                asked = school(session, slug=filled.form.school, now=portfolio.clock())
                guardians.ask_school(
                    session,
                    guardianship_id=guardianship_id,
                    organisation_id=asked.id,
                    actor=actor,
                    clock=portfolio.clock,
                )
            return see_other(f"/me/children/{guardianship_id}", done="asked")
        except NotFoundError:
            filled.problem("school", N_("Choose one of the list."))
    return _proof_page(request, actor, guardianship_id, filled, status=422)


@router.post("/me/children/{guardianship_id}/end")
def give_up(request: Request, actor: SignedIn, guardianship_id: str) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        guardians.give_up(session, guardianship_id=guardianship_id, actor=actor, clock=portfolio.clock)
    return see_other("/me", done="guardian-ended")


@router.get("/own-sign-in/{token}")
def own_sign_in_page(request: Request, _: Anybody, token: str) -> Response:
    return _own_sign_in_page(request, token, Filled.empty())


@router.post("/own-sign-in/{token}")
def take_over(
    request: Request, _: Anybody, token: str, filled: Annotated[Filled[PasswordForm], form_of(PasswordForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                growing_up.take_over(
                    session,
                    vault=portfolio.vault,
                    token=token,
                    password_hash=hash_password(filled.form.password),
                    language=language_of(request),
                    clock=portfolio.clock,
                )
            return see_other("/sign-in")
        except (AddressTakenError, growing_up.HasAccountError) as error:
            filled.problem("", error.message)
    return _own_sign_in_page(request, token, filled, status=422)


@router.get("/org/{slug}/guardians")
def school_page(request: Request, access: Issuer) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        rows = guardians.asked_of_school(session, organisation_id=access.organisation.id)
        names = names_of_accounts(
            session, vault=portfolio.vault, ids={row.account_id for row in rows if row.account_id}
        )
        children = profiles_of(session, vault=portfolio.vault, ids={row.person_id for row in rows})
        rows = [row for row in rows if row.person_id in children]
        record_views(
            session,
            person_ids=children,
            viewer="organisation",
            organisation_id=access.organisation.id,
            account_id=access.actor.account_id,
            what="name",
            why="guardian_check",
            clock=portfolio.clock,
        )
    return page(
        request,
        "people/school_guardians.html",
        actor=access.actor,
        organisation=access.organisation,
        waiting=[row for row in rows if row.state is GuardianState.ACCEPTED],
        confirmed=[row for row in rows if row.state is GuardianState.ACTIVE],
        names=names,
        children=children,
    )


@router.post("/org/{slug}/guardians/{guardianship_id}")
def answer_as_school(
    request: Request, access: Issuer, guardianship_id: str, filled: Annotated[Filled[AnswerForm], form_of(AnswerForm)]
) -> Response:
    portfolio = portfolio_of(request)
    if access.seat.suspended:
        raise ForbiddenError(N_("While an organisation is suspended it confirms nothing."))
    if not filled.ok:
        return see_other(f"/org/{access.organisation.slug}/guardians")
    with portfolio.database.write() as session:
        row = guardians.answer_as_school(
            session,
            organisation_id=access.organisation.id,
            guardianship_id=guardianship_id,
            confirms=filled.form.answer == "confirm",
            actor=access.actor,
            clock=portfolio.clock,
        )
        if row.state is GuardianState.ENDED:
            tell_that_ended(
                session,
                vault=portfolio.vault,
                guardianship=row,
                but=access.actor.account_id,
                public_url=portfolio.settings.public_url,
                clock=portfolio.clock,
            )
    done = "confirmed" if row.state is GuardianState.ACTIVE else "refused"
    return see_other(f"/org/{access.organisation.slug}/guardians", done=done)


def _own_sign_in_page(request: Request, token: str, filled: Filled[Any], status: int = 200) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        growing_up.offered(session, token=token, clock=portfolio.clock)
    return page(request, "people/own_sign_in.html", actor=None, status=status, token=token, filled=filled)


def _claims(request: Request, session: Session, actor: Actor, child: str, code: str) -> bool:
    """Take the record of a paper over into the child's portfolio; False unless the paper is about this child.

    The family name alone would do for a paper of the guardian's own.
    """
    portfolio = portfolio_of(request)
    profile = profile_of(session, vault=portfolio.vault, person_id=child)
    taken = claim_by_code(
        session,
        vault=portfolio.vault,
        own_id=child,
        typed=code,
        family=profile.name.split()[0],
        about=profile,
        actor=actor.name,
        clock=portfolio.clock,
    )
    # Of a record that somebody else holds a human decides: it proves nothing.
    return taken is Taking.TAKEN


def _limit_codes(request: Request, actor: Actor, guardianship_id: str) -> None:
    """Wrong codes are limited twice: for one child, and for one account over all children it tries."""
    portfolio = portfolio_of(request)
    for what, who, limit, minutes in (
        ("pairing", guardianship_id, 5, 60),
        ("pairing-account", actor.account_id, 20, 24 * 60),
    ):
        count_attempt(
            portfolio.database,
            vault=portfolio.vault,
            clock=portfolio.clock,
            what=what,
            who=who,
            limit=limit,
            minutes=minutes,
        )


def _invitation_page(
    request: Request, actor: Actor | None, token: str, filled: Filled[Any], status: int = 200
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        row = guardians.invitation(session, token=token, now=portfolio.clock())
        name = profile_of(session, vault=portfolio.vault, person_id=row.person_id).name
    return page(
        request,
        "people/invitation.html",
        actor=actor,
        status=status,
        token=token,
        initials=initials_of(name),
        filled=filled,
    )


def _proof_page(
    request: Request, actor: Actor, guardianship_id: str, filled: Filled[Any], status: int = 200
) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        row = guardians.own_guardianship(session, guardianship_id=guardianship_id, account_id=actor.account_id)
        if row.state is GuardianState.ACTIVE:
            return see_other(f"/p/{row.person_id}/consents")
        name = profile_of(session, vault=portfolio.vault, person_id=row.person_id).name
        known = schools(session, now=portfolio.clock())
    was_added = guardians.was_added_by(row)
    return page(
        request,
        "people/proof.html",
        actor=actor,
        status=status,
        row=row,
        # Of an invited child nothing is shown before the proof; what a guardian typed himself he may read.
        child=name if was_added else initials_of(name),
        was_added=was_added,
        schools=[(one.slug, one.name) for one in known],
        asked=next((one.name for one in known if one.id == row.organisation_id), ""),
        filled=filled,
    )
