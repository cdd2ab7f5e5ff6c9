"""The vectors for other implementers are fresh, and say what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from credential_examples import EXAMPLES, VECTORS

from portfolio.anchoring.leaf import credential_digest
from portfolio.anchoring.merkle import leaf_hash
from portfolio.credentials.canonical import StructureError, verify_signature
from portfolio.credentials.signing import read_credential

ROOT = Path(__file__).parents[2]
REFUSED = json.loads((VECTORS / "refused.json").read_text("utf-8"))
HASHES = json.loads((VECTORS / "digests.json").read_text("utf-8"))


def test_the_files_are_what_the_script_writes() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make_vectors.py"), "--check"]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout) == (0, "")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_good_credential_has_the_hashes_of_its_files(name: str) -> None:
    data, document, options = (
        (VECTORS / "valid" / f"{name}.{suffix}").read_bytes() for suffix in ("json", "document.nq", "options.nq")
    )
    read = read_credential(data)
    assert read.statement == EXAMPLES[name]
    assert verify_signature(read.public_key, read.signing_input, read.signature)
    assert read.signing_input == sha256(options).digest() + sha256(document).digest()
    digest = credential_digest(options, document, read.signature)
    assert HASHES[name] == {
        "public_key": read.public_key.hex(),
        "signing_input": read.signing_input.hex(),
        "signature": read.signature.hex(),
        "digest": "0x" + digest.hex(),
        "leaf_hash": "0x" + leaf_hash(digest).hex(),
        "issuer_id": "0x" + read.issuer_id.hex(),
    }


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_bad_credential_is_refused_for_its_reason(name: str) -> None:
    data = (VECTORS / "refused" / f"{name}.json").read_bytes()
    if REFUSED[name]["code"] == "signature":
        read = read_credential(data)
        assert not verify_signature(read.public_key, read.signing_input, read.signature)
        return
    with pytest.raises(StructureError) as error:
        read_credential(data)
    assert REFUSED[name] == {"code": error.value.code, "path": error.value.path}


def test_there_is_a_bad_credential_for_every_file_and_a_file_for_every_reason() -> None:
    assert {file.stem for file in (VECTORS / "refused").iterdir()} == set(REFUSED)
    assert len(REFUSED) >= 40
