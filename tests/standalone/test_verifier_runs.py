"""What is dropped or changed while the page still waits for a node: the latest run alone is shown."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from node_front import node_front
from page_world import _DROP, PageWorld, VerifierPage
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.chain]


class SlowNode:
    """A node that answers when it is let go; `asked` is set by the first request."""

    def __init__(self) -> None:
        self.url = ""
        self.asked, self.free = threading.Event(), threading.Event()

    def change(self, _: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        self.asked.set()
        self.free.wait(timeout=7)  # below the deadline of the page
        return answer


@contextmanager
def slow_node(upstream: str) -> Iterator[SlowNode]:
    slow = SlowNode()
    with node_front(upstream, slow.change) as slow.url:
        yield slow
        slow.free.set()


def drop_without_waiting(opened: VerifierPage, *contents: bytes) -> None:
    told = [
        {"name": f"{number}.json", "type": "", "base64": b64encode(one).decode()} for number, one in enumerate(contents)
    ]
    opened.page.evaluate(_DROP, told)


def finished(opened: VerifierPage, slow: SlowNode) -> VerifierPage:
    """Let the node answer, and wait for what its answer would change."""
    slow.free.set()
    opened.page.wait_for_timeout(1500)
    return opened.settled()


def test_files_dropped_while_others_are_checked_take_their_place(open_verifier: Any, world: PageWorld) -> None:
    with slow_node(world.chain.rpc_url) as slow:
        opened = open_verifier(world.trust(slow.url))
        drop_without_waiting(opened, world.bundle(), world.bundle())
        assert slow.asked.wait(timeout=10)
        drop_without_waiting(opened, world.bundle(anchored=False))
        assert finished(opened, slow).verdicts == ["PENDING"]


def test_nodes_named_during_a_check_are_asked_and_the_old_answer_is_dropped(
    open_verifier: Any, world: PageWorld
) -> None:
    with slow_node(world.chain.rpc_url) as slow:
        opened = open_verifier(world.trust(slow.url))
        page = opened.page
        drop_without_waiting(opened, world.bundle())
        assert slow.asked.wait(timeout=10)
        page.locator("#settings summary").click()
        page.fill("#nodes-0", world.chain.rpc_url)
        page.locator("#settings form button").click()
        expect(page.locator("article.result")).to_have_attribute("data-verdict", "VALID")
        assert finished(opened, slow).verdicts == ["VALID"]
        assert page.locator("li.node bdi").all_inner_texts() == [world.chain.rpc_url.removeprefix("http://")]


@pytest.mark.fault(128)
def test_one_node_written_in_several_ways_is_one_source(open_verifier: Any, world: PageWorld) -> None:
    url = world.chain.rpc_url.replace("127.0.0.1", "localhost")
    same = (url, f"{url}/", url.replace("localhost", "LocalHost"), url.replace("//", "//user:key@"), f"{url}#a")
    opened = open_verifier(world.trust(*same)).drop(world.bundle())
    assert (opened.verdict, opened.nodes()) == ("VALID", ["source"])
    assert "из одного источника" in opened.text
