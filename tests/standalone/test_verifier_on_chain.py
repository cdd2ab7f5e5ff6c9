"""The page from file:// against a real chain: the six verdicts, and every way in which a node can fail it."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from credential_examples import EXAMPLES, SIGNER
from node_front import node_front
from page_world import Dropped, PageWorld, VerifierPage, pdf_with
from playwright.sync_api import expect

from portfolio.chain.local import LocalChain
from portfolio.credentials.facts import Checkpoint, Reason, TrustRoots
from portfolio.credentials.links import short_code
from portfolio.credentials.trust import dump_trust
from ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.chain]

SHOTS = os.environ.get("VERIFIER_SHOTS")
"""A folder to put screenshots into, for whoever wants to look."""


def dead_node() -> str:
    return f"http://127.0.0.1:{free_port()}"


def shoot(opened: VerifierPage, name: str) -> None:
    """Nothing may be wider than the page; the picture is for people."""
    page = opened.page
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


def test_registered_credential_is_valid(open_verifier: Any, world: PageWorld) -> None:
    signed = world.sign()
    opened = open_verifier(world.trust()).drop(world.bundle(signed))
    assert opened.verdict == "VALID"
    assert set(opened.outcomes().values()) == {"pass"}
    assert len(opened.outcomes()) == 8
    assert opened.nodes() == ["source"]
    shown = opened.text.casefold()
    for words in (
        "Подлинный",
        "Сравните с бумагой",
        "тестовая сеть",
        "из одного источника",
        "Лицей № 7",
        "Код проверки",
    ):
        assert words.casefold() in shown
    assert short_code(signed.digest) in opened.text
    assert opened.watched.caught() == []
    asked = {request.url.split("/")[2] for request in opened.watched.requests if request.url.startswith("http")}
    assert asked == {world.chain.rpc_url.removeprefix("http://")}  # nobody else, our service least of all
    shoot(opened, "valid")


def test_credential_not_yet_in_the_register_is_pending(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust()).drop(world.bundle(anchored=False))
    assert opened.verdict == "PENDING"
    assert opened.outcomes()["anchor"] == "fail"
    shoot(opened, "pending")


def test_credential_whose_time_is_over_is_expired(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust()).drop(world.expired())
    assert opened.verdict == "EXPIRED"
    shoot(opened, "expired")


def test_revocation_is_seen_at_once(open_verifier: Any, world: PageWorld) -> None:
    signed = world.sign()
    bundle = world.bundle(signed)
    opened = open_verifier(world.trust()).drop(bundle)
    assert opened.verdict == "VALID"
    world.revoke(signed)
    opened.page.locator("#again").click()
    opened.settled()
    assert opened.verdict == "REVOKED"
    assert "по ошибке" in opened.text
    shoot(opened, "revoked")


@pytest.mark.fault(131)
def test_superseded_credential_names_its_successor(open_verifier: Any, world: PageWorld) -> None:
    signed = world.sign()
    bundle = world.bundle(signed)
    world.revoke(signed, Reason.SUPERSEDED)
    opened = open_verifier(world.trust()).drop(bundle)
    assert opened.verdict == "REVOKED"
    assert "исправленный" in opened.text


def test_altered_credential_is_invalid_and_its_words_are_not_shown(open_verifier: Any, world: PageWorld) -> None:
    name = EXAMPLES["olympiad_award"].holder_name
    altered = world.bundle().replace(name.encode(), "Самозванцев Пётр Ильич".encode())
    opened = open_verifier(world.trust()).drop(altered)
    assert opened.verdict == "INVALID"
    assert opened.outcomes()["signature"] == "fail"
    assert "Самозванцев" not in opened.text
    shoot(opened, "invalid")


@pytest.mark.fault(121)
def test_stranger_who_signs_and_anchors_is_invalid(open_verifier: Any, world: PageWorld) -> None:
    stranger = "did:web:stranger.example"
    opened = open_verifier(world.trust()).drop(world.bundle(issuer_did=stranger))
    assert opened.verdict == "INVALID"
    assert opened.outcomes()["issuer"] == "fail"
    shoot(opened, "stranger")


def test_node_that_is_stopped_is_no_verdict(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust(dead_node())).drop(world.bundle())
    assert opened.verdict == "CANNOT_CHECK"
    assert opened.nodes() == ["unreachable"]
    outcomes = opened.outcomes()
    assert {outcomes["structure"], outcomes["signature"]} == {"pass"}
    assert {outcomes[name] for name in ("issuer", "kind", "key", "anchor", "revocation")} == {"unknown"}
    assert "Проверьте подключение к интернету" in opened.text
    shoot(opened, "cannot-check")


def test_second_node_stands_in_for_a_stopped_first_one(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust(dead_node(), world.chain.rpc_url)).drop(world.bundle())
    assert opened.verdict == "VALID"
    assert opened.nodes() == ["unreachable", "source"]
    assert "из одного источника" in opened.text


def test_two_nodes_that_agree_are_two_sources(open_verifier: Any, world: PageWorld) -> None:
    with node_front(world.chain.rpc_url, lambda _, answer: answer) as other:
        opened = open_verifier(world.trust(world.chain.rpc_url, other)).drop(world.bundle())
        assert opened.verdict == "VALID"
        assert opened.nodes() == ["source", "source"]
        assert "из одного источника" not in opened.text
        assert "2 источников" in opened.text


def hide_revocation(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Answer every check as if nothing had been revoked: words 15 to 17 of the result."""
    data = str(request["params"][0].get("data", "")) if request["method"] == "eth_call" else ""
    if not data.startswith("0x25c3f265"):
        return answer
    words = bytearray.fromhex(answer["result"][2:])
    words[32 * 16 : 32 * 19] = bytes(96)
    return {**answer, "result": "0x" + words.hex()}


