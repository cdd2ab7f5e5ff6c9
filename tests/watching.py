"""A served application, and pages that remember everything they asked for and complained about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import pytest
import uvicorn
from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response

# What was caught: policy violations, and any script of a payload that ran.
WATCH = """
window.caught = [];
addEventListener("securitypolicyviolation", (event) => caught.push(event.violatedDirective + " " + event.blockedURI));
window.alert = window.confirm = window.prompt = (text) => { caught.push("ran " + text); };
"""


@contextmanager
def serving(application: Any, *, port: int) -> Iterator[str]:
    """Serve an ASGI application on loopback; yields its address without a final slash."""
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            pytest.fail("the server did not start")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


class Watched:
    """A page, and what happened on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[Request] = []
        self.responses: list[Response] = []
        self.complaints: list[str] = []
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("pageerror", self._broke)
        page.on("console", self._said)

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _answered(self, response: Response) -> None:
        self.responses.append(response)

    def _broke(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def goto(self, address: str) -> Page:
        self.requests.clear()
        self.responses.clear()
        self.page.goto(address, wait_until="load")
        return self.page

    def caught(self) -> list[str]:
        """What the policy stopped, what ran and what the console said."""
        found: list[str] = self.page.evaluate("window.caught")
        return found + self.complaints


OpenPage: TypeAlias = Callable[..., Watched]
