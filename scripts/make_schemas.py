"""Write docs/spec/schemas/ and docs/spec/fields.md from the kinds; with --check, only tell whether they are fresh.

A schema says less than `openbadges.extract` does: which ids belong together and what a normal form is stands in
docs/spec/credential.md. Whatever `extract` accepts, the schema accepts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portfolio.credentials.canonical import CONTEXTS
from portfolio.credentials.kinds import KINDS, Field, FieldType, Kind, Place
from portfolio.credentials.openbadges import ACHIEVEMENT_MEMBERS, SUBJECT_MEMBERS
from portfolio.credentials.shapes import CRYPTOSUITE
from portfolio.credentials.values import MAX_MARK, MAX_NAME, MAX_ROWS, MAX_SUBJECT

SPEC = Path(__file__).parents[1] / "docs" / "spec"
UUID = "urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
HOST = r"[a-z0-9-]+(\.[a-z0-9-]+)*"
DID = rf"did:web:{HOST}(%3A[1-9][0-9]{{0,4}})?(:[A-Za-z0-9._-]+)*"
LIST = rf"https://{HOST}(:[1-9][0-9]{{0,4}})?(/[A-Za-z0-9._-]+)+"
INSTANT = "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
DAY = "(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T00:00:00Z"
YEAR = "((19|20)[0-9]{2}|2100)"
INDEX = "(0|[1-9][0-9]{0,9})"
DECIMAL = r"-?[0-9]{1,12}(\.[0-9]{0,5}[1-9])?"

Schema = dict[str, Any]


def const(value: Any) -> Schema:
    return {"const": value}


def text(most: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most}


def matching(pattern: str, **limits: int) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$", **limits}


def closed(members: Mapping[str, Schema], *, optional: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of an object of exactly these members."""
    return {
        "type": "object",
        "properties": dict(members),
        "required": [name for name in members if name not in optional],
        "additionalProperties": False,
    }


def value_schema(field: Field) -> Schema:
    """Return the schema of a field as it is written in the document."""
    match field.type:
        case FieldType.INTEGER:
            return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}
        case FieldType.DECIMAL:
            return matching(DECIMAL)
        case FieldType.DATE:
            return matching(DAY)
        case FieldType.YEAR:
            return matching(YEAR)
        case FieldType.CHOICE:
            return {"enum": [choice.ru for choice in field.choices]}
        case _:
            return text(field.max_length)


def results(kind: Kind) -> tuple[list[Schema], list[Schema]]:
    """Return the schemas of the results a kind can have, and of their descriptions."""
    found, descriptions = [], []
    for field in kind.fields:
        if field.place is Place.RESULT:
            about = f"urn:portfolio:field:v{kind.version}:{kind.code}:{field.name}"
            result_type = "RawScore" if field.type is FieldType.DECIMAL else "Result"
            found.append(result(f"result-{field.name}", const(about), value_schema(field)))
            descriptions.append(description(const(about), const(field.ru), result_type))
        elif field.place is Place.MARKS:
            row = matching(f"{UUID}#row-[1-9][0-9]?")
            found.append(result("mark-[1-9][0-9]?", row, text(MAX_MARK)))
            descriptions.append(description(row, text(MAX_SUBJECT), "Result"))
    return found, descriptions


def result(fragment: str, about: Schema, value: Schema) -> Schema:
    members = {"id": matching(f"{UUID}#{fragment}"), "type": const("Result"), "resultDescription": about}
    return closed({**members, "value": value})


def description(about: Schema, name: Schema, result_type: str) -> Schema:
    return closed({"id": about, "type": const("ResultDescription"), "name": name, "resultType": const(result_type)})


def rows(kinds_of_rows: list[Schema], kind: Kind) -> Schema:
    most = sum(MAX_ROWS if field.place is Place.MARKS else field.place is Place.RESULT for field in kind.fields)
    return {"type": "array", "minItems": 1, "maxItems": most, "uniqueItems": True, "items": {"anyOf": kinds_of_rows}}


def placed(kind: Kind, members: Mapping[Place, str]) -> tuple[dict[str, Schema], set[str]]:
    fields = [(members[field.place], field) for field in kind.fields if field.place in members]
    return {name: value_schema(field) for name, field in fields}, {name for name, field in fields if not field.required}


def schema_of(kind: Kind) -> Schema:
    """Return the JSON Schema of a signed credential of a kind."""
    this = {"$ref": "#/$defs/uuid"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:portfolio:schema:{kind.code}:v{kind.version}",
        "title": f"{kind.en} ({kind.ru}), version {kind.version}",
        "$defs": {"uuid": matching(UUID), "instant": matching(INSTANT), "list": matching(LIST, maxLength=255)},
        **closed(
            {
                "@context": const(list(CONTEXTS)),
                "id": this,
                "type": const(["VerifiableCredential", "OpenBadgeCredential"]),
                "name": const(kind.ru),
                "issuer": closed(
                    {"id": matching(DID, maxLength=255), "type": const("Profile"), "name": text(MAX_NAME)}
                ),
                "validFrom": {"$ref": "#/$defs/instant"},
                "validUntil": {"$ref": "#/$defs/instant"},
                **({"awardedDate": matching(DAY)} if kind.at(Place.AWARDED_DATE) else {}),
                "credentialSubject": subject(kind),
                "credentialStatus": status(),
                "proof": proof(),
            },
            optional=frozenset({"validUntil"}),
        ),
    }


