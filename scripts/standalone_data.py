"""Write what the static verifier takes over from Python: kinds, canonical lines, sentences; --check only compares.

The page holds no list of its own: document and N-Quads templates come from `openbadges.py` and PyLD, sentences from
`sentences.py`, `verification/wording.py` and the Russian catalogue.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tiny_keccak import keccak256

from portfolio.anchoring.merkle import MAX_PROOF
from portfolio.chain.abi import credential_registry, issuer_registry
from portfolio.credentials import bundles, canonical, characters, sentences, values
from portfolio.credentials.facts import CheckAnswer, Custody, Reason
from portfolio.credentials.kinds import KINDS, Field, FieldType, Kind, Place
from portfolio.credentials.links import _CROCKFORD as SHORT_CODE_SIGNS
from portfolio.credentials.links import _MISREAD as MISREAD
from portfolio.credentials.openbadges import _path_of as path_of
from portfolio.credentials.openbadges import document_of
from portfolio.credentials.report import CHECK_NAMES
from portfolio.credentials.shapes import proof_options
from portfolio.credentials.statuslists import _CREDENTIAL_TYPES as LIST_TYPES
from portfolio.credentials.statuslists import _QUADS as LIST_LINES
from portfolio.credentials.statuslists import LIST_LENGTH, REVOCATION
from portfolio.i18n import gettext_for, ngettext_for
from portfolio.verification import wording

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "src/portfolio/verification/standalone/source/core/generated.json"
FROM_TEMPLATES: Final = ROOT / "src/portfolio/verification/standalone/source/core/shared_words.json"

_IRIS: Final = {
    "id": "urn:uuid:slot%04dx",
    "subject_id": "urn:uuid:slot%04dx",
    "issuer_did": "did:web:slot%04dx",
    "status_list": "https://slot%04dx.invalid/list",
}
_ALWAYS: Final = ("id", "subject_id", "issuer_did", "issuer_name", "holder_name", "valid_from", "status_list")
_FIRST_NUMBER: Final = 900_000_000


class Marked:
    """A kind with every slot filled by a marker, and the way back from marker to `{slot}`."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        slots = [*_ALWAYS, "status_index", "valid_until"]
        for field in kind.fields:
            slots += ["row-1", "mark-1"] if field.type is FieldType.MARKS else [f"field-{field.name}"]
        self.markers = {slot: self._marker(slot, number) for number, slot in enumerate(slots)}
        self._slots = {str(marker): slot for slot, marker in self.markers.items()}
        self._pattern = re.compile("|".join(map(re.escape, self._slots)))

    def _marker(self, slot: str, number: int) -> Any:
        field = self.kind.field(slot.removeprefix("field-"))
        if field is not None and field.type is FieldType.INTEGER:
            return _FIRST_NUMBER + number
        return _IRIS.get(slot, "slot%04dx") % number

    def document(self, without: tuple[str, ...] = ()) -> dict[str, Any]:
        return document_of(self.kind, {slot: mark for slot, mark in self.markers.items() if slot not in without})

    def lines(self, without: tuple[str, ...] = ()) -> list[str]:
        return canonical.canonical_document(self.document(without)).decode().splitlines()

    def text(self, text: str) -> str:
        if "{" in text or "}" in text:
            raise RuntimeError("a brace would be taken for a slot")
        return self._pattern.sub(lambda found: "{" + self._slots[found[0]] + "}", text)

    @property
    def optional(self) -> list[str]:
        return ["valid_until", *(f"field-{field.name}" for field in self.kind.fields if not field.required)]


def kind_json(kind: Kind) -> dict[str, Any]:
    marked = Marked(kind)
    whole = marked.document()
    conditions = {slot: marked.document((slot,)) for slot in marked.optional if slot in marked.markers}
    rows = ("row-1", "mark-1")
    has_rows = "row-1" in marked.markers
    if has_rows:
        conditions["rows"] = marked.document(rows)
    full = marked.lines()
    told: dict[str, str] = {}
    for slot in conditions:
        left = set(marked.lines(rows if slot == "rows" else (slot,)))
        told |= {line: slot for line in full if line not in left}
    return {
        "code": kind.code,
        "bit": kind.bit,
        "ru": kind.ru,
        "en": kind.en,
        "achievement_type": kind.achievement_type,
        "version": kind.signed_version,
        "fields": [field_json(field) for field in kind.fields],
        "document": _template(marked, whole, conditions),
        "lines": [[_row(marked.text(line), told.get(line)), told.get(line)] for line in full],
    }


