"""A visit to a share in a real browser: what it asked, of whom, and from which host by its `Referer`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from people_world import World
from portfolio.app import create_app
from ports import free_port

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from watching import serving


@dataclass
class Visit:
    host: str
    text: str = ""
    hosts: set[str] = field(default_factory=set)
    referrers: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


def watched_visit(world: World, browser: Any, path: str) -> Visit:
    """Open a link, read it, look at one document and come back."""
    with serving(create_app(world.portfolio), port=free_port()) as address:
        visit = Visit(urlsplit(address).netloc)
        context = browser.new_context(locale="en")
        page = context.new_page()

        def asked(request: Any) -> None:
            visit.hosts.add(urlsplit(request.url).netloc)
            visit.referrers |= {urlsplit(request.headers.get("referer", "")).netloc} - {""}

        page.on("request", asked)
        page.on("console", lambda message: visit.complaints.append(message.text))
        page.goto(address + path)
        page.get_by_role("button", name="Open").click()
        page.wait_for_load_state()
        visit.text = page.inner_text("main")
        page.get_by_role("link", name="The whole check").first.click()
        page.wait_for_load_state()
        context.close()
    return visit
