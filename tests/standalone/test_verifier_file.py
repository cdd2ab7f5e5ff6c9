"""The released file is what its sources make, fits its limits, and trusts what it is given."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from portfolio.cli import build
from portfolio.credentials.facts import TrustedPair, TrustRoots
from portfolio.credentials.trust import dump_trust, load_trust
from portfolio.verification.standalone.page import host_of, page_policy, public_nodes, released_page, verifier_file

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "src" / "portfolio" / "verification" / "standalone"
MOST_COMPRESSED = 400_000

PAIR = TrustedPair(
    name="</script><script>alert(1)</script>",
    chain_id=31337,
    genesis_hash="0x" + "11" * 32,
    issuer_registry="0x" + "22" * 20,
    credential_registry="0x" + "33" * 20,
    issuer_registry_code_hash="0x" + "44" * 32,
    credential_registry_code_hash="0x" + "55" * 32,
    registrars=("0x" + "66" * 20,),
    rpc_urls=(
        "http://127.0.0.1:8545",
        "https://node.example/v3/secret",
        "https://a:b@node.example",
        "https://n.example/",
    ),
    local=True,
)


def run(*command: str, folder: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_taken_over_words_and_kinds_are_fresh() -> None:
    run(sys.executable, str(ROOT / "scripts" / "standalone_data.py"), "--check")


def test_released_file_is_what_the_sources_make(tmp_path: Path) -> None:
    run(str(FOLDER / "install.sh"))
    run("node", "build.mjs", "--out", str(tmp_path / "built.html"), folder=FOLDER)
    assert (tmp_path / "built.html").read_bytes() == (FOLDER / "release" / "verifier.html").read_bytes()


def test_sources_are_sound_to_the_compiler() -> None:
    run(str(FOLDER / "install.sh"))
    run("node", "node_modules/typescript/bin/tsc", "--noEmit", folder=FOLDER)


def test_sources_keep_the_limits_of_the_house() -> None:
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in FOLDER.glob("source/**/*.ts")}
    assert {name: count for name, count in lines.items() if count > 400} == {}
    markup = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser")
    assert [path.name for path in FOLDER.glob("source/**/*.ts") if markup.search(path.read_text("utf-8"))] == []


def test_every_sentence_of_the_page_has_its_russian() -> None:
    words = (FOLDER / "source" / "page" / "own_words.ts").read_text("utf-8")
    generated = json.loads((FOLDER / "source" / "core" / "generated.json").read_text("utf-8"))
    own = re.findall(r'^  (?:"([^"]+)"|([A-Za-z]+)):', words, re.MULTILINE)
    known = {quoted or bare for quoted, bare in own} | set(generated["russian"])
    said = {
        sentence
        for path in FOLDER.glob("source/page/*.ts")
        if path.name != "own_words.ts"
        for sentence in re.findall(r'say\(\s*"([^"]+)"', path.read_text("utf-8"))
    }
    assert len(said) > 40
    assert said - known == set()
    assert [en for en, ru in generated["russian"].items() if en == ru and " " in en] == []


def test_file_is_small_enough_for_a_slow_link() -> None:
    assert len(gzip.compress(released_page().encode(), 9)) <= MOST_COMPRESSED


@pytest.mark.fault(129)
def test_trust_is_filled_in_and_cannot_end_its_block() -> None:
    trust = TrustRoots((PAIR,))
    page = verifier_file(trust=trust, hosts=["id.example"]).decode()
    assert page.count("<script") == released_page().count("<script")
    (block,) = re.findall(r'<script type="application/json" id="trust">(.*?)</script>', page, re.DOTALL)
    assert load_trust(block) == trust
    assert '<script type="application/json" id="hosts">["id.example"]</script>' in page
    for part in ("style", "script"):  # what the policy's hashes cover stays as it was built
        found = [re.findall(f"<{part}>(.*?)</{part}>", text, re.DOTALL) for text in (page, released_page())]
        assert found[0] == found[1] != []


def test_policy_allows_one_script_and_nothing_else() -> None:
    policy = dict(part.split(" ", 1) for part in page_policy().split("; "))
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", policy["script-src"])
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", policy["style-src"])
    assert (policy["default-src"], policy["base-uri"], policy["form-action"]) == ("'none'",) * 3
    assert "unsafe" not in page_policy()


def test_addresses_that_may_carry_keys_are_not_told() -> None:
    (pair,) = public_nodes(TrustRoots((PAIR,)), named="").pairs
    assert pair.rpc_urls == ("http://127.0.0.1:8545", "https://n.example/")
    (pair,) = public_nodes(TrustRoots((PAIR,)), named="https://one.example/k, https://two.example").pairs
    assert pair.rpc_urls == ("https://one.example/k", "https://two.example")


def test_host_is_written_as_a_browser_writes_it() -> None:
    assert host_of("https://Пример.рф:8443/x") == "xn--e1afmkfd.xn--p1ai"
    assert host_of("http://127.0.0.1:8000") == "127.0.0.1"


def test_command_writes_the_page(tmp_path: Path) -> None:
    trust, out = tmp_path / "trust.json", tmp_path / "verifier.html"
    trust.write_text(dump_trust(TrustRoots((PAIR,))), "utf-8")
    runner, app = CliRunner(), build(["verifier"])
    done = runner.invoke(app, ["verifier", "--trust", str(trust), "--out", str(out), "--host", "ID.example"])
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == verifier_file(trust=TrustRoots((PAIR,)), hosts=["id.example"])
    for arguments in (
        ["--trust", str(tmp_path / "none"), "--out", str(out)],
        ["--trust", str(trust), "--out", str(tmp_path)],
    ):
        assert runner.invoke(app, ["verifier", *arguments]).exit_code != 0
