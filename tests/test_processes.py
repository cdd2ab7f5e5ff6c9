"""Processes end with whoever began them, however that one went."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from portfolio.processes import cores

POOL = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from portfolio.processes import end_pool_process_with_parent

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(2, mp_context=context, initializer=end_pool_process_with_parent)
    first = pool.submit(time.sleep, 1)
    print(*{pool.submit(os.getpid).result(), os.getpid()}, flush=True)
    time.sleep(600)
"""


def test_a_pool_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pids = parent.stdout.readline().split()
        assert len(pids) == 2
        assert all(Path("/proc", pid).exists() for pid in pids)
    finally:
        parent.kill()
        parent.wait()
        assert parent.stdout is not None
        parent.stdout.close()
    deadline = time.monotonic() + 30
    while any(Path("/proc", pid).exists() for pid in pids):
        assert time.monotonic() < deadline, pids
        time.sleep(0.1)


def test_there_is_a_core() -> None:
    assert cores() >= 1
