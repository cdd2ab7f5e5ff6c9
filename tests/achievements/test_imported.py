"""Badges from elsewhere, kept in a portfolio: checked, kept sealed, checked again, deleted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from elsewhere import NOW, Elsewhere
from pupils import pupil_with_consent
from sqlmodel import select

from people_world import Someone, World
from portfolio.achievements.imported import routes, service
from portfolio.achievements.models import ImportedBadge
from portfolio.fetching import FakeFetcher

GOOD = Elsewhere().signed()


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PublicFetcher", lambda: FakeFetcher({}))


def bring(someone: Someone, document: Any, *, person_id: str = "") -> Any:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return someone.post(
        f"/p/{person_id or someone.person_id}/imports", files={"file": ("badge.json", data, "application/json")}
    )


def badges(world: World) -> list[ImportedBadge]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(ImportedBadge)))


def test_a_badge_is_kept_with_its_own_verdict_and_deleted(world: World) -> None:
    world.clock.now = NOW
    pupil = pupil_with_consent(world)
    assert "No badges yet" in pupil.get(f"/p/{pupil.person_id}/imports").text
    assert bring(pupil, GOOD).status_code == 303
    (badge,) = badges(world)
    assert b"proof" not in badge.sealed_file
    page = pupil.get(f"/p/{pupil.person_id}/imports").text
    assert f"i-{badge.id}" in page
    assert "What was checked" in page
    assert f"/imports#i-{badge.id}" in pupil.get(f"/p/{pupil.person_id}").text
    world.clock.advance(days=1)
    assert pupil.post(f"/p/{pupil.person_id}/imports/{badge.id}/check").status_code == 303
    assert badges(world)[0].checked_at == world.clock()
    pupil.post(f"/p/{pupil.person_id}/items/{badge.id}", {"hidden": "yes"})
    assert pupil.post(f"/p/{pupil.person_id}/imports/{badge.id}/delete").status_code == 303
    assert badges(world) == []


def test_a_portfolio_keeps_so_many_badges_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.clock.now = NOW
    monkeypatch.setattr(service, "MOST_IMPORTS", 1)
    pupil = pupil_with_consent(world)
    assert bring(pupil, GOOD).status_code == 303
    refused = bring(pupil, GOOD)
    assert refused.status_code == 422
    assert "There are 50 badges here already" in refused.text
    assert len(badges(world)) == 1


def test_what_is_no_badge_is_refused_beside_the_field(world: World) -> None:
    pupil = pupil_with_consent(world)
    for data in (b"", b"{}", b"words", b"\x89PNG\r\n\x1a\n", b"[" * 100_000):
        answer = bring(pupil, data)
        assert answer.status_code == 422
        assert re.search(r'id="f-file-problem"', answer.text)
    assert badges(world) == []


def test_others_find_nothing_and_without_consent_nothing_is_kept(world: World) -> None:
    world.clock.now = NOW
    pupil, stranger = pupil_with_consent(world), world.pupil()
    bring(pupil, GOOD)
    (badge,) = badges(world)
    assert bring(stranger, GOOD).headers["location"].endswith("/claims/new")
    assert bring(stranger, GOOD, person_id=pupil.person_id).status_code == 404
    for person_id in (pupil.person_id, stranger.person_id):
        for act in ("check", "delete"):
            assert stranger.post(f"/p/{person_id}/imports/{badge.id}/{act}").status_code == 404
    assert len(badges(world)) == 1
