"""Thousands at once: in order, by several processes, at one block that is seen to stand still."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from issued_world import Issued

from portfolio.chain.client import ChainClient
from portfolio.verification import batch, workers
from portfolio.verification.batch import Summary, verify_sources
from portfolio.verification.judging import Pins, Terms
from portfolio.verification.rows import Row
from portfolio.verification.sources import Source, expand
from ports import free_port

pytestmark = pytest.mark.chain


@pytest.fixture
def many(issued: Issued, tmp_path: Path) -> list[Source]:
    """Six hundred lines: good ones, and every seventh broken."""
    lines = tmp_path / "many.jsonl"
    bundles = [issued.bundles[number % 5] if number % 7 else b"{}" for number in range(600)]
    lines.write_bytes(b"\n".join(bundles))
    return list(expand([str(lines)]))


EXPECTED = ["VALID" if number % 7 else "INVALID" for number in range(600)]


@pytest.mark.parametrize("processes", [1, 2])
def test_rows_come_in_order_whoever_judged_them(issued: Issued, many: list[Source], processes: int) -> None:
    summary, done = Summary(), []
    rows = list(verify_sources(many, issued.terms, summary=summary, processes=processes, advance=done.append))
    assert [row.row for row in rows] == list(range(1, 601))
    assert [row.source for row in rows] == [source.name for source in many]
    assert [row.verdict for row in rows] == EXPECTED
    assert sum(done) == 600
    assert (summary.counts["VALID"], summary.exit_code, len(summary.blocks)) == (EXPECTED.count("VALID"), 1, 1)


def test_stretches_have_a_block_each_and_nothing_is_kept(
    issued: Issued, many: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "STRETCH", 100)
    summary = Summary()
    rows = verify_sources(iter(many), issued.terms, summary=summary, processes=1)
    assert next(rows).row == 1
    assert summary.total == 1
    assert [row.verdict for row in rows] == EXPECTED[1:]
    assert len(summary.blocks) == 6


def test_a_process_that_is_killed_takes_no_row_with_it(
    issued: Issued, many: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "STRETCH", 300)
    monkeypatch.setattr(batch, "_ALONE", 100)
    forked(monkeypatch)
    monkeypatch.setattr(workers, "_in_worker", killed_at_two)
    done: list[int] = []
    rows = list(verify_sources(many, issued.terms, summary=Summary(), processes=2, advance=done.append))
    killed = {number: (row.verdict, row.code) for number, row in enumerate(rows, 1) if row.code == "process_died"}
    assert killed == dict.fromkeys(KILLERS, ("CANNOT_CHECK", "process_died")), "and this process lives"
    assert all(row.verdict == EXPECTED[row.row - 1] for row in rows if row.row not in KILLERS)
    assert [row.row for row in rows] == list(range(1, 601))
    assert sum(done) == 600


def test_a_machine_on_which_every_process_dies_is_not_asked_for_ever(
    issued: Issued, many: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    forked(monkeypatch)
    monkeypatch.setattr(workers, "_MAX_DEATHS", 0)
    monkeypatch.setattr(workers, "_in_worker", killed_at_once)
    rows = list(verify_sources(many, issued.terms, summary=Summary(), processes=2))
    assert [(row.verdict, row.code) for row in rows] == [("CANNOT_CHECK", "process_died")] * 600


def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes as the command does, which has no threads: to spawn each takes seconds."""
    monkeypatch.setattr(workers.threading, "active_count", lambda: 1)


KILLERS = (300,)
in_worker = workers._in_worker


def killed_at_two(chunk: Sequence[Source], first: int, pins: Pins) -> list[Row]:
    if any(first <= number < first + len(chunk) for number in KILLERS):
        killed_at_once()
    return in_worker(chunk, first, pins)


def killed_at_once(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.fault(20)
@pytest.mark.fault(125)
def test_a_block_that_is_reorganised_away_is_noticed_at_the_end(issued: Issued, many: list[Source]) -> None:
    chain = ChainClient(issued.trust.pairs[0].rpc_urls[0])
    chain.command("anvil_mine", "0x4")
    reorganised: list[int] = []

    def once(count: int) -> None:
        if not reorganised:
            reorganised.append(count)
            chain.command("anvil_reorg", 1, [])

    summary = Summary()
    rows = list(verify_sources(many[:20], issued.terms, summary=summary, advance=once))
    assert [row.verdict for row in rows] == EXPECTED[:20]
    assert summary.blocks[0][1].hash == chain.head().hash, "judged once more, at the block that stands"


def test_a_chain_that_never_stands_still_gives_no_verdict(
    issued: Issued, many: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch.Judge, "standing", lambda *_: False)
    rows = list(verify_sources(many[:20], issued.terms, summary=Summary()))
    assert {row.verdict for row in rows} == {"CANNOT_CHECK", "INVALID"}
    assert {row.code for row in rows if row.verdict == "CANNOT_CHECK"} == {"reorganised"}
    assert [row.verdict for row in rows].count("INVALID") == EXPECTED[:20].count("INVALID"), (
        "what failed of itself stays"
    )


def test_a_node_that_is_out_of_reach_is_asked_once_and_nothing_is_invalid_by_it(
    issued: Issued, many: list[Source]
) -> None:
    terms = Terms(issued.trust, rpc=(f"http://127.0.0.1:{free_port()}",))
    summary = Summary()
    rows = list(verify_sources(many, terms, summary=summary, processes=1))
    assert {row.verdict for row in rows} == {"CANNOT_CHECK", "INVALID"}
    assert [row.verdict for row in rows].count("INVALID") == EXPECTED.count("INVALID")
    assert summary.exit_code == 1
    assert summary.blocks == []


def test_the_worst_decides() -> None:
    def code(*verdicts: str) -> int:
        summary = Summary()
        summary.counts.update(verdicts)
        return summary.exit_code

    assert code("VALID", "VALID") == 0
    assert code("VALID", "PENDING") == 2
    assert code("VALID", "PENDING", "CANNOT_CHECK") == 3
    for worst in ("INVALID", "REVOKED", "EXPIRED"):
        assert code("VALID", "PENDING", "CANNOT_CHECK", worst) == 1
    assert code() == 3
