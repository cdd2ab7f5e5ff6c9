"""The public page when the chain is down: stored facts while fresh, then CANNOT_CHECK beside the last verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from portfolio.chain.local import LocalChain
from portfolio.credentials.report import Verdict
from portfolio.operations.compose import open_portfolio
from portfolio.verification.service import verify_document
from ports import free_port
from service_world import Service, make_service


def test_an_outage_is_bridged_by_stored_facts_and_then_said(tmp_path: Path) -> None:
    with LocalChain(tmp_path / "chain", port=free_port()) as chain:
        service = make_service(tmp_path / "data", chain.rpc_url)
        service.add_issuer("school")
        bundle = service.bundle(service.issue(1)[0])
        keeper = service.portfolio.keeper
        keeper.watch_once()
        asked = verify_document(bundle, keeper=keeper, clock=service.portfolio.clock, keep=True)
        assert asked.report.verdict is Verdict.VALID
        keeper.store()
    # The chain is down, and the process that asks has never seen it.
    later = open_portfolio(service.settings)
    bridged = verify_document(bundle, keeper=later.keeper, clock=later.clock, keep=True)
    assert bridged.report.verdict is Verdict.VALID
    assert bridged.report.read_at == asked.report.read_at
    after = timedelta(seconds=service.settings.facts_max_age + 5)
    old = open_portfolio(service.settings)
    old.keeper._clock = lambda: later.clock() + after
    answer = verify_document(bundle, keeper=old.keeper, clock=lambda: later.clock() + after, keep=True)
    assert answer.report.verdict is Verdict.CANNOT_CHECK
    assert answer.last_verdict is Verdict.VALID
    assert answer.last_at is not None
    service.close()


def test_a_file_that_anybody_sends_leaves_nothing_behind(service: Service, new_service: Callable[..., Service]) -> None:
    bundle = service.bundle(service.issue(1)[0])
    keeper = service.portfolio.keeper
    keeper.watch_once()
    verify_document(bundle, keeper=keeper, clock=service.portfolio.clock)
    assert not keeper._kept
    assert not keeper._unstored
