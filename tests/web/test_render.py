from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from portfolio.i18n import LANGUAGES, Language
from portfolio.web.assets import STATIC_DIRECTORY, STATIC_PATH, Assets, asset_url
from portfolio.web.headers import CONTENT_SECURITY_POLICY, PRIVATE_HEADERS, SECURITY_HEADERS
from portfolio.web.render import compile_templates, error_page, render
from portfolio.web.wording import ERRORS


def test_every_template_compiles_in_every_language() -> None:
    compile_templates()


def test_a_missing_value_is_an_error_and_not_an_empty_page() -> None:
    with pytest.raises(UndefinedError):
        render("error.html", language="ru")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [*ERRORS, 400, 405, 409, 500, 502])
def test_every_status_has_a_page(language: Language, status: int) -> None:
    html = error_page(status, "some_code", "", language)
    assert f'<html lang="{language}">' in html
    assert str(status) in html
    assert "noindex" in html


@pytest.mark.fault(105)
def test_unknown_and_gone_answer_the_same_words() -> None:
    unknown, gone = (error_page(status, "x", f"about {status}", "ru") for status in (404, 410))
    assert unknown.replace("404", "") == gone.replace("410", "")


def test_fault_of_ours_keeps_its_message_to_itself() -> None:
    assert "sqlite" not in error_page(500, "internal", "sqlite3 is locked at /home/x", "en")


def test_refusal_says_its_sentence_to_whoever_reads_it() -> None:
    sentence = "there is an organisation school already"
    assert sentence in error_page(409, "conflict", sentence, "en")
    assert sentence not in error_page(409, "conflict", sentence, "ru")
    assert "Файл пустой." in error_page(422, "empty", "The file is empty.", "ru")


@pytest.mark.fault(85)
def test_message_of_an_error_is_text() -> None:
    assert "<img" not in error_page(409, "conflict", "<img src=x onerror=alert(1)>", "en").replace(
        '<img src="/static', ""
    )


def test_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "base-uri 'none'" in CONTENT_SECURITY_POLICY


@pytest.mark.fault(104)
@pytest.mark.fault(105)
def test_private_pages_are_kept_by_nobody() -> None:
    assert PRIVATE_HEADERS["Cache-Control"] == "no-store"
    assert "noindex" in PRIVATE_HEADERS["X-Robots-Tag"]
    assert SECURITY_HEADERS["Referrer-Policy"] == "same-origin"
    assert SECURITY_HEADERS["X-Content-Type-Options"] == "nosniff"


def test_templates_hold_nothing_the_policy_would_stop() -> None:
    """No inline script, style or handler, no address outside this site."""
    for path in (STATIC_DIRECTORY.parent / "templates").rglob("*.html"):
        source = path.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", source), path
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", source), path
        assert source.count("|safe") == (1 if path.name == "icons.html" else 0), path


def test_assets_may_be_kept_for_ever_under_the_address_of_their_content() -> None:
    client = TestClient(Starlette(routes=[Mount(STATIC_PATH, Assets())]))
    known = client.get(asset_url("site.css"))
    assert known.status_code == 200
    assert known.headers["cache-control"] == "public, max-age=31536000, immutable"
    for other in (f"{STATIC_PATH}/site.css", f"{STATIC_PATH}/site.css?v=0123456789ab"):
        assert client.get(other).headers["cache-control"] == "public, max-age=3600"
    assert client.get(f"{STATIC_PATH}/../render.py").status_code == 404
    assert client.get(f"{STATIC_PATH}/absent.css").status_code == 404


def test_address_of_an_asset_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        asset_url("absent.css")
