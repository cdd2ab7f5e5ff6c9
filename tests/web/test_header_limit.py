"""Giant headers and bodies are refused before anything reads them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from people_world import World
from portfolio.web.requests import MOST_BODY, BodyLimit


@pytest.mark.fault(81)
def test_a_giant_header_is_refused(world: World) -> None:
    client = world.visitor()
    assert client.get("/about", headers={"x-a": "a" * 70_000}).status_code == 431
    assert client.get("/about", headers={"x-a": "a" * 20_000}).status_code == 200


def test_a_giant_body_is_refused_before_it_is_read(world: World) -> None:
    client = world.visitor()
    for path in ("/sign-in/passkey", "/sign-in", "/recover"):
        assert client.post(path, content=b"{" + b" " * 65_536).status_code == 413, path
    said = client.post("/api/v1/verify", content=b"{}", headers={"content-length": str(10**9)})
    assert said.status_code == 413
    assert said.json()["error"]["code"] == "too_large"


def test_a_body_without_a_length_is_counted_while_it_comes() -> None:
    taken: list[int] = []
    asked = 0

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        taken.extend([len(chunk) async for chunk in request.stream()])
        await Response("all")(scope, receive, send)

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b" " * 10_000, "more_body": True}

    answered: list[Message] = []

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {"type": "http", "method": "POST", "path": "/sign-in/passkey", "headers": []}
    # A thread of its own: a browser started by another test may have left a loop in this one.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(anyio.run, BodyLimit(reading, upload_limit=10**9), scope, receive, send).result()
    assert taken == []  # the route had no body
    assert asked <= MOST_BODY // 10_000 + 1
    assert answered[0]["status"] == 413


def test_files_may_be_larger_than_forms(world: World) -> None:
    answer = world.visitor().post("/verify", files={"file": ("a.json", b"{" + b" " * 200_000)})
    assert answer.status_code != 413
