"""The static verifier: its size, and the time from the drop of a file to its verdict in a phone-class browser.

`python -m bench.standalone`: Chromium with its processor slowed four times (CDP), the page from file://, a real chain.
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from portfolio.chain.local import LocalChain
from portfolio.verification.standalone.page import released_page, verifier_file

TESTS = Path(__file__).parents[1] / "tests"
SLOWER = 4
ROUNDS = 7
GOAL_BYTES = 400_000
GOAL_SECONDS = 2.0

_DROP_AND_WAIT = """async ([text, type, base64]) => {
  const bytes = base64 ? Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)) : text;
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "file", { type }));
  const start = performance.now();
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  while (!document.querySelector("article.result")) await new Promise((resolve) => requestAnimationFrame(resolve));
  const seconds = (performance.now() - start) / 1000;
  return [seconds, document.querySelector("article.result").dataset.verdict];
}"""


def _seconds(browser: Browser, path: Path, name: str, content: bytes) -> tuple[float, float]:
    """Return the medians of opening the page and of its first verdict, each time in a page of its own."""
    from base64 import b64encode

    opened, judged = [], []
    for _ in range(ROUNDS):
        page: Page = browser.new_page(viewport={"width": 390, "height": 844})
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(path.as_uri())
        opened.append(page.evaluate("performance.getEntriesByType('navigation')[0].duration / 1000"))
        seconds, verdict = page.evaluate(_DROP_AND_WAIT, ["", "", b64encode(content).decode()])
        if verdict != "VALID":
            raise RuntimeError(f"{name}: {verdict}")
        judged.append(seconds)
        page.close()
    return statistics.median(opened), statistics.median(judged)


def main() -> None:
    for folder in (TESTS, *(TESTS / name for name in ("standalone", "browser", "forgery", "credentials"))):
        sys.path.insert(0, str(folder))
    from page_world import PageWorld, pdf_with

    from chain_world import free_port

    page = released_page().encode()
    compressed = len(gzip.compress(page, 9))
    print(f"static verifier: {len(page):,} bytes, {compressed:,} compressed (goal {GOAL_BYTES:,})")
    with tempfile.TemporaryDirectory() as folder, LocalChain(Path(folder), port=free_port()) as chain:
        world = PageWorld(chain, Path(folder))
        bundle, marks = world.bundle(), world.bundle(example="school_certificate")
        path = Path(folder) / "verifier.html"
        path.write_bytes(verifier_file(trust=world.trust()))
        cases = {"bundle": bundle, "certificate with marks": marks, "PDF": pdf_with(("credential.json", bundle))}
        with sync_playwright() as playwright:
            program = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            for name, content in cases.items():
                opened, judged = _seconds(browser, path, name, content)
                print(
                    f"  {name}: opened in {opened:.2f} s, first verdict {judged:.2f} s after the drop "
                    f"(processor {SLOWER} x slower, median of {ROUNDS}; goal {GOAL_SECONDS:.1f} s)"
                )
            browser.close()


if __name__ == "__main__":
    main()
