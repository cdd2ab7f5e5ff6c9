"""The example tables: current, ASCII by name, issued without a problem, and one table full of errors."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from portfolio.credentials.kinds import kind_of
from portfolio.issuing.report import TableReport
from portfolio.issuing.rows import read_rows
from portfolio.issuing.spreadsheets import read_table

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
MANIFEST: dict[str, Any] = json.loads((EXAMPLES / "manifest.json").read_text("utf-8"))


def report_of(entry: dict[str, Any]) -> TableReport:
    table = read_table((EXAMPLES / entry["file"]).read_bytes(), filename=entry["file"])
    return read_rows(table, kind_of(entry["kind"]), defaults=entry["defaults"])


@pytest.mark.parametrize("entry", MANIFEST["tables"], ids=lambda entry: entry["file"])
def test_an_example_is_issued_without_a_problem(entry: dict[str, Any]) -> None:
    report = report_of(entry)
    assert report.problems == []
    assert report.row_count == len(report.rows)
    assert report.footers_left_out


def test_the_examples_hold_enough_rows() -> None:
    counts = {entry["file"]: len(report_of(entry).rows) for entry in MANIFEST["tables"]}
    assert counts == {"olympiad.csv": 188, "cpd-group.xlsx": 66, "school-certificates.csv": 86}


def test_the_examples_have_the_oddities_that_their_page_promises() -> None:
    olympiad, cpd, school = (report_of(entry) for entry in MANIFEST["tables"])
    assert (olympiad.table.encoding, olympiad.table.delimiter, olympiad.table.header.numbers) == (
        "windows-1251",
        ";",
        (5,),
    )
    assert (cpd.table.sheet, cpd.table.header.numbers) == ("Группа ПК-26-11", (3, 4))
    assert (school.table.encoding, len(school.columns)) == ("utf-8", 22)
    letters = {letter for report in (cpd, school) for row in report.rows for letter in row.holder_name}
    assert set("әөҗҥӀӑҫӕ") - letters <= set("ҥӑ")


def test_every_issuer_of_the_manifest_is_described() -> None:
    slugs = {issuer["slug"] for issuer in MANIFEST["issuers"]}
    # A university reads and issues nothing here.
    assert {entry["issuer"] for entry in MANIFEST["tables"] + MANIFEST["broken"]} == slugs - {
        "svetlorechensk-university"
    }
    for issuer in MANIFEST["issuers"]:
        assert set(issuer) == {"slug", "name", "contact", "time_zone"}


def test_the_table_full_of_errors_shows_what_can_go_wrong() -> None:
    (entry,) = MANIFEST["broken"]
    report = report_of(entry)
    assert len({problem.code for problem in report.problems}) >= 25
    assert (report.row_count, report.error_count, len(report.warnings)) == (32, 27, 3)
    assert [row.number for row in report.rows] == [2, 7, 8, 9, 33]
    for problem in report.problems:
        assert problem.row
        assert "%(" not in problem.text


def test_file_names_are_ascii() -> None:
    assert all(path.name.isascii() for path in EXAMPLES.iterdir())


def test_the_committed_files_are_what_the_script_writes(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "make_examples.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, stdout=subprocess.DEVNULL)
    written = {path.name: _content(path) for path in tmp_path.iterdir()}
    assert written == {name: _content(EXAMPLES / name) for name in written}
    assert set(written) == {entry["file"] for entry in MANIFEST["tables"] + MANIFEST["broken"]}


def _content(path: Path) -> object:
    """Compression differs between builds of zlib: a workbook is compared part by part."""
    content = path.read_bytes()
    if path.suffix != ".xlsx":
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
