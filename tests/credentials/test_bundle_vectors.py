"""The bundles for other implementers are fresh, and are read as their table says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from portfolio.credentials.canonical import StructureError
from portfolio.credentials.verdict import ask

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors" / "bundles"
TABLE = json.loads((VECTORS / "bundles.json").read_text("utf-8"))


def test_the_files_are_what_the_script_writes() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make_bundle_vectors.py"), "--check"]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout) == (0, "")


@pytest.mark.fault(126, 130)
@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_bundle_is_read_as_the_table_says(name: str) -> None:
    data = (VECTORS / f"{name}.json").read_bytes()
    if "error" in TABLE[name]:
        with pytest.raises(StructureError) as error:
            ask(data)
        assert TABLE[name] == {"error": error.value.code, "path": error.value.path}
        return
    asked = ask(data)
    assert "0x" + asked.question.digest.hex() == TABLE[name]["digest"]
    assert len(asked.question.receipts) == TABLE[name]["receipts"]
    assert [note.code for note in asked.warnings] == TABLE[name]["warnings"]
