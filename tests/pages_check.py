"""What every page must be, asked of a page that stands open in a real browser: call `check_page(watched)`.

It works on any page however it was reached, signed in or not, and leaves it where it was (folds opened, wide, light).
All that is wrong is told at once.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Error, Page, Response

from portfolio.web.assets import STATIC_PATH
from portfolio.web.compression import LEAST
from portfolio.web.headers import SECURITY_HEADERS
from watching import Watched

MAX_WEIGHT: Final = 100_000  # bytes, compressed, of a page with all it loads but fonts
AXE_RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
PHONE: Final = 390
WIDTHS: Final[dict[int, Literal["dark", "light"] | None]] = {320: None, 640: None, PHONE: "dark", 1280: "light"}
"""The widths to look at, and where axe looks in which colours; 640 is a desk of 1280 at 200 %, 320 one at 400 %."""
TEXTS: Final = ("text/", "image/svg", "application/json")
MOST_SHIFT: Final = 0.1  # what Core Web Vitals call good
VAGUE: Final = {
    "here",
    "more",
    "link",
    "click here",
    "read more",
    "здесь",
    "тут",
    "ещё",
    "подробнее",
    "ссылка",
    "читать",
}

_OPEN_FOLDS = "document.querySelectorAll('details:not(.menu)').forEach((fold) => { fold.open = true; })"

_DOUBLE_IDS = """() => {
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))];
}"""

# Sentences of three words and more in Latin letters, but for names, code and what says its own language.
_LATIN = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), parent = walker.currentNode.parentElement;
    if (parent.closest('code, pre, bdi, script, desc, textarea, [lang]:not(html), [translate=no]')) continue;
    if (/^[\\x20-\\x7e\\u2010-\\u201f\\u2026]+$/.test(text) && (text.match(/[A-Za-z]{2,}/g) || []).length > 2)
      found.push(text);
  }
  return found;
}"""

_SMALL = """() => [...document.querySelectorAll(
  'a.button, button, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio]), summary, nav a')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
  .filter(([, box]) => box.height && (Math.round(box.height) < 44 || Math.round(box.width) < 24))
  .map(([text, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${text}`)"""

