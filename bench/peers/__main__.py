"""Our issuing and verifying beside those of other implementations, interleaved in one run: `python -m bench.peers`.

Every round makes credentials that nobody has seen, and gives the same to all, one after another, on one core. Rates
are by processor time, so that others on the machine disturb little; ratios are taken round by round.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.peers.contestants import CONTESTS, DATA_INTEGRITY, Peer, peers
from bench.peers.ours import TASKS, Round, make_round, processor_time
from bench.peers.worker import measured
from bench.verifying import BenchChain, bench_chain

ROUNDS = 9
WARM_UP = 3
OURS = 400
"""Credentials a round for us, so that a round takes about as long as a peer's."""
PEER = 40
WANTED = {"sign": 20, "verify": 10}
PEER_TASKS = {"sign": {"sign", "wrap"}, "verify": {"verify", "digests"}}
HEADLINE = {"sign": "sign, from fields", "verify": "verify, facts given"}

Rates = dict[tuple[str, str], list[float]]
"""By who and what: how many a second, round by round."""


def run_round(given: Round, started: dict[str, Peer], chain_pid: int | None, rates: Rates) -> None:
    """Let everybody do everything once."""
    for name, task in TASKS.items():
        before = processor_time(chain_pid)
        took = measured(lambda task=task: task(given))
        if took["good"] != len(given.bundles):
            raise RuntimeError(f"{name}: only {took['good']} came out as they should")
        seconds = took["cpu"] + processor_time(chain_pid) - before
        rates.setdefault(("ours", name), []).append(took["good"] / seconds)
    for contest in CONTESTS:
        if contest.peer not in started:
            continue
        took = started[contest.peer].run(contest.task, contest.texts(given)[:PEER])
        rates.setdefault((contest.peer, contest.task), []).append(PEER / took["cpu"])


def measure(rounds: int, core: int) -> Rates:
    """Return the rates of all rounds after the warm-up."""
    rates: Rates = {}
    with bench_chain() as (chain, folder), contextlib.ExitStack() as stack:
        os.sched_setaffinity(0, {core})  # ours, and the peers started from here; the chain already runs elsewhere
        started = {}
        for name, start in peers().items():
            try:
                started[name] = stack.enter_context(start())
            except (OSError, RuntimeError) as error:
                print(f"{name} does not run here: {error}", flush=True)
        for number in range(WARM_UP + rounds):
            one_round(chain, folder, number, started, {} if number < WARM_UP else rates)
    return rates


def one_round(chain: BenchChain, folder: Path, number: int, started: dict[str, Peer], rates: Rates) -> None:
    given = make_round(chain, folder, number, OURS)
    run_round(given, started, chain.process_id, rates)
    given.path.unlink()


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def report(rates: Rates) -> dict[str, float]:
    """Print the table; return how many times faster we are than the best peer with Data Integrity proofs."""
    print(f"{'who':20}{'what':28}{'a second':>10}{'min':>9}{'max':>9}   ours is so many times as fast (min to max)")
    best = {}
    for what, headline in HEADLINE.items():
        ours = rates["ours", headline]
        for (who, task), found in rates.items():
            if not (task.startswith(what) if who == "ours" else task in PEER_TASKS[what]):
                continue
            line = f"{who:20}{task:28}{statistics.median(found):>10,.0f}{min(found):>9,.0f}{max(found):>9,.0f}"
            if who != "ours":
                times = ratios(ours, found)
                line += f"   {statistics.median(times):,.1f} ({min(times):,.1f} to {max(times):,.1f})"
                if who in DATA_INTEGRITY:
                    best[what] = min(best.get(what, float("inf")), statistics.median(times))
            print(line, flush=True)
    return best


def main(rounds: int = ROUNDS) -> None:
    cores = os.sched_getaffinity(0)
    before = os.getloadavg()[0]
    try:
        rates = measure(rounds, max(cores))
    finally:
        os.sched_setaffinity(0, cores)
    print(f"peers: {rounds} rounds, {OURS} credentials each for us and {PEER} for a peer, one core, processor time;")
    print(f"load of the machine {before:.1f} before and {os.getloadavg()[0]:.1f} after")
    best = report(rates)
    for what, times in best.items():
        print(f"{what}: {times:.1f} times the best Data Integrity peer (wanted: {WANTED[what]})")
    print(json.dumps({f"{what}_ratio": round(times, 1) for what, times in best.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
