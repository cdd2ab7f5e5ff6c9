"""What every public page must be in a real browser: whole, quiet, small, readable by everybody."""

from __future__ import annotations

import gzip
import io

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from gallery import PAGES, REFERRERS
from PIL import Image

from pages_check import check_page
from portfolio.verification.samples import TOKEN
from watching import OpenPage

pytestmark = pytest.mark.browser
MAX_WEIGHT = 100_000  # bytes of a page with all it loads but fonts, compressed


@pytest.mark.fault(104)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_pages_fit_every_screen_and_are_quiet(open_page: OpenPage, gallery: str, language: str) -> None:
    watched = open_page()
    REFERRERS.clear()
    for path in PAGES:
        page = watched.goto(f"{gallery}{path}{'&' if '?' in path else '?'}lang={language}")
        page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        assert watched.caught() == [], path
        assert page.get_attribute("html", "lang") == language
        assert page.locator("h1").count() == 1, path
        assert [request.url for request in watched.requests if not request.url.startswith(f"{gallery}/")] == []
        assert {response.status for response in watched.responses} == {200}
    page.locator("a.brand").click()
    page.wait_for_url(f"{gallery}/")
    assert all(address.startswith(f"{gallery}/") for address in REFERRERS)


def test_pages_are_light(open_page: OpenPage, gallery: str) -> None:
    watched = open_page()
    for path in PAGES:
        page = watched.goto(gallery + path)
        # Asked for once more: the browser need not keep the bodies of what it has drawn.
        loaded = {response.url for response in watched.responses if not response.url.endswith(".woff2")}
        assert gallery + path in loaded
        weight = sum(len(gzip.compress(page.request.get(url).body())) for url in loaded)
        assert weight < MAX_WEIGHT, (path, weight)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_pages_are_accessible(open_page: OpenPage, gallery: str, width: int, scheme: str) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, colour contrast of both schemes included."""
    watched = open_page(width=width, color_scheme=scheme, bypass_csp=True)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    for path in PAGES:
        page = watched.goto(gallery + path)
        page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        found = Axe().run(page, options=rules)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        assert found.response["passes"], path


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_is_read_from_the_screen(open_page: OpenPage, gallery: str, width: int, scheme: str) -> None:
    page = open_page(width=width, color_scheme=scheme).goto(f"{gallery}/sample/valid")
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.text == f"{gallery}/v/{TOKEN}"


def test_paper_print_has_verdict_values_and_code_on_white(open_page: OpenPage, gallery: str) -> None:
    page = open_page(color_scheme="dark").goto(f"{gallery}/sample/valid")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    assert page.locator(".holder dd").is_visible()
    assert page.locator(".qr img").is_visible()
    assert not page.locator(".button").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    colours = page.evaluate(
        "[...document.querySelectorAll('.verdict, .verdict *')].map((e) => getComputedStyle(e).color)"
    )
    assert "rgb(255, 255, 255)" not in colours


@pytest.mark.fault(113)
def test_verdict_and_name_are_on_the_first_screen_of_a_phone(open_page: OpenPage, gallery: str) -> None:
    page = open_page(width=390, height=844).goto(f"{gallery}/sample/valid")
    for selector in ("h1", ".holder dd"):
        box = page.locator(selector).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844, selector


# What check_page is to find, and how a page comes by it.
FAULTS = {
    "no title": "document.title = ''",
    "two elements with the id main": "one('footer').id = 'main'",
    "headings of the first order": "one('h1').after(one('h1').cloneNode(true))",
    "English: Nobody has translated this": "one('main p').textContent = 'Nobody has translated this'",
    "scrolls sideways at 320": "one('main p').style.width = '400px'",
    "smaller than a finger": "one('main button').style = 'min-height: 0; height: 20px; padding: 0'",
    "dark at 390": "one('.way h2').style.color = '#222'",
    "light at 1280": "one('.lead').style.color = '#ddd'",
    "not reached by keyboard": "one('.way:last-child button').inert = true",
    "focus is not seen": "one('main button').style.outline = 'none'",
    "viewport": "one('meta[name=viewport]').content += ', user-scalable=no'",
    "description": "one('meta[name=description]').remove()",
    "frame of a telephone": "one('meta[name=theme-color]').remove()",
    "a picture without a size": "one('img').removeAttribute('width')",
    "a link that says nothing: здесь": "one('main a').textContent = 'Здесь'",
    "keeps the page waiting": "one('script[src]').defer = false",
}


def test_the_checks_of_pages_find_what_is_wrong(open_page: OpenPage, gallery: str) -> None:
    watched = open_page()
    page = watched.goto(f"{gallery}/verify?lang=ru")
    check_page(watched)
    for spoil in FAULTS.values():
        page.evaluate(f"() => {{ const one = (which) => document.querySelector(which); {spoil} }}")
    with pytest.raises(AssertionError) as failure:
        check_page(watched)
    assert [fault for fault in FAULTS if fault not in str(failure.value)] == []
