"""Compile contracts/ with py-solc-x into the artefacts that ship in the package; `--check` exits 1 when they are stale.

Settings come from hardhat/solidity.json, the compiler from hardhat/'s packages, so that the bytecode equals Hardhat's.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import solcx

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
PACKAGES = ROOT / "hardhat" / "node_modules"
ARTEFACTS = ROOT / "src" / "portfolio" / "chain" / "abi"
SHIPPED = ("IssuerRegistry", "CredentialRegistry", "ManyChecks")
IMPORT = re.compile(r'^import\s[^;"]*"([^"]+)";', re.MULTILINE)


def collect(name: str, found: dict[str, str]) -> dict[str, str]:
    """Read a source and all that it imports into `found`: name (path from contracts/, or in a package) to text."""
    if name not in found:
        folder = PACKAGES if name.startswith("@") else CONTRACTS
        text = (folder / name).read_text(encoding="utf-8")
        found[name] = text
        for target in IMPORT.findall(text):
            path = target if target.startswith("@") else os.path.normpath(PurePosixPath(name).parent / target)
            collect(path, found)
    return found


def compile_all(names: tuple[str, ...] = SHIPPED) -> dict[str, dict[str, Any]]:
    """Artefacts by contract name; deterministic. Raises `solcx.exceptions.SolcError` when a source does not compile."""
    options = json.loads((ROOT / "hardhat" / "solidity.json").read_text(encoding="utf-8"))
    closures = {name: collect(f"{name}.sol", {}) for name in names}
    sources = {source: {"content": text} for closure in closures.values() for source, text in closure.items()}
    wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"]
    os.environ["PATH"] = f"{PACKAGES / '.bin'}{os.pathsep}{os.environ['PATH']}"  # Node 22 where it is a package
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": dict(sorted(sources.items())),
            "settings": options["settings"] | {"outputSelection": {"*": {"*": wanted}}},
        },
        solc_binary=ROOT / "scripts" / "solc",
    )
    return {
        name: artefact(output["contracts"][f"{name}.sol"][name], closures[name], options["version"]) for name in names
    }


def artefact(contract: dict[str, Any], closure: dict[str, str], compiler: str) -> dict[str, Any]:
    """One shipped artefact; `immutables` are the [start, length] in `deployedBytecode` that deployment fills in."""
    evm = contract["evm"]
    places = evm["deployedBytecode"]["immutableReferences"].values()
    return {
        "abi": contract["abi"],
        "bytecode": f"0x{evm['bytecode']['object']}",
        "deployedBytecode": f"0x{evm['deployedBytecode']['object']}",
        "immutables": sorted([place["start"], place["length"]] for group in places for place in group),
        "compiler": compiler,
        "sources": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(closure.items())},
    }


def main() -> int:
    """Write the artefacts, or compare them; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when an artefact is stale")
    check = parser.parse_args().check
    stale = []
    for name, content in compile_all().items():
        path = ARTEFACTS / f"{name}.json"
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: stale, run scripts/compile_contracts.py" if check else f"{name}: written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
