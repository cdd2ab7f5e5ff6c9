"""The public page of a person: set up by those who decide, seen by everybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import Field, field_validator
from sqlmodel import Session
from starlette.responses import Response

from portfolio.auth import Anybody, OfPerson, PersonAccess, portfolio_of
from portfolio.errors import NotFoundError
from portfolio.i18n import N_
from portfolio.sharing.gathered import gathered_by
from portfolio.sharing.misses import behind
from portfolio.sharing.openings import DEAD
from portfolio.sharing.public import service
from portfolio.sharing.public.models import PublicPage
from portfolio.sharing.public.selections import NameShown, Selection
from portfolio.sharing.public.sight import Sight, sight_of
from portfolio.sharing.service import read_choices
from portfolio.sharing.showing import Exhibit, judge_all, place_in, view_of
from portfolio.web.forms import Filled, Form, form_of
from portfolio.web.languages import language_of
from portfolio.web.pages import page, see_other

router = APIRouter(tags=["sharing"], include_in_schema=False)

LONGEST_WORDS: Final = 300
MOST_DOCUMENTS: Final = 50


class PublicForm(Form):
    """What one side chooses; all off by default. `show` as in a link's form; `act` looks at it first, or keeps it."""

    name: NameShown = NameShown.NONE
    school: str | None = Field(default=None, max_length=40)
    birth_year: bool = False
    show_words: bool = False
    words: str = Field(default="", max_length=LONGEST_WORDS)
    show: list[str] = Field(default_factory=list)
    indexed: bool = False
    act: Literal["look", "save"] = "look"

    @field_validator("words")
    @classmethod
    def _in_one_line(cls, value: str) -> str:
        return " ".join(value.split())

    @field_validator("show")
    @classmethod
    def _are_not_too_many(cls, value: list[str]) -> list[str]:
        chosen = [one for one in value if one]
        if len(chosen) > MOST_DOCUMENTS:
            raise ValueError(N_("A public page shows at most 50 documents."))
        return chosen

    def selection(self) -> Selection:
        """Return what was chosen; raises `NotFoundError` for a form of a document that is none."""
        return Selection(
            name=self.name,
            school=self.school,
            birth_year=self.birth_year,
            words=self.words if self.show_words else "",
            documents={choice.credential_id: choice.form for choice in read_choices(self.show)},
            indexed=self.indexed,
        )


@router.get("/p/{person_id}/public")
def public_setting(request: Request, access: OfPerson) -> Response:
    return _setting_page(request, access)


@router.post("/p/{person_id}/public")
def choose_public(
    request: Request, access: OfPerson, filled: Annotated[Filled[PublicForm], form_of(PublicForm)]
) -> Response:
    """Show what a stranger would see, or keep it; kept, it is seen at once when nothing else is missing."""
    portfolio = portfolio_of(request)
    if filled.ok and filled.form.show_words and not filled.form.words:
        filled.problem("words", N_("Fill this in."))
    if not filled.ok:
        return _setting_page(request, access, filled, status=422)
    selection, person_id = filled.form.selection(), access.person.id
    with portfolio.database.write() as session:
        plan = service.plan_of(session, vault=portfolio.vault, person_id=person_id, now=portfolio.clock())
        service.check_selection(
            selection,
            gathered=gathered_by(session, vault=portfolio.vault, person_id=person_id, only=selection.documents),
            schools=service.schools_of(session, person_id=person_id),
        )
        service.require_own_consent(plan, account_id=access.actor.account_id, capacity=access.capacity)
        if filled.form.act == "save":
            service.choose(
                session,
                vault=portfolio.vault,
                actor=access.actor,
                capacity=access.capacity,
                plan=plan,
                selection=selection,
                clock=portfolio.clock,
            )
            return see_other(f"/p/{person_id}/public", done="chosen")
    return _setting_page(request, access, filled, looked=selection)


@router.post("/p/{person_id}/public/down")
def take_down_public(request: Request, access: OfPerson) -> Response:
    portfolio = portfolio_of(request)
    with portfolio.database.write() as session:
        service.take_down(session, actor=access.actor, person_id=access.person.id, clock=portfolio.clock)
    return see_other(f"/p/{access.person.id}/public", done="taken-down")


