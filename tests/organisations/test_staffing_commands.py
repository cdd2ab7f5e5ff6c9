"""Organisations that no application brought get a type and their first administrator by command."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from people_world import World
from portfolio.cli import build
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import message_of
from portfolio.organisations.models import Organisation, OrganisationType
from portfolio.people.models import AuditRecord


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("portfolio.operations.compose.open_portfolio", lambda _settings: world.portfolio)
    return lambda *words: CliRunner().invoke(build(["issuer"]), ["issuer", *words])


def test_an_organisation_gets_its_type_and_its_administrator(world: World, run: Any) -> None:
    world.organisation("istok")
    boss = world.someone(strong=True)
    assert boss.get("/org/istok/applicants").status_code == 404
    assert run("set-type", "istok", "university").exit_code == 0
    done = run("invite-admin", "istok", boss.address, "--language", "en")
    assert done.exit_code == 0, done.output
    with world.portfolio.database.read() as session:
        letter = message_of(
            session.exec(select(OutgoingMail)).one(), vault=world.portfolio.vault, sender="portfolio@example.ru"
        )
        acts = session.exec(select(AuditRecord.act)).all()
    assert {"organisation.type", "staff.invite.admin"} <= set(acts)
    found = re.search(r"http://testserver(/join/\S+)", letter.get_content())
    assert found
    assert boss.post(found.group(1)).status_code == 303
    assert boss.get("/org/istok/applicants").status_code == 200
    assert boss.get("/org/istok/staff").status_code == 200


def test_an_unknown_type_or_organisation_is_refused(world: World, run: Any) -> None:
    world.organisation("istok")
    assert run("set-type", "istok", "castle").exit_code != 0
    assert run("set-type", "absent", "school").exit_code != 0
    assert run("invite-admin", "absent", "a@example.ru").exit_code != 0


def test_an_issuer_is_added_with_its_type(world: World, run: Any) -> None:
    words = ("add", "istok", "--name", "Университет", "--contact", "a@istok.ru", "--kind", "diploma")
    assert run(*words, "--type", "university").exit_code == 0
    assert run("add", "other", *words[2:]).exit_code == 0
    with world.portfolio.database.read() as session:
        types = dict(session.exec(select(Organisation.slug, Organisation.type)).all())
    assert types == {"istok": OrganisationType.UNIVERSITY, "other": OrganisationType.SCHOOL}
