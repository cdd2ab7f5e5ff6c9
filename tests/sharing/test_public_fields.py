"""Every field of a public page, off and on, at every age, by each choice: seen or not, looked for by canaries (111)."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any, Final

import pytest
from public_world import NAME, Family, family
from sqlmodel import select

from people_world import World
from portfolio.organisations.models import Organisation
from portfolio.people.consent import Age, Capacity, deciders

CANARIES: Final = {
    "full name": r"Канарейкина|Птицевна",
    "short name": r"Злата К\.",
    "code": r"Check code|Digest of the credential",
    "school": r"Канареечный двор",
    "year": r"\b20(15|11|01)\b",
    "words": r"Пою по утрам",
    "award": r"Жёлтое перо",
    "class": r"10К",
    "points": r"\b87\b",
}
NEVER: Final = r"23 July|July 2015|\b07-23|23\.07|example\.ru|Не выбранная|11Ж|\b64\b|Иванова|<img(?! src=./static/)"
FORMS: Final[dict[str, tuple[dict[str, str], set[str]]]] = {
    "name in short": ({"name": "short"}, {"short name"}),
    "name in full": ({"name": "full"}, {"full name", "code"}),
    "school": ({"school": "<yard>"}, {"school"}),
    "year": ({"birth_year": "yes"}, {"year"}),
    "words": ({"show_words": "yes", "words": "Пою по утрам"}, {"words"}),
    "words off": ({"words": "Пою по утрам"}, set()),
    "award in short": ({"show": "minimal:<award>"}, {"award"}),
    "award in full": ({"show": "full:<award>"}, {"award", "class", "points"}),
    "search": ({"indexed": "yes"}, set()),
}
"""Each field's form, and which canaries it lets out."""


def sent(one: Family, field: str, *, on: bool) -> dict[str, Any]:
    """The form of one side: one award in short, so that there is a page, and a field or not."""
    with one.world.portfolio.database.read() as session:
        yard = session.exec(select(Organisation.id).where(Organisation.slug == "yard")).one()
    form = {
        name: value.replace("<yard>", yard).replace("<award>", one.award)
        for name, value in (FORMS[field][0] if on else {}).items()
    }
    return {**form, "show": [f"minimal:{one.base}", *([form["show"]] if "show" in form else [])]}


@dataclass(frozen=True)
class Seen:
    """The canaries on the page and on the whole checks behind it, what may never be there, and who may find it."""

    found: set[str]
    never: list[str]
    is_indexed: bool


def seen(one: Family, address: str) -> Seen:
    page = one.visitor.get(address)
    assert page.status_code == 200
    places = re.findall(rf'href="{address}/(\d)"', page.text)
    assert places, "the award that every page here shows"
    text = page.text + "".join(one.visitor.get(f"{address}/{place}").text for place in places)
    text = re.sub(r"0x[0-9a-f]+", "", text)
    found = {name for name, canary in CANARIES.items() if re.search(canary, text)}
    secrets = [one.person.person_id, one.person.account.id]
    never = [*re.findall(NEVER, text), *(secret for secret in secrets if secret in text)]
    return Seen(found, never, "noindex" not in page.headers["x-robots-tag"])


def choices_of(age: Age) -> list[frozenset[Capacity]]:
    """Whoever may switch a field on: each set of those who decide at this age."""
    who = sorted(deciders(age))
    return [frozenset(chosen) for size in range(len(who) + 1) for chosen in itertools.combinations(who, size)]


@pytest.mark.fault(111)
@pytest.mark.parametrize("age", list(Age))
def test_a_field_is_seen_only_where_all_who_decide_have_switched_it_on(world: World, age: Age) -> None:
    one = family(world, age)
    address = one.publish(show=[f"minimal:{one.base}"])
    wrong: dict[Any, Seen] = {}
    chosen: dict[Capacity, dict[str, Any]] = {}
    for field, by in itertools.product(FORMS, choices_of(age)):
        for capacity in one.deciders:
            form = sent(one, field, on=capacity in by)
            if chosen.get(capacity) != form:
                assert one.choose(capacity, **form).status_code == 303
                chosen[capacity] = form
        is_on = by == set(one.deciders)
        may = set(FORMS[field][1]) if is_on else set()
        if age is Age.UNKNOWN:
            may -= {"year"}  # there is none
        what = seen(one, address)
        if what != Seen(may, [], field == "search" and is_on):
            wrong[field, tuple(by)] = what
    assert wrong == {}


