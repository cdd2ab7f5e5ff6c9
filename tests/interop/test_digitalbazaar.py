"""Credentials verify with @digitalbazaar/vc, and hash there to the very bytes that were signed here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from credential_examples import EXAMPLES, SIGNER, statements
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.credentials.canonical import CONTEXTS, multibase_of, packaged_context
from portfolio.credentials.kinds import KINDS
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.signing import issue, read_credential

pytestmark = pytest.mark.node

HARDHAT = Path(__file__).parents[2] / "hardhat"
SCRIPT = Path(__file__).with_name("verify.mjs")
VECTORS = Path(__file__).parents[1] / "vectors" / "credentials"
ROUNDS = max(1, int(os.environ.get("FUZZ_RUNS", "256")) // 64)


def node() -> str:
    packaged = HARDHAT / "node_modules" / ".bin" / "node"
    found = str(packaged) if packaged.exists() else shutil.which("node")
    if found is None or not (HARDHAT / "node_modules" / "@digitalbazaar" / "vc").is_dir():
        pytest.fail("Node and its packages are missing: run hardhat/install.sh")
    return found


def verify(credentials: list[dict[str, Any]], *, context: Any = None) -> list[dict[str, Any]]:
    """What the other implementation says of each credential; it trusts our key under every issuer of the list."""
    issuers = {credential["issuer"]["id"] for credential in credentials}
    question = {
        "keys": {did: [multibase_of(SIGNER.public_key)] for did in issuers},
        "credentials": credentials,
        "now": "2027-06-01T00:00:00Z",
        "context": context,
    }
    command = [node(), str(SCRIPT), str(HARDHAT)]
    answer = subprocess.run(
        command, input=json.dumps(question), capture_output=True, text=True, check=True, timeout=300
    )
    answers: list[dict[str, Any]] = json.loads(answer.stdout)
    return answers


def require_verified(credentials: list[dict[str, Any]], *, context: Any = None) -> None:
    for credential, answer in zip(credentials, verify(credentials, context=context), strict=True):
        assert answer["error"] is None
        assert answer["verified"] is True
        assert answer["options"] + answer["document"] == read_credential(credential).signing_input.hex()


@pytest.mark.parametrize("content", ["the earlier, of the npm package", "the later, of our package"])
def test_every_kind_verifies_under_both_contents_of_the_context(content: str) -> None:
    files = sorted((VECTORS / "valid").glob("*.json"))
    assert {json.loads(file.read_bytes())["name"] for file in files} == {kind.ru for kind in KINDS.values()}
    assert len(files) == len(EXAMPLES)
    context = packaged_context(CONTEXTS[1]) if content.startswith("the later") else None
    require_verified([json.loads(file.read_bytes()) for file in files], context=context)


@settings(max_examples=ROUNDS)
@given(st.lists(statements(), min_size=16, max_size=16))
def test_awkward_text_verifies(some: list[Statement]) -> None:
    timely = [statement for statement in some if statement.valid_from <= "2027-06-01"]
    require_verified([json.loads(issue(statement, SIGNER).document) for statement in timely])


def test_the_other_implementation_sees_what_is_altered() -> None:
    credential = json.loads(issue(EXAMPLES["olympiad_award"], SIGNER).document)
    subject = credential["credentialSubject"]
    altered = [
        {**credential, "awardedDate": "2026-02-15T00:00:00Z"},
        {**credential, "credentialSubject": {**subject, "licenseNumber": "1"}},
        {**credential, "undefinedTerm": "x"},
        {**credential, "proof": {**credential["proof"], "created": "2026-11-22T10:00:01Z"}},
        {**credential, "proof": {**credential["proof"], "cryptosuite": "eddsa-jcs-2022"}},
    ]
    answers = verify([credential, *altered])
    assert [answer["verified"] for answer in answers] == [True, *[False] * len(altered)]


def test_rdf_alone_would_let_twins_through_which_is_why_we_read_strictly() -> None:
    """These share the genuine signature and verify elsewhere; here each is refused (test_signing_alterations.py)."""
    credential = json.loads(issue(EXAMPLES["olympiad_award"], SIGNER).document)
    twins = [
        {**credential, "type": credential["type"][::-1]},
        {**credential, "credentialStatus": [credential["credentialStatus"]]},
    ]
    assert [answer["verified"] for answer in verify(twins)] == [True, True]
