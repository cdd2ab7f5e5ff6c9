"""A statement becomes an Open Badges 3.0 document, and only that very document becomes the statement again."""

from __future__ import annotations

import copy
import random
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from credential_examples import EXAMPLES, example, statements, with_fields
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.canonical import CONTEXTS, StructureError
from portfolio.credentials.kinds import KINDS
from portfolio.credentials.openbadges import Statement, compose, extract

every_example = pytest.mark.parametrize("name", sorted(EXAMPLES))


def refusal(document: Any) -> StructureError:
    with pytest.raises(StructureError) as error:
        extract(document)
    assert error.value.message[0].isupper()
    return error.value


@every_example
def test_the_document_has_what_open_badges_requires(name: str) -> None:
    document = compose(EXAMPLES[name])
    subject, achievement = document["credentialSubject"], document["credentialSubject"]["achievement"]
    assert document["@context"] == list(CONTEXTS)
    assert {"VerifiableCredential", "OpenBadgeCredential"} == set(document["type"])
    assert document["issuer"].keys() == {"id", "type", "name"}
    assert document["validFrom"].endswith("Z")
    if not KINDS[EXAMPLES[name].kind].minimal_of:
        assert document["awardedDate"].endswith("T00:00:00Z")
    assert subject["type"] == "AchievementSubject"
    # The schema of 1EdTech closes IdentityObject, so it has no id.
    assert subject["identifier"][0].keys() == {"type", "hashed", "identityHash", "identityType"}
    assert {"id", "type", "name", "description", "criteria", "achievementType"} <= achievement.keys()
    assert [result["resultDescription"] for result in subject.get("result", [])] == [
        description["id"] for description in achievement.get("resultDescription", [])
    ]
    assert all(value not in (None, [], {}) for value in leaves(document))


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    if isinstance(value, list) and value:
        return [leaf for member in value for leaf in leaves(member)]
    return [value]


def test_fields_stand_in_the_terms_that_open_badges_has_for_them() -> None:
    cpd = compose(EXAMPLES["cpd_certificate"])
    subject = cpd["credentialSubject"]
    assert cpd["validUntil"] == "2029-10-16T00:00:00Z"
    assert cpd["awardedDate"] == "2026-10-16T00:00:00Z"
    assert subject["creditsEarned"] == 72
    assert subject["activityStartDate"] == "2026-09-01T00:00:00Z"
    assert subject["activityEndDate"] == "2026-10-15T00:00:00Z"
    assert subject["licenseNumber"] == "ПК-2026/0123"
    olympiad = compose(EXAMPLES["olympiad_award"])["credentialSubject"]
    assert olympiad["achievement"]["fieldOfStudy"] == "Физика"
    assert olympiad["achievement"]["specialization"] == "Экспериментальный тур"
    assert {result["value"] for result in olympiad["result"]} == {
        "ВсОШ, региональный этап", "10А", "Призёр", "67.5", "80",
    }  # fmt: skip
    assert compose(EXAMPLES["participation"])["credentialSubject"]["role"] == "Докладчик"
    assert compose(EXAMPLES["school_certificate"])["credentialSubject"]["term"] == "2025/2026"


def test_marks_are_rows_with_signed_numbers() -> None:
    document = compose(EXAMPLES["school_certificate"])
    subject, this = document["credentialSubject"], document["id"]
    rows = {item["id"]: item["name"] for item in subject["achievement"]["resultDescription"]}
    marks = {item["id"]: (item["resultDescription"], item["value"]) for item in subject["result"]}
    assert rows[f"{this}#row-3"] == "Алгебра и начала анализа"
    assert marks[f"{this}#mark-12"] == (f"{this}#row-12", "зачтено")


@given(statements())
def test_extracting_gives_the_statement_back(statement: Statement) -> None:
    assert extract(compose(statement)) == statement


@given(statements("school_certificate"), st.randoms(use_true_random=False))
def test_the_order_of_results_and_of_members_is_free(statement: Statement, shuffler: random.Random) -> None:
    document = compose(statement)
    shuffler.shuffle(document["credentialSubject"]["result"])
    shuffler.shuffle(document["credentialSubject"]["achievement"]["resultDescription"])
    members = list(document.items())
    shuffler.shuffle(members)
    assert extract(dict(members)) == statement


@every_example
def test_no_node_has_an_id_that_another_has(name: str) -> None:
    def ids(value: Any) -> list[str]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        own = [value["id"]] if isinstance(value, dict) and "id" in value else []
        return own + [one for member in inner for one in ids(member)]

    found = ids(compose(EXAMPLES[name]))
    assert len(found) == len(set(found))


@pytest.mark.parametrize("document", [None, 5, "text", [], [{}], True])
def test_only_an_object_is_a_credential(document: Any) -> None:
    assert refusal(document).code == "not_an_object"