def _template(marked: Marked, value: Any, conditions: Mapping[str, Any], under: str | None = None) -> Any:
    """Return a document with `{slot}` for values and {"if": slot, "then": ...} around what only some documents have."""
    if isinstance(value, dict):
        members = {}
        for name, member in value.items():
            absent = next((slot for slot, other in conditions.items() if name not in other), None)
            inner = {slot: other[name] for slot, other in conditions.items() if name in other}
            members[name] = _when(absent, _template(marked, member, inner, absent or under))
        return members
    if isinstance(value, list):
        return [
            _when(slot, _template(marked, member, {}, slot or under))
            for member in value
            for slot in [next((slot for slot, other in conditions.items() if member not in other), None)]
        ]
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        text = marked.text(str(value))
        if not isinstance(value, str) and not re.fullmatch(r"\{[a-z_-]+\}", text):
            raise RuntimeError("a number that is no value of a field")
        return _row(text, under)
    return value


def _when(slot: str | None, value: Any) -> Any:
    return value if slot is None else {"if": slot, "then": value}


def _row(text: str, condition: str | None) -> str:
    if condition != "rows":
        return text
    text = text.replace("{row-1}", "{row}").replace("{mark-1}", "{mark}")
    return re.sub(r"#(row|mark)-1(?![0-9])", r"#\1-{n}", text)


def field_json(field: Field) -> dict[str, Any]:
    place: Any = {Place.RESULT: "result", Place.MARKS: "marks"}.get(field.place) or list(path_of(field.place))
    return {
        "name": field.name,
        "ru": field.ru,
        "en": field.en,
        "type": field.type.value,
        "place": place,
        "awarded": field.place is Place.AWARDED_DATE,
        "required": field.required,
        "choices": [{"code": choice.code, "ru": choice.ru, "en": choice.en} for choice in field.choices],
        "max_length": field.max_length,
        "minimum": field.minimum,
        "maximum": field.maximum,
    }


def options_lines() -> list[str]:
    options = proof_options(created="slot0000x", verification_method="did:web:slot0001x")
    quads = canonical.canonical_options(options, canonical.CONTEXTS).decode()
    filled = quads.replace("did:web:slot0001x", "{verification_method}").replace("slot0000x", "{created}")
    return filled.splitlines()


def chain_json() -> dict[str, Any]:
    """Return selectors, topics and the parts of a `CheckResult`, under the names that the facts give them."""
    check = next(entry for entry in credential_registry().abi if entry.get("name") == "check")
    parts = check["outputs"][0]["components"]
    selector = {
        "check": "check(bytes32,bytes32,bytes32,bytes32,bytes32[])",
        "registrars": "registrars()",
        "issuerRegistry": "issuerRegistry()",
    }
    if [entry["type"] for entry in check["inputs"]] != ["bytes32"] * 4 + ["bytes32[]"]:
        raise RuntimeError("check() has other arguments")
    issuer_registry().call_data("registrars")  # raises where the function is gone
    return {
        "selectors": {name: "0x" + keccak256(text.encode())[:4].hex() for name, text in selector.items()},
        "anchored": credential_registry().topic("Anchored"),
        "check_result": [
            [name, part["type"]] for name, part in zip(CheckAnswer.__dataclass_fields__, parts, strict=True)
        ],
        "custody": [custody.name.lower() for custody in Custody],
        "reasons": [reason.name.lower() for reason in Reason],
    }


def limits_json() -> dict[str, int]:
    return {
        "document": canonical.MAX_DOCUMENT,
        "depth": canonical.MAX_DEPTH,
        "bundle": bundles.MAX_BUNDLE,
        "receipts": bundles.MAX_RECEIPTS,
        "proof": MAX_PROOF,
        "name": values.MAX_NAME,
        "rows": values.MAX_ROWS,
        "subject": values.MAX_SUBJECT,
        "mark": values.MAX_MARK,
        "first_year": values.FIRST_YEAR,
        "last_year": values.LAST_YEAR,
    }


