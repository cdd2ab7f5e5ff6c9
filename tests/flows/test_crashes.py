"""Killed at every named point between a table and finality: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from portfolio.anchoring.models import ChainAttempt
from portfolio.chain.client import ChainClient
from portfolio.chain.deployment import read_deployment
from portfolio.credentials.report import Verdict
from portfolio.issuing.models import IssuingRun
from portfolio.operations.audit import audit_all
from portfolio.operations.compose import open_gateways
from service_world import Service, table

KILLED = 137
ROWS = 4


def drive(service: Service, step: str, tmp_path: Path, *, crash_at: str = "") -> int:
    settings = service.settings
    assert settings.operator_key
    assert settings.registrar_keys
    source = tmp_path / "table.csv"
    source.write_bytes(table(ROWS))
    environment = {
        **os.environ,
        "PORTFOLIO_DATA_DIR": str(settings.data_dir),
        "PORTFOLIO_CHAIN_RPC_URL": settings.resolved_rpc_url,
        "PORTFOLIO_OPERATOR_KEY": settings.operator_key.get_secret_value(),
        "PORTFOLIO_REGISTRAR_KEYS": settings.registrar_keys.get_secret_value(),
        "PORTFOLIO_CRASH_AT": crash_at,
        "TABLE": str(source),
    }
    return subprocess.run([sys.executable, Path(__file__).with_name("drive.py"), step], env=environment).returncode


def lease_runs_out(service: Service) -> None:
    """A killed worker's lease is still held for a while; a test does not wait for it."""
    from portfolio.jobs import Lease

    with service.portfolio.database.write() as session:
        for lease in session.exec(select(Lease)):
            session.delete(lease)


def assert_whole(service: Service) -> None:
    """The oracle: every row has exactly one credential, final and VALID; database, store and chain agree."""
    lease_runs_out(service)
    service.work()
    credentials = service.credentials()
    assert len(credentials) == ROWS
    assert {service.verify(service.bundle(item)).verdict for item in credentials} == {Verdict.VALID}
    audit = audit_all(service.portfolio, open_gateways(service.portfolio), limit=10)
    assert audit.findings == ()
    assert audit.chain_asked
    anchored = registry_of(service).occurrences("Anchored")
    roots = [event.values["root"] for event in anchored]
    assert len(roots) == len(set(roots)) == 1


def registry_of(service: Service):
    deployment = read_deployment(service.settings.resolved_deployment_file)
    return deployment.registry(ChainClient(service.settings.resolved_rpc_url))


def attempts(service: Service) -> list[ChainAttempt]:
    with service.portfolio.database.read() as session:
        return list(session.exec(select(ChainAttempt).order_by(ChainAttempt.created_at)))


@pytest.mark.fault(1)
def test_killed_before_the_commit_nothing_exists_and_the_same_key_makes_one(service: Service, tmp_path: Path) -> None:
    assert drive(service, "start", tmp_path, crash_at="run_stored") == KILLED
    with service.portfolio.database.read() as session:
        assert session.exec(select(IssuingRun)).all() == []
    for _ in range(2):
        assert drive(service, "start", tmp_path) == 0
    with service.portfolio.database.read() as session:
        assert len(session.exec(select(IssuingRun)).all()) == 1
    assert drive(service, "part", tmp_path, crash_at="pre_commit") == KILLED
    assert service.credentials() == []
    assert_whole(service)


@pytest.mark.fault(2)
def test_killed_after_the_commit_the_same_key_finds_the_same_credentials(service: Service, tmp_path: Path) -> None:
    assert drive(service, "start", tmp_path) == 0
    service.work()
    before = [item.id for item in service.credentials()]
    assert drive(service, "start", tmp_path) == 0
    service.work()
    assert [item.id for item in service.credentials()] == before
    assert_whole(service)


@pytest.mark.fault(1)
def test_killed_in_the_middle_of_a_part_its_rows_are_issued_once(service: Service, tmp_path: Path) -> None:
    assert drive(service, "start", tmp_path) == 0
    assert drive(service, "part", tmp_path, crash_at="part_issued") == KILLED
    assert service.credentials() == []
    assert_whole(service)


@pytest.mark.fault(6)
@pytest.mark.parametrize("point", ["sealing", "sealed"])
def test_killed_while_a_batch_is_sealed_all_leaves_or_none_belong_to_it(
    service: Service, tmp_path: Path, point: str
) -> None:
    service.start(table(ROWS))
    assert drive(service, "work", tmp_path, crash_at=point) == KILLED
    with service.portfolio.database.read() as session:
        from portfolio.anchoring.models import Batch, Leaf

        assert session.exec(select(Batch)).all() == []
        assert {leaf.batch_id for leaf in session.exec(select(Leaf))} == {None}
    assert_whole(service)


@pytest.mark.fault(9)
def test_killed_after_storing_before_sending_the_same_bytes_go_out(service: Service, tmp_path: Path) -> None:
    service.start(table(ROWS))
    known = len(attempts(service))
    assert drive(service, "work", tmp_path, crash_at="pre_send") == KILLED
    stored = attempts(service)[known:]
    assert len(stored) == 1
    assert_whole(service)
    assert [item.hash for item in attempts(service)[known:]] == [stored[0].hash]
    assert registry_of(service).occurrences("Anchored")[0].transaction == stored[0].hash


@pytest.mark.fault(8)
def test_killed_after_signing_before_storing_that_signature_is_never_sent(service: Service, tmp_path: Path) -> None:
    service.start(table(ROWS))
    known = len(attempts(service))
    assert drive(service, "work", tmp_path, crash_at="post_sign") == KILLED
    assert len(attempts(service)) == known
    assert_whole(service)
    assert len(attempts(service)) == known + 1


@pytest.mark.fault(10)
def test_killed_after_the_node_took_it_there_is_no_second_transaction(service: Service, tmp_path: Path) -> None:
    service.start(table(ROWS))
    known = len(attempts(service))
    assert drive(service, "work", tmp_path, crash_at="post_send") == KILLED
    assert_whole(service)
    assert len(attempts(service)) == known + 1


@pytest.mark.fault(11)
@pytest.mark.fault(12)
def test_killed_while_waiting_for_the_block_it_resumes_with_the_stored_proofs(service: Service, tmp_path: Path) -> None:
    service.start(table(ROWS))
    assert drive(service, "work", tmp_path, crash_at="pre_mined") == KILLED
    assert_whole(service)