@pytest.mark.fault(128)
def test_nodes_that_disagree_are_no_verdict_and_named(open_verifier: Any, world: PageWorld) -> None:
    signed = world.sign()
    bundle = world.bundle(signed)
    world.revoke(signed)
    with node_front(world.chain.rpc_url, hide_revocation) as liar:
        # Alone, a lying node is believed: that is why the page says "one source".
        assert open_verifier(world.trust(liar)).drop(bundle).verdict == "VALID"
        opened = open_verifier(world.trust(liar, world.chain.rpc_url)).drop(bundle)
    assert opened.verdict == "CANNOT_CHECK"
    assert opened.nodes() == ["source", "differs"]
    assert "Узлы противоречат друг другу" in opened.text
    shoot(opened, "disagree")


@pytest.mark.fault(120)
@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"chain_id": 1}, "wrong_chain"),
        ({"genesis_hash": "0x" + "ab" * 32}, "wrong_genesis"),
        ({"issuer_registry_code_hash": "0x" + "ab" * 32}, "wrong_code"),
        ({"credential_registry_code_hash": "0x" + "ab" * 32}, "wrong_code"),
        ({"registrars": ("0x" + "ab" * 20,)}, "wrong_registrars"),
        ({"checkpoints": (Checkpoint(1, "0x" + "ab" * 32),)}, "wrong_checkpoint"),
    ],
)
def test_chain_that_is_not_the_trusted_one_is_no_verdict(
    open_verifier: Any, world: PageWorld, changes: dict[str, Any], state: str
) -> None:
    trust = TrustRoots((replace(world.pair(), **changes),))
    opened = open_verifier(trust).drop(world.bundle())
    assert opened.verdict == "CANNOT_CHECK"
    assert opened.nodes() == [state]


def test_head_that_is_too_old_is_no_verdict(open_verifier: Any, world: PageWorld) -> None:
    bundle = world.bundle()
    time.sleep(2.1)
    opened = open_verifier(world.trust(max_head_age=1)).drop(bundle)
    assert opened.verdict == "CANNOT_CHECK"
    assert opened.nodes() == ["stale_head"]


