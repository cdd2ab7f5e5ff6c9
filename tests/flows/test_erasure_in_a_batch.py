"""One of a batch is erased: all others verify, its own link is unknown, and its issuer can still revoke it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlmodel import select

from portfolio.credentials.erasure import plan_erasure, renew_keys
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.report import Verdict
from portfolio.credentials.revocations import revoke
from portfolio.documents.encryption import SealError
from portfolio.operations.audit import audit_all
from portfolio.operations.compose import open_gateways
from portfolio.operations.erasing import run_erasures
from portfolio.people.erasure import Erasing, Plan, start
from portfolio.people.models import ErasureRequest, Person
from portfolio.people.service import Profile, new_own_person, profile_of
from service_world import Service, new_database

BATCH = int(os.environ.get("ERASURE_BATCH", "100"))


def claimed(service: Service, credential: Credential) -> str:
    """Make an own row, and let it have taken the record over; returns its id."""
    portfolio = service.portfolio
    with portfolio.database.write() as session:
        own = new_own_person(session, vault=portfolio.vault, profile=Profile(name="Иванов"), clock=portfolio.clock)
        holder = session.get_one(Person, credential.person_id)
        holder.owner_id, holder.claimed_at = own.id, portfolio.clock()
        session.add(holder)
    return own.id


def erase(service: Service, person_id: str) -> Plan:
    portfolio = service.portfolio
    with portfolio.database.write() as session:
        plan = plan_erasure(session, person_id=person_id)
        request = ErasureRequest(person_id=person_id, asked_at=portfolio.clock())
        start(session, request=request, plan=plan, clock=portfolio.clock)
    assert run_erasures(portfolio) == 1
    return plan


@pytest.mark.chain
@pytest.mark.fault(133, 136)
def test_erasing_one_of_a_batch_leaves_the_others_verifying(any_service: Service) -> None:
    service = any_service
    credentials = service.issue(rows=BATCH)
    erased, *others = credentials
    held, token = service.bundle(erased), service.token(erased)
    client = service.client()
    assert client.get(f"/v/{token}").status_code == 200
    own = claimed(service, erased)
    plan = erase(service, own)
    assert erased.id in plan.credentials
    assert len(plan.credentials) == 2, "the full form and the minimal one"
    service.portfolio.pages.__init__()  # type: ignore[misc]  a made page may be shown for 20 seconds more
    unknown = client.get("/v/" + "A" * len(token))
    gone = client.get(f"/v/{token}")
    assert (gone.status_code, gone.text) == (unknown.status_code, unknown.text)
    assert [service.verify(service.bundle(one)).verdict for one in others] == [Verdict.VALID] * len(others)
    assert service.verify(held).verdict is Verdict.VALID, "what the holder kept goes on verifying"
    with service.read() as session:
        row = session.exec(select(Credential).where(Credential.id == erased.id)).one()
        assert row.sealed_body == b""
        assert (row.digest, row.status_index) == (erased.digest, erased.status_index)
        assert row.natural_key != erased.natural_key
    assert audit_all(service.portfolio, open_gateways(service.portfolio), limit=10).findings == ()
    with service.portfolio.database.write() as session:
        revoke(
            session,
            credential=session.get_one(Credential, erased.id),
            reason=RevocationReason.ISSUED_IN_ERROR,
            clock=service.portfolio.clock,
        )
    service.work()
    assert service.verify(held).verdict is Verdict.REVOKED
    assert service.verify(service.bundle(others[0])).verdict is Verdict.VALID
    # The same table again makes a new credential for the one who was erased, and none for the others.
    again = service.issue(rows=1)
    assert [one.digest for one in again] != [erased.digest]


@pytest.mark.chain
@pytest.mark.fault(133)
def test_nothing_is_left_in_the_files_of_postgresql(new_service: Callable[..., Service], postgres_url: str) -> None:
    service = new_service(database_url=new_database(postgres_url, "canary"))
    service.add_issuer("school")
    erased, other = service.issue(rows=2)
    engine = service.portfolio.database.engine.execution_options(isolation_level="AUTOCOMMIT")

    def in_files(pieces: list[bytes]) -> list[int]:
        with engine.connect() as connection:
            connection.execute(text("VACUUM FULL"))
            connection.execute(text("CHECKPOINT"))
            folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
            number = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
            found = sorted((folder / "base" / str(number.scalar_one())).iterdir())
        content = b"".join(path.read_bytes() for path in found)
        return [content.count(piece) for piece in pieces]

    def pieces_of(credential: Credential) -> list[bytes]:
        with service.read() as session:
            person = session.get_one(Person, credential.person_id)
            body = session.get_one(Credential, credential.id).sealed_body
            # Long values lie in pieces of some 2,000 bytes.
            return [person.sealed_key, person.sealed_profile, body[:500], body[-200:]]

    wanted, kept = pieces_of(erased), pieces_of(other)
    assert all(in_files(wanted)), "the search can find"
    erase(service, claimed(service, erased))
    assert in_files(wanted) == [0, 0, 0, 0]
    assert all(in_files(kept))


@pytest.mark.chain
@pytest.mark.fault(133)
def test_a_statutory_record_stays_with_its_issuer_under_a_new_key(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, other = service.issue(rows=2)
    monkeypatch.setattr("portfolio.credentials.erasure.kind_of", lambda _code: SimpleNamespace(statutory=True))
    own = claimed(service, kept)
    vault = service.portfolio.vault
    with service.read() as session:
        before = session.get_one(Person, kept.person_id)
        old = vault.open_person_key(before.sealed_key, person_id=kept.person_id)
    plan = erase(service, own)
    assert (plan.persons, plan.credentials, plan.kept) == ((own,), (), (kept.person_id,))
    with service.read() as session:
        person = session.get_one(Person, kept.person_id)
        row = session.get_one(Credential, kept.id)
        assert (person.owner_id, person.erased_at) == (None, None)
        with pytest.raises(SealError):
            vault.open_for(old, row.sealed_body, context=f"credential:{row.id}")
        assert profile_of(session, vault=vault, person_id=person.id).name
    assert service.verify(service.bundle(kept)).verdict is Verdict.VALID
    assert service.verify(service.bundle(other)).verdict is Verdict.VALID
    again = Erasing(service.portfolio.database, vault, service.portfolio.clock, "again", plan)
    assert renew_keys(again) == 1
    assert service.verify(service.bundle(kept)).verdict is Verdict.VALID, "harmless to repeat"
