"""Records of people who are erased: unknown at once, no stumbling block to others, and never taken from a claimant."""

from __future__ import annotations

from typing import Any

import pytest
from pupils import adult_with_consent, code_of, issue, owner_of
from sqlmodel import select

from people_world import PASSWORD, Someone, World
from portfolio.achievements.holdings.service import received_by, received_one
from portfolio.achievements.models import Dispute
from portfolio.achievements.records.service import replace_code
from portfolio.credentials.models import Credential
from portfolio.credentials.service import open_statement, token_of
from portfolio.errors import NotFoundError
from portfolio.operations.erasing import run_erasures
from portfolio.people.models import Person
from portfolio.sharing.gathered import gathered_by

NAME = "Сидорова Анна Олеговна"


def enter(someone: Someone, code: str) -> Any:
    return someone.post(f"/p/{someone.person_id}/claim", {"code": code, "family": "Сидорова"})


def erase(someone: Someone) -> None:
    answer = someone.post(f"/p/{someone.person_id}/erase", {"understood": "yes", "password": PASSWORD})
    assert answer.status_code == 200


def row_of(world: World, credential_id: str) -> Credential:
    with world.portfolio.database.read() as session:
        return session.get_one(Credential, credential_id)


@pytest.mark.fault(133)
@pytest.mark.parametrize("is_done", [False, True])
def test_from_the_first_moment_everything_of_it_is_unknown(world: World, *, is_done: bool) -> None:
    organisation = world.organisation()
    credential_id = issue(world, organisation, NAME)
    staff, holder, other = world.staff(), adult_with_consent(world, NAME), adult_with_consent(world, "Сидорова Алла")
    code = code_of(world, credential_id)
    token = token_of(world.portfolio.vault, row_of(world, credential_id))
    assert enter(holder, code).status_code == 303
    with world.portfolio.database.write() as session:
        fresh = replace_code(
            session, organisation=organisation, credential_id=credential_id, actor="account:x", clock=world.clock
        )
    erase(holder)
    if is_done:
        run_erasures(world.portfolio)
    visitor = world.visitor()
    for path in (f"/v/{token}", f"/c/{token}.json", f"/c/{token}"):
        unknown = visitor.get(path.replace(token, "A" * len(token)))
        gone = visitor.get(path)
        assert (gone.status_code, gone.text) == (404, unknown.text), path
    assert {enter(other, typed).status_code for typed in (code, fresh, "7K2M-9QXA-41BD")} == {422}
    assert staff.get(f"/org/school/credentials/{credential_id}").status_code < 500
    for page in ("/org/school/requests/disputes", "/org/school/credentials", "/org/school/requests"):
        assert staff.get(page).status_code == 200, page


def test_an_erased_sibling_closes_no_portfolio(world: World) -> None:
    credential_id = issue(world, world.organisation(), NAME)
    holder = adult_with_consent(world, NAME)
    enter(holder, code_of(world, credential_id))
    portfolio = world.portfolio
    with portfolio.database.write() as session:
        row = session.get_one(Credential, credential_id)
        row.sealed_body = b""  # as after the erasure of one who had the record before
        session.add(row)
    assert holder.get(f"/p/{holder.person_id}").status_code == 200
    with portfolio.database.read() as session:
        person = {"vault": portfolio.vault, "person_id": holder.person_id}
        assert received_by(session, **person, clock=world.clock) == []
        assert gathered_by(session, **person) == []
        with pytest.raises(NotFoundError):
            received_one(session, **person, credential_id=credential_id, clock=world.clock)


@pytest.mark.fault(101)
def test_what_somebody_else_claims_too_is_not_destroyed(world: World) -> None:
    organisation = world.organisation()
    disputed, plain = issue(world, organisation, NAME), issue(world, organisation, NAME, title="Другая")
    staff, thief, owner = world.staff(), adult_with_consent(world, NAME), adult_with_consent(world, "Сидорова Алла")
    for credential_id in (disputed, plain):
        enter(thief, code_of(world, credential_id))
    assert enter(owner, code_of(world, disputed)).headers["location"].endswith("disputed")
    assert "somebody else claims too" in thief.get(f"/p/{thief.person_id}/erase?lang=en").text
    erase(thief)
    run_erasures(world.portfolio)
    with world.portfolio.database.read() as session:
        kept = session.get_one(Credential, disputed)
        assert open_statement(session, vault=world.portfolio.vault, credential=kept).holder_name == NAME
        assert session.get_one(Person, kept.person_id).owner_id is None
        assert session.get_one(Credential, plain).sealed_body == b"", "what nobody else claims goes"
        dispute = session.exec(select(Dispute)).one()
    page = staff.get("/org/school/requests/disputes")
    assert dispute.id in page.text
    answer = staff.post(f"/org/school/requests/disputes/{dispute.id}", {"to": "claimant"})
    assert answer.status_code == 303
    assert owner_of(world, disputed) == owner.person_id
