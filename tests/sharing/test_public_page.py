"""A public page lives only by the consent to dissemination (139), tells nothing by its address, and notes nobody."""

from __future__ import annotations

import io
import itertools
import logging
import secrets
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from public_world import NAME, Family, family
from sharing_world import award, queries, withdraw
from sqlalchemy import inspect
from sqlmodel import SQLModel, select

from family_steps import sign_in_again
from people_world import World
from portfolio.credentials.models import Credential
from portfolio.people.consent import Age, Capacity, Purpose, deciders
from portfolio.people.erasure import belongs_to
from portfolio.people.models import AccessRecord, AuditRecord, Consent, Guardianship, GuardianState, Person
from portfolio.sharing.misses import MISSES
from portfolio.sharing.public.models import PublicPage, PublicSelection

SETS = [frozenset(), {Capacity.SELF}, {Capacity.GUARDIAN}, {Capacity.SELF, Capacity.GUARDIAN}]


def answers_like_nothing(one: Family, address: str) -> bool:
    """Whether an address answers, by every method and behind it, as one that never was and as a dead link."""
    visitor = one.visitor
    never = visitor.get("/u/" + "x" * 24)
    same = [visitor.get(address), visitor.get(f"{address}/1"), visitor.get("/s/" + "x" * 32)]
    assert never.status_code == 404
    return all(answer.status_code == 404 and answer.content == never.content for answer in same) and (
        visitor.head(address).status_code == 404
    )


@pytest.mark.fault(139)
@pytest.mark.parametrize("age", list(Age))
def test_there_is_no_page_until_everybody_who_decides_has_agreed(world: World, age: Age) -> None:
    one = family(world, age)
    for capacity in one.deciders:
        assert one.choose(capacity, name="full").status_code == 403, "not even a choice without a consent"
    with world.portfolio.database.read() as session:
        assert session.exec(select(PublicPage)).all() == []
    one.publish(name="full", indexed="yes")
    address = one.address()
    assert one.visitor.get(address).status_code == 200
    for agreed in SETS:
        for capacity in one.deciders:
            say(one, capacity, agrees=capacity in agreed)
            if capacity in agreed:
                one.choose(capacity, name="full")
        expected = 200 if agreed >= deciders(age) else 404
        assert one.visitor.get(address).status_code == expected, agreed
        if expected == 404:
            assert answers_like_nothing(one, address), agreed


def say(one: Family, capacity: Capacity, *, agrees: bool) -> None:
    if agrees:
        one.agree(capacity)
    else:
        withdraw(
            one.world,
            one.who(capacity),
            None if capacity is Capacity.SELF else one.person,
            purpose=Purpose.PUBLISH,
        )


def erase(one: Family) -> None:
    with one.world.portfolio.database.write() as session:
        session.get_one(Person, one.person.person_id).erased_at = one.world.clock()


def end_guardianship(one: Family) -> None:
    with one.world.portfolio.database.write() as session:
        for row in session.exec(select(Guardianship)):
            row.state = GuardianState.ENDED
            session.add(row)


def read_only_the_earlier_text(one: Family) -> None:
    with one.world.portfolio.database.write() as session:
        for row in session.exec(select(Consent)):
            row.text_version = 1
            session.add(row)


def take_down(by: Capacity) -> Callable[[Family], None]:
    def act(one: Family) -> None:
        assert one.who(by).post(f"{one.path}/down").status_code == 303

    return act


ENDS: dict[str, Callable[[Family], None]] = {
    "withdrawn by the person": lambda one: say(one, Capacity.SELF, agrees=False),
    "withdrawn by a guardian": lambda one: say(one, Capacity.GUARDIAN, agrees=False),
    "erased": erase,
    "guardian gone": end_guardianship,
    "only the earlier text": read_only_the_earlier_text,
    "taken down by the person": take_down(Capacity.SELF),
    "taken down by a guardian": take_down(Capacity.GUARDIAN),
}


@pytest.mark.fault(139)
@pytest.mark.parametrize("end", ENDS)
def test_it_ends_at_the_next_request(world: World, end: str) -> None:
    one = family(world, Age.MINOR)
    address = one.publish()
    assert NAME in one.visitor.get(address).text
    ENDS[end](one)
    assert answers_like_nothing(one, address)


@pytest.mark.fault(139)
def test_a_new_consent_brings_no_old_choice_back(world: World) -> None:
    one = family(world, Age.ADULT)
    address = one.publish()
    say(one, Capacity.SELF, agrees=False)
    say(one, Capacity.SELF, agrees=True)
    assert answers_like_nothing(one, address)
    one.choose(Capacity.SELF, name="short")
    assert NAME not in one.visitor.get(address).text


