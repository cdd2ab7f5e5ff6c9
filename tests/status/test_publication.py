"""Status lists as a service serves them: signed, renewed, at once right after a revocation, and never believed here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import or_, update
from sqlmodel import col, select

from portfolio.credentials.models import Credential, Revocation
from portfolio.credentials.report import Verdict
from portfolio.credentials.status import status_list_url
from portfolio.credentials.status_publication import IN_FORCE, RENEW_AFTER, publish_lists
from portfolio.credentials.statuslists import LIST_LENGTH, bit_at, decode_bits, read_own_list
from portfolio.organisations.models import IssuerKey, PublishedList, Purpose
from portfolio.organisations.service import keys_of, organisation_by_slug, retire_key, rotate_key
from service_world import Service

PATH = "/o/school/status/1"


def get_list(service: Service, path: str = PATH) -> dict[str, Any]:
    answer = service.client().get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vc"
    document: dict[str, Any] = answer.json()
    return document


def places_set(document: dict[str, Any]) -> set[int]:
    bits = decode_bits(read_own_list(document).encoded)
    assert len(bits) * 8 == LIST_LENGTH
    return {place for place in range(LIST_LENGTH) if bit_at(bits, place)}


def places_of(service: Service, *credentials: Credential) -> set[int]:
    """The places of credentials in both forms; each row keeps what its signed document says."""
    ids = [credential.id for credential in credentials]
    with service.portfolio.database.read() as session:
        query = select(Credential).where(or_(col(Credential.id).in_(ids), col(Credential.minimal_of).in_(ids)))
        forms = list(session.exec(query))
    assert len(forms) == 2 * len(ids)
    for form in forms:
        entry = json.loads(service.bundle(form))["credential"]["credentialStatus"]
        assert entry["statusListIndex"] == str(form.status_index)
        assert entry["statusListCredential"].endswith(f"/status/{form.status_list}")
    return {form.status_index for form in forms if form.status_index is not None}


def revoke_now(service: Service, credential: Credential, *, tell_the_chain: bool = True) -> None:
    answer = service.client("school").post(f"/api/v1/credentials/{credential.id}/revoke", json={"reason": "withdrawn"})
    assert answer.status_code == 200
    if tell_the_chain:
        service.work()


def keys(service: Service, purpose: Purpose) -> list[IssuerKey]:
    with service.portfolio.database.read() as session:
        found = keys_of(session, organisation=organisation_by_slug(session, slug="school"))
    return [key for key in found if key.purpose is purpose]


def test_a_list_is_signed_by_the_status_key_that_the_did_document_names(any_service: Service) -> None:
    any_service.issue(2)
    document = get_list(any_service)
    found = read_own_list(document)
    did = any_service.client().get("/o/school/did.json").json()
    assert document["proof"]["verificationMethod"] in did["assertionMethod"]
    assert any_service.portfolio.clock() - datetime.fromisoformat(found.valid_from) < timedelta(minutes=5)
    assert datetime.fromisoformat(found.valid_until) - datetime.fromisoformat(found.valid_from) == IN_FORCE
    (key,) = keys(any_service, Purpose.STATUS)
    with any_service.portfolio.database.read() as session:
        assert session.exec(select(PublishedList)).one().public_key == key.public_key
    assert key.active_at is not None


@pytest.mark.fault(125)
def test_a_bit_is_set_once_the_chain_says_revoked_and_no_other(any_service: Service) -> None:
    first, second, third = any_service.issue(3)
    assert places_set(get_list(any_service)) == set()
    revoke_now(any_service, second, tell_the_chain=False)
    assert places_set(get_list(any_service)) == set(), "decided, but not on the chain yet"
    any_service.work()
    assert places_set(get_list(any_service)) == places_of(any_service, second)
    revoke_now(any_service, first)
    assert places_set(get_list(any_service)) == places_of(any_service, first, second)
    assert any_service.verify(any_service.bundle(third)).verdict is Verdict.VALID


def test_the_bundle_carries_the_list_and_the_registry_decides(service: Service) -> None:
    credential = service.issue(1)[0]
    before = service.bundle(credential)
    assert json.loads(before)["status_list"] == get_list(service)
    revoke_now(service, credential)
    for bundle in (before, service.bundle(credential)):
        report = service.verify(bundle)
        assert report.verdict is Verdict.REVOKED
        assert [note.code for note in report.warnings] == []


def test_a_revocation_of_a_row_from_before_places_were_kept_is_listed_too(service: Service) -> None:
    credential = service.issue(1)[0]
    expected = places_of(service, credential)
    with service.portfolio.database.write() as session:
        session.exec(update(Credential).values(status_list=None, status_index=None))
    revoke_now(service, credential)
    assert places_set(get_list(service)) == expected


def test_an_unchanged_list_is_not_sent_twice(service: Service) -> None:
    service.issue(1)
    client = service.client()
    first = client.get(PATH)
    assert first.headers["cache-control"] == "public, no-cache"
    assert first.headers["access-control-allow-origin"] == "*"
    again = client.get(PATH, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    revoke_now(service, service.credentials()[0])
    assert client.get(PATH, headers={"if-none-match": first.headers["etag"]}).status_code == 200


@pytest.mark.parametrize("path", ["/o/school/status/2", "/o/nobody/status/1", "/o/school/status/0", "/o/a%0A/status/1"])
def test_other_addresses_hold_nothing(service: Service, path: str) -> None:
    service.issue(1)
    assert service.client().get(path).status_code in {404, 422}


def later(service: Service, by: timedelta) -> None:
    clock = service.portfolio.clock
    service.portfolio.clock = lambda: clock() + by


@pytest.mark.fault(123)
def test_a_list_is_renewed_long_before_it_runs_out(service: Service) -> None:
    service.issue(1)
    first = get_list(service)
    later(service, RENEW_AFTER - timedelta(minutes=5))
    assert service.worker.publish() == 0
    later(service, timedelta(minutes=6))
    assert service.worker.publish() == 1
    second = get_list(service)
    assert second["validFrom"] > first["validFrom"]
    assert second["credentialSubject"] == first["credentialSubject"]


@pytest.mark.fault(123)
def test_a_list_that_ran_out_is_signed_when_it_is_asked_for_even_without_a_worker(service: Service) -> None:
    service.issue(1)
    later(service, IN_FORCE + timedelta(hours=1))
    assert get_list(service)["validUntil"] > service.portfolio.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.fault(68)
def test_when_the_status_key_is_retired_the_next_one_signs_at_once(service: Service) -> None:
    service.issue(1)
    before = get_list(service)["proof"]["verificationMethod"]
    (old,) = keys(service, Purpose.STATUS)
    with service.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        rotate_key(
            session,
            vault=service.portfolio.vault,
            organisation=school,
            purpose=Purpose.STATUS,
            clock=service.portfolio.clock,
        )
    service.work()
    with service.portfolio.database.write() as session:
        key = session.get_one(IssuerKey, old.id)
        school = organisation_by_slug(session, slug="school")
        as_of = int(old.active_at.timestamp()) + 1 if old.active_at else 0
        retire_key(session, key=key, organisation=school, as_of=as_of, now=as_of, clock=service.portfolio.clock)
    after = get_list(service)["proof"]["verificationMethod"]
    assert after != before
    assert after in service.client().get("/o/school/did.json").json()["assertionMethod"]


@pytest.mark.fault(123)
def test_without_a_key_to_sign_no_old_list_is_served_in_place_of_the_true_one(service: Service) -> None:
    credential = service.issue(1)[0]
    get_list(service)
    with service.portfolio.database.write() as session:
        for key in keys(service, Purpose.STATUS):
            row = session.get_one(IssuerKey, key.id)
            row.sealed_private_key = None  # now its owner keeps it
            session.add(row)
    revoke_now(service, credential)
    answer = service.client().get(PATH, headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert "status_list_unsigned" in answer.text
    assert service.verify(service.bundle(credential)).verdict is Verdict.REVOKED
    assert json.loads(service.bundle(credential))["status_list"] is None


def test_two_workers_that_enter_revocations_lose_none(any_service: Service) -> None:
    """What is entered first is locked until it is signed; the other then signs both (PostgreSQL), or waits (SQLite)."""
    credentials = any_service.issue(4)
    for credential in credentials:
        revoke_now(any_service, credential)
    with any_service.portfolio.database.write() as session:
        for revocation in session.exec(select(Revocation)).all():
            revocation.list_id = None  # as if taken over again after a crash
            session.add(revocation)
        session.flush()
        publish_lists(session, vault=any_service.portfolio.vault, clock=any_service.portfolio.clock)
    assert places_set(get_list(any_service)) == places_of(any_service, *credentials)


def test_addresses_are_those_that_credentials_name(service: Service) -> None:
    credential = service.issue(1)[0]
    entry = json.loads(service.bundle(credential))["credential"]["credentialStatus"]
    with service.portfolio.database.read() as session:
        did = organisation_by_slug(session, slug="school").did
        assert session.exec(select(PublishedList.url)).one() == entry["statusListCredential"] == status_list_url(did, 1)
