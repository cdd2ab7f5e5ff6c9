"""Requests a second of the public page `/v/{token}`: links asked for again, and for the first time.

`python -m bench.page`: 32 connections from a process of its own against one server process.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from multiprocessing import get_context
from urllib.parse import urlsplit

import httpx2
from bench.issuing import DEFAULTS, table
from bench.running import running

CONNECTIONS = 32
LINKS = 1_000
REQUESTS = 20_000


async def _client(host: str, port: int, paths: list[str], times: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for path in paths:
        start = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept-Language: ru\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = int(
            next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")).split()[1]
        )
        await reader.readexactly(length)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        times.append(time.perf_counter() - start)
    writer.close()


def _load(url: str, paths: list[str]) -> tuple[float, list[float]]:
    parts = urlsplit(url)
    times: list[float] = []

    async def all_clients() -> None:
        await asyncio.gather(
            *(
                _client(parts.hostname or "", parts.port or 80, paths[at::CONNECTIONS], times)
                for at in range(CONNECTIONS)
            )
        )

    start = time.perf_counter()
    asyncio.run(all_clients())
    return time.perf_counter() - start, times


def report(name: str, url: str, paths: list[str]) -> None:
    """Ask for all paths from another process and print rate and latencies."""
    with get_context("spawn").Pool(1) as pool:
        seconds, times = pool.apply(_load, (url, paths))
    ordered = sorted(times)
    print(
        f"page, {name}: {len(times) / seconds:.0f} requests/s, median {statistics.median(ordered) * 1000:.1f} ms, "
        f"p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms at {CONNECTIONS} connections",
        flush=True,
    )


def main() -> None:
    with running() as service:
        headers = {"authorization": f"Bearer {service.api_key}"}
        answer = httpx2.post(
            f"{service.url}/api/v1/issuing",
            data={"kind": "olympiad_award", "defaults": json.dumps(DEFAULTS)},
            files={"file": ("results.csv", table(LINKS, 1))},
            headers=headers,
            timeout=60,
        )
        run = answer.json()["id"]
        while httpx2.get(f"{service.url}/api/v1/issuing/{run}", headers=headers).json()["state"] != "done":
            time.sleep(0.2)
        while service.open_work():
            time.sleep(0.2)
        listed = []
        while len(listed) < LINKS:
            after = {"after": listed[-1]["id"]} if listed else {}
            query = {"limit": 500, "run_id": run, **after}
            listed += httpx2.get(f"{service.url}/api/v1/credentials", params=query, headers=headers).json()
        paths = [urlsplit(item["link"]).path for item in listed]
        report("links asked for the first time", service.url, paths)
        report("links asked for again", service.url, (paths * (REQUESTS // LINKS)))


if __name__ == "__main__":
    main()
