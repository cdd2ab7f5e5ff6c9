"""The API and the command: the same report, honest exit codes, nothing fetched offline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from elsewhere import NOW, Elsewhere
from fastapi import FastAPI
from fastapi.testclient import TestClient

from portfolio.achievements import routes
from portfolio.fetching import FakeFetcher

ISSUER = Elsewhere()
WEB = Elsewhere(2, host="badges.example")


class Composed:
    """As much of a process as this route needs."""

    @staticmethod
    def clock() -> Any:
        return NOW


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    documents = {"https://badges.example/.well-known/did.json": json.dumps(WEB.did_document()).encode()}
    monkeypatch.setattr(routes, "PublicFetcher", lambda: FakeFetcher(documents))
    app = FastAPI()
    app.state.portfolio = Composed()
    app.include_router(routes.router)
    return TestClient(app)


@pytest.mark.parametrize("issuer", [ISSUER, WEB])
def test_a_file_and_a_body_get_the_same_report(client: TestClient, issuer: Elsewhere) -> None:
    document = json.dumps(issuer.signed()).encode()
    body = client.post("/api/v1/imports/verify", content=document)
    form = client.post("/api/v1/imports/verify", files={"file": ("badge.json", document)})
    assert body.status_code == form.status_code == 200
    assert body.json() == form.json()
    assert (body.json()["type"], body.json()["verdict"]) == ("imported", "confirmed")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "portfolio.cli", "import", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_command_prints_the_report_and_exits_by_it(tmp_path: Path) -> None:
    good, web, bad, none = (tmp_path / name for name in ("good", "web", "bad", "none"))
    good.write_text(json.dumps(ISSUER.signed()))
    web.write_text(json.dumps(WEB.signed()))
    bad.write_text(json.dumps({**ISSUER.signed(), "name": "Физика"}))
    none.write_text("{}")
    shown = run(str(good), "--offline")
    assert shown.returncode == 0, shown.stderr
    assert "Python для учителя" in shown.stdout
    assert json.loads(run(str(good), "--offline", "--json").stdout)["verdict"] == "confirmed"
    assert run(str(web), "--offline").returncode == 3
    assert run(str(bad), "--offline").returncode == 1
    assert run(str(none), "--offline").returncode == 64
    assert run(str(tmp_path / "absent"), "--offline").returncode == 64
