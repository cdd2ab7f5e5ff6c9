"""Text goes out compressed, but never where its length could tell a secret, and never twice."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from people_world import World
from portfolio.app import create_app
from portfolio.web.assets import STATIC_DIRECTORY, STATIC_PATH, asset_url
from portfolio.web.compression import LEAST, MOST, Compressed

TEXT = "Проверить документ. " * 200


def answer(request: Request) -> Response:
    asked = request.query_params
    if asked.get("pieces"):
        return StreamingResponse(iter([TEXT.encode()] * 2), media_type="text/html")
    body = TEXT.encode()[: int(asked.get("size", 4000))]
    headers = {"content-encoding": "br"} if asked.get("packed") else {"vary": "Cookie"}
    return Response(body, int(asked.get("status", 200)), headers, asked.get("type", "text/html; charset=utf-8"))


APP = Compressed(Starlette(routes=[Route("/", answer), Route("/v/x", answer)]))


def encoding(path: str, *, headers: Mapping[str, str] | None = None, method: str = "GET") -> str | None:
    got = TestClient(APP).request(method, path, headers={"accept-encoding": "gzip, br", **(headers or {})})
    found: str | None = got.headers.get("content-encoding")
    return found


def test_text_is_compressed_and_caches_are_told() -> None:
    client = TestClient(APP)
    got = client.get("/", headers={"accept-encoding": "gzip"})
    assert got.content == TEXT.encode()[:4000]
    assert int(got.headers["content-length"]) < 400
    assert got.headers["vary"] == "Cookie, Accept-Encoding"


@pytest.mark.parametrize(
    "kind", ["text/css", "text/javascript", "image/svg+xml", "application/json", "application/ld+json"]
)
def test_all_kinds_of_text(kind: str) -> None:
    assert encoding(f"/?type={kind.replace('+', '%2B')}") == "gzip"


@pytest.mark.parametrize(
    "path",
    [
        "/?type=application/pdf",
        "/?type=font/woff2",
        "/?type=image/png",
        f"/?size={LEAST - 1}",
        "/?status=206",
        "/?pieces=1",
    ],
)
def test_what_gains_nothing_stays_as_it_is(path: str) -> None:
    assert encoding(path) is None


def test_what_is_packed_already_stays_so() -> None:
    assert encoding("/?packed=1") == "br"


def test_those_who_do_not_take_it_get_it_as_it_is() -> None:
    assert encoding("/", headers={"accept-encoding": "identity"}) is None
    assert encoding("/", method="HEAD") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/", "gzip"), ("/?lang=ru", "gzip"), ("/?q=secret", None), ("/?lang=ru&q=secret", None), ("/v/x?q=1", "gzip")],
)
def test_nothing_secret_is_compressed_with_what_an_address_says(path: str, expected: str | None) -> None:
    assert encoding(path, headers={"cookie": "__Host-session=a"}) == expected
    assert encoding(path, headers={"cookie": "lang=ru; session=a"}) == expected
    assert encoding(path, headers={"cookie": "lang=ru"}) == "gzip"


def test_what_would_keep_others_waiting_stays_as_it_is() -> None:
    app = Compressed(Starlette(routes=[Route("/", lambda _: Response(b"a" * (MOST + 1), media_type="text/plain"))]))
    assert "content-encoding" not in TestClient(app).get("/", headers={"accept-encoding": "gzip"}).headers


def test_pages_and_static_files_are_compressed_and_kept(world: World) -> None:
    client = TestClient(create_app(world.portfolio))
    for path in ("/", "/verify", "/sign-in", "/nowhere", asset_url("site.css"), asset_url("menu.js"), "/verifier.html"):
        got = client.get(path, headers={"accept-encoding": "gzip", "cookie": "session=nobody"})
        expected = None if len(got.content) < LEAST else "gzip"
        assert (got.headers.get("content-encoding"), path) == (expected, path)
    for name in ("site.css", "fonts/sans-regular.woff2", "mark.svg"):
        got = client.get(asset_url(name))
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert client.get(f"/static/{name}?v=old").headers["cache-control"] == "public, max-age=3600"
        assert client.get(asset_url(name), headers={"if-none-match": got.headers["etag"]}).status_code == 304
    assert len(gzip.compress(client.get(asset_url("site.css")).content)) < 10_000


def test_styles_name_their_files_by_content() -> None:
    for style in STATIC_DIRECTORY.glob("*.css"):
        for named in re.findall(r"url\(\"([^\"]+)\"\)", style.read_text()):
            assert f"{STATIC_PATH}/{named}" == asset_url(named.partition("?")[0]), style.name
