"""Pages of signed-in people over a full register: 10,000 persons with 100,000 records, 50 users at once, SQLite.

`python -m bench.people [PERSONS]`: fills a database through the slices' own functions, serves it as `portfolio up` does
and asks for every kind of page from another process: 50 people who turn a page a second, then 50 who never pause.
Wanted: p95 of any page at most 200 ms. Also: a photo of 5 MB from sending to "kept".
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass
from multiprocessing import get_context
from urllib.parse import urlsplit

import httpx2
from bench.running import running
from PIL import Image
from sqlmodel import Session, col, select

from portfolio.app import Portfolio
from portfolio.config import Settings
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.service import Award, issue_awards, issuer_of
from portfolio.operations.compose import open_portfolio
from portfolio.organisations.models import StaffRole
from portfolio.organisations.service import organisation_by_slug
from portfolio.organisations.staff import give_place
from portfolio.people.accounts import create_account
from portfolio.people.consent import Capacity, Purpose
from portfolio.people.consents import give
from portfolio.people.models import Person
from portfolio.people.service import Profile
from portfolio.people.sign_ins import open_sign_in

PERSONS = 10_000
AWARDS_EACH = 10
USERS = 50
SECONDS = 20
PART = 500
SUBJECTS = (
    "математика",
    "физика",
    "химия",
    "история",
    "русский язык",
    "биология",
    "география",
    "право",
    "экономика",
    "МХК",
)
PAGES = (
    "/me",
    "/p/{person}",
    "/p/{person}/shares",
    "/p/{person}/shares/new",
    "/p/{person}/consents",
    "/p/{person}/access",
)


@dataclass(frozen=True, slots=True)
class User:
    person_id: str
    cookie: str


def fill(portfolio: Portfolio, persons: int) -> tuple[list[User], User]:
    """Make people with their own rows and ten awards each; returns those who will sign in, and one of staff."""
    users = []
    for start in range(0, persons, PART):
        with portfolio.database.write() as session:
            users += [_person(portfolio, session, number) for number in range(start, min(start + PART, persons))]
        with portfolio.database.write() as session:
            _awards(portfolio, session, users[start : start + PART], start)
    with portfolio.database.write() as session:
        staff = _person(portfolio, session, persons + 1, strong=True)
        organisation = organisation_by_slug(session, slug="bench")
        account = session.exec(select(Person).where(Person.id == staff.person_id)).one()
        give_place(
            session,
            organisation_id=organisation.id,
            account_id=_account_of(session, account.id),
            role=StaffRole.ADMIN,
            clock=portfolio.clock,
        )
    return users, staff


def _person(portfolio: Portfolio, session: Session, number: int, *, strong: bool = False) -> User:
    account = create_account(
        session,
        vault=portfolio.vault,
        address=f"person{number}@example.ru",
        profile=Profile(name=f"{_name(number)} Пётр Алексеевич", birth_date="1990-05-05"),
        password_hash=None,
        language="ru",
        clock=portfolio.clock,
        confirmed_at=portfolio.clock(),
    )
    for purpose in (Purpose.STORE, Purpose.SHARE):
        give(
            session,
            vault=portfolio.vault,
            person_id=account.person_id,
            purpose=purpose,
            account_id=account.id,
            capacity=Capacity.SELF,
            clock=portfolio.clock,
        )
    cookie = open_sign_in(session, account=account, device="bench", strong=strong, clock=portfolio.clock)
    return User(account.person_id, cookie)


def _account_of(session: Session, person_id: str) -> str:
    from portfolio.people.models import Account

    return session.exec(select(Account.id).where(Account.person_id == person_id)).one()


def _awards(portfolio: Portfolio, session: Session, users: list[User], start: int) -> None:
    organisation = organisation_by_slug(session, slug="bench")
    issuer = issuer_of(session, vault=portfolio.vault, organisation_id=organisation.id)
    owners = {f"n{start + at}": user.person_id for at, user in enumerate(users)}
    for subject in SUBJECTS[:AWARDS_EACH]:
        awards = [
            Award(
                profile=Profile(name=f"{_name(start + at)} Пётр Алексеевич", number=f"n{start + at}"),
                fields={
                    "title": "Олимпиада «Росток»",
                    "level": "other",
                    "degree": ("winner", "prize_winner", "participant")[at % 3],
                    "subject": subject,
                    "award_date": f"20{20 + at % 7}-11-20",
                },
            )
            for at in range(len(users))
        ]
        outcome = issue_awards(
            session,
            vault=portfolio.vault,
            issuer=issuer,
            kind=kind_of("olympiad_award"),
            awards=awards,
            valid_until=None,
            run_id=None,
            clock=portfolio.clock,
        )
    # The last subject's credentials stand in the order of the people: gather each under its owner.
    holders = dict(
        session.exec(select(Credential.id, Credential.person_id).where(col(Credential.id).in_(outcome.issued))).all()
    )
    for credential_id, owner in zip(outcome.issued, owners.values(), strict=True):
        holder = session.get_one(Person, holders[credential_id])
        holder.owner_id = owner
        session.add(holder)


def _name(number: int) -> str:
    return "Петр" + "".join("абвгдежзик"[int(digit)] for digit in str(number)) + "ов"


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, cookie: str) -> None:
    """Ask for a page and read it whole. By hand: a client of comfort would take a third of the two cores."""
    writer.write(
        f"GET {path} HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\ncookie: session={cookie}\r\n\r\n".encode()
    )
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"{path} answered {head[:20]!r}")


def _load(url: str, jobs: list[tuple[str, str]], seconds: float, pause: float) -> list[tuple[str, float]]:
    """Ask for pages as `USERS` users at once, who look at each for `pause` seconds on average.

    Returns (kind of page, seconds) of each answer.
    """
    address = urlsplit(url)
    times: list[tuple[str, float]] = []

    async def user(number: int) -> None:
        chosen = random.Random(number)
        await asyncio.sleep(chosen.uniform(0, 2 * pause))  # people do not come all in one instant
        end = time.perf_counter() + seconds
        connection = await asyncio.open_connection(address.hostname, address.port)
        while time.perf_counter() < end:
            path, cookie = chosen.choice(jobs)
            begun = time.perf_counter()
            await _get(*connection, path, cookie)
            kind = "/".join("*" if len(part) == 36 else part for part in path.split("/"))
            times.append((kind, time.perf_counter() - begun))
            await asyncio.sleep(chosen.uniform(0, 2 * pause))
        connection[1].close()

    async def everybody() -> None:
        await asyncio.gather(*(user(number) for number in range(USERS)))

    asyncio.run(everybody())
    return times


def photo() -> bytes:
    """A photo of about 5 MB, as noisy as a telephone's."""
    noise = Image.frombytes("RGB", (2600, 1950), os.urandom(2600 * 1950 * 3))
    output = io.BytesIO()
    noise.resize((3400, 2550)).save(output, "JPEG", quality=82)
    return output.getvalue()


