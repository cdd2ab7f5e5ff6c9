"""The bundle a holder keeps: one JSON file of credential, receipts and snapshots, read strictly (docs/spec/bundle.md).

Pure: imports neither web3 nor a database. Snapshots (DID document, keys, status list) are hints and decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.anchoring.merkle import MAX_PROOF, root_from
from portfolio.credentials.canonical import StructureError, parse_json
from portfolio.credentials.facts import RECEIPT_VERSION, Receipt
from portfolio.credentials.report import Note

BUNDLE_TYPE: Final = "PortfolioBundle"
BUNDLE_VERSION: Final = 1
MAX_BUNDLE: Final = 512 * 1024
"""Bytes; a status list snapshot of 131,072 bits that compresses badly takes some 22 KB of it."""
MAX_RECEIPTS: Final = 16
"""Usable receipts beyond this are left aside: a bundle must not make a verifier ask a chain thousands of times."""

_MAX_INTEGER: Final = 2**53 - 1
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_RECEIPT_FIELDS: Final = frozenset(field.name for field in fields(Receipt))
_BUNDLE_REQUIRED: Final = frozenset({"type", "version", "credential", "receipts"})
_BUNDLE_OPTIONAL: Final = frozenset({"issuer", "status_list"})


class ReceiptError(ValueError):
    """A receipt that does not count; `code` is that of the warning."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle taken apart; its receipts are unread and its snapshots unbelieved."""

    credential: Mapping[str, Any]
    receipts: Sequence[Any]
    issuer: Mapping[str, Any] | None = None
    status_list: Mapping[str, Any] | None = None


def read_bundle(data: bytes) -> Bundle:
    """Take a bundle apart, or wrap a bare credential as a bundle without receipts.

    Raises `StructureError` for anything but strict JSON of exactly the members of the format.
    """
    document = parse_json(data, limit=MAX_BUNDLE)
    if not isinstance(document, dict):
        raise StructureError("not_an_object", "", "The file is no JSON object")
    if document.get("type") != BUNDLE_TYPE:
        return Bundle(document, ())
    version = document.get("version")
    if type(version) is not int or version != BUNDLE_VERSION:
        raise StructureError("bundle_version", "version", "The bundle is of a version that is not known")
    if not _BUNDLE_REQUIRED <= document.keys() <= _BUNDLE_REQUIRED | _BUNDLE_OPTIONAL:
        raise StructureError("bundle_members", "", "The bundle lacks a member or has one too many")
    credential, receipts = document["credential"], document["receipts"]
    if not isinstance(credential, dict):
        raise StructureError("bundle_credential", "credential", "The credential of the bundle is no JSON object")
    if not isinstance(receipts, list):
        raise StructureError("bundle_receipts", "receipts", "The receipts of the bundle are no list")
    return Bundle(credential, receipts, _hint(document, "issuer"), _hint(document, "status_list"))


def bundle_json(
    *,
    credential: Mapping[str, Any],
    receipts: Sequence[Receipt],
    issuer: Mapping[str, Any] | None = None,
    status_list: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Compose a bundle. `issuer` is {"did_document": {...}, "keys": [...]}, both optional snapshots."""
    return {
        "type": BUNDLE_TYPE,
        "version": BUNDLE_VERSION,
        "credential": dict(credential),
        "receipts": [receipt_json(receipt) for receipt in receipts],
        "issuer": None if issuer is None else dict(issuer),
        "status_list": None if status_list is None else dict(status_list),
    }


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as `docs/spec/receipt.md` writes it."""
    return {**asdict(receipt), "proof": list(receipt.proof)}


def read_receipt(value: Any) -> Receipt:
    """Read one receipt. Raises `ReceiptError` when its version is unknown or its form is not exactly the format's."""
    if not isinstance(value, Mapping):
        raise ReceiptError("receipt_malformed")
    version = value.get("version")
    if type(version) is not int or version != RECEIPT_VERSION:
        raise ReceiptError("receipt_version")
    if value.keys() != _RECEIPT_FIELDS:
        raise ReceiptError("receipt_malformed")
    proof = value["proof"]
    if not isinstance(proof, list) or len(proof) > MAX_PROOF:
        raise ReceiptError("receipt_malformed")
    texts = ("tag", "digest", "root", "genesis_hash", "transaction", "block_hash")
    hashes = [value[name] for name in texts] + proof
    numbers = [value[name] for name in ("chain_id", "block_number", "block_time")]
    well_formed = (
        all(_matches(_HASH, text) for text in hashes)
        and _matches(_ADDRESS, value["contract"])
        and all(type(number) is int and 0 <= number <= _MAX_INTEGER for number in numbers)
    )
    if not well_formed:
        raise ReceiptError("receipt_malformed")
    return Receipt(**{**value, "proof": tuple(proof)})


def usable_receipts(values: Sequence[Any], digest: bytes) -> tuple[tuple[Receipt, ...], tuple[Note, ...]]:
    """Return the receipts that may count for `digest`, and a warning for each reason why others cannot.

    `values` are receipts or their JSON. Usable means: version known, tag of a credential, digest the one computed here,
    and the proof leads from it to the root. Whether the contract is trusted and knows the root is for the caller to
    ask. Repeats are dropped silently.
    """
    usable: dict[tuple[object, ...], Receipt] = {}
    codes: dict[str, None] = {}
    for value in values:
        try:
            receipt = value if isinstance(value, Receipt) else read_receipt(value)
            _require_for(receipt, digest)
        except ReceiptError as error:
            codes[error.code] = None
            continue
        key = (receipt.chain_id, receipt.genesis_hash, receipt.contract, receipt.root)
        if key not in usable and len(usable) == MAX_RECEIPTS:
            codes["receipt_surplus"] = None
            break
        usable.setdefault(key, receipt)
    return tuple(usable.values()), tuple(Note(code) for code in codes)


def _require_for(receipt: Receipt, digest: bytes) -> None:
    if receipt.tag != "0x" + TAG_CREDENTIAL.hex():
        raise ReceiptError("receipt_tag")
    if receipt.digest != "0x" + digest.hex():
        raise ReceiptError("receipt_digest")
    steps = [bytes.fromhex(step[2:]) for step in receipt.proof]
    if "0x" + root_from(digest, steps).hex() != receipt.root:
        raise ReceiptError("receipt_proof")


def _hint(document: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = document.get(name)
    if value is not None and not isinstance(value, dict):
        raise StructureError(f"bundle_{name}", name, "A snapshot in the bundle is neither an object nor null")
    return value


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
