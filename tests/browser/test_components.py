"""The parts of the pages in a real browser: every one of them on /style, the menu of those who are signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from pages_check import check_page
from people_world import Someone, World, make_world
from portfolio.app import create_app
from portfolio.organisations.models import Membership, OrganisationType, StaffRole
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.models import Account
from ports import free_port
from watching import OpenPage, Watched, serving

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Site:
    address: str
    world: World

    def open(self, open_page: OpenPage, path: str, *, someone: Someone | None = None, **options: object) -> Watched:
        watched = open_page(**options)
        if someone is not None:
            watched.page.context.add_cookies(
                [{"name": "session", "value": someone.client.cookies["session"], "url": self.address}]
            )
        watched.goto(self.address + path)
        return watched


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    world = make_world(tmp_path_factory.mktemp("parts") / "world")
    with serving(create_app(world.portfolio), port=free_port()) as address:
        yield Site(address, world)
    world.close()


@pytest.fixture(scope="module")
def everybody(site: Site) -> Someone:
    """Somebody with every role there is: pupil's guardian, staff of a school and of a university, registrar."""
    world = site.world
    world.organisation("school", name="МБОУ «Лицей № 1 имени Галимджана Баруди» города Казани")
    world.organisation("kfu", kind=OrganisationType.UNIVERSITY, name="Казанский университет")
    child = world.pupil(12)
    someone = world.guardian_of(child)
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, someone.account.id)
        account.is_registrar = True
        session.add(account)
        for slug, role in (("school", StaffRole.ADMIN), ("kfu", StaffRole.VIEWER)):
            organisation = organisation_by_slug(session, slug=slug)
            session.add(
                Membership(organisation_id=organisation.id, account_id=account.id, role=role, created_at=world.clock())
            )
    return someone


@pytest.mark.parametrize("language", ["ru", "en"])
def test_page_of_an_error_is_whole(open_page: OpenPage, site: Site, language: str) -> None:
    check_page(site.open(open_page, f"/nothing-here?lang={language}"), language=language, status=404)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_menu_of_every_role_is_whole(open_page: OpenPage, site: Site, everybody: Someone, language: str) -> None:
    watched = site.open(open_page, f"/privacy?lang={language}", someone=everybody)
    watched.page.locator("details.menu summary").click()
    check_page(watched, language=language)


def test_menu_leads_to_every_role_without_scripts(open_page: OpenPage, site: Site, everybody: Someone) -> None:
    page = site.open(open_page, "/style", someone=everybody, java_script_enabled=False, width=390, locale="ru").page
    menu = page.locator("details.menu")
    menu.locator("summary").click()
    places = [link.get_attribute("href") for link in menu.locator("a").all()]
    assert places[:2] == ["/me", f"/p/{everybody.person_id}"]
    assert {"/me/security", "/org/school", "/org/kfu", "/registrar"} <= set(places)
    assert len([place for place in places if place and place.startswith("/p/")]) == 2  # and the child's
    assert menu.locator("form").get_attribute("action") == "/sign-out"
    menu.get_by_role("button").click()
    expect(page.locator("details.menu")).to_have_count(0)


def test_menu_closes_by_escape_and_by_a_touch_elsewhere(open_page: OpenPage, site: Site) -> None:
    page = site.open(open_page, "/style", someone=site.world.someone(), width=390).page
    panel = page.locator(".menu-panel")
    page.locator("details.menu summary").click()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()
    page.keyboard.press("Enter")  # the focus went back
    expect(panel).to_be_visible()
    page.mouse.click(5, 800)
    expect(panel).not_to_be_visible()


@pytest.mark.usefixtures("everybody")
def test_tabs_of_a_telephone_are_one_row_from_the_open_page(open_page: OpenPage, site: Site) -> None:
    page = site.open(open_page, "/org/school/keys?lang=ru", someone=site.world.staff(), width=390).page
    row, tabs = page.locator(".tabs ul"), page.locator(".tabs a")
    box, current = row.bounding_box(), page.locator(".tabs [aria-current]").bounding_box()
    assert box is not None
    assert current is not None
    assert box["height"] < 70
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    assert current["x"] >= 0
    assert current["x"] + current["width"] <= 390
    tabs.first.focus()
    expect(tabs.first).to_be_in_viewport(ratio=1)


def test_visitors_are_shown_the_way_in(open_page: OpenPage, site: Site) -> None:
    page = site.open(open_page, "/style").page
    assert page.locator(".links a[href='/sign-in']").is_visible()
    assert page.locator(".links a[href='/sign-up']").is_visible()


def test_page_kept_for_everybody_does_not_say_who_reads_it(open_page: OpenPage, site: Site) -> None:
    page = site.open(open_page, "/nothing-here", someone=site.world.someone()).page
    assert page.locator("details.menu").count() == 0
    assert page.locator(".links a[href='/me']").is_visible()
    assert page.locator(".links a[href='/sign-in']").count() == 0


def test_letters_of_the_languages_of_russia_are_in_our_fonts(open_page: OpenPage, site: Site) -> None:
    page = site.open(open_page, "/style").page
    page.evaluate("document.fonts.ready")
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    nodes = devtools.send("DOM.querySelectorAll", {"nodeId": root, "selector": "#specimens p"})["nodeIds"]
    assert len(nodes) == 6
    for node in nodes:
        fonts = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert [font["familyName"] for font in fonts] in (["Portfolio Sans"], ["Portfolio Serif"])
        assert all(font["isCustomFont"] for font in fonts)


def test_table_is_cards_on_a_telephone(open_page: OpenPage, site: Site) -> None:
    page = site.open(open_page, "/style", width=390).page
    cell = page.locator("#main .table td").first
    assert cell.evaluate("element => getComputedStyle(element).display") == "grid"
    assert "Award" in cell.evaluate("element => getComputedStyle(element, '::before').content")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert cell.evaluate("element => getComputedStyle(element).display") == "table-cell"


def test_print_leaves_the_buttons_out(open_page: OpenPage, site: Site) -> None:
    page = site.open(open_page, "/style", color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".button").first).not_to_be_visible()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#main .table").first).to_be_visible()