@pytest.mark.fault(139)
@pytest.mark.parametrize(("years", "own_word"), [(14, False), (14, True), (18, False), (18, True)])
def test_with_the_birthday_another_decides(world: World, years: int, *, own_word: bool) -> None:
    """At 14 the own word becomes needed; at 18 only the own one counts, and it shows what it chose itself."""
    one = family(world, Age.CHILD if years == 14 else Age.MINOR)  # born on 23 July
    if years == 14:
        address = one.publish()
    else:
        one.agree(Capacity.GUARDIAN, *([Capacity.SELF] if own_word else []))
        one.choose(Capacity.GUARDIAN, name="short")
        if own_word:
            one.choose(Capacity.SELF, name="full")
        address = one.address()
    midnight = datetime(2015 + 14 if years == 14 else 2011 + 18, 7, 22, 21, tzinfo=UTC)
    assert one.visitor.get(address).status_code == (404 if (years, own_word) == (18, False) else 200)
    world.clock.now = midnight
    one.age = Age.MINOR if years == 14 else Age.ADULT
    if years == 14:
        assert answers_like_nothing(one, address)
        if own_word:
            sign_in_again(world, one.person)
            one.agree(Capacity.SELF)
            one.choose(Capacity.SELF, name="short")
    shown = one.visitor.get(address)
    if not own_word:
        assert answers_like_nothing(one, address)
    elif years == 14:
        assert "Злата К." in shown.text
        assert NAME not in shown.text
    else:
        assert NAME in shown.text


@pytest.mark.fault(139)
def test_search_engines_are_kept_out_and_no_cache_keeps_anything(world: World) -> None:
    one = family(world, Age.ADULT)
    address = one.publish(name="full", show=[f"full:{one.award}"])
    for indexed in ("", "yes"):
        one.choose(Capacity.SELF, name="full", show=[f"full:{one.award}"], indexed=indexed)
        page, check = one.visitor.get(address), one.visitor.get(f"{address}/1")
        assert ("noindex" in page.headers["x-robots-tag"]) == (not indexed)
        assert ('<meta name="robots" content="noindex' in page.text) == (not indexed)
        assert "noarchive" in page.headers["x-robots-tag"]
        assert "noindex" in check.headers["x-robots-tag"]
        assert "noindex" in check.text
        assert {page.headers["cache-control"], check.headers["cache-control"]} == {"no-store"}
        assert "set-cookie" not in page.headers


@pytest.mark.parametrize("change", ["corrected", "disputed", "record erased"])
def test_a_document_that_is_no_longer_the_persons_is_gone(world: World, change: str) -> None:
    one = family(world, Age.ADULT)
    address = one.publish(name="short", show=[f"full:{one.award}"])
    assert "Жёлтое перо" in one.visitor.get(address).text
    with world.portfolio.database.write() as session:
        credential = session.get_one(Credential, one.award)
        record = session.get_one(Person, credential.person_id)
        if change == "corrected":
            credential.replaced_by = one.base
        elif change == "disputed":
            record.owner_id = None
        else:
            record.erased_at = world.clock()
        session.add_all([credential, record])
    page = one.visitor.get(address)
    assert page.status_code == 200
    assert "Жёлтое перо" not in page.text
    assert one.visitor.get(f"{address}/1").status_code == 404
    one.choose(Capacity.SELF, show=[])
    assert answers_like_nothing(one, address), "a page with nothing on it is none"


@pytest.mark.fault(108)
def test_looks_are_counted_and_nobody_is_noted(world: World, caplog: pytest.LogCaptureFixture) -> None:
    one = family(world, Age.ADULT)
    with caplog.at_level(logging.DEBUG):
        address = one.publish(name="full", show=[f"minimal:{one.award}"])
        for _ in range(3):
            one.visitor.get(address)
        one.visitor.head(address)
        one.visitor.get(f"{address}/1")
    tables = inspect(world.portfolio.database.engine)
    assert {column["name"] for column in tables.get_columns("publicpage")} == {
        *("id", "person_id", "code_hash", "created_at", "created_by", "looks", "down_at")
    }
    with world.portfolio.database.read() as session:
        assert session.exec(select(PublicPage)).one().looks == 3
        assert session.exec(select(AccessRecord)).all() == []
    said = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "asyncio")))
    assert "Канарейкина" not in said
    assert address not in said


def test_an_address_says_nothing_and_never_opens_again(world: World) -> None:
    one = family(world, Age.ADULT)
    first = one.publish()
    take_down(Capacity.SELF)(one)
    assert one.person.post(f"{one.path}/down").status_code == 303, "harmless to repeat"
    assert "Everybody sees the page" not in one.person.get(one.path).text
    one.choose(Capacity.SELF, name="full")
    second = one.address()
    assert first != second
    assert answers_like_nothing(one, first)
    assert len(second) == len("/u/") + 24
    with world.portfolio.database.read() as session:
        acts = [row.act for row in session.exec(select(AuditRecord)) if row.act.startswith("public.")]
        stored = [row.code_hash for row in session.exec(select(PublicPage))]
    assert acts == ["public.choose", "public.take_down", "public.choose"]
    assert not any(second.removeprefix("/u/").encode() in one for one in stored)


