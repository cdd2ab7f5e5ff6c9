"""Words of a hostile file, a hostile node and a hostile trust file stay words (fault 129)."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from page_world import Dropped, PageWorld, pdf_with

from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import TrustRoots
from result_pages import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.chain, pytest.mark.fault(129)]

CREATED = "document.querySelectorAll('#app script, #app img, #app iframe, #app b, #app svg *:not(path)').length"


def test_payloads_in_signed_fields_and_names_of_files_do_nothing(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust())
    shown = 0
    for payload in PAYLOADS:
        try:
            content = world.bundle(holder_name=payload, fields={"title": payload}, anchored=False)
            shown += 1
        except StructureError:
            content = payload.encode("utf-8", "surrogatepass")  # what may not be signed comes as another sort of file
        opened.drop(Dropped(payload.replace("/", "").replace("\0", "")[:80] or "x", content))
        assert opened.watched.caught() == [], payload
        assert opened.page.evaluate(CREATED) == 0, payload
        if opened.page.locator(".holder dd").count():
            assert opened.page.locator(".holder dd").text_content() == payload
    assert shown >= 10


def test_payloads_in_json_receipts_and_text_do_nothing(open_verifier: Any, world: PageWorld) -> None:
    opened = open_verifier(world.trust())
    bundle = json.loads(world.bundle(anchored=False))
    hostile = [json.dumps({**bundle, "receipts": [{"version": text}, text]}).encode() for text in PAYLOADS]
    hostile += [json.dumps({**bundle, text: 1}).encode() for text in PAYLOADS]
    hostile += [json.dumps({text: text, "__proto__": {"polluted": 1}, "constructor": 1}).encode() for text in PAYLOADS]
    opened.drop(*(Dropped(f"{number}.json", content) for number, content in enumerate(hostile[:50])))
    assert set(opened.verdicts) <= {"INVALID", "PENDING"}
    assert opened.page.evaluate("({}).polluted") is None
    for payload in PAYLOADS:
        opened.page.fill("#paste", payload)
        opened.page.locator("form.way button").click()
        opened.settled()
    assert opened.watched.caught() == []
    assert opened.page.evaluate(CREATED) == 0


def test_payloads_in_trust_roots_and_names_of_nodes_do_nothing(open_verifier: Any, world: PageWorld) -> None:
    bundle = world.bundle(anchored=False)
    for payload in PAYLOADS[:6]:
        pair = replace(world.pair("http://127.0.0.1:9/" + "".join(payload.split())), name=payload.strip() or "x")
        opened = open_verifier(TrustRoots((pair,)))
        opened.page.locator("#settings summary").click()
        opened.drop(bundle)
        assert opened.verdict == "CANNOT_CHECK"
        assert opened.page.evaluate("caught") == []
        assert opened.page.evaluate(CREATED) == 0


def test_policy_would_stop_what_slipped_through(open_verifier: Any) -> None:
    """The other tests could not fail if the watch were blind."""
    opened = open_verifier(None)
    refused = opened.page.evaluate(
        """() => {
          const refused = [];
          const script = document.createElement("script");
          const image = new Image();
          image.src = "https://evil.example/x.png";
          document.body.append(image);
          const attempts = {
            html: () => { document.body.innerHTML = "<b>x</b>"; },
            script: () => { script.textContent = "alert(1)"; },
          };
          for (const [name, attempt] of Object.entries(attempts)) {
            try { attempt(); } catch { refused.push(name); }
          }
          return refused;
        }"""
    )
    assert sorted(refused) == ["html", "script"]
    opened.page.wait_for_function("caught.some((one) => one.startsWith('img-src'))")
    assert not [one for one in opened.page.evaluate("caught") if one.startswith("ran")]


@pytest.mark.fault(77)
@pytest.mark.fault(78)
def test_hostile_pdfs_are_refused_within_limits(open_verifier: Any, world: PageWorld) -> None:
    bundle = world.bundle(anchored=False)
    bomb = b"{" + b" " * 200_000_000  # 200 MB that deflate to 200 kB
    two = pdf_with(("credential.json", bundle), ("b.json", bundle.replace(b'"version": 1', b'"version":1')))
    cases = {
        "bomb": (pdf_with(("credential.json", bomb)), "trouble"),
        "truncated": (pdf_with(("credential.json", bundle))[:-2000], None),
        "without": (pdf_with(), "trouble"),
        "named first": (two, "PENDING"),
        "several": (two.replace(b"credential.json", b"something.json_"[:15]), "trouble"),
        "deep": (b"%PDF-1.7\n1 0 obj\n" + b"[" * 100_000 + b"\nendobj", "trouble"),
        "looping": (b"%PDF-1.7\n1 0 obj\n<</EF 1 0 R/UF 1 0 R/Length 1 0 R>>\nstream\n", "trouble"),
        "noise": (b"%PDF-1.7\n" + b"1 0 obj << /EF << /F " * 20_000, "trouble"),
    }
    opened = open_verifier(world.trust())
    for name, (content, wanted) in cases.items():
        opened.drop(Dropped("a.pdf", content))
        assert wanted is None or opened.verdict == wanted, name
        assert opened.watched.caught() == [], name


def object_stream_that_points_at_one_place(size: int) -> bytes:
    """Every object of it is said to stand where one long string begins that nothing ends."""
    header = b"".join(b"%d 0 " % number for number in range(10, 10 + size // 16))
    body = header + b"(" + b"a" * (size // 2)
    told = b"/Type/ObjStm/N %d/First %d/Length %d" % (size // 16, len(header), len(body))
    return b"1 0 obj<<" + told + b">>stream\n" + body + b"\nendstream endobj"


@pytest.mark.fault(77)
@pytest.mark.parametrize(
    "body",
    [
        b"1 0 obj(" * 131_072,
        b"trailer(" * 131_072,
        b"1 0 obj<<" * 116_508,
        b"1 0 obj[1" + b" " * 1_000_000,
        b"1 " * 524_288,
        object_stream_that_points_at_one_place(1_000_000),
    ],
    ids=["strings", "trailers", "dictionaries", "spaces", "numbers", "object stream"],
)
def test_a_megabyte_of_pdf_is_done_with_in_seconds(open_verifier: Any, world: PageWorld, body: bytes) -> None:
    opened = open_verifier(world.trust())
    started = time.monotonic()
    opened.drop(Dropped("a.pdf", b"%PDF-1.7\n" + body))
    # Read again from every object on, the strings took 10 s at a sixteenth: three quarters of an hour for these.
    assert time.monotonic() - started < 30
    assert opened.verdict == "trouble"
