"""Who looked: seen by the person and the guardian, by nobody else, page by page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import portfolio
from people_world import World
from portfolio.people.access import PAGE, WHAT, WHY, record_view, views_of


def test_looks_are_shown_with_who_what_and_why(world: World) -> None:
    child = world.pupil(15)
    mother = world.guardian_of(child)
    organisation = world.organisation("university", name="Технический университет")
    with world.portfolio.database.write() as session:
        record_view(
            session,
            person_id=child.person_id,
            viewer="organisation",
            organisation_id=organisation.id,
            what="trajectory",
            why="university_access",
            clock=world.clock,
        )
        record_view(
            session,
            person_id=child.person_id,
            viewer="guardian",
            account_id=mother.account.id,
            what="portfolio",
            why="guardian",
            clock=world.clock,
        )
        record_view(session, person_id=child.person_id, viewer="link", what="a new code", why="link", clock=world.clock)
    for reader in (child, mother):
        text = reader.get(f"/p/{child.person_id}/access?lang=en").text
        assert "Технический университет" in text
        assert "Сидорова Мария Ивановна" in text
        assert "the owner opened it to this university" in text
        assert "Somebody with a link" in text
        assert "a new code" in text, "a code without words is shown as it stands"
    assert world.someone().get(f"/p/{child.person_id}/access").status_code == 404
    assert world.staff("university").get(f"/p/{child.person_id}/access").status_code == 404


def test_ones_own_looks_are_not_written_down(world: World) -> None:
    adult = world.someone()
    with world.portfolio.database.write() as session:
        record_view(session, person_id=adult.person_id, viewer="self", what="portfolio", why="", clock=world.clock)
        assert views_of(session, person_id=adult.person_id) == []
    assert "Nobody has looked yet" in adult.get(f"/p/{adult.person_id}/access?lang=en").text


def test_many_looks_come_page_by_page(world: World) -> None:
    adult = world.someone()
    with world.portfolio.database.write() as session:
        for number in range(PAGE + 1):
            record_view(
                session,
                person_id=adult.person_id,
                viewer="link",
                what=f"look {number:03}",
                why="link",
                clock=world.clock,
            )
    first = adult.get(f"/p/{adult.person_id}/access?lang=en").text
    assert f"look {PAGE:03}" in first
    assert "look 000" not in first
    older = re.findall(r'href="(\?before=\d+)"', first)[0]
    second = adult.get(f"/p/{adult.person_id}/access{older}&lang=en").text
    assert "look 000" in second
    assert f"look {PAGE:03}" not in second


def test_numbers_that_no_database_holds_are_refused(world: World) -> None:
    adult = world.someone()
    for path in (f"access?before={10**30}", f"consents/share/{10**299}", "access?before=-1"):
        assert adult.get(f"/p/{adult.person_id}/{path}").status_code == 422, path


def test_every_code_in_the_source_has_its_words() -> None:
    used: dict[str, set[str]] = {"what": set(), "why": set()}
    for path in Path(portfolio.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"record_view", "record_views"}:
                for word in call.keywords:
                    if word.arg in used and isinstance(word.value, ast.Constant):
                        used[word.arg].add(word.value.value)
    assert used["why"] <= set(WHY)
    assert used["what"] <= set(WHAT)
    assert "dispute" in used["why"]
    assert "imports" in WHAT  # passed on by a function between
