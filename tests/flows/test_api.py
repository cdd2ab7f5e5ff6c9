"""The API and the pages over HTTP: issuing with a key, following a run, correcting, revoking, checking."""

from __future__ import annotations

import time

import orjson
import pytest

from portfolio.verification.service import token_in
from service_world import DEFAULTS, Service, surname, table

FORM = {"kind": "olympiad_award", "defaults": orjson.dumps(DEFAULTS).decode()}


def upload(client, content: bytes, *, key: str | None = None, **form: str):
    headers = {"idempotency-key": key} if key else {}
    return client.post(
        "/api/v1/issuing", data={**FORM, **form}, files={"file": ("results.csv", content)}, headers=headers
    )


def test_issuing_needs_a_key(service: Service) -> None:
    answer = upload(service.client(), table(2))
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    wrong = service.client()
    wrong.headers["authorization"] = "Bearer pk_nobody"
    assert upload(wrong, table(2)).status_code == 401


def test_a_table_is_issued_and_followed(service: Service) -> None:
    client = service.client("school")
    run = upload(client, table(3)).json()
    assert run["state"] == "running"
    service.work()
    assert client.get(f"/api/v1/issuing/{run['id']}").json() == {
        **run,
        "state": "done",
        "issued": 3,
        "already_issued": 0,
        "conflicts": 0,
        "skipped": 0,
    }
    listed = client.get("/api/v1/credentials", params={"run_id": run["id"]}).json()
    assert {item["state"] for item in listed} == {"final"}
    page = client.get(listed[0]["link"])
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"


def test_a_dry_run_issues_nothing_and_shows_the_mapping(service: Service) -> None:
    client = service.client("school")
    found = upload(client, table(3), dry_run="true").json()
    assert found["would_issue"] == 3
    assert {column["field"] for column in found["columns"]} >= {"subject", "grade", "score", "degree"}
    assert service.credentials() == []


def test_the_same_table_twice_issues_nothing_twice_and_changed_values_are_conflicts(service: Service) -> None:
    client = service.client("school")
    upload(client, table(3))
    service.work()
    changed = table(3).replace("победитель".encode(), "участник".encode()).replace(b";1;", b";2;")
    again = upload(client, changed).json()
    service.work()
    run = client.get(f"/api/v1/issuing/{again['id']}").json()
    assert (run["issued"], run["already_issued"] + run["conflicts"]) == (0, 3)
    assert run["conflicts"] >= 1
    report = client.get(f"/api/v1/issuing/{again['id']}/report").json()
    assert {"score", "degree"} >= set(report["conflicts"][0]["changed"])
    assert len(service.credentials()) == 3


def test_a_table_with_errors_issues_nothing_unless_told_to_skip(service: Service) -> None:
    client = service.client("school")
    broken = table(3).replace(f"{surname(2)} Пётр Алексеевич".encode(), b"")
    refused = upload(client, broken)
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["code"] == "table_has_errors"
    assert error["report"]["problems"][0]["row"] == 3
    service.work()
    assert service.credentials() == []
    run = upload(client, broken, skip_bad_rows="true").json()
    assert run["skipped"] == 1
    service.work()
    assert len(service.credentials()) == 2


@pytest.mark.fault(2)
def test_an_idempotency_key_gives_the_same_run_and_refuses_another_request(service: Service) -> None:
    client = service.client("school")
    first = upload(client, table(2), key="once").json()
    assert upload(client, table(2), key="once").json()["id"] == first["id"]
    other = upload(client, table(3), key="once")
    assert other.status_code == 422
    assert other.json()["error"]["code"] == "idempotency_key_reused"


def test_a_file_that_is_no_table_gets_one_sentence(service: Service) -> None:
    refused = upload(service.client("school"), b"%PDF-1.7 not a table at all" * 40)
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "not_a_table"


@pytest.mark.fault(88)
@pytest.mark.parametrize("field", ["issuer_id", "organisation_id", "state", "status", "anchored_at", "role", "digest"])
def test_no_field_can_be_slipped_in(service: Service, field: str) -> None:
    client = service.client("school")
    credential = service.issue(1)[0]
    assert upload(client, table(2), **{field: "x"}).status_code == 400
    for path, body in (
        ("revoke", {"reason": "fraud"}),
        ("correct", {"holder_name": "Анна", "fields": {}}),
    ):
        refused = client.post(f"/api/v1/credentials/{credential.id}/{path}", json={**body, field: "x"})
        assert refused.status_code == 422
        assert refused.json()["error"]["problems"][0]["type"] == "extra_forbidden"


