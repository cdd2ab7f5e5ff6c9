"""`portfolio diplomas`, `portfolio issuer logo` and `portfolio issuer design` as people use them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from flows.test_command_line import run
from portfolio.errors import NotFoundError
from portfolio.organisations.models import Logo
from service_world import Service


def test_all_diplomas_of_a_run_as_one_file(service: Service, tmp_path: Path) -> None:
    made = service.issue(4)
    run_id = str(made[0].run_id)
    picture = tmp_path / "logo.png"
    Image.new("RGB", (100, 100), "red").save(picture)
    done = run(service, "issuer", "logo", "school", str(picture))
    assert done.exit_code == 0, done.output
    assert "100 x 100" in done.output
    with service.read() as session:
        assert session.get_one(Logo, made[0].organisation_id).width == 100
    assert run(service, "issuer", "design", "school", "modern").exit_code == 0
    out = tmp_path / "diplomas.zip"
    done = run(service, "diplomas", run_id, "--out", str(out), "--design", "document")
    assert done.exit_code == 0, done.output
    assert "4" in done.output
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 5
    assert not list(tmp_path.glob(".*part"))


def test_an_unknown_run_and_an_svg_are_refused(service: Service, tmp_path: Path) -> None:
    done = run(service, "diplomas", "nothing", "--out", str(tmp_path / "x.zip"))
    assert isinstance(done.exception, NotFoundError)
    assert not (tmp_path / "x.zip").exists()
    drawing = tmp_path / "logo.svg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    refused = run(service, "issuer", "logo", "school", str(drawing))
    assert getattr(refused.exception, "code", "") == "unsupported_media"
    with pytest.raises(Exception, match="no such design"):
        raise run(service, "issuer", "design", "school", "sublime").exception or AssertionError