@router.api_route("/u/{code}", methods=["GET", "HEAD"])
def public_page(request: Request, _: Anybody, code: str) -> Response:
    """Show the page as its person, the guardian and their consents allow at this moment; one look is counted."""
    portfolio = portfolio_of(request)
    found, sight = _open(request, code)
    documents = _documents(request, sight, sight.exhibits)
    if request.method == "GET":
        with portfolio.database.write() as session:
            service.count_look(session, page=found)
    response = page(
        request,
        "sharing/public.html",
        actor=None,
        sight=sight,
        here=f"/u/{code}",
        documents=documents,
    )
    if sight.indexed:
        # In place of the header that keeps everything else out of search engines; a copy they may not keep either.
        response.headers["x-robots-tag"] = "noarchive"
    return response


@router.api_route("/u/{code}/{place}", methods=["GET", "HEAD"])
def public_document(request: Request, _: Anybody, code: str, place: str) -> Response:
    """Show the whole check of one document of the page, with no more of the holder's name than stands there."""
    _page, sight = _open(request, code)
    number = place_in(place)
    documents = _documents(request, sight, [one for one in sight.exhibits if one.place == number])
    if not documents:
        raise NotFoundError(DEAD)
    view = documents[0][1]
    return page(request, "sharing/check.html", actor=None, view=view, back=f"/u/{code}", links=None, host=None)


def _open(request: Request, code: str) -> tuple[PublicPage, Sight]:
    portfolio = portfolio_of(request)

    def look(session: Session) -> tuple[PublicPage, Sight]:
        plan = service.open_page(session, vault=portfolio.vault, code=code, now=portfolio.clock())
        shown = plan.shown
        sight = sight_of(
            session,
            vault=portfolio.vault,
            person=plan.person,
            selection=shown,
            gathered=gathered_by(session, vault=portfolio.vault, person_id=plan.person.id, only=shown.documents),
            schools=service.schools_of(session, person_id=plan.person.id) if shown.school else (),
        )
        if plan.page is None or sight.is_blank:
            raise NotFoundError(DEAD)
        return plan.page, sight

    return behind(request, look)


def _documents(request: Request, sight: Sight, exhibits: Sequence[Exhibit]) -> list[tuple[Exhibit, Any]]:
    """Return documents with their checks of this moment. To be called outside a session."""
    portfolio = portfolio_of(request)
    judged = judge_all(exhibits, keeper=portfolio.keeper, clock=portfolio.clock)
    return [(one.exhibit, sight.veiled(view_of(one, language=language_of(request)))) for one in judged]


def _setting_page(
    request: Request,
    access: PersonAccess,
    filled: Filled[PublicForm] | None = None,
    *,
    looked: Selection | None = None,
    status: int = 200,
) -> Response:
    portfolio = portfolio_of(request)
    person_id, vault = access.person.id, portfolio.vault
    with portfolio.database.read() as session:
        plan = service.plan_of(session, vault=vault, person_id=person_id, now=portfolio.clock())
        gathered = gathered_by(session, vault=vault, person_id=person_id)
        schools = service.schools_of(session, person_id=person_id)
        shown = plan.shown if looked is None else plan.with_chosen(access.capacity, looked)
        sight = sight_of(session, vault=vault, person=plan.person, selection=shown, gathered=gathered, schools=schools)
    filled = filled or _as_chosen(plan, access)
    return page(
        request,
        "sharing/public_setting.html",
        actor=access.actor,
        status=status,
        person_id=person_id,
        capacity=access.capacity,
        plan=plan,
        is_open=plan.is_open and not sight.is_blank,
        url=f"{portfolio.settings.public_url}/u/{service.code_of(vault, plan.page)}" if plan.page else "",
        may_choose=plan.consent_of(access.actor.account_id, access.capacity) is not None,
        is_decider=plan.side(access.capacity) is not None,
        is_look=looked is not None,
        sight=sight,
        documents=_documents(request, sight, sight.exhibits),
        gathered=gathered,
        listed=[item for item in gathered if any(item.full.id in one.documents for one in plan.selections)],
        schools=schools,
        filled=filled,
        chosen=frozenset(filled.values.get("show") or ()),
    )


def _as_chosen(plan: service.Plan, access: PersonAccess) -> Filled[PublicForm]:
    """Return the form as this side left it; the other's words stand in it to be agreed to, but not switched on."""
    side = plan.side(access.capacity)
    chosen = (side.selection if side else None) or Selection()
    others = [one.selection.words for one in plan.sides if one.capacity is not access.capacity and one.selection]
    return Filled.empty(
        name=chosen.name.value,
        school=chosen.school or "",
        birth_year="yes" if chosen.birth_year else "",
        show_words="yes" if chosen.words else "",
        words=chosen.words or next(iter(others), ""),
        show=[f"{form.value}:{credential_id}" for credential_id, form in chosen.documents.items()],
        indexed="yes" if chosen.indexed else "",
    )