def test_another_organisation_sees_and_touches_nothing(service: Service) -> None:
    credential = service.issue(1)[0]
    service.add_issuer("other")
    stranger = service.client("other")
    absent = stranger.get("/api/v1/credentials/00000000-0000-4000-8000-000000000000")
    foreign = stranger.get(f"/api/v1/credentials/{credential.id}")
    assert (
        (foreign.status_code, foreign.json()["error"]["code"])
        == (absent.status_code, "not_found")
        == (404, "not_found")
    )
    assert stranger.post(f"/api/v1/credentials/{credential.id}/revoke", json={"reason": "fraud"}).status_code == 404
    assert stranger.get(f"/api/v1/issuing/{credential.run_id}").status_code == 404


def test_a_revoked_credential_says_so_with_its_reason(service: Service) -> None:
    client = service.client("school")
    credential = service.issue(1)[0]
    path = f"/v/{service.token(credential)}"
    assert "REVOKED" not in client.get(path, params={"lang": "en"}).text
    answer = client.post(f"/api/v1/credentials/{credential.id}/revoke", json={"reason": "issued_in_error"})
    assert answer.status_code == 200
    service.work()
    report = client.post("/api/v1/verify", content=service.bundle(credential)).json()
    deadline = time.monotonic() + 10
    while report["verdict"] != "REVOKED" and time.monotonic() < deadline:
        time.sleep(0.2)
        report = client.post("/api/v1/verify", content=service.bundle(credential)).json()
    assert report["verdict"] == "REVOKED"
    assert report["revocation"]["reason"] == "issued_in_error"


@pytest.mark.fault(131)
def test_a_correction_supersedes_the_old_one_once_the_new_is_final(service: Service) -> None:
    client = service.client("school")
    old = service.issue(1)[0]
    fields = {**DEFAULTS, "subject": "физика", "grade": "6А", "degree": "победитель", "score": "99"}
    corrected = client.post(f"/api/v1/credentials/{old.id}/correct", json={"holder_name": "Анна Ким", "fields": fields})
    assert corrected.status_code == 201, corrected.text
    service.work()
    new = next(item for item in service.credentials() if item.id == corrected.json()["id"])
    assert service.verify(service.bundle(new)).verdict == "VALID"
    report = service.verify(service.bundle(old))
    assert report.verdict == "REVOKED"
    assert report.revocation is not None
    assert report.revocation.reason.name == "SUPERSEDED"
    assert (
        client.post(f"/api/v1/credentials/{old.id}/correct", json={"holder_name": "Анна", "fields": fields}).status_code
        == 409
    )


@pytest.mark.fault(82)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":1e400}',
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"\xff\xfe\x00",
        b" ",
        b"null",
    ],
    ids=["deep list", "deep object", "huge number", "duplicate", "NaN", "surrogate", "not UTF-8", "blank", "null"],
)
def test_hostile_json_is_an_invalid_credential_and_never_a_fault(service: Service, body: bytes) -> None:
    answer = service.client().post("/api/v1/verify", content=body)
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "INVALID"


def test_an_empty_body_is_refused_as_such(service: Service) -> None:
    answer = service.client().post("/api/v1/verify", content=b"")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "file_empty")


def test_a_body_over_the_limit_is_refused(service: Service) -> None:
    assert service.client().post("/api/v1/verify", content=b" " * (600 * 1024)).status_code == 413


@pytest.mark.fault(103)
def test_the_database_holds_no_usable_link(service: Service) -> None:
    credential = service.issue(1)[0]
    token = service.token(credential)
    assert len(token) >= 22  # 128 bits in base64
    service.portfolio.database.dispose()
    for path in service.settings.data_dir.glob("portfolio.db*"):
        assert token.encode() not in path.read_bytes()
    assert service.client().get(f"/v/{credential.id}").status_code == 404


def test_an_unknown_link_is_a_helpful_404(service: Service) -> None:
    answer = service.client().get("/v/AAAAAAAAAAAAAAAAAAAAAAAA")
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]


def test_a_pasted_link_leads_to_its_page() -> None:
    token = "abcdefghijklmnopqrstuvwx"
    for text in (token, f"https://x.example/v/{token}", f" http://x/v/{token}?lang=en ", f"https://x/v/{token}#a"):
        assert token_in(text) == token
    assert token_in("https://x.example/whatever") == "unknown"


def test_names_of_people_are_nowhere_in_the_clear(service: Service) -> None:
    service.issue(2)
    service.portfolio.database.dispose()
    for path in service.settings.data_dir.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert surname(1).encode() not in data, path
            assert "Алексеевич".encode() not in data, path
