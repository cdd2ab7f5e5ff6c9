"""One table of cases for Python and the page: every shared vector, judged in headless Chromium by the built file."""

from __future__ import annotations

import base64
import gzip
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from scenarios_status import SET, _with_list

from portfolio.credentials import characters, values
from portfolio.credentials.canonical import StructureError, is_good_public_key, parse_json
from portfolio.credentials.facts import dump_facts
from portfolio.credentials.links import read_short_code, short_code
from portfolio.credentials.statuslists import decode_bits
from portfolio.credentials.trust import dump_trust

pytestmark = pytest.mark.browser

VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    from portfolio.verification.standalone.page import released_page

    path = tmp_path_factory.mktemp("vectors") / "verifier.html"
    path.write_text(released_page(), "utf-8")
    opened = browser.new_page()
    opened.goto(path.as_uri())
    yield opened
    opened.close()


def asked(page: Page, function: str, *arguments: Any) -> Any:
    return page.evaluate(f"(arguments) => portfolioVerifier.{function}(...arguments)", list(arguments))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def files(folder: str) -> list[Path]:
    found = sorted((VECTORS / folder).glob("*.json"))
    assert found, folder
    return found


def test_hook_is_frozen(page: Page) -> None:
    kept = "(() => { 'use strict'; try { portfolioVerifier.verdict = 1; return false } catch { return true } })()"
    assert page.evaluate(kept)
    assert page.evaluate(
        "(() => { 'use strict'; try { portfolioVerifier = 1; return false } catch { return true } })()"
    )


@pytest.mark.fault(116)
@pytest.mark.fault(120)
@pytest.mark.fault(121)
@pytest.mark.fault(127)
def test_every_verdict_is_pythons(page: Page) -> None:
    differing = {}
    for path in files("verdicts"):
        vector = json.loads(path.read_text("utf-8"))
        bundle = vector["bundle"]
        data = base64.b64decode(bundle["base64"]) if "base64" in bundle else json.dumps(bundle).encode()
        trust = json.dumps(vector["trust"])
        report = asked(page, "verdict", base64_of(data), trust, vector["facts"], vector["now"])
        if report != vector["expected"]:
            differing[path.stem] = report
    assert differing == {}
    assert len(files("verdicts")) >= 128


@pytest.mark.fault(130)
def test_every_forgery_is_refused_for_pythons_reasons(page: Page) -> None:
    for path in files("forgeries"):
        vector = json.loads(path.read_text("utf-8"))
        made = vector["bundle"]
        data = base64.b64decode(made["base64"]) if "base64" in made else json.dumps(made).encode()
        report = asked(page, "verdict", base64_of(data), json.dumps(vector["trust"]), vector["facts"], vector["now"])
        assert report == vector["report"], path.stem
        assert report["verdict"] != "VALID", path.stem


@pytest.mark.fault(126)
def test_every_bundle_is_read_as_the_table_says(page: Page) -> None:
    table = json.loads((VECTORS / "bundles" / "bundles.json").read_text("utf-8"))
    found = {
        name: asked(page, "bundle", base64_of((VECTORS / "bundles" / f"{name}.json").read_bytes())) for name in table
    }
    assert found == table


def test_every_good_credential_has_pythons_lines_and_digest(page: Page) -> None:
    folder = VECTORS / "credentials" / "valid"
    for name, hashes in json.loads((VECTORS / "credentials" / "digests.json").read_text("utf-8")).items():
        read = asked(page, "credential", base64_of((folder / f"{name}.json").read_bytes()))
        assert read == {
            **hashes,
            "public_key": "0x" + hashes["public_key"],
            "signing_input": "0x" + hashes["signing_input"],
            "signature": "0x" + hashes["signature"],
            "document": (folder / f"{name}.document.nq").read_text("utf-8"),
            "options": (folder / f"{name}.options.nq").read_text("utf-8"),
            "short_code": short_code(bytes.fromhex(hashes["digest"][2:])),
        }, name


def test_every_bad_credential_is_refused_for_its_reason(page: Page) -> None:
    wanted = json.loads((VECTORS / "credentials" / "refused.json").read_text("utf-8"))
    found = {
        path.stem: asked(page, "credential", base64_of(path.read_bytes())) for path in files("credentials/refused")
    }
    assert found == wanted


def test_bad_points_are_refused_and_good_ones_are_not(page: Page) -> None:
    points = json.loads((VECTORS / "credentials" / "bad_points.json").read_text("utf-8"))
    assert [name for name, point in points.items() if asked(page, "isGoodPoint", "0x" + point)] == []
    digests = json.loads((VECTORS / "credentials" / "digests.json").read_text("utf-8"))
    for hashes in digests.values():
        assert is_good_public_key(bytes.fromhex(hashes["public_key"]))
        assert asked(page, "isGoodPoint", "0x" + hashes["public_key"])


