"""Write tests/vectors/credentials/ from its statements.json; with --check, only tell whether the files are fresh.

Keys, ids and instants are fixed, so the same bytes come out on every machine. One file under refused/ for each way of
being wrong; refused.json says which `StructureError` it must meet, or "signature" where only the signature betrays it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import based58
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from portfolio.anchoring.leaf import signed_digest
from portfolio.anchoring.merkle import leaf_hash
from portfolio.credentials.canonical import StructureError, multibase_of, verify_signature
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.shapes import canonical_proof, canonical_statement
from portfolio.credentials.signing import issue, read_credential

FOLDER = Path(__file__).parents[1] / "tests" / "vectors" / "credentials"
SEED = (7).to_bytes(32, "little")  # a published key: good for vectors only
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


class VectorSigner:
    public_key, secret_key = crypto_sign_seed_keypair(SEED)

    def sign(self, message: bytes) -> bytes:
        return crypto_sign(message, self.secret_key)[:crypto_sign_BYTES]


def statements() -> dict[str, Statement]:
    found = json.loads((FOLDER / "statements.json").read_text("utf-8"))
    for values in found.values():
        marks = values["fields"].get("marks")
        if marks:
            values["fields"]["marks"] = tuple(tuple(row) for row in marks)
    return {name: Statement(**values) for name, values in found.items()}


def edit(*path: str | int, to: Any) -> Callable[[dict[str, Any]], Any]:
    def apply(document: dict[str, Any]) -> dict[str, Any]:
        target: Any = document
        for step in path[:-1]:
            target = target[step]
        if to is ...:
            del target[path[-1]]
        else:
            target[path[-1]] = to
        return document

    return apply


def text(change: Callable[[str], str]) -> Callable[[dict[str, Any]], Any]:
    return lambda document: change(dump(document))


def dump(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def proof_value(change: Callable[[bytes], bytes]) -> Callable[[dict[str, Any]], Any]:
    def apply(document: dict[str, Any]) -> dict[str, Any]:
        signature = based58.b58decode(document["proof"]["proofValue"][1:].encode())
        document["proof"]["proofValue"] = "z" + based58.b58encode(change(signature)).decode()
        return document

    return apply


def other_s(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    return signature[:32] + s.to_bytes(32, "little")


SUBJECT, ACHIEVEMENT = "credentialSubject", "achievement"

# What is wrong, in which vector, and how it is made.
WRONG: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "holder-altered": ("olympiad_award", edit(SUBJECT, "identifier", 0, "identityHash", to="Петрова Мария Сергеевна")),
    "title-altered": ("olympiad_award", edit(SUBJECT, ACHIEVEMENT, "name", to="Олимпиада «Звезда»")),
    "degree-altered": ("olympiad_award", edit(SUBJECT, "result", 2, "value", to="Победитель")),
    "issuer-name-altered": ("olympiad_award", edit("issuer", "name", to="МБОУ «Лицей № 8»")),
    "expiry-removed": ("cpd_certificate", edit("validUntil", to=...)),
    "member-added": ("olympiad_award", edit("undefined", to="x")),
    "member-added-below": ("olympiad_award", edit(SUBJECT, ACHIEVEMENT, "criteria", "undefined", to="x")),
    "member-missing": ("olympiad_award", edit("awardedDate", to=...)),
    "member-null": ("olympiad_award", edit("validUntil", to=None)),
    "keyword-added": ("olympiad_award", edit(SUBJECT, "@type", to="AchievementSubject")),
    "context-added": ("olympiad_award", lambda it: edit("@context", to=[*it["@context"], {}])(it)),
    "context-unversioned": (
        "olympiad_award",
        edit("@context", 1, to="https://purl.imsglobal.org/spec/ob/v3p0/context.json"),
    ),
    "short-form-with-a-number": ("olympiad_award-short-form", edit("credentialSubject", "licenseNumber", to="17")),
    "short-form-with-its-day": ("olympiad_award-short-form", edit("awardedDate", to="2026-03-01T00:00:00Z")),
    "short-form-called-full": ("diploma-short-form", edit("credentialSubject", "achievement", "version", to="1")),
    "full-called-short-form": ("olympiad_award", edit("credentialSubject", "achievement", "version", to="1-minimal")),
    "types-reordered": ("olympiad_award", edit("type", to=["OpenBadgeCredential", "VerifiableCredential"])),
    "value-wrapped": ("olympiad_award", lambda it: edit("issuer", to=[it["issuer"]])(it)),
    "kind-unknown": ("olympiad_award", edit(SUBJECT, ACHIEVEMENT, "achievementType", to="Badge")),
    "version-unknown": ("olympiad_award", edit(SUBJECT, ACHIEVEMENT, "version", to="2")),
    "choice-unknown": ("olympiad_award", edit(SUBJECT, "result", 2, "value", to="Чемпион")),
    "row-missing": ("school_certificate", edit(SUBJECT, "result", 3, to=...)),
    "hours-as-float": ("cpd_certificate", text(lambda it: it.replace('"creditsEarned":72', '"creditsEarned":72.0'))),
    "hours-as-text": ("cpd_certificate", edit(SUBJECT, "creditsEarned", to="72")),
    "instant-with-offset": ("olympiad_award", edit("validFrom", to="2026-11-22T10:00:00+00:00")),
    "name-not-nfc": (
        "olympiad_award",
        edit(SUBJECT, "identifier", 0, "identityHash", to="И\u0306ванова Мария Сергеевна"),
    ),
    "name-with-direction-mark": (
        "olympiad_award",
        edit(SUBJECT, "identifier", 0, "identityHash", to="\u202eаванвИ"),
    ),
    "issuer-did-upper-case": ("olympiad_award", edit("issuer", "id", to="did:web:Portfolio.example:o:lyceum-7")),
    "proof-missing": ("olympiad_award", edit("proof", to=...)),
    "proof-twice": ("olympiad_award", lambda it: edit("proof", to=[it["proof"], it["proof"]])(it)),
    "proof-older-suite": ("olympiad_award", edit("proof", "cryptosuite", to="eddsa-jcs-2022")),
    "proof-member-added": ("olympiad_award", edit("proof", "expires", to="2030-01-01T00:00:00Z")),
    "proof-created-differs": ("olympiad_award", edit("proof", "created", to="2026-11-22T10:00:01Z")),
    "proof-for-login": ("olympiad_award", edit("proof", "proofPurpose", to="authentication")),
    "key-of-another-issuer": (
        "olympiad_award",
        edit("proof", "verificationMethod", to=f"did:web:other.example#{multibase_of(VectorSigner.public_key)}"),
    ),
    "key-of-small-order": (
        "olympiad_award",
        edit("proof", "verificationMethod", to=f"did:web:portfolio.example:o:lyceum-7#{multibase_of(bytes(32))}"),
    ),
    "signature-bit-flipped": ("olympiad_award", proof_value(lambda it: it[:40] + bytes([it[40] ^ 1]) + it[41:])),
    "signature-s-plus-order": ("olympiad_award", proof_value(other_s)),
    "signature-small-order-r": ("olympiad_award", proof_value(lambda it: b"\1" + bytes(31) + it[32:])),
    "signature-short": ("olympiad_award", proof_value(lambda it: it[:63])),
    "json-duplicate-member": ("olympiad_award", text(lambda it: it.replace('"name":', '"name":"x","name":', 1))),
    "json-duplicate-in-disguise": (
        "olympiad_award",
        text(lambda it: it.replace('"name":', '"\\u006eame":"x","name":', 1)),
    ),
    "json-trailing-data": ("olympiad_award", text(lambda it: it + "{}")),
    "json-byte-order-mark": ("olympiad_award", text(lambda it: "\ufeff" + it)),
    "json-lone-surrogate": ("olympiad_award", text(lambda it: it.replace("Физика", "\\ud800"))),
    "json-control-character": ("olympiad_award", text(lambda it: it.replace("Физика", "Физика\\u0000"))),
    "json-too-deep": ("olympiad_award", text(lambda it: it[:-1] + ',"x":' + "[" * 20 + "]" * 20 + "}")),
    "json-number-beyond-a-double": ("cpd_certificate", text(lambda it: it.replace(":72,", ":1e400,"))),
}


def valid_files() -> dict[str, bytes]:
    """Return every good credential, its canonical N-Quads and the table of its hashes."""
    files: dict[str, bytes] = {}
    hashes: dict[str, dict[str, str]] = {}
    for name, statement in statements().items():
        signed = issue(statement, VectorSigner())
        read = read_credential(signed.document)
        if signed.digest != signed_digest(read.signing_input, read.signature):
            raise RuntimeError(f"{name} has two digests")
        method = json.loads(signed.document)["proof"]["verificationMethod"]
        files[f"valid/{name}.json"] = signed.document
        files[f"valid/{name}.document.nq"] = canonical_statement(statement)
        files[f"valid/{name}.options.nq"] = canonical_proof(created=statement.valid_from, verification_method=method)
        hashes[name] = {
            "public_key": read.public_key.hex(),
            "signing_input": read.signing_input.hex(),
            "signature": read.signature.hex(),
            "digest": "0x" + read.digest.hex(),
            "leaf_hash": "0x" + leaf_hash(read.digest).hex(),
            "issuer_id": "0x" + read.issuer_id.hex(),
        }
    files["digests.json"] = pretty(hashes)
    return files


def refused_files() -> dict[str, bytes]:
    """Return every bad credential and the table of why each is refused."""
    files: dict[str, bytes] = {}
    reasons: dict[str, dict[str, str]] = {}
    originals = {name: issue(statement, VectorSigner()).document for name, statement in statements().items()}
    for name, (original, change) in WRONG.items():
        changed = change(json.loads(originals[original]))
        data = (changed if isinstance(changed, str) else dump(changed)).encode("utf-8")
        if data == originals[original]:
            raise RuntimeError(f"{name} changes nothing")
        files[f"refused/{name}.json"] = data
        reasons[name] = reason_of(data)
    files["refused.json"] = pretty(reasons)
    return files


def reason_of(data: bytes) -> dict[str, str]:
    try:
        read = read_credential(data)
    except StructureError as error:
        return {"code": error.code, "path": error.path}
    if verify_signature(read.public_key, read.signing_input, read.signature):
        raise RuntimeError("A vector of refusal is accepted")
    return {"code": "signature", "path": "proof.proofValue"}


def pretty(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def bring_up_to_date(folder: Path, wanted: Mapping[Path, bytes], present: Mapping[Path, bytes]) -> int:
    """Write what is stale and remove what is surplus; with --check, only name it. Returns the exit code."""
    stale = [path for path, data in wanted.items() if present.get(path) != data]
    surplus = present.keys() - wanted.keys()
    if "--check" in sys.argv[1:]:
        for path in (*stale, *surplus):
            print(f"stale: {path.relative_to(folder)}")
        return 1 if stale or surplus else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])
    for path in surplus:
        path.unlink()
    print(f"{len(wanted)} files, {len(stale)} written, {len(surplus)} removed")
    return 0


def main() -> int:
    wanted = {FOLDER / name: data for name, data in (valid_files() | refused_files()).items()}
    present = {path: path.read_bytes() for folder in ("valid", "refused") for path in (FOLDER / folder).glob("*.*")} | {
        path: path.read_bytes() for path in (FOLDER / "digests.json", FOLDER / "refused.json") if path.exists()
    }
    return bring_up_to_date(FOLDER, wanted, present)


if __name__ == "__main__":
    sys.exit(main())
