"""Whether time tells who has an account: the same request for an address that is known and one that is not.

`python -m bench.sign_in [SAMPLES]`: wrong passwords, recoveries and sign-ups, known and unknown by turns, in one
process over SQLite. Wanted: p95 of both apart by less than 10 ms (fault 97).
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bench.running import running
from fastapi.testclient import TestClient

from portfolio.app import Portfolio, create_app
from portfolio.config import Settings
from portfolio.db import utc_now
from portfolio.operations.compose import open_portfolio
from portfolio.people.accounts import create_account, hash_password
from portfolio.people.service import Profile

SAMPLES = 1_000
KNOWN = 100
WANTED_MS = 10.0


class Clock:
    """The present, and an hour more with every request, so that limits of attempts never speak."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def step(self) -> None:
        self._ahead += timedelta(hours=1)


def fill(portfolio: Portfolio) -> None:
    """Make accounts that are confirmed, each with a password."""
    stored = hash_password("an old password")
    with portfolio.database.write() as session:
        for number in range(KNOWN):
            create_account(
                session,
                vault=portfolio.vault,
                address=f"known{number}@example.ru",
                profile=Profile(name="Петров Пётр Алексеевич", birth_date="1990-05-05"),
                password_hash=stored,
                language="ru",
                clock=portfolio.clock,
                confirmed_at=portfolio.clock(),
            )


def form(door: str, address: str, number: int) -> dict[str, str]:
    """Return the fields of a request at a door."""
    return {
        "/sign-in": {"address": address, "password": f"wrong {number}"},
        "/recover": {"address": address},
        "/sign-up": {
            "address": address,
            "name": "Петров Пётр",
            "birth_date": "1990-05-05",
            "password": f"a new password {number}",
            "agreed": "yes",
        },
    }[door]


def sample(client: TestClient, clock: Clock, door: str, samples: int) -> dict[str, list[float]]:
    """Return milliseconds of each answer, sorted, for known and unknown addresses."""
    addresses: dict[str, Callable[[int], str]] = {
        "known": lambda number: f"known{number % KNOWN}@example.ru",
        "unknown": lambda number: f"nobody{number}@example.ru",
    }
    taken: dict[str, list[float]] = {name: [] for name in addresses}
    statuses = set()
    for number in range(samples):
        for name, address in addresses.items():
            clock.step()
            client.cookies.clear()
            fields = form(door, address(number), number)
            begun = time.perf_counter()
            answer = client.post(door, data=fields, follow_redirects=False)
            taken[name].append((time.perf_counter() - begun) * 1000)
            statuses.add(answer.status_code)
    if len(statuses) != 1:
        raise RuntimeError(f"{door} answers with {statuses}")
    return {name: sorted(values) for name, values in taken.items()}


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else SAMPLES
    with running() as service:
        settings = Settings(data_dir=service.data_dir, chain_port=service.chain_port, public_url=service.url)
        clock = Clock()
        portfolio = dataclasses.replace(open_portfolio(settings), clock=clock)
        fill(portfolio)
        with TestClient(create_app(portfolio), base_url=service.url, headers={"origin": service.url}) as client:
            for door in ("/sign-in", "/recover", "/sign-up"):
                taken = sample(client, clock, door, samples)
                p95 = {name: values[int(len(values) * 0.95)] for name, values in taken.items()}
                median = {name: values[len(values) // 2] for name, values in taken.items()}
                print(
                    f"sign-in, {door:9} {samples} times: median {median['known']:.1f} / {median['unknown']:.1f} ms, "
                    f"p95 {p95['known']:.1f} / {p95['unknown']:.1f} ms (known / unknown), "
                    f"apart {abs(p95['known'] - p95['unknown']):.1f} ms (wanted {WANTED_MS:.0f})",
                    flush=True,
                )
        portfolio.database.dispose()


if __name__ == "__main__":
    main()
