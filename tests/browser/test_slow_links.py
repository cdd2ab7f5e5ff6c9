"""The pages that matter most, over a link of 128 kbit/s and 400 ms with nothing kept from before: soon there, and calm.

The link is the browser's own emulation: the latency counts for every request, not for making connections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser
from test_every_page import populated

from people_world import Someone, World, make_world
from portfolio.app import create_app
from ports import free_port
from watching import serving

LINK: Final = {"offline": False, "latency": 400, "downloadThroughput": 128_000 / 8, "uploadThroughput": 128_000 / 8}
SEEN: Final = 3000
"""Milliseconds from the address to the first words; 2.2 to 2.6 s on a busy machine, of which 0.8 s are latency."""
USABLE: Final = 3500
"""To what the page is opened for, drawn, with the scripts in place."""
SHIFT: Final = 0.05  # what Core Web Vitals call good is 0.1
BYTES: Final = 95_000
"""What goes over the link in all; 62,000 of it are fonts, for which no word waits."""

# What a page is opened for is there once it is laid out, which it is not before its styles have come.
_WATCH: Final = """
window.shift = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) shift += one.value; })
  .observe({ type: "layout-shift", buffered: true });
const look = () => {
  if (document.querySelector("%s")?.getBoundingClientRect().height) window.there = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_TOLD: Final = """async () => {
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const [navigation] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const loaded = [navigation, ...performance.getEntriesByType("resource")];
  const bytes = loaded.reduce((sum, one) => sum + one.transferSize, 0);
  return { seen: paint.startTime, usable: Math.max(there, navigation.domContentLoadedEventEnd), shift, bytes };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, Someone]]:
    port = free_port()
    world = make_world(tmp_path_factory.mktemp("slow-links"), public_url=f"http://localhost:{port}")
    pupil = populated(world)["person"]
    with serving(create_app(world.portfolio), port=port):
        yield world, f"http://localhost:{port}", pupil
    world.close()


@pytest.mark.browser
def test_the_pages_that_matter_are_soon_there(site: tuple[World, str, Someone], browser: Browser) -> None:
    world, address, pupil = site
    late = {}
    for path, usable in important(world, pupil).items():
        told = measured(browser, address, path, usable, pupil)
        if told["seen"] > SEEN or told["usable"] > USABLE or told["shift"] > SHIFT or told["bytes"] > BYTES:
            late[path] = told
    assert late == {}


def important(world: World, pupil: Someone) -> dict[str, str]:
    """Return the pages, each with what it is opened for."""
    own = f"/p/{pupil.person_id}"
    checked = re.search(r"/v/[A-Za-z0-9_-]{20,}", pupil.get(own).text)
    made = pupil.post(f"{own}/shares/new", {"label": "Вуз", "scope": "full", "lasting": "week"}).headers["location"]
    shared = re.search(r"/s/[A-Za-z0-9_-]{20,}", pupil.get(made).text)
    assert checked
    assert shared
    return {
        "/": "#link",
        "/verify": "#link",
        checked.group(): "#verdict",
        "/sign-in": "#f-address",
        own: ".thing",
        shared.group(): "main form button",
    }


def measured(browser: Browser, address: str, path: str, usable: str, who: Someone) -> dict[str, float]:
    """Open a page as a telephone does that was never here, and return when what was there."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ru-RU")
    if path.startswith("/p/"):
        context.add_cookies([{"name": "session", "value": who.client.cookies["session"], "url": address}])
    page = context.new_page()
    page.add_init_script(_WATCH % usable)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINK)
    page.goto(address + path, wait_until="load")
    assert page.locator(usable).first.is_visible()
    told: dict[str, float] = page.evaluate(_TOLD)
    context.close()
    return told
