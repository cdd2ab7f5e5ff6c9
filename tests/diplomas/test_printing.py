"""Diplomas behind links take neither the threads of other pages nor the processor for what was just made."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

import httpx2
import pytest
from sheets import BUNDLE, CODE, SIGNED_AT, copy, example

from portfolio.app import create_app
from portfolio.diplomas import printing
from portfolio.diplomas.paper import paper_of
from portfolio.diplomas.printing import PdfCache
from portfolio.diplomas.service import Order
from portfolio.web.gates import Gate
from service_world import Service

ORDER = Order(paper_of(example(), copy()), BUNDLE, "classic", SIGNED_AT, CODE, 2, "", "x")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    real, found = printing.make_pdf, []

    def counted(*arguments: object, **how: object) -> bytes:
        found.append(real(*arguments, **how))
        return found[-1]

    monkeypatch.setattr(printing, "make_pdf", counted)
    return found


def test_a_paper_asked_for_again_is_not_set_again(made: list[bytes]) -> None:
    cache = PdfCache()
    assert cache.pdf_of(ORDER) == cache.pdf_of(ORDER)
    assert len(made) == 1
    others = [
        replace(ORDER, design="modern"),
        replace(ORDER, bundle=b"{}"),
        replace(ORDER, paper=paper_of(example(), copy(pending=True))),
        replace(ORDER, paper=paper_of(example(), copy(issuer="Другая школа"))),
    ]
    assert len({cache.pdf_of(one) for one in (ORDER, *others)}) == 5
    assert len(made) == 5


def test_only_so_many_bytes_are_kept_and_the_latest_stay(made: list[bytes]) -> None:
    other = replace(ORDER, bundle=b"{}")
    size = len(PdfCache().pdf_of(ORDER))
    cache = PdfCache(size + size // 2)
    for one in (ORDER, other, other):
        cache.pdf_of(one)
    assert len(made) == 3
    cache.pdf_of(ORDER)
    assert len(made) == 4
    assert PdfCache(1).pdf_of(ORDER) == made[0]


@pytest.mark.fault(146)
def test_beyond_a_short_queue_a_paper_is_refused_and_other_pages_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    (credential,) = service.issue(1)
    token = service.token(credential)
    go_on = threading.Event()
    monkeypatch.setattr(printing, "GATE", Gate(at_once=1, waiting=2))
    monkeypatch.setattr(printing, "make_pdf", lambda *_, **__: b"%PDF" if go_on.wait(30) else b"")
    monkeypatch.setattr(printing, "PDFS", PdfCache())

    async def ask() -> tuple[list[httpx2.Response], httpx2.Response]:
        transport = httpx2.ASGITransport(app=create_app(service.portfolio))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            calls = [asyncio.create_task(client.get(f"/c/{token}.pdf")) for _ in range(60)]
            for refused in islice(asyncio.as_completed(calls, timeout=30), 57):
                await refused
            page = await client.get(f"/c/{token}.json")
            go_on.set()
            return await asyncio.gather(*calls), page

    try:
        # A thread of its own: a browser started by another test may have left a loop in this one.
        with ThreadPoolExecutor(1) as apart:
            answers, page = apart.submit(asyncio.run, ask()).result()
    finally:
        go_on.set()
    assert page.status_code == 200
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) == 57
    assert {answer.json()["error"]["code"] for answer in refused} == {"busy"}
    assert {answer.headers["retry-after"] for answer in refused} == {"5"}
    assert {answer.content for answer in answers if answer.status_code == 200} == {b"%PDF"}
