"""What the API answers is what was meant and no more (fault 92); what happens leaves no names in the logs (144)."""

from __future__ import annotations

import logging

import pytest

from people_world import World

ANSWERS = {
    "CredentialOut": {
        "id", "kind", "state", "row", "link", "minimal_link", "created_at", "replaced_by", "revocation_requested",
        "revoked_at",
    },
    "RunOut": {"id", "kind", "state", "total", "issued", "already_issued", "conflicts", "skipped", "note"},
    "DocumentOut": {"id", "media_type", "size", "cid", "created_at"},
}  # fmt: skip
SECRET = (
    "sealed",
    "salt",
    "hash",
    "key",
    "email",
    "address",
    "birth",
    "snils",
    "password",
    "person",
    "token",
    "secret",
)


@pytest.mark.fault(92)
def test_answers_have_the_fields_that_were_meant(world: World) -> None:
    schemas = world.visitor().get("/api/v1/openapi.json").json()["components"]["schemas"]
    answers = {name: set(schema["properties"]) for name, schema in schemas.items() if name.endswith("Out")}
    for name, fields in ANSWERS.items():
        assert answers[name] == fields, name
    for name, fields in answers.items():
        assert [field for field in fields if any(word in field for word in SECRET)] == [], name


@pytest.mark.fault(144)
def test_logs_hold_no_names_addresses_or_secrets(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = world.visitor()
    form = {
        "name": "Канарейкина Канарейка",
        "birth_date": "05.09.2000",
        "address": "canary@example.ru",
        "password": "канареечный пароль",
        "agreed": "yes",
    }
    client.post("/sign-up", data=form, follow_redirects=False)
    client.post("/sign-up", data={**form, "address": "canary"})
    client.post("/sign-in", data={"address": "canary@example.ru", "password": "канареечный пароль"})
    client.get("/s/canary-token-canary-token-canary")
    client.get("/v/canary-token-canary-token-canary")
    client.get("/confirm/canary-token")
    child = world.pupil(name="Канарейкина Канарейка")
    child.get(f"/p/{child.person_id}")
    child.post("/me/profile", {"name": "Канарейкина Новая", "language": "ru"})
    # The test's own client logs addresses that it asks for; the service must not.
    said = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert [word for word in ("анаре", "canary") if word in said.lower()] == []