def test_chain_that_was_reset_is_no_verdict(open_verifier: Any, world: PageWorld, tmp_path: Path) -> None:
    with LocalChain(tmp_path / "reset", port=free_port()) as reset:
        opened = open_verifier(world.trust(reset.rpc_url)).drop(world.bundle())
    assert opened.verdict == "CANNOT_CHECK"
    assert set(opened.nodes()) <= {"wrong_genesis", "wrong_code"}


def test_depth_is_waited_for(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust(depth=1000)).drop(world.bundle())
    assert opened.verdict == "PENDING"


def test_page_as_it_was_built_trusts_nobody_and_says_so(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(None).drop(world.bundle())
    assert opened.verdict == "CANNOT_CHECK"
    assert opened.nodes() == []
    assert "не знает, какому реестру верить" in opened.text
    assert [request.url for request in opened.watched.requests if request.url.startswith("http")] == []
    shoot(opened, "no-trust")


def test_own_trust_file_and_other_nodes_are_taken(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(None).drop(world.bundle())
    page = opened.page
    page.locator("#settings summary").click()
    broken = {"name": "trust.json", "mimeType": "application/json", "buffer": b'{"version": 2, "pairs": []}'}
    page.set_input_files("#trust-file", [broken])  # type: ignore[list-item]
    expect(page.locator(".problem")).to_contain_text("Этот файл доверия использовать нельзя")
    expect(page.locator(".problem code")).to_have_text("version: must be 1; this page knows no other")
    good = {**broken, "buffer": dump_trust(world.trust(dead_node())).encode()}
    page.set_input_files("#trust-file", [good])  # type: ignore[list-item]
    expect(page.locator("li.node")).to_have_attribute("data-node", "unreachable")
    page.fill("#nodes-0", world.chain.rpc_url)
    page.locator("#settings form button").click()
    expect(page.locator("article.result")).to_have_attribute("data-verdict", "VALID")
    assert opened.page.evaluate("caught") == []
    shoot(opened, "settings")


def test_pdf_bundle_and_credential_at_once(open_verifier: Any, world: PageWorld) -> None:
    signed = world.sign()
    bundle = world.bundle(signed)
    opened = open_verifier(world.trust()).drop(
        Dropped("диплом.pdf", pdf_with(("credential.json", bundle)), "application/pdf"),
        Dropped("bundle.json", bundle),
        Dropped("credential.json", signed.document),
        Dropped("photo.txt", b"hello"),
    )
    assert opened.verdicts == ["VALID", "VALID", "PENDING", "INVALID"]
    assert "напечатано в самом PDF, ничего не доказывает" in opened.text
    assert opened.page.locator("ol.summary li").count() == 4
    shoot(opened, "several")


def test_pasted_text_and_the_other_language(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust())
    opened.page.fill("#paste", world.bundle().decode())
    opened.page.locator("form.way button").click()
    expect(opened.page.locator("article.result")).to_have_attribute("data-verdict", "VALID")
    opened.page.locator("#language-en").click()
    assert "Genuine" in opened.text
    assert "Compare with the paper" in opened.text
    assert opened.page.evaluate("document.documentElement.lang") == "en"
    assert opened.page.evaluate("document.activeElement.id") == "language-en"
    assert json.loads(opened.page.input_value("#paste"))["type"] == "PortfolioBundle"
    shoot(opened, "english")


def test_school_certificate_with_marks(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust()).drop(world.bundle(example="school_certificate"))
    assert opened.verdict == "VALID"
    assert opened.page.locator("table.marks tbody tr").count() == len(
        dict(EXAMPLES["school_certificate"].fields)["marks"]
    )
    shoot(opened, "marks")


def test_world_signs_as_the_vectors_do() -> None:
    assert SIGNER.public_key.hex() == "a2fa2f4a355ba2e907a53009e9e37caddf7ac7e66a08ba07631f553072b3f24c"
