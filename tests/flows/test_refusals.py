"""What is refused or held is said with a stable code, and a person can set it going again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import select

from portfolio.anchoring.models import ChainCall
from portfolio.anchoring.service import retry_held
from portfolio.anchoring.states import CallState
from portfolio.chain.reader import Head
from portfolio.credentials.report import Verdict
from portfolio.credentials.verdict import ask
from service_world import Service, table


def test_a_held_call_is_tried_again_when_a_person_says_so(service: Service) -> None:
    service.start(table(2))
    service.worker.issue_part()
    service.worker.seal_all()
    with service.portfolio.database.write() as session:
        call = session.exec(select(ChainCall).order_by(ChainCall.sequence.desc())).first()
        call.state = CallState.HELD
        session.add(call)
    service.work()
    assert service.verify(service.bundle(service.credentials()[0])).verdict is Verdict.PENDING
    with service.portfolio.database.write() as session:
        assert retry_held(session) == 1
    service.work()
    assert service.verify(service.bundle(service.credentials()[0])).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("path", "statuses"),
    [("/o/%00/did.json", {400, 404}), ("/v/%00", {400, 404}), ("/c/%00.json", {400, 404})],
)
def test_a_zero_byte_in_an_address_is_refused_by_both_databases(
    any_service: Service, path: str, statuses: set[int]
) -> None:
    assert any_service.client().get(path).status_code in statuses


def test_a_zero_byte_or_a_lone_surrogate_in_a_request_is_refused_by_both_databases(any_service: Service) -> None:
    client = any_service.client("school")
    assert client.get("/api/v1/credentials", params={"run_id": "\0"}).status_code in {200, 400}
    assert client.get("/api/v1/credentials/%00").status_code in {400, 404}
    credential = any_service.issue(1)[0]
    for body in (b'{"holder_name": "\\ud800", "fields": {}}', b'{"\\ud800": 1}'):
        answer = client.post(
            f"/api/v1/credentials/{credential.id}/correct",
            content=body,
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 422, answer.text
    answer = client.post("/api/v1/credentials/signed", json={"credentials": [{"a": 2**70}]})
    assert answer.status_code == 422, answer.text


def test_facts_of_a_node_that_lags_behind_the_watch_are_not_kept(service: Service) -> None:
    bundle = service.bundle(service.issue(1)[0])
    keeper = service.portfolio.keeper
    keeper.watch_once()
    question = ask(bundle).question
    name = service.portfolio.pair.name
    seen = keeper._heads[name]
    keeper._heads[name] = Head(seen.number + 5, "0x" + "ab" * 32, seen.time)
    keeper.find(question)
    assert question.digest not in keeper._kept
    keeper._heads[name] = replace(seen)
    keeper.find(question)
    assert question.digest in keeper._kept
