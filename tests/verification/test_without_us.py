"""The command when the service, its keys and its host are gone, and against what a bundle claims of itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from handed_in import pdf_with
from issued_world import Issued
from test_command import run, written

from portfolio.chain.local import LocalChain
from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.models import RevocationReason
from portfolio.credentials.revocations import revoke
from portfolio.credentials.trust import dump_trust
from service_world import make_service, surname


@pytest.mark.fault(69)
@pytest.mark.fault(122)
def test_only_the_chain_is_left_and_everything_verifies(verified_chain: LocalChain, tmp_path: Path) -> None:
    """Database, document store, master key and the host of the issuers' DIDs are gone; nobody asks for them."""
    service = make_service(tmp_path / "data", verified_chain.rpc_url)
    service.add_issuer("school")
    bundle = service.bundle(service.issue(1)[0])
    kept = tmp_path / "mine"
    kept.mkdir()
    trust = TrustRoots((service.portfolio.pair,))
    (kept / "trust.json").write_text(dump_trust(trust))
    service.close()
    shutil.rmtree(tmp_path / "data")
    issued = Issued(service, [], [bundle], trust, kept / "trust.json")
    done = run(issued, written(kept / "d.pdf", pdf_with(("credential.json", bundle))), "--json")
    assert orjson.loads(done.stdout)["verdict"] == "VALID"
    lying = orjson.loads(bundle) | {"issuer": {"did_document": {"id": "did:web:attacker.example"}, "keys": []}}
    assert run(issued, written(kept / "l.json", orjson.dumps(lying))).exit_code == 0, "snapshots decide nothing"


@pytest.mark.fault(123)
def test_a_file_from_before_the_revocation_is_revoked(issued: Issued, tmp_path: Path) -> None:
    service, credential = issued.service, issued.credentials[4]
    with service.portfolio.database.write() as session:
        found = session.get_one(type(credential), credential.id)
        revoke(session, credential=found, reason=RevocationReason.FRAUD, clock=service.portfolio.clock)
    service.work()
    done = run(issued, written(tmp_path / "old.json", issued.bundles[4]), "--json")
    assert (done.exit_code, orjson.loads(done.stdout)["verdict"]) == (1, "REVOKED")


@pytest.mark.fault(119)
@pytest.mark.fault(124)
@pytest.mark.fault(126)
@pytest.mark.fault(130)
def test_what_a_bundle_claims_of_itself_is_not_believed(issued: Issued, tmp_path: Path) -> None:
    def verdict(data: bytes) -> str:
        return str(orjson.loads(run(issued, written(tmp_path / "x.json", data), "--json").stdout)["verdict"])

    bundle = orjson.loads(issued.bundles[0])
    credential, (receipt,) = bundle["credential"], bundle["receipts"]

    def with_receipt(**changes: object) -> str:
        return verdict(orjson.dumps(bundle | {"receipts": [receipt | changes]}))

    def with_credential(**changes: object) -> str:
        return verdict(orjson.dumps(bundle | {"credential": credential | changes}))

    assert with_receipt(version=0) == with_receipt(version=2) == "PENDING"
    assert with_receipt(proofFlags=[True, False]) == with_receipt(proof=[receipt["proof"]]) == "PENDING", (
        "no multiproofs"
    )
    assert with_receipt(chain_id=1) == with_receipt(genesis_hash="0x" + "12" * 32) == "PENDING"
    assert verdict(orjson.dumps(bundle | {"version": 2})) == "INVALID"
    status = credential["credentialStatus"]
    assert with_credential(credentialStatus=[status, status]) == "INVALID"
    assert with_credential(credentialStatus=status | {"type": "RevocationList2020Status"}) == "INVALID"
    name = b'"identityHash":'
    assert verdict(issued.bundles[0].replace(name, name + b'"x",' + name)) == "INVALID"


@pytest.mark.fault(129)
def test_names_of_files_and_holders_are_printed_as_text(issued: Issued, tmp_path: Path) -> None:
    (tmp_path / "[bold red]VALID[bold].json").write_bytes(b"{}")
    (tmp_path / "ok.json").write_bytes(issued.bundles[0])
    done = run(issued, str(tmp_path))
    assert "[bold red]VALID[bold].json" in done.output
    forged = issued.bundles[0].replace(surname(1).encode(), b"\\u001b[2J")
    shown = run(issued, written(tmp_path / "esc.json", forged))
    assert shown.exit_code == 1
    assert "\x1b[2J" not in shown.output