def edited(path: str, value: Any, name: str = "olympiad_award") -> dict[str, Any]:
    document = copy.deepcopy(compose(EXAMPLES[name]))
    *way, last = path.split(".")
    target: Any = document
    for step in way:
        target = target[int(step) if step.isdecimal() else step]
    if value is ...:
        del target[last]
    else:
        target[int(last) if last.isdecimal() else last] = value
    return document


S = "credentialSubject"
A = f"{S}.achievement"


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("@context", [*CONTEXTS, "https://example.org/more"], "unknown_context", "@context"),
        ("@context", list(reversed(CONTEXTS)), "unknown_context", "@context"),
        ("@context", CONTEXTS[0], "unknown_context", "@context"),
        ("@context", ..., "unknown_context", "@context"),
        ("id", ..., "missing_member", "id"),
        ("id", 5, "wrong_type", "id"),
        ("type", ["OpenBadgeCredential", "VerifiableCredential"], "wrong_value", "type[0]"),
        ("type", ["VerifiableCredential"], "wrong_length", "type"),
        ("type", "VerifiableCredential", "wrong_type", "type"),
        ("name", "Диплом", "wrong_value", "name"),
        ("extra", 1, "unexpected_member", "extra"),
        ("validUntil", None, "wrong_type", "validUntil"),
        ("validFrom", "2026-11-22T10:00:00+00:00", "bad_instant", "validFrom"),
        ("validFrom", "2026-02-30T10:00:00Z", "bad_instant", "validFrom"),
        ("validFrom", "2026-11-22T24:00:00Z", "bad_instant", "validFrom"),
        ("validFrom", "2026-11-22T10:00:00.5Z", "bad_instant", "validFrom"),
        ("validFrom", "1969-12-31T23:59:59Z", "bad_instant", "validFrom"),
        ("validUntil", "2026-11-22T09:59:59Z", "bad_instant", "validUntil"),
        ("awardedDate", "2026-02-14", "wrong_value", "awardedDate"),
        ("awardedDate", "2026-02-14T12:00:00Z", "value_not_a_date", "awardedDate"),
        ("awardedDate", ..., "missing_field", "awardedDate"),
        ("issuer", "did:web:portfolio.example", "missing_member", "issuer.id"),
        ("issuer.id", "did:web:Portfolio.example", "bad_did", "issuer.id"),
        ("issuer.id", "did:key:z6Mk", "bad_did", "issuer.id"),
        ("issuer.id", "did:web:" + "a" * 250, "bad_did", "issuer.id"),
        ("issuer.name", "МБОУ  «Лицей»", "not_normal", "issuer.name"),
        ("issuer.name", ..., "missing_member", "issuer.name"),
        ("issuer.url", "https://example.org", "unexpected_member", "issuer.url"),
        ("issuer.type", ["Profile"], "wrong_type", "issuer.type"),
        (S, [{}], "missing_member", A),
        (f"{S}.id", "urn:uuid:00000000-0000-4000-8000-00000000000A", "bad_id", f"{S}.id"),
        (f"{S}.id", EXAMPLES["olympiad_award"].id, "repeated_id", f"{S}.id"),
        (f"{S}.identifier", [], "wrong_value", f"{S}.identifier"),
        (f"{S}.identifier", {"identityHash": "Иванов"}, "wrong_value", f"{S}.identifier"),
        (f"{S}.identifier.0.hashed", 0, "wrong_type", f"{S}.identifier[0].hashed"),
        (f"{S}.identifier.0.salt", "x", "unexpected_member", f"{S}.identifier[0].salt"),
        (f"{S}.identifier.0.identityHash", " Иванов", "not_normal", f"{S}.identifier[0].identityHash"),
        (f"{S}.identifier.0.identityHash", "\u202eвонавИ", "value_direction_mark", f"{S}.identifier[0].identityHash"),
        (f"{S}.licenseNumber", 5, "wrong_type", f"{S}.licenseNumber"),
        (f"{S}.role", "Капитан", "unexpected_member", f"{S}.role"),
        (f"{A}.achievementType", "ext:Medal", "unknown_kind", f"{A}.achievementType"),
        (f"{A}.achievementType", ["Award"], "wrong_type", f"{A}.achievementType"),
        (f"{A}.version", "2", "unknown_version", f"{A}.version"),
        (f"{A}.version", ..., "missing_member", f"{A}.version"),
        (f"{A}.name", ..., "missing_field", f"{A}.name"),
        (f"{A}.name", "x" * 501, "value_too_long", f"{A}.name"),
        (f"{A}.description", "Иное", "wrong_value", f"{A}.description"),
        (f"{A}.criteria.id", "urn:other", "wrong_value", f"{A}.criteria.id"),
        (f"{A}.criteria", "urn:other", "wrong_type", f"{A}.criteria"),
        (f"{A}.resultDescription", ..., "missing_member", f"{A}.resultDescription"),
        (f"{A}.resultDescription", "none", "wrong_type", f"{A}.resultDescription"),
        (f"{S}.result", ..., "missing_field", f"{S}.result"),
        (f"{S}.result.0", "text", "missing_member", f"{S}.result[0].id"),
        (f"{S}.result.0.value", "Золото", "value_unknown_choice", f"{S}.result"),
        (f"{S}.result.0.value", "vsosh_regional", "value_unknown_choice", f"{S}.result"),
        (f"{S}.result.0.resultDescription", "urn:other", "wrong_value", f"{S}.result[0].resultDescription"),
        (f"{S}.result.3.value", "067.5", "not_normal", f"{S}.result"),
        (f"{S}.result.3.value", "67,5", "not_normal", f"{S}.result"),
        (f"{S}.result.3.value", 67.5, "wrong_type", f"{S}.result.value"),
        ("credentialStatus", ..., "missing_member", "credentialStatus"),
        ("credentialStatus.statusListIndex", 3, "wrong_type", "credentialStatus.statusListIndex"),
        ("credentialStatus.statusListIndex", "03", "bad_status", "credentialStatus.statusListIndex"),
        ("credentialStatus.statusListIndex", "4294967296", "bad_status", "credentialStatus.statusListIndex"),
        ("credentialStatus.statusListIndex", "4", "wrong_value", "credentialStatus.id"),
        ("credentialStatus.statusPurpose", "suspension", "wrong_value", "credentialStatus.statusPurpose"),
        (
            "credentialStatus.statusListCredential", "https://user@portfolio.example/list", "bad_status",
            "credentialStatus.statusListCredential",
        ),
    ],
)  # fmt: skip
def test_a_changed_document_is_refused_with_place_and_reason(path: str, value: Any, code: str, where: str) -> None:
    error = refusal(edited(path, value))
    assert (error.code, error.path) == (code, where)
    assert error.data == {"path": where}