@pytest.mark.fault(107)
def test_guesses_at_pages_and_links_are_counted_together(world: World) -> None:
    one = family(world, Age.ADULT)
    address, client = one.publish(), one.visitor
    paths = itertools.cycle(["/u/", "/s/"])
    answers = [client.get(next(paths) + secrets.token_urlsafe(18)).status_code for _ in range(MISSES + 2)]
    assert answers == [404] * MISSES + [429] * 2
    assert client.get(address).status_code == 429


BROKEN: list[dict[str, Any]] = [
    {"show": ["full:absent"]},
    {"show": ["full:<foreign>"]},
    {"show": ["whole:<award>"]},
    {"show": ["<award>"]},
    {"show": [f"full:{number}" for number in range(51)]},
    {"school": "absent"},
    {"school": "<organiser>"},
    {"name": "everything"},
    {"words": "ы" * 301, "show_words": "yes"},
    {"show_words": "yes"},
    {"act": "publish"},
    {"photo": "yes"},
    {"birth_date": "yes"},
]


@pytest.mark.parametrize("form", BROKEN, ids=str)
def test_what_cannot_be_chosen_is_refused_and_changes_nothing(world: World, form: dict[str, Any]) -> None:
    one = family(world, Age.ADULT)
    address = one.publish(name="short")
    foreign = award(world, world.someone(), slug="organiser")
    named = {"<foreign>": foreign, "<award>": one.award}

    def filled(value: Any) -> Any:
        for mark, meant in named.items():
            value = value.replace(mark, meant)
        return value

    said = {
        name: [filled(v) for v in value] if isinstance(value, list) else filled(value) for name, value in form.items()
    }
    for act in ("look", "save"):
        answer = one.person.post(one.path, {"act": act, **said})
        assert answer.status_code in {404, 422}
        if answer.status_code == 422:
            assert "not right yet" in answer.text
    page = one.visitor.get(address).text
    assert "Злата К." in page


@pytest.mark.parametrize("code", ["x" * 5000, "%00", "%ff%fe", "💩", "' OR 1=1", "x/" + "9" * 9, "x/٣", "x/-1"])
def test_garbage_in_the_address_is_a_dead_page(world: World, code: str) -> None:
    assert world.visitor().get(f"/u/{code}").status_code in {400, 404}


def test_no_page_asks_the_database_more_than_twelve_times(world: World) -> None:
    one = family(world, Age.MINOR)
    more = []
    for number in range(6):
        world.organisation(f"o{number}")
        more.append(award(world, one.person, slug=f"o{number}", title=f"Олимпиада {number}", name=NAME))
    with world.portfolio.database.read() as session:
        school = session.exec(select(Person.organisation_id).where(Person.owner_id == one.person.person_id)).first()
    form = {"name": "full", "birth_year": "yes", "school": school, "show": [f"full:{item}" for item in more]}
    address = one.publish(**form)
    guardian = one.who(Capacity.GUARDIAN)
    visitor = one.visitor
    counted = {
        "page": queries(world, lambda: visitor.get(address)),
        "check": queries(world, lambda: visitor.get(f"{address}/1")),
        "setting": queries(world, lambda: one.person.get(one.path)),
        "the guardian's": queries(world, lambda: guardian.get(one.path)),
    }
    assert max(counted.values()) <= 12, counted


def test_others_public_pages_cannot_be_set(world: World) -> None:
    one = family(world, Age.ADULT)
    address, other = one.publish(), world.someone()
    assert other.get(one.path).status_code == 404
    assert other.post(one.path, {"act": "save"}).status_code == 404
    assert other.post(f"{one.path}/down").status_code == 404
    assert one.visitor.get(address).status_code == 200


@pytest.mark.parametrize("erased", ["person", "guardian"])
def test_erasure_leaves_no_row_of_what_they_chose(world: World, erased: str) -> None:
    one = family(world, Age.MINOR)
    address = one.publish()
    whose = one.person if erased == "person" else one.who(Capacity.GUARDIAN)
    tables = [SQLModel.metadata.tables[name] for name in ("publicselection", "publicpage")]
    with world.portfolio.database.write() as session:
        for table in tables:
            condition = belongs_to(table, [whose.person_id], [whose.account.id])
            assert condition is not None
            session.execute(table.delete().where(condition))
        left = len(session.exec(select(PublicSelection)).all()), len(session.exec(select(PublicPage)).all())
    assert left == ((0, 0) if erased == "person" else (1, 1))
    assert answers_like_nothing(one, address)


def test_the_own_words_are_taken_along(world: World) -> None:
    one = family(world, Age.ADULT)
    one.publish(show_words="yes", words="Пою по утрам")
    answer = one.person.post(f"/p/{one.person.person_id}/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        said = archive.read("sharing.json").decode()
        rows = archive.read("rows.json").decode()
    assert "Пою по утрам" in said
    assert '"publicselection"' in rows