def short_code_json() -> dict[str, Any]:
    """Return the alphabet of the short code, and what is typed or read in place of one of its signs."""
    return {
        "alphabet": SHORT_CODE_SIGNS,
        "misread": {chr(wrong): chr(right) for wrong, right in sorted(MISREAD.items())},
    }


def casefold_json() -> dict[str, str]:
    """Return the characters that `str.casefold` does not simply make small, the one case that JavaScript knows."""
    signs = map(chr, range(0x110000))
    return {sign: sign.casefold() for sign in signs if sign.casefold() != sign.lower()}


def status_list_json() -> dict[str, Any]:
    """Return the one form of our own status lists, as document and as lines."""
    slots = {"url": "{url}", "issuer": "{issuer}", "encoded": "{encoded}"}
    slots |= {"valid_from": "{valid_from}", "valid_until": "{valid_until}"}
    proof = proof_options(created="{valid_from}", verification_method="{method}")
    document = {
        "@context": [canonical.CONTEXTS[0]],
        "id": "{url}",
        "type": list(LIST_TYPES),
        "issuer": "{issuer}",
        "validFrom": "{valid_from}",
        "validUntil": "{valid_until}",
        "credentialSubject": {
            "id": "{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": REVOCATION,
            "encodedList": "{encoded}",
        },
        "proof": {**proof, "proofValue": "{value}"},
    }
    lines = LIST_LINES.format(**slots).splitlines()
    return {"lines": lines, "length": LIST_LENGTH, "document": document}


def words_json() -> dict[str, Any]:
    wordings = {
        verdict.value: {
            "tone": said.tone,
            "word": said.word,
            "advice": said.advice,
            "meaning": list(said.meaning),
            "heading": said.heading,
            "lead": said.lead,
        }
        for verdict, said in wording.WORDINGS.items()
    }
    return {
        "verdicts": sentences.VERDICTS,
        "messages": sentences.MESSAGES,
        "wordings": wordings,
        "superseded_advice": wording.SUPERSEDED_ADVICE,
        "check_titles": {name: wording.CHECK_TITLES[name] for name in CHECK_NAMES},
        "remaining_checks": wording.REMAINING_CHECKS,
        "states": dict(wording.STATES),
        "custody": dict(wording.CUSTODY),
    }


def russian_json(words: Any) -> dict[str, str]:
    """Return the Russian of every English sentence in `words` and of those that templates of the service hold."""
    say = gettext_for("ru")
    found: dict[str, str] = {}
    for sentence in [*_texts(words), *json.loads(FROM_TEMPLATES.read_text("utf-8"))]:
        found[sentence] = say(sentence)  # tests/web/test_catalogue.py sees that none is missing
    counted = ngettext_for("ru")
    for number in (1, 2, 5):
        found[f"%(count)d sources ({number})"] = counted("one source", "%(count)d sources", number)
    return dict(sorted(found.items()))


def _texts(words: Any) -> list[str]:
    if isinstance(words, str):
        return [words]
    return [text for item in (words.values() if isinstance(words, dict) else words) for text in _texts(item)]


def generated() -> str:
    words = words_json()
    data = {
        "contexts": list(canonical.CONTEXTS),
        "kinds": [kind_json(kind) for kind in KINDS.values()],
        "options": options_lines(),
        "proof": proof_options(created="{created}", verification_method="{verification_method}"),
        "chain": chain_json(),
        "limits": limits_json(),
        "unreadable": sum(bool(characters.UNREADABLE.fullmatch(chr(code))) for code in range(0x110000)),
        "unspaced": sum(bool(characters.UNSPACED.fullmatch(chr(code))) for code in range(0x110000)),
        "directions": sum(bool(characters.DIRECTIONS.fullmatch(chr(code))) for code in range(0x110000)),
        "invisible": sum(bool(characters.INVISIBLE.fullmatch(chr(code))) for code in range(0x110000)),
        "status_list": status_list_json(),
        "short_code": short_code_json(),
        "casefold": casefold_json(),
        **words,
        "russian": russian_json(words),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    wanted = generated()
    if "--check" in sys.argv[1:]:
        fresh = TARGET.exists() and TARGET.read_text("utf-8") == wanted
        print("" if fresh else "stale: run scripts/standalone_data.py, then build the verifier", end="")
        return 0 if fresh else 1
    TARGET.write_text(wanted, "utf-8")
    print(f"{TARGET.name}: {len(wanted)} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
