"""A share as a file, over a real chain: it verifies by the command, packed and unpacked, without the service."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from sharing_world import Made, award, consent, minimal_of, opened, share
from typer.testing import CliRunner

from people_world import Someone, World
from portfolio.chain.local import LocalChain
from portfolio.cli import build
from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.trust import dump_trust
from ports import free_port
from service_world import Service, make_service

pytestmark = pytest.mark.chain


@dataclass
class ChainedWorld:
    """A service that anchors, the people over it, and the trust roots of a verifier elsewhere."""

    service: Service
    world: World
    trust_file: Path


@pytest.fixture(scope="module")
def chained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainedWorld]:
    with LocalChain(tmp_path_factory.mktemp("sharing-chain"), port=free_port()) as chain:
        folder = tmp_path_factory.mktemp("sharing")
        service = make_service(folder, chain.rpc_url)
        service.add_issuer("school")
        world = World(service.portfolio, service.portfolio.clock)  # type: ignore[arg-type]  # it is moved by none of these tests
        trust_file = folder / "trust.json"
        trust_file.write_text(dump_trust(TrustRoots((service.portfolio.pair,))))
        yield ChainedWorld(service, world, trust_file)
        for client in world.clients:
            client.close()
        service.close()


@pytest.fixture(scope="module")
def holder(chained: ChainedWorld) -> Someone:
    someone: Someone = chained.world.someone("Сидорова Анна Олеговна")
    consent(chained.world, someone)
    return someone


@pytest.fixture(scope="module")
def made(chained: ChainedWorld, holder: Someone) -> Made:
    first = award(chained.world, holder)
    second = award(chained.world, holder, title="Турнир городов", score="41")
    chained.service.work()
    return share(holder, f"full:{first}", f"minimal:{second}")


def verify(chained: ChainedWorld, *arguments: str) -> Any:
    environment = {"PORTFOLIO_LANGUAGE": "en", "COLUMNS": "200", "PORTFOLIO_TRUST_FILE": str(chained.trust_file)}
    environment |= {"PORTFOLIO_DATA_DIR": str(chained.trust_file.parent), "PORTFOLIO_PUBLIC_URL": "http://127.0.0.1"}
    return CliRunner().invoke(build(["verify"]), ["verify", *arguments], env=environment)


def test_the_page_says_genuine(chained: ChainedWorld, made: Made) -> None:
    client = opened(chained.world, made)
    page = client.get(made.path)
    assert page.text.count('class="badge tone-valid"') == 2
    whole = client.get(made.path + "/1")
    assert "Genuine" in whole.text
    assert ">41<" not in whole.text


def test_a_presentation_verifies_packed_and_unpacked(chained: ChainedWorld, made: Made, tmp_path: Path) -> None:
    answer = opened(chained.world, made).get(made.path + "/presentation.zip")
    assert answer.headers["content-type"] == "application/zip"
    packed = tmp_path / "presentation.zip"
    packed.write_bytes(answer.content)
    done = verify(chained, str(packed), "--json")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("VALID") >= 2
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "unpacked")
    assert names == ["README.txt", "001-olympiad-award-minimal-2026.json", "002-olympiad-award-2026.json"]
    assert verify(chained, str(tmp_path / "unpacked")).exit_code == 0
    for name in names[1:]:
        assert verify(chained, str(tmp_path / "unpacked" / name)).exit_code == 0


def test_an_altered_presentation_does_not(chained: ChainedWorld, made: Made, tmp_path: Path) -> None:
    content = opened(chained.world, made).get(made.path + "/presentation.zip").content
    packed = tmp_path / "presentation.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace("Турнир городов".encode(), "Турнир столиц!".encode()))
    assert verify(chained, str(packed)).exit_code == 1


@pytest.mark.fault(106, 111)
def test_a_presentation_holds_what_the_link_shows_and_no_more(
    chained: ChainedWorld, holder: Someone, made: Made
) -> None:
    award(chained.world, holder, title="Позднейшая")
    content = opened(chained.world, made).get(made.path + "/presentation.zip").content
    own = holder.get(f"/p/{holder.person_id}/shares/{made.id}/presentation.zip").content
    for packed in (content, own):
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            bundles = [orjson.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")]
            text = "".join(archive.read(name).decode("utf-8-sig") for name in archive.namelist())
        assert len(bundles) == 2
        assert all(bundle["type"] == "PortfolioBundle" and bundle["receipts"] for bundle in bundles)
        assert '"41"' not in text
        assert "Позднейшая" not in text
        assert made.token not in text
        assert "/v/" not in text


def test_who_has_not_opened_the_link_has_no_file(chained: ChainedWorld, holder: Someone, made: Made) -> None:
    assert chained.world.visitor().get(made.path + "/presentation.zip").status_code == 404
    assert minimal_of(chained.world, award(chained.world, holder, title="Ещё одна"))
