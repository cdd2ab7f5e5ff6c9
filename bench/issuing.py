"""From the upload of a results table to every receipt FINAL, over HTTP, with server, worker and chain as in production.

`python -m bench.issuing [ROWS ...]`
"""

from __future__ import annotations

import json
import sys
import time

import httpx2
from bench.running import Running, running

SIZES = (1_000, 10_000, 100_000)
DEFAULTS = {"title": "Олимпиада", "level": "школьный этап", "award_date": "2026-11-20"}
LETTERS = "абвгдежзик"


def table(rows: int, first: int) -> bytes:
    """A results table in Windows-1251 with `;`, every person a surname of its own."""
    lines = ["ФИО;Предмет;Класс;Балл;Статус"]
    for number in range(first, first + rows):
        name = "Петр" + "".join(LETTERS[int(digit)] for digit in str(number)) + "ов"
        degree = ("победитель", "призёр", "участник")[number % 3]
        lines.append(f"{name} Пётр Алексеевич;математика;{5 + number % 7}А;{number % 100};{degree}")
    return "\n".join(lines).encode("cp1251")


def measure(service: Running, rows: int, first: int) -> dict[str, float]:
    """Return seconds to the answer, to the last signature, and to the last receipt FINAL."""
    content = table(rows, first)
    headers = {"authorization": f"Bearer {service.api_key}"}
    start = time.monotonic()
    answer = httpx2.post(
        f"{service.url}/api/v1/issuing",
        data={"kind": "olympiad_award", "defaults": json.dumps(DEFAULTS)},
        files={"file": ("results.csv", content)},
        headers=headers,
        timeout=600,
    )
    answer.raise_for_status()
    accepted = time.monotonic() - start
    run = answer.json()
    while run["state"] != "done":
        time.sleep(0.1)
        run = httpx2.get(f"{service.url}/api/v1/issuing/{run['id']}", headers=headers, timeout=60).json()
    assert run["issued"] == rows, run
    signed = time.monotonic() - start
    while service.open_work():
        time.sleep(0.1)
    return {"accepted": accepted, "signed": signed, "final": time.monotonic() - start}


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    with running() as service:
        measure(service, 10, 1)  # everything is imported and compiled once
        first, before = 100, None
        for rows in sizes:
            found = measure(service, rows, first)
            growth = f", {found['signed'] / before[1] / (rows / before[0]):.2f} x linear" if before else ""
            print(
                f"issuing {rows:>7} rows: accepted {found['accepted']:.1f} s, signed {found['signed']:.1f} s, "
                f"FINAL {found['final']:.1f} s, {rows / found['final']:.0f} rows/s{growth}, "
                f"peak memory {service.memory() >> 20} MiB",
                flush=True,
            )
            first += rows
            before = (rows, found["signed"])


if __name__ == "__main__":
    main()