@pytest.mark.fault(111)
@pytest.mark.parametrize(
    ("own", "guardians", "expected"),
    [
        ({"name": "full"}, {"name": "short"}, {"short name"}),
        ({"name": "short"}, {"name": "none"}, set()),
        ({"show": "full:<award>"}, {"show": "minimal:<award>"}, {"award"}),
        ({"show_words": "yes", "words": "Пою по утрам"}, {"show_words": "yes", "words": "Пою  вечером"}, set()),
        (
            {"show_words": "yes", "words": "Пою по утрам"},
            {"show_words": "yes", "words": " Пою\r\nпо утрам "},
            {"words"},
        ),
    ],
)
def test_of_two_different_choices_the_lesser_is_seen(
    world: World, own: dict[str, str], guardians: dict[str, str], expected: set[str]
) -> None:
    one = family(world, Age.MINOR)
    address = one.publish(show=[f"minimal:{one.base}"])
    for capacity, form in ((Capacity.SELF, own), (Capacity.GUARDIAN, guardians)):
        said = {name: value.replace("<award>", one.award) for name, value in form.items()}
        show = [f"minimal:{one.base}", *([said["show"]] if "show" in said else [])]
        assert one.choose(capacity, **{**said, "show": show}).status_code == 303
    assert seen(one, address) == Seen(expected, [], is_indexed=False)


@pytest.mark.fault(111)
@pytest.mark.parametrize("age", [Age.ADULT, Age.MINOR])
def test_a_look_beforehand_shows_what_a_stranger_will_see_and_keeps_nothing(world: World, age: Age) -> None:
    one = family(world, age)
    one.agree(*one.deciders)
    form = sent(one, "award in full", on=True) | {"name": "short", "birth_year": "yes"}
    last = one.deciders[-1]
    for capacity in one.deciders[:-1]:
        one.choose(capacity, **form)
    preview = re.search(r'id="preview".*?</section>', one.choose(last, act="look", **form).text, re.DOTALL)
    assert preview is not None
    before = one.who(last).get(one.path).text
    assert "nobody can see it" in before
    one.choose(last, **form)
    page = one.visitor.get(one.address()).text
    for canary in CANARIES.values():
        assert bool(re.search(canary, preview[0])) == bool(re.search(canary, page)), canary
    assert re.search(CANARIES["class"], page)


def test_both_see_what_the_other_has_chosen_and_what_is_missing(world: World) -> None:
    one = family(world, Age.MINOR)
    assert "A consent is needed first" in one.person.get(one.path).text
    one.agree(Capacity.SELF)
    one.choose(Capacity.SELF, name="short", show_words="yes", words="Пою по утрам", show=[f"full:{one.award}"])
    page = one.who(Capacity.GUARDIAN).get(one.path).text
    assert "A parent or guardian: has not agreed to a public page" in page
    one.agree(Capacity.GUARDIAN)
    page = one.who(Capacity.GUARDIAN).get(one.path).text
    assert "A parent or guardian: has not chosen yet" in page
    both = re.search(r'id="both".*?</section>', page, re.DOTALL)
    assert both is not None
    assert all(word in both[0] for word in ("Пою по утрам", "Жёлтое перо", "in full", "first letter"))
    assert re.search(r'name="show_words"[^>]*checked', page) is None, "the other's words are not switched on for one"
    one.choose(Capacity.GUARDIAN, birth_year="yes")
    assert "nothing that both have switched on" in one.person.get(one.path).text
    assert one.visitor.get(one.address()).status_code == 404


def test_a_child_reads_what_the_guardian_chose_and_chooses_nothing(world: World) -> None:
    one = family(world, Age.CHILD)
    address = one.publish(name="short")
    assert "Under 14 a parent or guardian decides" in one.person.get(one.path).text
    assert one.person.post(one.path, {"act": "save", "name": "full"}).status_code == 403
    assert NAME not in one.visitor.get(address).text
    assert one.person.post(f"{one.path}/down").status_code == 303, "a no is never refused"
    assert one.visitor.get(address).status_code == 404