# What of Lighthouse's audits needs no network of its own.
_HEAD = """() => {
  const found = [], meta = (name) => [...document.querySelectorAll(`meta[name="${name}"]`)].map((one) => one.content);
  const say = (what, elements) => elements.forEach((one) => found.push(`${what}: ${one.outerHTML.slice(0, 90)}`));
  if (meta('viewport').join() !== 'width=device-width, initial-scale=1') found.push(`viewport: ${meta('viewport')}`);
  if ((meta('description')[0] || '').length < 30) found.push(`description: ${meta('description')}`);
  if (meta('theme-color').length !== 2) found.push('no colour for the frame of a telephone, light and dark');
  if (document.characterSet !== 'UTF-8') found.push(`written as ${document.characterSet}`);
  for (const one of document.querySelectorAll('link[rel=canonical]'))
    if (!/^https?:/.test(one.getAttribute('href')) || one.href.includes('?')) found.push(`canonical: ${one.href}`);
  say('a script that keeps the page waiting', [...document.querySelectorAll('script[src]')]
    .filter((one) => !one.defer && !one.async && one.type !== 'module'));
  say('a style that stands in the way of the page', [...document.querySelectorAll('body link[rel=stylesheet]')]);
  say('a picture without a size', [...document.images]
    .filter((one) => one.loading !== 'lazy' && !(one.hasAttribute('width') && one.hasAttribute('height'))));
  return found;
}"""
_SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
  }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(sum), 50);
})"""
_LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.textContent.trim().toLowerCase())"

# Of radio buttons with one name the keyboard stops at one. Whatever takes the focus is noted as it does.
_STOPS = """() => {
  const groups = new Set();
  window.stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter((element) => !element.disabled && element.type !== 'hidden' && element.tabIndex >= 0)
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => {
      if (element.type !== 'radio') return true;
      const group = element.name + (element.form ? [...document.forms].indexOf(element.form) : '');
      return !groups.has(group) && groups.add(group);
    });
  window.reached = new Set();
  window.dim = new Set();
  document.activeElement.blur();
  window.scrollTo(0, 0);
  window.noted ??= addEventListener('focusin', ({ target }) => {
    reached.add(target.type === 'radio' ? target.name : target);
    if (getComputedStyle(target).outlineStyle === 'none') dim.add(target.outerHTML.slice(0, 90));
  }) || true;
  const dates = document.querySelectorAll('input[type=date], input[type=datetime-local], input[type=file]').length;
  return [window.stops.length, 6 * dates + 3];
}"""
_MISSED = """() => stops.filter((element) => !reached.has(element.type === 'radio' ? element.name : element))
  .map((element) => element.outerHTML.slice(0, 120))"""


def check_page(watched: Watched, *, language: str = "ru", status: int = 200) -> None:
    """Fail with everything that is wrong with the page that is open. `status` is that of its document."""
    page = watched.page
    document = [answer for answer in watched.responses if answer.request.resource_type == "document"][-1]
    found = [*_answer(watched, document, status), *_shape(page, language), *_head(page), *_weight(watched, document)]
    found += _files(watched)
    page.evaluate(_OPEN_FOLDS)
    found += _widths(page)
    found += _keyboard(page)
    if found:
        raise AssertionError(f"{urlsplit(page.url).path} ({language}):\n" + "\n".join(found))


def _answer(watched: Watched, document: Response, status: int) -> Iterator[str]:
    here = urlsplit(document.url).netloc
    if document.status != status:
        yield f"status {document.status}, not {status}"
    for request in watched.requests:
        if urlsplit(request.url).netloc != here:
            yield f"asked of somebody else: {request.url}"
    for name, value in SECURITY_HEADERS.items():
        if document.headers.get(name.lower()) != value:
            yield f"header {name}: {document.headers.get(name.lower())}"
    # A browser reports the status of a page that is an error, which is as it should be.
    expected = f"status of {status}"
    yield from (f"the browser says: {what}" for what in watched.caught() if status < 400 or expected not in what)


def _shape(page: Page, language: str) -> Iterator[str]:
    if page.get_attribute("html", "lang") != language:
        yield f"the page says it is in {page.get_attribute('html', 'lang')}"
    if not page.title().strip():
        yield "no title"
    if page.locator("h1").count() != 1:
        yield f"{page.locator('h1').count()} headings of the first order"
    for double in page.evaluate(_DOUBLE_IDS):
        yield f"two elements with the id {double}"
    if language == "ru":
        yield from (f"English: {text}" for text in page.evaluate(_LATIN))


def _head(page: Page) -> Iterator[str]:
    yield from page.evaluate(_HEAD)
    yield from (f"a link that says nothing: {text}" for text in page.evaluate(_LINKS) if text in VAGUE)
    shift = page.evaluate(_SHIFT)
    if shift > MOST_SHIFT:
        yield f"things move while the page comes: {shift}"


def _files(watched: Watched) -> Iterator[str]:
    """Text comes compressed; static files are known by their content and kept for ever."""
    for answer in watched.responses:
        headers, path, query = answer.headers, urlsplit(answer.url).path, urlsplit(answer.url).query
        repeats = query and not query.startswith("lang=") and not path.startswith(STATIC_PATH)  # decision 0112
        large = not repeats and int(headers.get("content-length", 0)) >= LEAST
        if large and headers.get("content-type", "").startswith(TEXTS) and headers.get("content-encoding") != "gzip":
            yield f"not compressed: {path}"
        if path.startswith(STATIC_PATH) and "immutable" not in headers.get("cache-control", ""):
            yield f"asked for again and again: {path}"


def _weight(watched: Watched, document: Response) -> Iterator[str]:
    weights = {}
    for answer in watched.responses:
        if answer.request.resource_type == "font" or answer.request.method != "GET":
            continue
        weights[answer.url] = len(gzip.compress(_body(watched.page, answer, is_document=answer is document)))
    if sum(weights.values()) > MAX_WEIGHT:
        yield f"heavy: {weights}"


def _body(page: Page, answer: Response, *, is_document: bool) -> bytes:
    try:
        return answer.body()
    except Error:  # a browser need not keep what it has drawn
        return page.content().encode() if is_document else page.request.get(answer.url).body()


def _widths(page: Page) -> Iterator[str]:
    page.evaluate(AXE_SCRIPT)
    for width, scheme in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield f"scrolls sideways at {width}: {wide}"
        if width == PHONE:
            yield from (f"smaller than a finger: {what}" for what in page.evaluate(_SMALL))
        if scheme:
            page.emulate_media(color_scheme=scheme)
            results = AxeResults(
                page.evaluate(
                    "async (rules) => ({ violations: (await axe.run(document, rules)).violations })", AXE_RULES
                )
            )
            if results.violations_count:
                yield f"{scheme} at {width}: {results.generate_report()}"


def _keyboard(page: Page) -> Iterator[str]:
    stops, more = page.evaluate(_STOPS)
    _press_tab(page, stops)
    if page.evaluate(_MISSED):  # within a field for a date there are stops of its own
        _press_tab(page, more)
    yield from (f"not reached by keyboard: {what}" for what in page.evaluate(_MISSED))
    yield from (f"focus is not seen: {what}" for what in page.evaluate("[...dim]"))


def _press_tab(page: Page, times: int) -> None:
    keys = page.context.new_cdp_session(page)
    for _ in range(times):
        keys.send(
            "Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        )
    keys.detach()
