"""Names of files as strangers give them, and lists in the encodings that Windows writes."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from portfolio.credentials.facts import TrustRoots
from portfolio.i18n import printable
from portfolio.verification.batch import Summary, verify_sources
from portfolio.verification.judging import Terms
from portfolio.verification.lists import column_of
from portfolio.verification.reports import ReportFile, rows_json
from portfolio.verification.sources import expand

NAMES = [b"\xff\xfe.json", b"\x1b[2J\x1b]0;x\x07.json", "диплом\u202efdp.json".encode(), b"new\nline.json"]


@pytest.mark.fault(85)
@pytest.mark.parametrize("suffix", [".json", ".csv", ".xlsx"])
def test_no_name_of_a_file_breaks_report_or_terminal(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / os.fsdecode(b"folder\xff\x1b")
    folder.mkdir()
    for name in NAMES:
        (folder / os.fsdecode(name)).write_bytes(b"{}")
    summary, terms = Summary(), Terms(TrustRoots(()))
    with ReportFile(tmp_path / f"r{suffix}", terms, summary) as report:
        rows = list(verify_sources(expand([str(folder)]), terms, summary=summary))
        for row in rows:
            report.add(row)
    assert len(rows) == len(NAMES)
    assert [row.source for row in rows] == [printable(row.source) for row in rows]
    assert {row.source for row in rows} >= {"диплом\ufffdfdp.json", "new\ufffdline.json", "\ufffd\ufffd.json"}
    told = orjson.loads(rows_json(rows, terms, summary))["rows"]
    assert all(row["place"].isprintable() and row["source"].isprintable() for row in told)


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("Диплом № 5.pdf", "á́ 文.json", "\u200fעברית.json"):
        assert printable(name) == name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_a_list_of_lines_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    names = [f"Диплом, Иванов {number}.pdf" for number in range(40)]
    path = tmp_path / "список.txt"
    path.write_bytes("\r\n".join(names).encode(encoding))
    assert column_of(path) == list(enumerate(names, start=1))