def subject(kind: Kind) -> Schema:
    found, descriptions = results(kind)
    own, optional = placed(kind, SUBJECT_MEMBERS)
    needs_results = any(field.required for field in kind.fields if field.place in (Place.RESULT, Place.MARKS))
    result_member = {"result": rows(found, kind)} if found else {}
    identity = closed(
        {
            "type": const("IdentityObject"),
            "hashed": const(False),
            "identityHash": text(MAX_NAME),
            "identityType": const("name"),
        }
    )
    return closed(
        {
            "id": {"$ref": "#/$defs/uuid"},
            "type": const("AchievementSubject"),
            "identifier": {"type": "array", "items": identity, "minItems": 1, "maxItems": 1},
            **own,
            "achievement": achievement(kind, descriptions, needs_results=needs_results),
            **result_member,
        },
        optional=frozenset(optional if needs_results else optional | {"result"}),
    )


def achievement(kind: Kind, descriptions: list[Schema], *, needs_results: bool) -> Schema:
    own, optional = placed(kind, ACHIEVEMENT_MEMBERS)
    members: dict[str, Schema] = {
        "id": matching(f"{UUID}#achievement"),
        "type": const("Achievement"),
        "achievementType": const(kind.achievement_type),
        "version": const(kind.signed_version),
        "inLanguage": const("ru"),
        "description": const(kind.description),
        "criteria": closed({"id": matching(f"{UUID}#criteria"), "narrative": const(kind.criteria)}),
        **own,
    }
    if descriptions:
        members["resultDescription"] = rows(descriptions, kind)
    return closed(members, optional=frozenset(optional if needs_results else optional | {"resultDescription"}))


def status() -> Schema:
    return closed(
        {
            "id": matching(f"{LIST}#{INDEX}"),
            "type": const("BitstringStatusListEntry"),
            "statusPurpose": const("revocation"),
            "statusListIndex": matching(INDEX),
            "statusListCredential": {"$ref": "#/$defs/list"},
        }
    )


def proof() -> Schema:
    return closed(
        {
            "type": const("DataIntegrityProof"),
            "cryptosuite": const(CRYPTOSUITE),
            "created": {"$ref": "#/$defs/instant"},
            "verificationMethod": matching(f"{DID}#z6Mk[1-9A-HJ-NP-Za-km-z]{{44}}"),
            "proofPurpose": const("assertionMethod"),
            "proofValue": matching("z[1-9A-HJ-NP-Za-km-z]{64,88}"),
        }
    )


def fields_page() -> str:
    """Return docs/spec/fields.md: what each kind can say and where it stands."""
    lines = [
        "# Fields of each kind, version 1",
        "",
        "Written by `scripts/make_schemas.py`; how a value is written stands in [credential.md](credential.md).",
    ]
    for kind in KINDS.values():
        key = ", ".join(f"`{name}`" for name in kind.natural_key)
        schema = f"{kind.code}-v{kind.version}.json"
        lines += [
            "",
            f"## {kind.en} ({kind.ru})",
            "",
            f"`{kind.code}`, bit {kind.bit}, `achievementType` `{kind.achievement_type}`, `version` "
            f"`{kind.signed_version}`. "
            + (f"Minimal form of `{kind.minimal_of}`." if kind.minimal_of else f"Natural key: {key}."),
            f"Schema: [{schema}](schemas/{schema}).",
            "",
            f"- `description`: «{kind.description}»",
            f"- `criteria.narrative`: «{kind.criteria}»",
            "",
            "| field | in Russian | type | place | |",
            "| --- | --- | --- | --- | --- |",
        ]
        for field in kind.fields:
            required = "required" if field.required else ""
            lines.append(f"| `{field.name}` | {field.ru} | {limits(field)} | `{place_of(field)}` | {required} |")
    return "\n".join(lines) + "\n"


def limits(field: Field) -> str:
    match field.type:
        case FieldType.CHOICE:
            return "one of " + ", ".join(f"`{choice.code}` «{choice.ru}»" for choice in field.choices)
        case FieldType.TEXT:
            return f"text, at most {field.max_length}"
        case FieldType.INTEGER | FieldType.DECIMAL:
            return f"{field.type}, {field.minimum} to {field.maximum}"
        case _:
            return field.type.value


def place_of(field: Field) -> str:
    if field.place in ACHIEVEMENT_MEMBERS:
        return f"credentialSubject.achievement.{ACHIEVEMENT_MEMBERS[field.place]}"
    if field.place in SUBJECT_MEMBERS:
        return f"credentialSubject.{SUBJECT_MEMBERS[field.place]}"
    return {
        Place.AWARDED_DATE: "awardedDate",
        Place.RESULT: f"#result-{field.name}",
        Place.MARKS: "#row-N, #mark-N",
    }[field.place]


def main() -> int:
    wanted = {
        SPEC / "schemas" / f"{kind.code}-v{kind.version}.json": json.dumps(
            schema_of(kind), ensure_ascii=False, indent=1
        )
        + "\n"
        for kind in KINDS.values()
    }
    wanted[SPEC / "fields.md"] = fields_page()
    files = [*(SPEC / "schemas").glob("*.json"), SPEC / "fields.md"]
    present = {path: path.read_text("utf-8") for path in files if path.exists()}
    stale = [path for path, content in wanted.items() if present.get(path) != content]
    surplus = present.keys() - wanted.keys()
    if "--check" in sys.argv[1:]:
        for path in (*stale, *surplus):
            print(f"stale: {path.name}")
        return 1 if stale or surplus else 0
    (SPEC / "schemas").mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(wanted[path], "utf-8")
    for path in surplus:
        path.unlink()
    print(f"{len(wanted)} files, {len(stale)} written, {len(surplus)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
