"""The main road with everything real: a table, the chain, the page, the code on it, the file from it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from portfolio.app import create_app
from portfolio.chain.local import LocalChain
from ports import free_port
from service_world import Service, make_service
from watching import OpenPage, serving

pytestmark = [pytest.mark.browser, pytest.mark.chain]


@dataclass(frozen=True, slots=True)
class Site:
    address: str
    service: Service
    link: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    with LocalChain(folder / "chain", port=free_port()) as chain:
        service = make_service(folder / "data", chain.rpc_url, public_url=f"http://127.0.0.1:{port}", port=port)
        service.add_issuer("school")
        credential = service.issue(1)[0]
        with serving(create_app(service.portfolio), port=port) as address:
            yield Site(address, service, f"{address}/v/{service.token(credential)}")
        service.close()


@pytest.mark.fault(104)
@pytest.mark.fault(105)
def test_code_on_the_page_leads_to_the_page(open_page: OpenPage, site: Site) -> None:
    watched = open_page(width=390, locale="ru")
    page = watched.goto(site.link)
    expect(page.locator("h1")).to_have_text("Подлинный")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot(full_page=True))))
    link, _, code = found.text.partition("#")
    assert link == site.link
    assert code in page.locator(".sheet").inner_text()
    watched = open_page(width=390, locale="ru")  # another telephone: the same page would only scroll
    page = watched.goto(found.text)
    expect(page.locator(".holder dd")).to_have_text("Петрбов Пётр Алексеевич")
    assert watched.caught() == []
    document = next(response for response in watched.responses if response.url.partition("#")[0] == site.link)
    assert document.headers["cache-control"] == "no-store"
    assert "noindex" in document.headers["x-robots-tag"]
    assert "default-src 'none'" in document.headers["content-security-policy"]


def test_file_from_the_page_is_checked_by_the_form(open_page: OpenPage, site: Site, tmp_path: Path) -> None:
    watched = open_page(locale="ru", accept_downloads=True)
    page = watched.goto(site.link)
    with page.expect_download() as download:
        page.locator("a.button[download]").click()
    path = tmp_path / "bundle.json"
    download.value.save_as(path)
    page = watched.goto(f"{site.address}/verify")
    page.set_input_files("#file", path)
    expect(page.locator("h1")).to_have_text("Подлинный")
    path.write_text(path.read_text("utf-8").replace("Петрбов", "Петрвов"), "utf-8")
    page.set_input_files("#file", path)
    expect(page.locator("h1")).to_have_text("Недействителен")
    assert watched.caught() == []


def test_language_stays_chosen_and_pasted_link_is_followed(open_page: OpenPage, site: Site) -> None:
    page = open_page(locale="ru").goto(f"{site.address}/")
    page.locator("nav.languages a[hreflang=en]").click()
    page.fill("#link", site.link)
    page.locator("form[method=get] button").click()
    page.wait_for_url(site.link)
    expect(page.locator("h1")).to_have_text("Genuine")


@pytest.mark.fault(112)
@pytest.mark.fault(110)
def test_pasted_link_of_another_site_is_not_followed(open_page: OpenPage, site: Site) -> None:
    watched = open_page(locale="ru")
    page = watched.goto(f"{site.address}/verify")
    page.fill("#link", "https://evil.example" + site.link.removeprefix(site.address))
    page.locator("form[method=get] button").click()
    expect(page.get_by_role("alert")).to_contain_text("evil.example")
    assert page.url.startswith(f"{site.address}/verify")


def test_unknown_link_says_what_may_be_the_reason(open_page: OpenPage, site: Site) -> None:
    page = open_page(locale="ru").page
    answer = page.goto(f"{site.address}/v/{'A' * 24}")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("По этой ссылке ничего не нашлось")
    expect(page.locator("main li")).to_have_count(4)


@pytest.mark.fault(85)
@pytest.mark.fault(129)
def test_name_with_markup_goes_the_whole_road_as_text(open_page: OpenPage, site: Site) -> None:
    title = "<img src=x onerror=alert(1)> </bdi><script>alert(2)</script>"
    run = site.service.start(
        "ФИО;Предмет;Статус\nИванов Иван Иванович;математика;победитель".encode(),
        defaults={"title": title, "level": "школьный этап", "award_date": "2026-11-20"},
    )
    site.service.worker.run_until_idle()
    (credential,) = site.service.credentials(run)
    watched = open_page(locale="ru")
    page = watched.goto(f"{site.address}/v/{site.service.token(credential)}")
    expect(page.locator(".sheet .row dd").first).to_have_text(title)
    assert watched.caught() == []
