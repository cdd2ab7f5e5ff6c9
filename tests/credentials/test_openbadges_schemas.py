"""The JSON Schemas for other implementers are fresh, and agree with what is read here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from credential_examples import EXAMPLES, SIGNER, VECTORS, statements
from hypothesis import given
from jsonschema import Draft202012Validator

from portfolio.credentials.kinds import KINDS
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.signing import issue

ROOT = Path(__file__).parents[2]
VALIDATORS = {
    kind.code: Draft202012Validator(
        json.loads((ROOT / "docs" / "spec" / "schemas" / f"{kind.code}-v{kind.version}.json").read_text("utf-8"))
    )
    for kind in KINDS.values()
}
# What a schema cannot say: relations between members, normal forms, the calendar, and the bytes of the file.
BEYOND_SCHEMAS = {
    "holder-altered", "title-altered", "degree-altered", "issuer-name-altered", "expiry-removed", "row-missing",
    "name-not-nfc", "name-with-direction-mark", "proof-created-differs", "key-of-another-issuer", "key-of-small-order",
    "signature-bit-flipped", "signature-s-plus-order", "signature-small-order-r", "signature-short",
    "json-duplicate-member", "json-duplicate-in-disguise", "json-trailing-data", "json-byte-order-mark",
    "json-lone-surrogate", "json-control-character", "hours-as-float",
}  # fmt: skip


def test_the_files_are_what_the_script_writes() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make_schemas.py"), "--check"]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout) == (0, "")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(VALIDATORS[kind].schema)


def errors(kind: str, document: Any) -> list[str]:
    return [error.message for error in VALIDATORS[kind].iter_errors(document)]


@given(statements())
def test_every_credential_fits_the_schema_of_its_kind_and_no_other(statement: Statement) -> None:
    document = json.loads(issue(statement, SIGNER).document)
    assert errors(statement.kind, document) == []
    assert all(errors(kind, document) for kind in KINDS if kind != statement.kind)


@pytest.mark.parametrize("name", sorted(json.loads((VECTORS / "refused.json").read_text("utf-8"))))
def test_what_a_schema_can_see_it_refuses(name: str) -> None:
    if name in BEYOND_SCHEMAS:
        assert (VECTORS / "refused" / f"{name}.json").exists()
        return
    document = json.loads((VECTORS / "refused" / f"{name}.json").read_bytes())
    kind = "cpd_certificate" if "creditsEarned" in document["credentialSubject"] else "olympiad_award"
    assert errors(kind, document)


def test_examples_lose_their_fit_with_any_member() -> None:
    for statement in EXAMPLES.values():
        document = json.loads(issue(statement, SIGNER).document)
        for member in document.keys() - {"validUntil"}:
            assert errors(statement.kind, {name: value for name, value in document.items() if name != member})