def upload(url: str, user: User) -> float:
    """Return the seconds from sending a photo to the page that says it is kept."""
    data = {
        "title": "Олимпиада «Росток»",
        "subject": "математика",
        "level": "other",
        "degree": "winner",
        "award_date": "2026-11-20",
        "organiser": "Олимпиада «Росток»",
        "holder_name": "Петров Пётр",
    }
    content = photo()
    begun = time.perf_counter()
    answer = httpx2.post(
        f"{url}/p/{user.person_id}/claims/new?kind=olympiad_award",
        data=data,
        files={"file": ("IMG_1.JPG", content, "image/jpeg")},
        headers={"cookie": f"session={user.cookie}", "origin": url},
        timeout=60,
    )
    taken = time.perf_counter() - begun
    if answer.status_code != httpx2.codes.SEE_OTHER:
        raise RuntimeError(f"the upload answered {answer.status_code}")
    print(f"people, photo of {len(content) / 1e6:.1f} MB kept: {taken:.2f} s (wanted 2)", flush=True)
    return taken


def report(times: list[tuple[str, float]], seconds: float, name: str) -> None:
    """Print median and p95 of each kind of page."""
    print(f"people, {USERS} users at once, {name}: {len(times) / seconds:.0f} pages/s", flush=True)
    for kind in sorted({kind for kind, _ in times}):
        taken = sorted(value * 1000 for name, value in times if name == kind)
        print(
            f"people, {kind:36} median {statistics.median(taken):6.0f} ms  p95 {taken[int(len(taken) * 0.95)]:6.0f} ms",
            flush=True,
        )


def main() -> None:
    persons = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else PERSONS
    with running() as service:
        settings = Settings(data_dir=service.data_dir, chain_port=service.chain_port, public_url=service.url)
        portfolio = open_portfolio(settings)
        begun = time.perf_counter()
        users, staff = fill(portfolio, persons)
        taken = time.perf_counter() - begun
        print(f"people, {persons} persons with {persons * AWARDS_EACH} records made in {taken:.0f} s", flush=True)
        chosen = random.Random(1).sample(users, min(len(users), 500))
        jobs = [(path.format(person=user.person_id), user.cookie) for user in chosen for path in PAGES]
        jobs += [(path, staff.cookie) for path in ("/org/bench", "/org/bench/credentials", "/org/bench/requests")] * 200
        with get_context("spawn").Pool(1) as pool:
            pool.apply(_load, (service.url, jobs, 3.0, 0.1))
            for pause, name in ((1.0, "a page a second each"), (0.0, "as fast as answers come")):
                report(pool.apply(_load, (service.url, jobs, float(SECONDS), pause)), SECONDS, name)
        for user in chosen[:3]:
            upload(service.url, user)
        portfolio.database.dispose()


if __name__ == "__main__":
    main()
