"""Runs a Python peer's tasks: a line of JSON in, a line of JSON out, only the task itself timed; as `worker.mjs` does.

Imports nothing of ours: one of the peers lives in an environment of its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Tasks = Mapping[str, Callable[[Sequence[str]], int]]
"""By name: takes texts and returns how many of them came out as they should."""


def serve(prepare: Callable[[Mapping[str, Any]], Tasks]) -> None:
    """Answer until stdin ends; the first line is what `prepare` takes."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout = sys.stderr  # libraries may print; only answers go to stdout
    tasks: Tasks | None = None
    for line in sys.stdin:
        question = json.loads(line)
        if tasks is None:
            tasks = prepare(question)
            answer = {"good": 0, "cpu": 0.0, "wall": 0.0}
        else:
            task = tasks[question["task"]]
            answer = measured(lambda task=task, items=question["items"]: task(items))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def measured(work: Callable[[], int]) -> dict[str, float]:
    """Return what `work` returned as "good", and its seconds by the processor and by the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    good = work()
    return {"good": good, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
