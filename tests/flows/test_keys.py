"""Keys over time: rotation, retirement as of a moment, keys that stay with their owner, keys that may not be used."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from portfolio.chain.client import ChainClient
from portfolio.chain.local import LocalChain
from portfolio.config import Settings
from portfolio.credentials.canonical import multibase_of
from portfolio.credentials.commands import KeyFileError, read_key
from portfolio.credentials.drafts import (
    AlreadySignedError,
    SignatureRefusedError,
    pending_drafts,
    submit_signed,
)
from portfolio.credentials.report import Verdict
from portfolio.credentials.signing import issue
from portfolio.credentials.statement import statement_of
from portfolio.documents.encryption import MasterKeyError
from portfolio.operations.compose import UnsafeSettingsError, check_production, open_portfolio
from portfolio.organisations.keys import EmbeddedSigner, KeyNotReadyError
from portfolio.organisations.models import IssuerKey, Purpose
from portfolio.organisations.service import organisation_by_slug, retire_key, rotate_key
from service_world import Service, make_service, table

ANVIL_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def rotate(service: Service) -> IssuerKey:
    with service.portfolio.database.write() as session:
        return rotate_key(
            session,
            vault=service.portfolio.vault,
            organisation=organisation_by_slug(session, slug="school"),
            purpose=Purpose.CREDENTIAL,
            clock=service.portfolio.clock,
        )


@pytest.mark.fault(68)
def test_after_a_rotation_the_new_key_signs_and_the_old_credentials_stay_valid(service: Service) -> None:
    old = service.issue(1)[0]
    rotate(service)
    service.work()
    new = next(item for item in service.issue_more(first=2) if item.id != old.id)
    assert new.public_key != old.public_key
    for credential in (old, new):
        assert service.verify(service.bundle(credential)).verdict is Verdict.VALID


@pytest.mark.fault(66)
def test_a_key_retired_as_of_now_spoils_nothing_anchored_before(service: Service) -> None:
    old = service.issue(1)[0]
    with service.portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug="school")
        key = session.exec(select(IssuerKey).where(IssuerKey.public_key == old.public_key)).one()
        client = ChainClient(service.settings.resolved_rpc_url)
        time.sleep(1.1)  # block times are whole seconds: the key ends after the anchor, not with it
        client.command("evm_mine")
        head = client.head().time
        retire_key(session, key=key, organisation=organisation, as_of=head, now=head, clock=service.portfolio.clock)
    service.work()
    assert service.verify(service.bundle(old)).verdict is Verdict.VALID
    with pytest.raises(KeyNotReadyError):
        service.start(table(1, first=7))
    assert multibase_of(old.public_key) in did_keys(service)  # it ended by plan: other verifiers go on accepting it


@pytest.mark.fault(122)
def test_a_stolen_key_leaves_the_did_document(service: Service) -> None:
    old = service.issue(1)[0]
    client = ChainClient(service.settings.resolved_rpc_url)
    head = client.head().time
    with service.portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug="school")
        key = session.exec(select(IssuerKey).where(IssuerKey.public_key == old.public_key)).one()
        retire_key(
            session,
            key=key,
            organisation=organisation,
            as_of=head,
            now=head,
            clock=lambda: datetime.now(UTC) + timedelta(days=2),  # found out two days later
        )
    assert multibase_of(old.public_key) not in did_keys(service)


def did_keys(service: Service) -> set[str]:
    document = service.client().get("/o/school/did.json").json()
    return {method["publicKeyMultibase"] for method in document["verificationMethod"]}


def test_an_issuer_that_keeps_its_key_signs_drafts_on_its_own_computer(service: Service, tmp_path: Path) -> None:
    signer = EmbeddedSigner.of_seed(read_key(tmp_path / "key.pem", make=True))
    service.add_issuer("lyceum", own_keys={Purpose.CREDENTIAL: signer.public_key})
    run_id = service.start(table(2), slug="lyceum")
    service.work()
    assert {item.digest for item in service.credentials(run_id)} == {None}
    with service.portfolio.database.read() as session:
        organisation = organisation_by_slug(session, slug="lyceum")
        drafts = pending_drafts(session, vault=service.portfolio.vault, organisation=organisation)
    signed = [issue(statement_of(draft), signer).document for draft in drafts]
    submit(service, signed)
    service.work()
    for credential in service.credentials(run_id):
        report = service.verify(service.bundle(credential))
        assert report.verdict is Verdict.VALID
        assert report.custody == "own"
    with pytest.raises(AlreadySignedError):
        submit(service, signed)


def test_what_was_not_prepared_or_another_key_signed_is_refused(service: Service, tmp_path: Path) -> None:
    signer = EmbeddedSigner.of_seed(read_key(tmp_path / "key.pem", make=True))
    service.add_issuer("lyceum", own_keys={Purpose.CREDENTIAL: signer.public_key})
    service.start(table(1), slug="lyceum")
    service.work()
    with service.portfolio.database.read() as session:
        organisation = organisation_by_slug(session, slug="lyceum")
        draft = statement_of(pending_drafts(session, vault=service.portfolio.vault, organisation=organisation)[0])
    altered = replace(draft, holder_name="Кто-то Другой")
    with pytest.raises(SignatureRefusedError):
        submit(service, [issue(altered, signer).document])
    with pytest.raises(SignatureRefusedError):
        submit(service, [issue(draft, EmbeddedSigner.of_seed(os.urandom(32))).document])


def submit(service: Service, documents: list[bytes]) -> None:
    with service.portfolio.database.write() as session:
        for document in documents:
            submit_signed(
                session,
                vault=service.portfolio.vault,
                organisation=organisation_by_slug(session, slug="lyceum"),
                document=document,
                clock=service.portfolio.clock,
            )


@pytest.mark.fault(73)
def test_key_files_that_others_may_read_are_refused(
    service: Service, tmp_path: Path, new_service: Callable[..., Service]
) -> None:
    path = tmp_path / "key.pem"
    read_key(path, make=True)
    path.chmod(0o644)
    with pytest.raises(KeyFileError):
        read_key(path, make=False)
    service.settings.resolved_master_key_file.chmod(0o640)
    with pytest.raises(MasterKeyError):
        open_portfolio(service.settings)


@pytest.mark.fault(73)
def test_production_refuses_keys_that_everybody_knows_and_settings_that_only_development_may_have() -> None:
    good: dict[str, object] = {
        "environment": "production",
        "chain_rpc_url": "http://127.0.0.1:1",
        "operator_key": "11" * 32,
        "public_url": "https://portfolio.example",
        "max_head_age": 60,
        "finality_depth": 6,
        "identifier_host": "portfolio.example",
    }
    check_production(Settings(_env_file=None, **good))
    for bad in (
        {"operator_key": ANVIL_KEY},
        {"operator_key": None},
        {"registrar_keys": ANVIL_KEY},
        {"chain_rpc_url": None},
        {"max_head_age": None},
        {"finality_depth": 0},
        {"identifier_host": "portfolio.localhost"},
        {"public_url": "http://portfolio.example"},
    ):
        with pytest.raises(UnsafeSettingsError):
            check_production(Settings(_env_file=None, **{**good, **bad}))


def test_the_host_of_the_identifiers_is_frozen_at_the_first_issuer(flow_chain: LocalChain, tmp_path: Path) -> None:
    service = make_service(tmp_path / "data", flow_chain.rpc_url)
    service.add_issuer("school")
    with pytest.raises(UnsafeSettingsError):
        open_portfolio(service.settings.model_copy(update={"identifier_host": "other.example"}))
    service.close()
