"""What ships in src/portfolio/chain/abi is what contracts/ says, what Hardhat builds and what a node runs."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from contracts.ledger import ABI, Artefact, Ledger

ROOT = Path(__file__).parents[2]
HARDHAT = ROOT / "hardhat"
CONTRACTS = sorted((ROOT / "contracts").glob("*.sol"))
PAIR = ("IssuerRegistry", "CredentialRegistry")
SHIPPED = (*PAIR, "ManyChecks")


@pytest.fixture(scope="module")
def compiler() -> ModuleType:
    """scripts/compile_contracts.py as a module."""
    spec = importlib.util.spec_from_file_location("compile_contracts", ROOT / "scripts" / "compile_contracts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_sources_are_the_present_ones(name: str) -> None:
    """Seen without a compiler, so that nobody edits a contract and forgets to compile."""
    ours = {
        source: digest for source, digest in Artefact(name).content["sources"].items() if not source.startswith("@")
    }
    assert f"{name}.sol" in ours
    for source, digest in ours.items():
        assert hashlib.sha256((ROOT / "contracts" / source).read_bytes()).hexdigest() == digest, source


@pytest.mark.node
def test_shipped_artefacts_are_fresh(compiler: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compiler.compile_all()
    monkeypatch.setattr(compiler, "compile_all", lambda: compiled)
    monkeypatch.setattr(sys, "argv", ["compile_contracts.py", "--check"])
    assert compiler.main() == 0, "run scripts/compile_contracts.py"
    monkeypatch.setattr(compiler, "ARTEFACTS", tmp_path)
    for name in SHIPPED:
        (tmp_path / f"{name}.json").write_bytes((ABI / f"{name}.json").read_bytes() + b" ")
    assert compiler.main() == 1, "a stale artefact is told"
    monkeypatch.setattr(sys, "argv", ["compile_contracts.py"])
    assert compiler.main() == 0
    assert all((tmp_path / f"{name}.json").read_bytes() == (ABI / f"{name}.json").read_bytes() for name in SHIPPED)


@pytest.mark.node
def test_hardhat_builds_the_same_bytes(node_path: str) -> None:
    environment = {"PATH": node_path, "HARDHAT_DISABLE_TELEMETRY": "true"}
    subprocess.run(["hardhat", "build"], cwd=HARDHAT, env=environment, check=True, capture_output=True)
    for name in SHIPPED:
        built = json.loads((HARDHAT / "artifacts" / "contracts" / f"{name}.sol" / f"{name}.json").read_text())
        for member in ("abi", "bytecode", "deployedBytecode"):
            assert built[member] == Artefact(name).content[member], f"{name}: {member}"


@pytest.mark.chain
@pytest.mark.node
def test_deployments_are_reproducible(ledger: Ledger) -> None:
    """Two deployments run the shipped code, and differ only where deployment fills in."""
    codes = [[ledger.code(address) for address in ledger.deploy_pair()] for _ in range(2)]
    for name, deployed in zip(PAIR, zip(*codes, strict=True), strict=True):
        template = Artefact(name).content
        assert deployed[0] != template["deployedBytecode"]
        for code in deployed:
            blanked = bytearray.fromhex(code[2:])
            for start, length in template["immutables"]:
                blanked[start : start + length] = bytes(length)
            assert f"0x{blanked.hex()}" == template["deployedBytecode"], name


@pytest.mark.fault(74)
@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_no_way_around_the_rules(path: Path) -> None:
    """No proxy, no assembly, no owner, nothing that can be destroyed or paid."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for word in ("assembly", "delegatecall", "selfdestruct", "Ownable", "Proxy", "Upgradeable", "payable", "tx.origin"):
        assert not re.search(rf"\b{word}\b", code), word


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_contracts_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400
    assert max(map(len, lines)) <= 120


@pytest.mark.node
def test_merkle_vectors_are_fresh(node_path: str) -> None:
    command = ["node", HARDHAT / "scripts" / "merkle_vectors.mjs", "--check"]
    assert subprocess.run(command, env={"PATH": node_path}, check=False).returncode == 0


@pytest.mark.node
def test_contracts_are_formatted_and_forge_tells(node_path: str, tmp_path: Path) -> None:
    """The launcher in forge's npm package answers 0 whatever happens; hardhat/install.sh links the program itself."""
    ugly = tmp_path / "Ugly.sol"
    ugly.write_text("contract  A{}")
    command = ["forge", "fmt", "--check"]
    assert subprocess.run([*command, ugly], env={"PATH": node_path}, check=False, capture_output=True).returncode == 1
    assert (
        subprocess.run([*command, "contracts", "test"], cwd=HARDHAT, env={"PATH": node_path}, check=False).returncode
        == 0
    )


def test_lock_files_name_no_registry() -> None:
    for path in (HARDHAT / "package-lock.json", HARDHAT / "node22" / "package-lock.json"):
        assert '"resolved"' not in path.read_text(encoding="utf-8")
