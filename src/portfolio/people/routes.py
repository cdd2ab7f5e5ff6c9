"""Pages of a person and of guardians: consents, guardians, who looked; thin, the rules are in `consent`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from sqlmodel import Session
from starlette.responses import Response

from portfolio.auth import OfPerson, PersonAccess, portfolio_of
from portfolio.i18n import format_day
from portfolio.notifications.service import queue_mail
from portfolio.organisations.directory import names_of_organisations
from portfolio.people import consents, growing_up, guardians
from portfolio.people.access import PAGE, WHAT, WHY, views_of
from portfolio.people.attempts import count_attempt
from portfolio.people.consent import IN_USE, Age, Capacity, Purpose, deciders, may_be_guarded, may_dismiss_guardian
from portfolio.people.deadlines import local_day
from portfolio.people.ending.service import reasons_of
from portfolio.people.family import (
    account_of_person,
    age_and_name,
    guardian_accounts,
    initials_of,
    language_of_account,
    names_of_accounts,
    tell,
    tell_that_ended,
)
from portfolio.people.fields import BirthDate, EmailAddress
from portfolio.people.models import GuardianState
from portfolio.people.refusals import note_refusal, review_refusal, to_be_gone_by
from portfolio.people.service import change_profile, profile_of
from portfolio.people.wordings import AFTER_WITHDRAWAL, IN_SHORT, TITLES, newest, wording
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

if TYPE_CHECKING:
    from portfolio.app import Portfolio

router = APIRouter(tags=["people"], include_in_schema=False)

MOST: Final = 2**53
"""What a database and a browser both hold; larger numbers name nothing."""
Version = Annotated[int, Path(ge=0, le=MOST)]
Before = Annotated[int | None, Query(ge=0, le=MOST)]


class ConsentForm(Form):
    purpose: Purpose
    answer: Literal["give", "withdraw"]


class InvitationForm(Form):
    address: EmailAddress


class BirthDateForm(Form):
    birth_date: BirthDate


@router.get("/p/{person_id}/consents")
def consents_page(request: Request, access: OfPerson) -> Response:
    return _consents_page(request, access, Filled.empty())


@router.post("/p/{person_id}/consents")
def answer(
    request: Request, access: OfPerson, filled: Annotated[Filled[ConsentForm], form_of(ConsentForm)]
) -> Response:
    portfolio, person_id = portfolio_of(request), access.person.id
    if filled.ok:
        try:
            with portfolio.database.write() as session:
                _answer(session, portfolio, access, filled.form)
        except consents.NotInUseError as error:
            filled.problem("purpose", error.message)
    if not filled.ok:
        return _consents_page(request, access, filled, status=422)
    done = "given" if filled.form.answer == "give" else "withdrawn"
    return see_other(f"/p/{person_id}/consents", done=done, purpose=filled.form.purpose.value)


def _answer(session: Session, portfolio: Portfolio, access: PersonAccess, form: ConsentForm) -> None:
    person_id, account_id = access.person.id, access.actor.account_id
    if form.answer == "give":
        consents.give(
            session,
            vault=portfolio.vault,
            person_id=person_id,
            purpose=form.purpose,
            account_id=account_id,
            capacity=access.capacity,
            clock=portfolio.clock,
        )
        review_refusal(session, vault=portfolio.vault, person_id=person_id, now=portfolio.clock())
    else:
        ended = consents.withdraw(
            session,
            person_id=person_id,
            purpose=form.purpose,
            account_id=account_id,
            capacity=access.capacity,
            clock=portfolio.clock,
        )
        if ended and form.purpose is Purpose.STORE:
            _tell_of_the_end(session, portfolio, person_id)


def _tell_of_the_end(session: Session, portfolio: Portfolio, person_id: str) -> None:
    """Write to everybody who keeps a portfolio on which day what was added to it will be gone."""
    vault, clock = portfolio.vault, portfolio.clock
    last = note_refusal(session, vault=vault, person_id=person_id, now=clock())
    if last is None:
        return
    accounts = [account_of_person(session, person_id=person_id), *guardian_accounts(session, person_id=person_id)]
    link = f"{portfolio.settings.public_url}/p/{person_id}/consents"
    for account in accounts:
        if account is not None:
            said = format_day(local_day(last).isoformat(), language_of_account(account))
            tell(session, vault=vault, account=account, letter="keeping_refused", clock=clock, day=said, link=link)


@router.get("/p/{person_id}/consents/{purpose}/{version}")
def consent_text(request: Request, access: OfPerson, purpose: Purpose, version: Version) -> Response:
    text = wording(purpose, version)
    return page(
        request,
        "people/consent_text.html",
        actor=access.actor,
        person_id=access.person.id,
        title=TITLES[purpose],
        paragraphs=text.paragraphs[language_of(request)],
        version=version,
        fingerprint=text.hash.hex()[:16],
    )


@router.post("/p/{person_id}/birth-date")
def say_birth_date(
    request: Request, access: OfPerson, filled: Annotated[Filled[BirthDateForm], form_of(BirthDateForm)]
) -> Response:
    """Only where none was ever said: whoever could change it could choose who decides for him."""
    portfolio, person_id = portfolio_of(request), access.person.id
    if not filled.ok:
        return _consents_page(request, access, filled, status=422)
    with portfolio.database.write() as session:
        known = profile_of(session, vault=portfolio.vault, person_id=person_id)
        if guardians.age_at(session, vault=portfolio.vault, person_id=person_id, now=portfolio.clock()) is Age.UNKNOWN:
            said = replace(known, birth_date=filled.form.birth_date.isoformat())
            change_profile(session, vault=portfolio.vault, person_id=person_id, profile=said)
    return see_other(f"/p/{person_id}/consents", done="birth-date")


@router.get("/p/{person_id}/guardians")
def guardians_page(request: Request, access: OfPerson) -> Response:
    return _guardians_page(request, access, Filled.empty())


@router.post("/p/{person_id}/guardians")
def invite(
    request: Request, access: OfPerson, filled: Annotated[Filled[InvitationForm], form_of(InvitationForm)]
) -> Response:
    portfolio, person_id = portfolio_of(request), access.person.id
    if not filled.ok:
        return _guardians_page(request, access, filled, status=422)
    count_attempt(
        portfolio.database,
        vault=portfolio.vault,
        clock=portfolio.clock,
        what="guardian-invitation",
        who=access.actor.account_id,
        limit=10,
        minutes=24 * 60,
    )
    with portfolio.database.write() as session:
        try:
            token = guardians.invite(
                session,
                vault=portfolio.vault,
                person_id=person_id,
                address=filled.form.address,
                actor=access.actor,
                clock=portfolio.clock,
            )
        except (guardians.NotAGuardianError, guardians.TooManyInvitationsError) as error:
            filled.problem("address", error.message)
            return _guardians_page(request, access, filled, status=422)
        queue_mail(
            session,
            vault=portfolio.vault,
            address=filled.form.address,
            letter="guardian_invitation",
            language=access.actor.language,
            clock=portfolio.clock,
            initials=initials_of(profile_of(session, vault=portfolio.vault, person_id=person_id).name),
            link=f"{portfolio.settings.public_url}/guardian/{token}",
        )
    return see_other(f"/p/{person_id}/guardians", done="invited")


@router.post("/p/{person_id}/guardians/sign-in")
def offer_sign_in(
    request: Request, access: OfPerson, filled: Annotated[Filled[InvitationForm], form_of(InvitationForm)]
) -> Response:
    """A guardian gives a child of 14 a sign-in; the answer is the same for an address that has an account."""
    portfolio, person_id = portfolio_of(request), access.person.id
    if not filled.ok:
        return _guardians_page(request, access, filled, status=422)
    with portfolio.database.write() as session:
        token = growing_up.offer_sign_in(
            session,
            vault=portfolio.vault,
            person_id=person_id,
            address=filled.form.address,
            actor=access.actor,
            clock=portfolio.clock,
        )
        public_url = portfolio.settings.public_url
        queue_mail(
            session,
            vault=portfolio.vault,
            address=filled.form.address,
            letter="own_sign_in" if token else "address_taken",
            language=access.actor.language,
            clock=portfolio.clock,
            link=f"{public_url}/own-sign-in/{token}" if token else f"{public_url}/sign-in",
        )
    return see_other(f"/p/{person_id}/guardians", done="offered")


@router.post("/p/{person_id}/guardians/{guardianship_id}/code")
def show_code(request: Request, access: OfPerson, guardianship_id: str) -> Response:
    """The answer itself shows the code, this once: only its HMAC is kept."""
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        code = guardians.show_pairing_code(
            session,
            vault=portfolio.vault,
            person_id=access.person.id,
            guardianship_id=guardianship_id,
            actor=access.actor,
            clock=portfolio.clock,
        )
    return _guardians_page(request, access, Filled.empty(), code=code)


@router.post("/p/{person_id}/guardians/{guardianship_id}/end")
def end_guardianship(request: Request, access: OfPerson, guardianship_id: str) -> Response:
    portfolio, person_id = portfolio_of(request), access.person.id
    with portfolio.database.write() as session:
        ended = guardians.end(
            session,
            vault=portfolio.vault,
            person_id=person_id,
            guardianship_id=guardianship_id,
            actor=access.actor,
            capacity=access.capacity,
            clock=portfolio.clock,
        )
        tell_that_ended(
            session,
            vault=portfolio.vault,
            guardianship=ended,
            but=access.actor.account_id,
            public_url=portfolio.settings.public_url,
            clock=portfolio.clock,
        )
    is_own = ended.account_id == access.actor.account_id
    return see_other("/me" if is_own else f"/p/{person_id}/guardians", done="guardian-ended")


@router.get("/p/{person_id}/access")
def access_page(request: Request, access: OfPerson, before: Before = None) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = views_of(session, person_id=access.person.id, before=before, limit=PAGE + 1)
        views = found[:PAGE]
        name = profile_of(session, vault=portfolio.vault, person_id=access.person.id).name
        organisations = names_of_organisations(
            session, ids={view.organisation_id for view in views if view.organisation_id}
        )
        # Staff act as their organisation; only guardians are called by their own names.
        accounts = names_of_accounts(
            session,
            vault=portfolio.vault,
            ids={view.account_id for view in views if view.account_id and view.viewer == "guardian"},
        )
    return page(
        request,
        "people/access.html",
        actor=access.actor,
        person_id=access.person.id,
        name=name,
        views=views,
        organisations=organisations,
        accounts=accounts,
        what=WHAT,
        why=WHY,
        older=f"?before={views[-1].id}" if len(found) > PAGE else "",
        newer=f"/p/{access.person.id}/access" if before is not None else "",
    )


def _consents_page(request: Request, access: PersonAccess, filled: Filled[Any], status: int = 200) -> Response:
    portfolio, language = portfolio_of(request), language_of(request)
    with portfolio.database.read() as session:
        now = portfolio.clock()
        standing = consents.standing(session, vault=portfolio.vault, person_id=access.person.id, now=now)
        age, name = age_and_name(session, vault=portfolio.vault, person_id=access.person.id, now=now)
        names = names_of_accounts(
            session, vault=portfolio.vault, ids={one.account_id for item in standing for one in item.consents}
        )
        last = to_be_gone_by(access.person)
    by_purpose = {item.purpose: item for item in standing}
    return page(
        request,
        "people/consents.html",
        status=status,
        actor=access.actor,
        person_id=access.person.id,
        name=name,
        capacity=access.capacity,
        age=age,
        may_answer=access.capacity in deciders(age),
        # What nothing uses is not asked for; who has agreed to it earlier still sees it, and may withdraw.
        items=[by_purpose[purpose] for purpose in TITLES if purpose in IN_USE or by_purpose[purpose].consents],
        in_use=IN_USE,
        titles=TITLES,
        short=IN_SHORT,
        after=AFTER_WITHDRAWAL,
        last_day=local_day(last).isoformat() if last else "",
        texts={purpose: newest(purpose).paragraphs[language] for purpose in Purpose},
        newest={purpose: newest(purpose).version for purpose in Purpose},
        names=names,
        filled=filled,
        asked=request.query_params.get("purpose", "")[:40],
    )


def _guardians_page(
    request: Request, access: PersonAccess, filled: Filled[Any], *, status: int = 200, code: str = ""
) -> Response:
    portfolio = portfolio_of(request)
    now, vault = portfolio.clock(), portfolio.vault
    with portfolio.database.read() as session:
        age, name = age_and_name(session, vault=vault, person_id=access.person.id, now=now)
        rows = guardians.guardianships_of(session, person_id=access.person.id)
        names = names_of_accounts(session, vault=vault, ids={row.account_id for row in rows if row.account_id})
        addresses = {row.id: guardians.address_invited(session, vault=vault, guardianship=row) for row in rows}
        schools = names_of_organisations(session, ids={row.organisation_id for row in rows if row.organisation_id})
        reasons = reasons_of(session, vault=vault, person_id=access.person.id, rows=rows)
        offers = growing_up.needs_sign_in(session, vault=vault, person_id=access.person.id, clock=portfolio.clock)
    return page(
        request,
        "people/guardians.html",
        status=status,
        actor=access.actor,
        person_id=access.person.id,
        name=name,
        age=age,
        guarded=may_be_guarded(age),
        may_dismiss=may_dismiss_guardian(access.capacity, age=age),
        is_self=access.capacity is Capacity.SELF,
        running=[row for row in rows if guardians.is_open(row, now)],
        ended=[row for row in rows if row.state is GuardianState.ENDED and row.account_id],
        names=names,
        addresses=addresses,
        schools=schools,
        reasons=reasons,
        contact=portfolio.settings.operator_contact,
        offers_sign_in=offers,
        filled=filled,
        code=code,
    )