@pytest.mark.parametrize("hours", [72.0, "72", True, None, [72], {"@value": 72}])
@pytest.mark.fault(126)
def test_hours_have_one_way_to_be_written(hours: Any) -> None:
    error = refusal(edited(f"{S}.creditsEarned", hours, "cpd_certificate"))
    assert (error.code, error.path) == ("wrong_type", f"{S}.creditsEarned")


def test_rows_are_numbered_without_gaps() -> None:
    document = compose(EXAMPLES["school_certificate"])
    del document[S]["result"][3]
    del document[S]["achievement"]["resultDescription"][3]
    assert refusal(document).code == "wrong_length"


def test_an_id_stands_for_one_result() -> None:
    document = compose(EXAMPLES["school_certificate"])
    document[S]["result"].append(dict(document[S]["result"][3]))
    assert refusal(document).code == "repeated_id"


def test_results_of_another_credential_are_refused() -> None:
    document = compose(EXAMPLES["olympiad_award"])
    other = compose(EXAMPLES["olympiad_award-minimal"])
    document[S]["result"][0] = other[S]["result"][0]
    assert refusal(document).code == "missing_field"


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"kind": "medal"}, "unknown_kind", "kind"),
        ({"id": "urn:uuid:1"}, "bad_id", "id"),
        ({"subject_id": "did:web:a.example"}, "bad_id", "subject_id"),
        ({"status_index": -1}, "bad_status", "status_index"),
        ({"status_index": True}, "bad_status", "status_index"),
        ({"status_list": "http://a.example/list"}, "bad_status", "status_list"),
        ({"status_list": "https://a.example/list#1"}, "bad_status", "status_list"),
        ({"holder_name": ""}, "value_empty", "holder_name"),
        ({"issuer_name": "я" * 201}, "value_too_long", "issuer_name"),
    ],
)
def test_a_statement_is_valid_or_is_not_made(changes: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(StructureError) as error:
        example(**changes)
    assert (error.value.code, error.value.path, error.value.status) == (code, path, 422)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"degree": None}, "missing_field", "fields.degree"),
        ({"degree": "Призёр"}, "not_normal", "fields.degree"),
        ({"score": 67.5}, "not_normal", "fields.score"),
        ({"score": "1000001"}, "value_too_large", "fields.score"),
        ({"award_date": "14.02.2026"}, "not_normal", "fields.award_date"),
        ({"hours": 72}, "unknown_field", "fields"),
        ({"title": "two  spaces"}, "not_normal", "fields.title"),
    ],
)
def test_fields_of_a_statement_are_normal_forms_of_its_kind(changes: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(StructureError) as error:
        with_fields(example(), **changes)
    assert (error.value.code, error.value.path) == (code, path)


def test_a_statement_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        example().kind = "diploma"  # type: ignore[misc]
    assert replace(example()) == example()


def test_an_absent_field_is_left_out_rather_than_none() -> None:
    with pytest.raises(StructureError, match="required"):
        replace(example(), fields={**example().fields, "profile": None})
    assert {field.name for kind in KINDS.values() for field in kind.fields} >= {"profile"}
