"""Draw every public page with invented data into a folder, with pictures of them if a browser is there.

python scripts/preview_pages.py build/preview [--pictures]
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from portfolio.i18n import LANGUAGES, Language
from portfolio.verification import qr, rendering, samples
from portfolio.web.assets import STATIC_DIRECTORY
from portfolio.web.render import error_page

SIZES = {"phone": 390, "desk": 1280}


def pages(language: Language) -> dict[str, str]:
    """Return the pages of a language by name."""
    drawn = {
        name: rendering.result_page(
            sample.report,
            links=samples.LINKS if sample.contact else {},
            language=language,
            stored_at=sample.stored_at,
            last_verdict=sample.last_verdict,
            contact=sample.contact,
        )
        for name, sample in samples.SAMPLES.items()
    }
    sent = samples.SAMPLES["unreadable"].report
    return drawn | {
        "home": rendering.home_page(language=language),
        "about": rendering.about_page(language=language),
        "verify": rendering.verify_form_page(language=language),
        "verify-sent": rendering.verify_form_page(language=language, report=sent),
        "verify-foreign": rendering.verify_form_page(language=language, foreign_host="portfolio.example.evil"),
        "error-404": error_page(404, "not_found", "", language),
        "error-503": error_page(503, "unavailable", "", language),
    }


def write_pages(folder: Path) -> list[Path]:
    """Write all pages with what they need beside them, and return their paths."""
    shutil.copytree(STATIC_DIRECTORY, folder / "static", dirs_exist_ok=True)
    (folder / "qr.svg").write_bytes(qr.svg(samples.LINKS["page"]))
    written = []
    for language in LANGUAGES:
        for name, html in pages(language).items():
            # Opened as files, the pages need relative addresses.
            html = re.sub(r'"/static/([^"?]+)\?[^"]*"', r'"static/\1"', html)  # noqa: PLW2901
            path = folder / f"{name}.{language}.html"
            path.write_text(html.replace(samples.LINKS["qr_svg"], "qr.svg"), encoding="utf-8")
            written.append(path)
    return written


def take_pictures(folder: Path, pages: list[Path]) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for size, width in SIZES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
                for path in pages:
                    page.goto(path.resolve().as_uri())
                    page.screenshot(path=folder / f"{path.stem}.{size}.{scheme}.png", full_page=True)
                page.close()
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", action="store_true", help="also take screenshots with Chromium")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    written = write_pages(arguments.folder)
    if arguments.pictures:
        take_pictures(arguments.folder, written)
    print(f"{len(written)} pages in {arguments.folder}")


if __name__ == "__main__":
    main()
