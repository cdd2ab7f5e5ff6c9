"""Files that are no table get one clear sentence."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image
from table_files import HEADER, ROW, text_table, workbook

from portfolio.issuing.formats import delimited, limits
from portfolio.issuing.messages import REFUSALS
from portfolio.issuing.problems import TableError
from portfolio.issuing.spreadsheets import read_table


def picture(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(target, kind)
    return target.getvalue()


def archive(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return target.getvalue()


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
MERCURY = b"<html><head><meta charset=utf-8></head><body><table><tr><td>x</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (bytes(5000), "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "pdf"),
        (picture("PNG"), "image"),
        (picture("JPEG"), "image"),
        (picture("GIF"), "image"),
        (picture("BMP"), "image"),
        (picture("TIFF"), "image"),
        (picture("WEBP"), "image"),
        (MERCURY, "web_page"),
        ('\ufeff<?xml version="1.0"?><Workbook/>'.encode(), "web_page"),
        ("<!DOCTYPE html><title>Итоги</title>".encode("cp1251"), "web_page"),
        (b"{\\rtf1\\ansi}", "rich_text"),
        (OLE, "old_excel"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        (archive(word__document_DOT_xml=b"<w/>"), "word"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "opendocument"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.text"), "word"),
        (archive(xl__workbook_DOT_bin=b"\x01"), "binary_workbook"),
        (archive(results_DOT_csv=b"a;b"), "archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), "archive"),
        (b"Rar!\x1a\x07\x00", "archive"),
        (b"\x1f\x8b\x08\x00" + bytes(30), "archive"),
        (b"PK\x03\x04 and then nothing of a directory", "damaged"),
        (b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)), "binary"),
    ],
)
def test_what_is_no_table_is_refused_with_one_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(TableError) as refused:
        read_table(content, filename="results.xlsx")
    assert refused.value.reason == reason
    assert refused.value.data["reason"] == reason
    assert refused.value.message.endswith(".")
    assert "%(" not in refused.value.message
    assert refused.value.status == 422


def test_every_refusal_can_be_said() -> None:
    """Each sentence fills from the data that its refusal carries."""
    data = {"limit": 1, "line": 1, "sheet": "A", "sheets": "A, B", "encoding": "x"}
    for reason, template in REFUSALS.items():
        assert TableError(reason, **data).message == template % data


def test_a_workbook_under_the_name_of_a_text_table_is_read_by_its_bytes() -> None:
    assert read_table(workbook([HEADER, ROW]), filename="results.csv").sheet == "Итоги"


def test_a_text_table_under_the_name_of_a_workbook_is_read_by_its_bytes() -> None:
    assert read_table(text_table([HEADER, ROW]), filename="results.xlsx").delimiter == ";"


def test_a_text_table_that_begins_like_a_picture_is_read() -> None:
    content = text_table([("BMW-олимпиада",), HEADER, ROW], encoding="cp1251")
    assert content.startswith(b"BM")
    assert read_table(content).encoding == "windows-1251"


def test_a_file_without_column_names_is_refused() -> None:
    for content in (text_table([ROW, ROW]), workbook([ROW, ROW])):
        with pytest.raises(TableError) as refused:
            read_table(content)
        assert refused.value.reason == "no_header"


def test_column_names_far_below_the_top_are_not_looked_for() -> None:
    with pytest.raises(TableError) as refused:
        read_table(text_table([*[("Список",)] * 80, HEADER, ROW]))
    assert refused.value.reason == "no_header"


def test_a_file_above_the_size_limit_is_refused_unread() -> None:
    with pytest.raises(TableError) as refused:
        read_table(b"a" * (limits.MAX_BYTES + 1))
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [("MAX_ROWS", 3, "too_many_rows"), ("MAX_COLUMNS", 5, "too_many_columns"), ("MAX_CELLS", 9, "too_many_cells")],
)
def test_text_tables_beyond_a_limit_are_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str
) -> None:
    monkeypatch.setattr(delimited, limit, value)
    with pytest.raises(TableError) as refused:
        read_table(text_table([HEADER, ROW, ROW, ROW]))
    assert refused.value.reason == reason


@pytest.mark.fault(83)
def test_a_text_table_of_a_million_rows_is_refused() -> None:
    content = ("ФИО;Класс\r\n" + "Иванов Пётр;9\r\n" * 1_000_000).encode("cp1251")
    with pytest.raises(TableError) as refused:
        read_table(content)
    assert refused.value.reason == "too_many_rows"
