"""Exports as Comprehensive Learner Records, with verifiers that are not ours, and read back by our own import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from foreign import run_node
from test_foreign_verifiers import NOW, STATUS_SIGNER, did_url, documents, every_kind, instant

from flows.test_command_line import run
from portfolio.achievements.contexts import CLR_CONTEXT, known_context
from portfolio.achievements.imports import verify_import
from portfolio.achievements.portfolios import NothingToExportError, compose_record, sign_record
from portfolio.achievements.service import export_record
from portfolio.fetching import FakeFetcher
from portfolio.organisations.did import did_document
from service_world import Service

pytestmark = pytest.mark.node

DID = "did:web:portfolio.localhost"
URL = "https://portfolio.localhost/.well-known/did.json"


def record(credentials: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    values = {
        "record_id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "subject_id": "urn:uuid:00000000-0000-4000-8000-000000000002",
        "issuer_did": DID,
        "issuer_name": "portfolio.localhost",
        "valid_from": instant(NOW),
        "credentials": credentials,
        **changes,
    }
    signed: dict[str, Any] = json.loads(sign_record(compose_record(**values), STATUS_SIGNER))
    return signed


def around(credentials: list[dict[str, Any]]) -> dict[str, Any]:
    found = {**documents(credentials), CLR_CONTEXT: known_context(CLR_CONTEXT)}
    service = did_document(DID, [STATUS_SIGNER.public_key])
    return {**found, did_url(DID): service, URL: service}


def test_a_record_of_every_kind_verifies_elsewhere_and_so_does_all_that_is_in_it() -> None:
    credentials = every_kind()
    first, second = credentials[0]["id"], credentials[1]["id"]
    made = record(credentials, replaced=[(first, second), (first, "urn:uuid:absent")])
    assert made["credentialSubject"]["verifiableCredential"] == credentials
    assert len(made["credentialSubject"]["association"]) == 1
    answers = run_node([made, *credentials], around(credentials))
    assert [answer["core"]["fatal"] for answer in answers] == [None] * len(answers)
    assert [answer["core"]["valid_signature"] for answer in answers] == [True] * len(answers)


def test_a_record_is_read_back_by_our_own_import_and_altered_ones_are_refuted() -> None:
    credentials = every_kind()[:2]
    good = record(credentials)
    fetcher = FakeFetcher({URL: json.dumps(did_document(DID, [STATUS_SIGNER.public_key])).encode()})
    report = verify_import(json.dumps(good).encode(), fetcher=fetcher, now=NOW)
    assert (report.check("signature").code, report.check("issuer").code) == ("signature_good", "issuer_key")
    # Documents inside a document have contexts of their own, which the comparison with RDF does not follow.
    assert (report.verdict, report.check("content").code) == ("cannot_check", "content_uncovered")
    subject = good["credentialSubject"]
    fewer = {**good, "credentialSubject": {**subject, "verifiableCredential": subject["verifiableCredential"][:1]}}
    assert verify_import(json.dumps(fewer).encode(), fetcher=fetcher, now=NOW).verdict == "refuted"
    (of_fewer,) = run_node([fewer], around(credentials))
    assert of_fewer["core"]["fatal"]


def test_none_too_many_or_the_same_twice_are_refused() -> None:
    credentials = every_kind()
    for wrong in ([], credentials * 2):
        with pytest.raises(NothingToExportError):
            record(wrong)


def test_a_service_exports_what_stands_behind_links(service: Service) -> None:
    rows = service.issue(2)
    with service.portfolio.database.read() as session:
        data = export_record(
            session,
            vault=service.portfolio.vault,
            identifier_host=service.settings.identifier_host,
            tokens=[service.token(row) for row in rows],
            clock=service.portfolio.clock,
        )
    made = json.loads(data)
    client = service.client()
    found = {URL: client.get("/.well-known/did.json").json(), CLR_CONTEXT: known_context(CLR_CONTEXT)}
    (answer,) = run_node([made], found)
    assert answer["core"]["fatal"] is None
    assert answer["core"]["valid_signature"] is True
    assert {one["id"] for one in made["credentialSubject"]["verifiableCredential"]} == {
        f"urn:uuid:{row.id}" for row in rows
    }


def test_the_command_writes_a_record_of_links(service: Service, tmp_path: Path) -> None:
    links = [f"{service.settings.public_url}/v/{service.token(row)}" for row in service.issue(2)]
    done = run(service, "clr", *links, "--out", str(tmp_path / "record.json"))
    assert done.exit_code == 0, done.output
    made = json.loads((tmp_path / "record.json").read_bytes())
    assert len(made["credentialSubject"]["verifiableCredential"]) == 2
    unknown = run(service, "clr", links[0] + "x", "--out", str(tmp_path / "none.json"))
    assert unknown.exit_code != 0
    assert not (tmp_path / "none.json").exists()
