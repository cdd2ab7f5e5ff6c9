"""The peers as child processes, what each is told first, and what content it gets."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import based58
from bench.peers.ours import Round
from bench.signing import SIGNER, BenchSigner, statement
from nacl.bindings import crypto_sign_seed_keypair

from portfolio.credentials.canonical import CONTEXTS, multibase_of, packaged_context
from portfolio.credentials.statement import Statement
from portfolio.credentials.statuslists import OwnList, encode_bits, sign_list
from portfolio.organisations.did import did_document

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INTEROP = ROOT / "tests" / "interop"
_SEED = bytes(32)  # of bench.signing's key
# The well-known key of the peer's own documentation; it signs nothing but measurements.
_WALLET = "0x497c85ed89f1874ba37532d1e33519aba15bd533cdcb90774cc497bfe3cde655"
_ADDRESS = "0xE712878f6E8d5d4F9e87E10DA604F9cB564C9a89"


class StatusSigner(BenchSigner):
    """Holds the key of the status list, another than that of the credentials."""

    public_key, secret_key = crypto_sign_seed_keypair(bytes([1] * 32))


@dataclass(frozen=True)
class Contest:
    """One task of one peer: which texts of a round it takes."""

    peer: str
    task: str
    texts: Callable[[Round], Sequence[str]]


CONTESTS = (
    Contest("@digitalbazaar/vc", "sign", lambda given: given.unsigned),
    Contest("openbadgeslib", "sign", lambda given: given.unsigned),
    Contest("cert-issuer", "sign", lambda given: given.unsigned),
    Contest("open-attestation", "wrap", lambda given: [attestation(one) for one in given.statements]),
    Contest("open-attestation", "sign", lambda given: [attestation(one) for one in given.statements]),
    Contest("@digitalbazaar/vc", "verify", lambda given: given.signed),
    Contest("verifier-core", "verify", lambda given: given.signed),
    Contest("openbadgeslib", "verify", lambda given: given.signed),
    Contest("open-attestation", "verify", lambda given: given.signed),  # in truth what it signed itself just before
    Contest("open-attestation", "digests", lambda given: given.signed),
)
DATA_INTEGRITY = frozenset({"@digitalbazaar/vc", "verifier-core", "openbadgeslib"})


class Peer:
    """A peer's process: told its settings when made, asked task by task, ended with the block."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._ask(settings)

    def run(self, task: str, texts: Sequence[str]) -> dict[str, float]:
        """Return how many came out "good", and the seconds "cpu" and "wall" that the task took."""
        answer = self._ask({"task": task, "items": list(texts)})
        if answer["good"] != len(texts):
            raise RuntimeError(f"{task}: only {answer['good']} of {len(texts)} came out as they should")
        return answer

    def _ask(self, question: Mapping[str, Any]) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(self._process.stderr.read()[-2000:])
        answer: dict[str, float] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def peers() -> dict[str, Callable[[], Peer]]:
    """Return by name what starts each peer."""
    integrity = {**_issuer(), "documents": _documents(), "contexts": {url: packaged_context(url) for url in CONTEXTS}}
    wallet = {"did": f"did:ethr:{_ADDRESS}", "address": _ADDRESS, "secretKey": _WALLET}

    def node(script: str, folder: Path, settings: Mapping[str, Any]) -> Callable[[], Peer]:
        return lambda: Peer([_node(), str(HERE / script)], {**settings, "packages": str(folder)})

    def python(program: str, module: str) -> Callable[[], Peer]:
        return lambda: Peer([program, "-m", f"bench.peers.{module}"], integrity)

    return {
        "@digitalbazaar/vc": node("digitalbazaar.mjs", INTEROP, integrity),
        "verifier-core": node("verifier_core.mjs", INTEROP, integrity),
        "openbadgeslib": python(sys.executable, "openbadges"),
        "cert-issuer": python(str(HERE / ".venv" / "bin" / "python"), "blockcerts"),
        "open-attestation": node("open_attestation.mjs", HERE, wallet),
    }


def attestation(one: Statement) -> str:
    """Return a statement as a document of open-attestation's schema 2.0 that says the same."""
    key = f"did:ethr:{_ADDRESS}"
    proof = {"type": "DNS-DID", "location": "portfolio.example", "key": f"{key}#controller"}
    issuer = {"id": key, "name": one.issuer_name, "revocation": {"type": "NONE"}, "identityProof": proof}
    template = {"name": one.kind, "type": "EMBEDDED_RENDERER", "url": "https://portfolio.example/renderer"}
    document = {
        "$template": template,
        "issuers": [issuer],
        "id": one.id,
        "validFrom": one.valid_from,
        "recipient": {"id": one.subject_id, "name": one.holder_name},
        "status": {"list": one.status_list, "index": one.status_index},
        "award": dict(one.fields),
    }
    return json.dumps(document, ensure_ascii=False)


def _issuer() -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = Ed25519PrivateKey.from_private_bytes(_SEED)
    return {
        "did": statement(0).issuer_did,
        "publicKeyMultibase": multibase_of(SIGNER.public_key),
        "secretKeyMultibase": "z" + based58.b58encode(b"\x80\x26" + _SEED).decode(),
        "secretKeyPem": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }


def _documents() -> dict[str, Any]:
    """Return whatever a verifier may fetch: contexts, the issuer's DID document and its methods, the status list."""
    one = statement(0)
    did, status_key = one.issuer_did, StatusSigner()
    resolved = did_document(did, [SIGNER.public_key, status_key.public_key])
    methods = {method["id"]: {"@context": resolved["@context"], **method} for method in resolved["verificationMethod"]}
    now = time.time()
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + seconds)) for seconds in (-60, 86_400))
    unsigned = OwnList(one.status_list, did, begin, end, encode_bits([131_071]))
    return {
        **{url: packaged_context(url) for url in CONTEXTS},
        did: resolved,
        **methods,
        "https://" + did.removeprefix("did:web:").replace(":", "/") + "/did.json": resolved,
        one.status_list: json.loads(sign_list(unsigned, status_key)),
    }


def _node() -> str:
    packaged = ROOT / "hardhat" / "node_modules" / ".bin" / "node"
    return str(packaged) if packaged.exists() else shutil.which("node") or "node"
