"""The pages by which everybody comes in: they know who reads them, cost a visitor nothing, and name the issuer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

import result_pages
from people_world import World
from portfolio.credentials.report import Verdict
from portfolio.organisations.service import organisation_by_slug
from portfolio.verification.samples import SAMPLES
from portfolio.verification.service import Issuer, issuer_of

FRONT = ("/", "/about", "/verify", "/verify?link=https://elsewhere.example/v/aaaaaaaaaaaaaaaaaaaaaa")


@pytest.mark.parametrize("path", FRONT)
def test_somebody_signed_in_keeps_his_navigation(world: World, path: str) -> None:
    world.organisation()
    staff = world.staff()
    html = staff.get(path).text
    assert "/sign-out" in html
    assert f"/p/{staff.person_id}" in html
    assert "/org/school" in html
    assert "/sign-in" not in html


def test_a_code_that_leads_nowhere_keeps_it_too(world: World) -> None:
    sent = {"code": "0000-0000-0000", "family": "Сидорова"}
    answer = world.pupil().client.post("/verify/code", data=sent, headers={"origin": "http://testserver"})
    assert answer.status_code == 404
    assert "/sign-out" in answer.text


@pytest.mark.parametrize("path", FRONT)
def test_a_visitor_costs_no_query_and_is_asked_in(world: World, path: str) -> None:
    asked: list[str] = []
    event.listen(world.portfolio.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    answer = world.visitor().get(path)
    assert asked == []
    assert 'href="/sign-in"' in answer.text
    assert "/sign-out" not in answer.text
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Cookie" in answer.headers["vary"]


@pytest.fixture
def issuer(world: World) -> str:
    """The path of the organisation that issued the sample documents."""
    statement = SAMPLES["valid"].report.statement
    assert statement is not None
    world.organisation("lyceum")
    with world.portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug="lyceum")
        organisation.did = statement.issuer_did
        session.add(organisation)
    return "/o/lyceum"


def test_the_issuer_is_found_by_what_was_signed(world: World, issuer: str) -> None:
    report = SAMPLES["valid"].report
    with world.portfolio.database.read() as session:
        organisation = organisation_by_slug(session, slug="lyceum")
        assert issuer_of(session, report=report) == Issuer(issuer, organisation.contact)
        assert issuer_of(session, report=replace(report, verdict=Verdict.INVALID)) is None
        assert issuer_of(session, report=replace(report, issuer_name=None)) is None


def test_an_issuer_that_is_not_here_has_no_page(world: World) -> None:
    with world.portfolio.database.read() as session:
        assert issuer_of(session, report=SAMPLES["valid"].report) is None


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_verdict_leads_to_its_issuer_unless_the_document_is_false(name: str) -> None:
    html = result_pages.page(SAMPLES[name], issuer_page="/o/lyceum")
    view = SAMPLES[name].report
    expected = view.verdict is not Verdict.INVALID and view.issuer_name is not None
    assert ('href="/o/lyceum"' in html) is expected
    assert "/o/" not in result_pages.page(SAMPLES[name])
