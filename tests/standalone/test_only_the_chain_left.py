"""Service, database and documents are gone; the chain and what people took home are left. Everything still verifies."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from page_world import Dropped, VerifierPage
from PIL import Image, ImageFilter
from playwright.sync_api import Page

from portfolio.chain.local import LocalChain
from portfolio.credentials.links import short_code
from portfolio.credentials.models import Credential
from portfolio.credentials.trust import dump_trust
from portfolio.organisations.models import Purpose
from portfolio.organisations.service import organisation_by_slug, rotate_key
from ports import free_port
from service_world import Service, make_service
from watching import WATCH, Watched

pytestmark = [pytest.mark.browser, pytest.mark.chain]


@dataclass(frozen=True)
class Kept:
    """What a holder has at home of one credential."""

    code: str
    bundle: Path
    diploma: Path
    photo: Path


@dataclass(frozen=True)
class Left:
    """What is left of a service: papers and files of two credentials (the key was rotated between them), the page and
    the trust file of a verifier, and the address of a node.
    """

    kept: tuple[Kept, Kept]
    page: Path
    trust: Path
    node: str

    def command(self, *sources: Path, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run `portfolio verify` as somebody who never had anything to do with the service."""
        words = [sys.executable, "-m", "portfolio.cli", "verify", *map(str, sources), "--trust", str(self.trust)]
        words += ["--rpc", self.node, *options]
        elsewhere = {"PATH": "/usr/bin:/bin", "PORTFOLIO_DATA_DIR": str(self.trust.parent / "nothing")}
        return subprocess.run(words, capture_output=True, text=True, env=elsewhere, cwd=self.trust.parent)


def photographed(diploma: bytes) -> bytes:
    """The printed page as a telephone sees it: turned by seven degrees, smaller, a little blurred."""
    with pypdfium2.PdfDocument(diploma) as document:
        page = document[0].render(scale=150 / 72).to_pil().convert("L")
    turned = page.rotate(7, expand=True, fillcolor=140, resample=Image.Resampling.BICUBIC)
    smaller = turned.resize((turned.width * 4 // 5, turned.height * 4 // 5)).filter(ImageFilter.GaussianBlur(0.6))
    written = io.BytesIO()
    smaller.save(written, "JPEG", quality=80)
    return written.getvalue()


def take_home(service: Service, credential: Credential, folder: Path) -> Kept:
    client, token = service.client(), service.token(credential)
    folder.mkdir()
    kept = Kept(short_code(credential.digest), folder / "bundle.json", folder / "diploma.pdf", folder / "photo.jpg")
    kept.bundle.write_bytes(client.get(f"/c/{token}.json").content)
    kept.diploma.write_bytes(client.get(f"/c/{token}.pdf").content)
    kept.photo.write_bytes(photographed(kept.diploma.read_bytes()))
    return kept


@pytest.fixture(scope="module")
def left(chain: LocalChain, tmp_path_factory: pytest.TempPathFactory) -> Left:
    data, home = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("home")
    port = free_port()  # nobody listens there: the service never ran in a process of its own
    service = make_service(data, chain.rpc_url, public_url=f"http://127.0.0.1:{port}")
    service.add_issuer("school")
    before = service.issue(1)[0]
    with service.portfolio.database.write() as session:
        rotate_key(
            session,
            vault=service.portfolio.vault,
            organisation=organisation_by_slug(session, slug="school"),
            purpose=Purpose.CREDENTIAL,
            clock=service.portfolio.clock,
        )
    service.work()
    after = next(item for item in service.issue_more(first=2) if item.id != before.id)
    assert before.public_key != after.public_key
    kept = take_home(service, before, home / "before"), take_home(service, after, home / "after")
    page, trust = home / "verifier.html", home / "trust.json"
    page.write_bytes(service.client().get("/verifier.html").content)
    trust.write_text(dump_trust(service.portfolio.keeper.trust))
    service.close()
    shutil.rmtree(data)
    return Left(kept, page, trust, chain.rpc_url)


@pytest.fixture
def page(left: Left, browser: Any) -> Any:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_init_script(WATCH)
    opened: Page = context.new_page()
    opened.goto(left.page.as_uri())
    yield VerifierPage(Watched(opened))
    context.close()


@pytest.mark.fault(69)
def test_command_finds_bundles_and_diplomas_valid(left: Left) -> None:
    for kept in left.kept:
        for file in (kept.bundle, kept.diploma):
            done = left.command(file)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "VALID" in done.stdout
            assert kept.code in done.stdout


def test_command_finds_a_folder_of_them_valid_and_the_photos_unanswered(left: Left, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    done = left.command(left.kept[0].bundle.parent, options=("--report", str(report)))
    assert done.returncode == 3, done.stdout + done.stderr
    rows = list(csv.DictReader(report.read_text("utf-8-sig").splitlines(), delimiter=";"))
    found = {row["source"]: (row["verdict"], row["short_code"]) for row in rows}
    code = left.kept[0].code
    assert found == {
        "bundle.json": ("VALID", code),
        "diploma.pdf": ("VALID", code),
        "photo.jpg": ("CANNOT_CHECK", code),
    }


def test_photo_alone_gives_the_code_and_says_what_it_needs(left: Left) -> None:
    done = left.command(left.kept[0].photo)
    assert done.returncode == 3, done.stdout + done.stderr
    assert left.kept[0].code in done.stdout + done.stderr
    assert "VALID" not in done.stdout.replace("INVALID", "")


def test_page_from_a_disk_finds_them_valid(left: Left, page: VerifierPage) -> None:
    for kept in left.kept:
        for file in (kept.bundle, kept.diploma):
            page.drop(Dropped(file.name, file.read_bytes()))
            assert page.verdict == "VALID"
            assert kept.code in page.text
    assert page.watched.caught() == []


def test_page_reads_the_photo_and_says_what_it_needs(left: Left, page: VerifierPage) -> None:
    kept = left.kept[1]
    page.drop(Dropped("photo.jpg", kept.photo.read_bytes(), "image/jpeg"))
    assert page.verdict == "link"
    assert kept.code in page.text
    assert "ничего не доказывает" in page.text
