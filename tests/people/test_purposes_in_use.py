"""A consent to what nothing uses has no purpose: it is not asked for; one given earlier is seen and withdrawn (139)."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select
from test_consent import table

from people_world import Someone, World
from portfolio.people.consent import IN_USE, Capacity, Purpose
from portfolio.people.consents import NotInUseError, give
from portfolio.people.models import Consent
from portfolio.people.wordings import TITLES, newest

UNUSED = sorted(set(Purpose) - IN_USE)


def agreed_earlier(world: World, someone: Someone, purpose: Purpose) -> None:
    """Write down a yes from a time when this purpose was asked for."""
    text = newest(purpose)
    with world.portfolio.database.write() as session:
        session.add(
            Consent(
                person_id=someone.person_id,
                purpose=purpose,
                account_id=someone.account.id,
                capacity=Capacity.SELF,
                text_version=text.version,
                text_hash=text.hash,
                given_at=world.clock(),
            )
        )


def asked_for(page: str) -> set[str]:
    """The purposes that a page lets one agree to."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    return {
        purpose.value
        for purpose in Purpose
        for form in forms
        if f'value="{purpose.value}"' in form and 'value="give"' in form
    }


def test_the_document_says_which_purposes_are_in_use() -> None:
    rows = table("| purpose | what it opens | asked for |")
    assert {Purpose(row[0]): row[2] for row in rows} == {
        purpose: "yes" if purpose in IN_USE else "no" for purpose in Purpose
    }
    assert UNUSED, "else this file tests nothing"


def test_only_what_is_used_is_asked_for(world: World) -> None:
    someone = world.someone()
    page = someone.get(f"/p/{someone.person_id}/consents").text
    assert asked_for(page) == {purpose.value for purpose in IN_USE}
    assert not any(f'id="{purpose.value}"' in page for purpose in UNUSED)


@pytest.mark.parametrize("purpose", UNUSED)
def test_what_nothing_uses_cannot_be_given(world: World, purpose: Purpose) -> None:
    someone = world.someone()
    here = f"/p/{someone.person_id}/consents"
    answer = someone.post(here, {"purpose": purpose.value, "answer": "give"})
    assert answer.status_code == 422
    assert "Nothing here makes use of this consent" in answer.text
    with world.portfolio.database.write() as session, pytest.raises(NotInUseError) as refused:
        give(
            session,
            vault=world.portfolio.vault,
            person_id=someone.person_id,
            purpose=purpose,
            account_id=someone.account.id,
            capacity=Capacity.SELF,
            clock=world.clock,
        )
    assert refused.value.code == "purpose_not_in_use"
    with world.portfolio.database.read() as session:
        assert session.exec(select(Consent)).all() == []


@pytest.mark.parametrize("purpose", UNUSED)
def test_what_was_given_earlier_is_seen_and_withdrawn(world: World, purpose: Purpose) -> None:
    someone = world.someone()
    agreed_earlier(world, someone, purpose)
    here = f"/p/{someone.person_id}/consents"
    page = someone.get(here).text
    assert TITLES[purpose] in page
    assert "not asked for any more" in page
    assert purpose.value not in asked_for(page)
    assert someone.get(f"{here}/{purpose.value}/1").status_code == 200
    assert someone.post(here, {"purpose": purpose.value, "answer": "withdraw"}).status_code == 303
    with world.portfolio.database.read() as session:
        assert session.exec(select(Consent)).one().withdrawn_at == world.clock()
    assert f'id="{purpose.value}"' not in someone.get(here).text


def test_a_purpose_that_never_was_is_refused_in_words(world: World) -> None:
    someone = world.someone()
    answer = someone.post(f"/p/{someone.person_id}/consents", {"purpose": "everything", "answer": "give"})
    assert answer.status_code == 422
    assert "Choose one of the list." in answer.text
