"""What a running service serves, as verifiers elsewhere see it: DID document, status list, credentials."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from foreign import openbadgeslib_refusal, run_node

from service_world import Service

pytestmark = pytest.mark.node


def served(service: Service, credentials: list[dict[str, Any]]) -> dict[str, Any]:
    """Fetch everything that the credentials name, by its path, as the host of the DIDs would answer."""
    client = service.client()
    urls = {one["credentialStatus"]["statusListCredential"] for one in credentials}
    urls |= {url.partition("/status/")[0] + "/did.json" for url in urls}
    found = {}
    for url in urls:
        answer = client.get(urlsplit(url).path)
        assert answer.status_code == 200
        found[url] = answer.json()
    return found


def test_verifiers_elsewhere_see_at_once_which_is_revoked(service: Service) -> None:
    rows = service.issue(3)
    credentials = [json.loads(service.bundle(row))["credential"] for row in rows]
    before = run_node(credentials, served(service, credentials))
    assert [answer["core"]["revocation_status"] for answer in before] == [True, True, True]
    revoked = service.client("school").post(f"/api/v1/credentials/{rows[1].id}/revoke", json={"reason": "fraud"})
    assert revoked.status_code == 200
    service.work()
    around = served(service, credentials)
    after = run_node(credentials, around)
    assert [answer["core"]["fatal"] for answer in after] == [None, None, None]
    assert [answer["core"]["valid_signature"] for answer in after] == [True, True, True]
    assert [answer["core"]["revocation_status"] for answer in after] == [True, False, True]
    assert [answer["status"]["revoked"] for answer in after] == [False, True, False]
    assert [bool(openbadgeslib_refusal(one, around)) for one in credentials] == [False, True, False]
