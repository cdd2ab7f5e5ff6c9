"""`portfolio` as people use it: exit codes of `verify`, issuing and its dry run, the audit, the doctor."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from portfolio.cli import COMMANDS, build
from portfolio.credentials.models import RevocationReason
from portfolio.credentials.revocations import revoke
from portfolio.errors import PortfolioError
from portfolio.issuing.service import BadEndError
from portfolio.operations.compose import open_gateways, open_portfolio
from portfolio.operations.worker import Worker
from ports import free_port
from service_world import Service, surname, table

SET = ("--set", "title=Олимпиада", "--set", "level=школьный этап", "--set", "award_date=20.11.2026")


def run(service: Service, *arguments: str):
    settings = service.settings
    assert settings.operator_key
    assert settings.registrar_keys
    environment = {
        "PORTFOLIO_DATA_DIR": str(settings.data_dir),
        "PORTFOLIO_CHAIN_RPC_URL": settings.resolved_rpc_url,
        "PORTFOLIO_OPERATOR_KEY": settings.operator_key.get_secret_value(),
        "PORTFOLIO_REGISTRAR_KEYS": settings.registrar_keys.get_secret_value(),
        "PORTFOLIO_LANGUAGE": "en",
    }
    return CliRunner().invoke(build([arguments[0]]), arguments, env=environment)


def bundle_file(service: Service, tmp_path: Path) -> Path:
    path = tmp_path / "diploma.json"
    path.write_bytes(service.bundle(service.issue(1)[0]))
    return path


def test_a_valid_bundle_exits_0_and_shows_what_the_paper_must_say(service: Service, tmp_path: Path) -> None:
    done = run(service, "verify", str(bundle_file(service, tmp_path)))
    assert done.exit_code == 0, done.output
    assert surname(1) in done.output
    report = orjson.loads(run(service, "verify", str(tmp_path / "diploma.json"), "--json").stdout)
    assert report["verdict"] == "VALID"


def test_a_revoked_or_altered_bundle_exits_1(service: Service, tmp_path: Path) -> None:
    path = bundle_file(service, tmp_path)
    altered = tmp_path / "altered.json"
    altered.write_bytes(path.read_bytes().replace(surname(1).encode(), surname(2).encode()))
    assert run(service, "verify", str(altered)).exit_code == 1
    with service.portfolio.database.write() as session:
        credential = session.get_one(type(service.credentials()[0]), service.credentials()[0].id)
        revoke(session, credential=credential, reason=RevocationReason.FRAUD, clock=service.portfolio.clock)
    service.work()
    done = run(service, "verify", str(path))
    assert done.exit_code == 1
    assert "REVOKED" in done.output


def test_a_bundle_without_its_anchor_exits_2(service: Service, tmp_path: Path) -> None:
    service.start(table(1))
    service.worker.issue_part()
    path = tmp_path / "fresh.json"
    path.write_bytes(service.bundle(service.credentials()[0]))
    assert run(service, "verify", str(path)).exit_code == 2


def test_a_chain_that_is_down_exits_3_and_never_says_invalid(service: Service, tmp_path: Path) -> None:
    path = bundle_file(service, tmp_path)
    done = run(service, "verify", str(path), "--rpc", f"http://127.0.0.1:{free_port()}")
    assert done.exit_code == 3
    assert "CANNOT_CHECK" in done.output


def test_an_expired_credential_exits_1(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    with pytest.raises(BadEndError):
        service.start(table(1), valid_until="2026-01-01T00:00:00Z")
    soon = datetime.now(UTC) + timedelta(seconds=3)
    run_id = service.start(table(1), valid_until=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    service.work()
    path.write_bytes(service.bundle(service.credentials(run_id)[0]))
    while datetime.now(UTC) < soon + timedelta(seconds=1):
        time.sleep(0.1)
    done = run(service, "verify", str(path))
    assert done.exit_code == 1
    assert "EXPIRED" in done.output


@pytest.mark.parametrize("arguments", [["nowhere.json"], ["x.json", "--trust", "nowhere.json"], []])
def test_wrong_usage_exits_64_or_2_of_the_shell(service: Service, arguments: list[str]) -> None:
    assert run(service, "verify", *arguments).exit_code in {2, 64}


def test_issuing_shows_a_dry_run_then_issues_once(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(table(3).decode().encode("cp1251"))
    issue = ("issue", str(path), "--issuer", "school", "--kind", "olympiad_award", *SET)
    dry = run(service, *issue, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "Would issue 3" in dry.output
    assert service.credentials() == []
    first = orjson.loads(run(service, *issue, "--json").stdout)
    assert (first["issued"], first["already_issued"]) == (3, 0)
    again = orjson.loads(run(service, *issue, "--json").stdout)
    assert (again["issued"], again["already_issued"]) == (0, 3)


def test_a_table_with_errors_exits_1_and_names_the_row(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(table(3).replace("математика;7А".encode(), ";7А".encode()))
    done = run(service, "issue", str(path), "--issuer", "school", "--kind", "olympiad_award", *SET)
    assert done.exit_code == 1
    assert service.credentials() == []


def test_the_audit_agrees_and_then_finds_what_was_tampered_with(service: Service) -> None:
    service.issue(3)
    assert run(service, "audit").exit_code == 0
    with service.portfolio.database.write() as session:
        session.connection().execute(text("UPDATE leaf SET proof = zeroblob(64) WHERE id = (SELECT min(id) FROM leaf)"))
    done = run(service, "audit")
    assert done.exit_code == 1
    assert "proof_wrong" in done.output


def test_the_doctor_finds_a_running_service_healthy(service: Service) -> None:
    done = run(service, "doctor")
    assert done.exit_code == 0, done.output


def test_every_command_is_there() -> None:
    done = CliRunner().invoke(build(), ["--help"])
    assert done.exit_code == 0
    assert all(name in done.output for name in COMMANDS)


def test_an_unknown_issuer_is_a_sentence_and_not_a_traceback(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(table(1))
    done = run(service, "issue", str(path), "--issuer", "nobody", "--kind", "olympiad_award", *SET)
    assert isinstance(done.exception, PortfolioError)


def test_registrars_and_pairs_have_their_commands(service: Service) -> None:
    def said(*arguments: str) -> str:
        done = run(service, *arguments)
        assert done.exit_code == 0, (done.output, done.exception)
        return str(done.stdout)

    service.add_issuer("heir")
    assert "to be renamed" in said("issuer", "rename", "school", "Гимназия")
    assert "to be followed by heir" in said("issuer", "name-successor", "school", "heir")
    assert "to issue participation" in said("issuer", "set-kinds", "school", "--kind", "participation")
    assert "to be suspended as of 20" in said("issuer", "suspend", "school")
    assert "propose controller 0x" in said("issuer", "recover-controller", "school", "propose")
    service.work()
    assert "has to confirm" in said("issuer", "recover-controller", "school")
    said("issuer", "recover-controller", "school", "confirm")
    service.work()
    assert "on, for 30 days" in said("issuer", "recover-controller", "school", "show")
    early = run(service, "issuer", "recover-controller", "school", "execute")
    assert early.exception.code == "recovery_too_early"
    said("issuer", "recover-controller", "school", "cancel")
    assert "to be reinstated" in said("issuer", "reinstate", "school")
    service.work()
    assert "Гимназия" in said("issuer", "list")
    moment = run(service, "issuer", "suspend", "school", "--as-of", "yesterday")
    assert moment.exception.code == "bad_as_of"
    future = run(service, "issuer", "suspend", "school", "--as-of", "2999-01-01T00:00:00Z")
    assert future.exception.code == "as_of_in_future"
    assert "pair 2, local-2" in said("pairs", "add")
    assert "being filled" in said("pairs", "list")
    again = open_portfolio(service.settings)
    worker = Worker(again, open_gateways(again))
    worker.run_until_idle()
    worker.release()
    assert "keys to end: 4" in said("pairs", "close", "1")
    assert "closed" in said("pairs", "list")