@pytest.mark.fault(115)
@pytest.mark.fault(117)
@pytest.mark.fault(118)
def test_merkle_vectors(page: Page) -> None:
    for path in files("merkle"):
        vector = json.loads(path.read_text("utf-8"))
        if "leaves" in vector:
            cases = [(digest, proof, True) for digest, proof in zip(vector["digests"], vector["proofs"], strict=True)]
        else:
            cases = [(vector["digest"], vector["proof"], vector["valid"])]
        for digest, proof, valid in cases:
            assert asked(page, "proves", digest, proof, vector["root"]) is valid, path.name


def typed(value: Any) -> Any:
    """What Python read, in the form in which the hook tells it: numbers with their type, members in order."""
    if isinstance(value, dict):
        return [[name, typed(member)] for name, member in value.items()]
    if isinstance(value, list):
        return {"list": [typed(member) for member in value]}
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return {"int": str(value)} if isinstance(value, int) else {"float": value}


JSON_TEXTS = (
    b'{"a": 1, "a": 2}',
    b'{"a": 1, "\\u0061": 2}',
    b'{"__proto__": {"x": 1}, "10": 1, "9": 2}',
    b"[1, 1.0, 1e0, -0, -0.0]",
    b"[01]",
    b"[1.]",
    b"[.5]",
    b"[+1]",
    b"[1e400]",
    b"[-1e400]",
    b"[1e-400]",
    b"[NaN]",
    b"[-Infinity]",
    b"[nul]",
    b"",
    b" ",
    b"\xef\xbb\xbf{}",
    b"\xff",
    b'"\\ud800"',
    b'"\\ud83d\\ude00"',
    b'"\\uD83D\\uDE00"',
    b'"\\x"',
    b'"\\u12"',
    b'"\t"',
    b'"\x7f"',
    b'"\\u0000"',
    b'"\\ufffe"',
    b"{} {}",
    b"[1,]",
    b'{"a":1,}',
    b"{,}",
    b"[",
    b'{"a"',
    b'{"a":}',
    b"null",
    b"true",
    b'"a',
    b"[" * 16 + b"]" * 16,
    b"[" * 17 + b"]" * 17,
    b"[" * 401 + b"]" * 401,
    b"[" * 5000,
    b"12345678901234567890123456",
    b"123456789012345678901234",
    b"9007199254740993",
    b'{"' + b"\xc2\x80" + b'": 1}',
    b"\x0b{}",
    b"\xc2\xa0{}",
    b"/**/{}",
    b'{"a": [1, {"b": "\\u0001"}]}',
    b"[" * 200 + b'"' + b"]" * 300 + b'"',
    b'["\xed\xa0\x80"]',
    b'["\xf4\x90\x80\x80"]',
)


@pytest.mark.fault(82)
@pytest.mark.fault(126)
def test_json_is_read_or_refused_as_python_does(page: Page) -> None:
    for text in JSON_TEXTS:
        try:
            wanted: Any = {"value": typed(parse_json(text))}
        except StructureError as error:
            wanted = {"refused": error.code, "path": error.path}
        assert asked(page, "json", base64_of(text)) == wanted, text[:80]


def test_character_classes_are_pythons(page: Page) -> None:
    patterns = (characters.UNREADABLE, characters.UNSPACED, characters.DIRECTIONS, characters.INVISIBLE)
    counted = [sum(bool(pattern.fullmatch(chr(code))) for code in range(0x110000)) for pattern in patterns]
    assert asked(page, "characters") == counted


def test_every_sign_is_folded_as_python_folds_it(page: Page) -> None:
    signs = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in {"Cn", "Cs"}]
    texts = [*(f"a{sign}b" for sign in signs), "ınfo", "info", "STRASSE", "Straße", "ΟΔΟΣ", "Ёж .", "ﬁ", "İ"]
    folded = asked(page, "fold", texts)
    differing = {text: found for text, found in zip(texts, folded, strict=True) if found != values.fold(text)}
    assert differing == {}


def test_typed_codes_are_read_as_python_reads_them(page: Page) -> None:
    good = "0123-4567-89AB"
    typed = [good, good.lower(), "ОІ23", "оl23 4567 89ав", "O123–4567—89АВ", "ЗУХТ-СРОН-МКЕВ", "зухт\u00a0срон\x1cмкев"]
    typed += [good + "\ufeff", good + "0", "", "Ю" * 12, "ßßßßßß"]
    assert [asked(page, "readShortCode", text) for text in typed] == [read_short_code(text) for text in typed]
    assert asked(page, "readShortCode", "О123-4567-89АВ") == good  # every letter of it Cyrillic


@pytest.mark.parametrize("room", [20_000, 30_000], ids=["just small enough", "too large"])
def test_status_list_is_refused_at_the_size_at_which_python_refuses_it(page: Page, room: int) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(filename="n" * room, fileobj=packed, mode="wb", mtime=0) as file:  # the name stands in the file
        file.write(decode_bits(SET))
    case = _with_list("u" + base64.urlsafe_b64encode(packed.getvalue()).decode().rstrip("="))
    wanted = case.report().to_json()
    facts = [dump_facts(fact) for fact in case.facts]
    assert bool(wanted["warnings"]) is (room == 20_000)
    assert asked(page, "verdict", base64_of(case.bundle), dump_trust(case.trust), facts, case.now) == wanted
