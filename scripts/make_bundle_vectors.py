"""Write tests/vectors/bundles/; with --check, only tell whether the files are fresh.

Good bundles, and one for each way of being wrong. `bundles.json` says of every file what a reader finds: how many
receipts may count and which warnings there are, or which `StructureError` it meets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from make_vectors import VectorSigner, bring_up_to_date, dump, pretty, statements
from portfolio.anchoring.leaf import TAG_CLAIM, TAG_CREDENTIAL
from portfolio.anchoring.merkle import Tree, leaf_hash
from portfolio.credentials.bundles import MAX_RECEIPTS, bundle_json
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import Receipt
from portfolio.credentials.signing import Signed, issue
from portfolio.credentials.verdict import ask

FOLDER = Path(__file__).parents[1] / "tests" / "vectors" / "bundles"
Bundle = dict[str, Any]


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


def siblings(count: int) -> list[bytes]:
    return [number.to_bytes(32, "big") for number in range(1, count + 1)]


def receipt_of(signed: Signed, *, among: int, **changes: Any) -> Receipt:
    """A receipt for the credential in a tree with `among` other digests; chain and contract are made up."""
    tree = Tree.of([signed.digest, *siblings(among)])
    receipt = Receipt(
        tag=hexed(TAG_CREDENTIAL),
        digest=hexed(signed.digest),
        root=hexed(tree.root),
        proof=tuple(hexed(step) for step in tree.proof(signed.digest)),
        chain_id=2026,
        genesis_hash="0x" + "ab" * 32,
        contract="0x" + "cd" * 20,
        transaction="0x" + "ef" * 32,
        block_number=8,
        block_hash="0x" + "12" * 32,
        block_time=1_795_341_696,
    )
    return replace(receipt, **changes)


SIGNED = issue(statements()["olympiad_award"], VectorSigner())
OTHER = issue(statements()["diploma"], VectorSigner())
GOOD = receipt_of(SIGNED, among=6)


def bundle(*receipts: Receipt, **more: Any) -> Bundle:
    return bundle_json(credential=json.loads(SIGNED.document), receipts=receipts or (GOOD,), **more)


def without(name: str) -> Callable[[], Bundle]:
    return lambda: {key: value for key, value in bundle().items() if key != name}


def altered(**changes: Any) -> Callable[[], Bundle]:
    return lambda: bundle() | changes


def receipt(**changes: Any) -> Callable[[], Bundle]:
    """A bundle whose one receipt has members altered, or left out where the new value is `...`."""

    def build() -> Bundle:
        made = bundle()
        changed = made["receipts"][0] | changes
        made["receipts"] = [{name: value for name, value in changed.items() if value is not ...}]
        return made

    return build


def text(change: Callable[[str], str]) -> Callable[[], bytes]:
    return lambda: change(dump(bundle())).encode("utf-8", "surrogatepass")


FILES: dict[str, Callable[[], Bundle | bytes]] = {
    "valid/bare-credential": lambda: SIGNED.document,
    "valid/pending": lambda: bundle() | {"receipts": []},
    "valid/only-leaf": lambda: bundle(receipt_of(SIGNED, among=0)),
    "valid/among-seven": bundle,
    "valid/among-a-thousand": lambda: bundle(receipt_of(SIGNED, among=999)),
    "valid/two-chains": lambda: bundle(GOOD, receipt_of(SIGNED, among=2, chain_id=31337)),
    "valid/repeated-receipt": lambda: bundle(GOOD, GOOD),
    "valid/snapshots-left-out": lambda: {
        name: bundle()[name] for name in ("type", "version", "credential", "receipts")
    },
    "valid/snapshots-of-anything": lambda: bundle(issuer={"x": [1]}, status_list={"y": {}}),
    "valid/short-form": lambda: bundle_json(
        credential=json.loads((short := issue(statements()["olympiad_award-short-form"], VectorSigner())).document),
        receipts=[receipt_of(short, among=3)],
    ),
    "valid/spaced-and-escaped": lambda: json.dumps(bundle(), ensure_ascii=True, indent=4, sort_keys=True).encode(),
    "refused/empty": lambda: b"",
    "refused/not-json": lambda: b"{",
    "refused/not-utf8": lambda: '{"type":"ё"}'.encode("cp1251"),
    "refused/byte-order-mark": text(lambda it: "\ufeff" + it),
    "refused/not-an-object": lambda: b"[]",
    "refused/two-documents": text(lambda it: it + it),
    "refused/member-twice": text(lambda it: it.replace('"version":1,', '"version":1,"version":1,', 1)),
    "refused/member-twice-by-escape": text(lambda it: it.replace('"version":1,', '"version":1,"versi\\u006fn":1,', 1)),
    "refused/too-deep": text(lambda it: it[:-1] + ',"x":' + "[" * 20 + "]" * 20 + "}"),
    "refused/control-character": text(lambda it: it[:-1] + ',"x":"\\u0000"}'),
    "refused/half-a-surrogate-pair": text(lambda it: it[:-1] + ',"x":"\\ud800"}'),
    "refused/number-beyond-a-double": text(lambda it: it.replace('"version":1', '"version":1e400', 1)),
    "refused/version-two": altered(version=2),
    "refused/version-as-text": altered(version="1"),
    "refused/version-with-a-fraction": text(lambda it: it.replace('"version":1,', '"version":1.0,', 1)),
    "refused/version-true": altered(version=True),
    "refused/version-missing": without("version"),
    "refused/credential-missing": without("credential"),
    "refused/credential-no-object": altered(credential="x"),
    "refused/credential-of-another-bundle": altered(credential=bundle()),
    "refused/receipts-missing": without("receipts"),
    "refused/receipts-null": altered(receipts=None),
    "refused/receipts-no-list": altered(receipts={}),
    "refused/member-too-many": altered(verdict="VALID"),
    "refused/issuer-no-object": altered(issuer="x"),
    "refused/status-list-no-object": altered(status_list=[]),
    "refused/another-type": altered(type="PortfolioBundle2"),
    "ignored/receipt-no-object": lambda: bundle() | {"receipts": ["x"]},
    "ignored/receipt-version-two": receipt(version=2),
    "ignored/receipt-version-as-text": receipt(version="1"),
    "ignored/receipt-member-missing": receipt(block_hash=...),
    "ignored/receipt-member-too-many": receipt(verdict="VALID"),
    "ignored/receipt-capital-letters": receipt(contract="0x" + "CD" * 20),
    "ignored/receipt-hash-too-short": receipt(root="0x12"),
    "ignored/receipt-number-as-text": receipt(block_number="8"),
    "ignored/receipt-number-negative": receipt(block_time=-1),
    "ignored/receipt-number-with-a-fraction": receipt(chain_id=2026.0),
    "ignored/receipt-tag-of-a-claim": receipt(tag=hexed(TAG_CLAIM)),
    "ignored/receipt-of-another-credential": lambda: bundle(receipt_of(OTHER, among=6)),
    "ignored/receipt-digest-of-another": receipt(digest=hexed(OTHER.digest)),
    "ignored/receipt-of-another-root": receipt(root=hexed(Tree.of(siblings(9)).root)),
    "ignored/receipt-proof-emptied": receipt(proof=[]),
    "ignored/receipt-proof-cut": receipt(proof=list(GOOD.proof[:-1])),
    "ignored/receipt-proof-lengthened": receipt(proof=[*GOOD.proof, "0x" + "00" * 32]),
    "ignored/receipt-proof-swapped": receipt(proof=[GOOD.proof[1], GOOD.proof[0], *GOOD.proof[2:]]),
    "ignored/receipt-proof-of-65-steps": receipt(proof=["0x" + "00" * 32] * 65),
    "ignored/receipt-proof-no-list": receipt(proof="0x"),
    "ignored/receipt-leaf-hash-as-root": receipt(proof=[], root=hexed(leaf_hash(SIGNED.digest)), digest=GOOD.root),
    "ignored/receipts-beyond-sixteen": lambda: bundle(
        *(receipt_of(SIGNED, among=6, chain_id=number) for number in range(1, MAX_RECEIPTS + 4))
    ),
}


def found_in(data: bytes) -> dict[str, Any]:
    """Return what a reader finds in a file."""
    try:
        asked = ask(data)
    except StructureError as error:
        return {"error": error.code, "path": error.path}
    return {
        "digest": hexed(asked.question.digest),
        "receipts": len(asked.question.receipts),
        "warnings": [note.code for note in asked.warnings],
    }


def files() -> dict[str, bytes]:
    """Return every file by its name."""
    made: dict[str, bytes] = {}
    table: dict[str, dict[str, Any]] = {}
    for name, build in FILES.items():
        built = build()
        data = built if isinstance(built, bytes) else dump(built).encode("utf-8")
        made[f"{name}.json"] = data
        table[name] = found_in(data)
        expected = "error" if name.startswith("refused/") else "warnings" if name.startswith("ignored/") else "digest"
        if not table[name].get(expected) or (name.startswith("valid/") and table[name]["warnings"]):
            raise RuntimeError(f"{name} is not what its name says: {table[name]}")
    return made | {"bundles.json": pretty(table)}


def main() -> int:
    wanted = {FOLDER / name: data for name, data in files().items()}
    present = {path: path.read_bytes() for path in FOLDER.rglob("*.json")}
    return bring_up_to_date(FOLDER, wanted, present)


if __name__ == "__main__":
    sys.exit(main())
