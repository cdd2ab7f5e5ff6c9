"""Diplomas: how long a page takes in each design, and all of a run as one streamed ZIP, with the memory it needs.

`python -m bench.diplomas [ROWS]`: goals are 30 ms a page (median) and 3,000 diplomas in 60 s at flat memory.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from bench.issuing import DEFAULTS, table
from bench.running import Running, children_of, command_of, running

from portfolio.credentials.statement import Statement
from portfolio.diplomas.designs import DESIGNS
from portfolio.diplomas.paper import Copy, paper_of
from portfolio.diplomas.pdf import make_pdf

ROWS = 3_000
PAGES = 200


FIELDS = {
    "title": "Муниципальный этап всероссийской олимпиады школьников",
    "level": "vsosh_municipal",
    "subject": "математика",
    "grade": "9А",
    "degree": "winner",
    "award_date": "2026-11-20",
}


def sheet(number: int) -> dict[str, Any]:
    """Return a paper with a name, a number, a code and a link of its own."""
    statement = Statement(
        id="urn:uuid:00000000-0000-4000-8000-000000000001",
        subject_id="urn:uuid:00000000-0000-4000-8000-000000000002",
        issuer_did="did:web:portfolio.example:o:school",
        issuer_name="Школа",
        holder_name=f"Габдрахманова Алсу {'абвгдежзик'[number % 10] * (number % 7 + 1)}",
        kind="olympiad_award",
        valid_from="2026-11-22T09:00:00Z",
        valid_until=None,
        status_list="https://portfolio.example/status/1",
        status_index=number,
        fields={**FIELDS, "registration_number": f"МЭ-2026/{number:04d}"},
    )
    code = f"{number:04d}-M9XD-4TRB"
    link = f"https://portfolio.example/v/Vt4mYwq1o7cX2kLr9sB{number:05d}#{code}"
    copy = Copy(issuer="Средняя школа № 12 города Чистополя", code=code, link=link, host="portfolio.example")
    return paper_of(statement, copy)


def pages() -> None:
    """Time single pages in this process, as one request after another would."""
    bundle = json.dumps({"filler": "0123456789abcdef" * 400}).encode()
    signed_at = datetime(2026, 11, 22, tzinfo=UTC)
    for design in DESIGNS:
        times = []
        for number in range(PAGES + 5):
            start = time.perf_counter()
            made = make_pdf(sheet(number), bundle=bundle, design=design, signed_at=signed_at)
            times.append(time.perf_counter() - start)
        ordered = sorted(times[5:])
        print(
            f"diploma, {design}: median {statistics.median(ordered) * 1000:.1f} ms, "
            f"p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms, {len(made) / 1024:.0f} KiB",
            flush=True,
        )


class Memory(threading.Thread):
    """Samples the resident memory of the service with all its processes but the chain, in bytes."""

    def __init__(self, service: Running) -> None:
        super().__init__(daemon=True)
        self.service = service
        self.samples: list[int] = []
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.25):
            pids = [self.service.process, *children_of(self.service.process)]
            self.samples.append(sum(_resident(pid) for pid in pids if "anvil" not in command_of(pid)))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def archive(rows: int) -> None:
    """Issue `rows` credentials, wait until they are FINAL, and read the run's ZIP."""
    with running() as service:
        headers = {"authorization": f"Bearer {service.api_key}"}
        answer = httpx2.post(
            f"{service.url}/api/v1/issuing",
            data={"kind": "olympiad_award", "defaults": json.dumps(DEFAULTS)},
            files={"file": ("results.csv", table(rows, 1))},
            headers=headers,
            timeout=60,
        )
        run = answer.json()["id"]
        while httpx2.get(f"{service.url}/api/v1/issuing/{run}", headers=headers).json()["state"] != "done":
            time.sleep(0.2)
        while service.open_work():
            time.sleep(0.2)
        memory = Memory(service)
        memory.start()
        start = time.perf_counter()
        size = 0
        url = f"{service.url}/api/v1/issuing/{run}/diplomas.zip"
        with httpx2.stream("GET", url, headers=headers, timeout=600) as streamed:
            first = None
            for piece in streamed.iter_bytes():
                first = first or time.perf_counter() - start
                size += len(piece)
        seconds = time.perf_counter() - start
        memory.done.set()
        third = max(1, len(memory.samples) // 3)
        early, late = max(memory.samples[:third]), max(memory.samples[-third:])
        print(
            f"diplomas, {rows} as one ZIP: {seconds:.1f} s ({seconds / rows * 1000:.1f} ms each), "
            f"{size / 2**20:.0f} MiB, first byte after {first or 0:.1f} s; all processes together hold at most "
            f"{early / 2**20:.0f} MiB in the first third, {late / 2**20:.0f} MiB in the last",
            flush=True,
        )


def main(rows: int = ROWS) -> None:
    pages()
    archive(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
