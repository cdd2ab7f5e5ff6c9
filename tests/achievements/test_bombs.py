"""Files made to keep the processor busy cost about as much as honest ones, and keep nobody else waiting."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from elsewhere import LIST_URL, NOW, Elsewhere, entry
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from portfolio.achievements import dataintegrity, routes, statuses
from portfolio.achievements.imports import verify_import
from portfolio.credentials import canonical
from portfolio.errors import PortfolioError
from portfolio.fetching import FakeFetcher
from portfolio.web.gates import BusyError, Gate

ISSUER = Elsewhere()
GOOD = ISSUER.signed()


def nodes(count: int) -> list[dict[str, Any]]:
    return [{"type": ["Evidence"], "name": f"n{number}"} for number in range(count)]


BOMBS: dict[str, dict[str, Any]] = {
    "many nodes": {**GOOD, "evidence": nodes(4000)},
    "a long list": {**GOOD, "evidence": [f"urn:x:{number}" for number in range(6000)]},
    "many types": {**GOOD, "type": [*GOOD["type"], *(f"urn:t:{number}" for number in range(6000))]},
    "many contexts": {**GOOD, "@context": GOOD["@context"] * 500},
    "contexts inside": {**GOOD, "evidence": [{**node, "@context": GOOD["@context"]} for node in nodes(190)]},
    "a text like a graph": {**GOOD, "name": " ".join(f"_:a{number}" for number in range(20_000))},
}


def judge(document: dict[str, Any], documents: dict[str, bytes] | None = None) -> dict[str, str]:
    report = verify_import(json.dumps(document).encode(), fetcher=FakeFetcher(documents or {}), now=NOW)
    return {check.name: check.code for check in report.checks} | {"verdict": report.verdict}


@pytest.mark.fault(146)
@pytest.mark.parametrize("name", BOMBS)
def test_a_document_of_many_parts_is_not_looked_into(name: str) -> None:
    begun = time.process_time()
    found = judge(BOMBS[name])
    assert time.process_time() - begun < 2
    assert (found["verdict"], found["content"]) == ("cannot_check", "content_entangled")


def test_a_proof_of_many_parts_is_not_looked_into() -> None:
    begun = time.process_time()
    found = judge({**GOOD, "proof": {**GOOD["proof"], "https://a.example/x": nodes(4000)}})
    assert time.process_time() - begun < 2
    assert (found["verdict"], found["signature"]) == ("cannot_check", "signature_not_checked")


def test_a_document_is_made_canonical_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def counted(document: Any, **how: Any) -> bytes:
        asked.append(document.get("credentialSubject"))
        return canonical.canonical_document(document, **how)

    monkeypatch.setattr(dataintegrity, "canonical_document", counted)
    assert judge(GOOD)["verdict"] == "confirmed"
    assert sum(subject is not None for subject in asked) == 1


def test_a_credential_that_names_many_lists_has_none_of_them_checked() -> None:
    lists = {LIST_URL: json.dumps(ISSUER.status_list()).encode()}
    most = [entry(number) for number in range(statuses.MAX_ENTRIES)]
    for entries, code in ((most, "status_clear"), ([*most, entry(99)], "status_unknown_kind")):
        document = ISSUER.prove({**{k: v for k, v in GOOD.items() if k != "proof"}, "credentialStatus": entries})
        assert judge(document, lists)["status"] == code


@pytest.mark.fault(146)
def test_beyond_a_short_queue_the_check_is_refused_and_the_rest_of_the_process_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    under_way, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_: object) -> dict[str, Any]:
        under_way.release()
        assert go_on.wait(20)
        return {}

    app = FastAPI()
    app.include_router(routes.router)
    app.add_exception_handler(PortfolioError, refused)
    app.add_api_route("/other", lambda: {"here": True})
    monkeypatch.setattr(routes, "_verify", slow)
    monkeypatch.setattr(routes, "GATE", Gate(at_once=1, waiting=2))
    with TestClient(app) as client, ThreadPoolExecutor(40) as callers:
        calls = [callers.submit(client.post, "/api/v1/imports/verify", content=b"{}") for _ in range(40)]
        assert under_way.acquire(timeout=20)
        while sum(call.done() for call in calls) < 37:
            time.sleep(0.01)
        assert client.get("/other").json() == {"here": True}
        go_on.set()
        answers = [call.result() for call in calls]
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [503] * 37
    assert {answer.text for answer in answers if answer.status_code == 503} == {"busy"}


async def refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BusyError)
    return Response(error.code, status_code=error.status)
