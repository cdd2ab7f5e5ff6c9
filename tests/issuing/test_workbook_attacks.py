"""Workbooks made to hurt: bombs, document types, lying directories, one cell in a far corner (faults 78, 83)."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_files import HEADER, MAIN, ROW, inline_row, raw_workbook, text_table, workbook, worksheet

from portfolio.issuing.formats import limits, sheet_scan
from portfolio.issuing.problems import TableError
from portfolio.issuing.spreadsheets import read_table

WORKBOOK = workbook([HEADER, ROW])
GOOD = inline_row(1, HEADER) + inline_row(2, ROW)


def reason_of(content: bytes) -> str:
    with pytest.raises(TableError) as refused:
        read_table(content)
    return refused.value.reason


CHILD = """
import sys
from portfolio.issuing.problems import TableError
from portfolio.issuing.spreadsheets import read_table
def peak():  # not ru_maxrss, which a child inherits from the process that started it
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
content = sys.stdin.buffer.read()
small = int(sys.argv[1])
read_table(content[:small])
before = peak()
try:
    read_table(content[small:])
except TableError as refused:
    print(refused.reason, peak() - before)
"""


def refused_in_a_process_of_its_own(content: bytes) -> tuple[str, int]:
    """Return why a file was refused and how many bytes of memory that took beyond what a small workbook takes."""
    command = [sys.executable, "-c", CHILD, str(len(WORKBOOK))]
    done = subprocess.run(command, input=WORKBOOK + content, capture_output=True, check=True)
    reason, kilobytes = done.stdout.split()
    return reason.decode(), int(kilobytes) * 1024


@pytest.mark.fault(78)
def test_a_flat_bomb_is_refused_by_its_directory() -> None:
    sheet = worksheet(GOOD + "<row/>" * 20_000_000)
    content = raw_workbook(sheet)
    assert len(content) < 1_000_000
    del sheet
    reason, memory = refused_in_a_process_of_its_own(content)
    assert reason == "bomb"
    assert memory < 8_000_000


@pytest.mark.fault(78)
def test_a_directory_that_lies_about_sizes_is_refused() -> None:
    """The sheet unpacks to ten times what the directory says."""
    content = bytearray(raw_workbook(worksheet(GOOD + " " * 1_000_000)))
    at = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02"))
    while content[at + 46 : at + 70] != b"xl/worksheets/sheet1.xml":
        at = content.index(b"PK\x01\x02", at + 4)
    size = struct.unpack_from("<I", content, at + 24)[0]
    struct.pack_into("<I", content, at + 24, size // 10)
    assert reason_of(bytes(content)) == "damaged"


@pytest.mark.fault(78)
def test_overlapping_entries_are_refused() -> None:
    """The "better zip bomb": many entries of the directory share the bytes of one."""
    content = raw_workbook(worksheet(GOOD))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    name = b"xl/worksheets/sheet2.xml"
    end = content.rindex(b"PK\x05\x06")
    twin = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, entry.CRC, entry.compress_size, entry.file_size,
        len(name), 0, 0, 0, 0, 0, entry.header_offset,
    ) + name  # fmt: skip
    tail = bytearray(content[end:])
    count = struct.unpack_from("<H", tail, 10)[0] + 1
    size = struct.unpack_from("<I", tail, 12)[0] + len(twin)
    struct.pack_into("<HHI", tail, 8, count, count, size)
    assert reason_of(content[:end] + twin + bytes(tail)) == "bomb"


def test_two_parts_of_one_name_are_refused() -> None:
    """Two readers might each take another one: what was checked must be what is read."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = raw_workbook(worksheet(GOOD), extra={"xl/worksheets/sheet1.xml": worksheet("").encode()})
    assert reason_of(content) == "damaged"
    assert reason_of(raw_workbook(worksheet(GOOD), extra={"xl/worksheets/SHEET1.xml": b"<x/>"})) == "damaged"


@pytest.mark.fault(78)
def test_a_workbook_of_too_many_parts_is_refused() -> None:
    extra = {f"xl/media/{at}": b"" for at in range(limits.MAX_PARTS)}
    assert reason_of(raw_workbook(worksheet(GOOD), extra=extra)) == "bomb"


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        "<!DOCTYPE x>",
    ],
)
@pytest.mark.parametrize("part", ["sheet", "strings", "styles"])
def test_a_document_type_is_refused_in_every_part(doctype: str, part: str) -> None:
    parts = {"strings": f'<sst xmlns="{MAIN}"/>', "styles": f'<styleSheet xmlns="{MAIN}"/>', "sheet": worksheet(GOOD)}
    parts[part] = doctype + parts[part]
    assert reason_of(raw_workbook(**parts)) == "doctype"


@pytest.mark.fault(83)
def test_a_document_type_is_refused_in_utf_16_too() -> None:
    sheet = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "x">]>{worksheet(GOOD)}'
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw_workbook("<x/>"))) as source, zipfile.ZipFile(content, "w") as target:
        for name in source.namelist():
            target.writestr(name, sheet.encode("utf-16") if name.endswith("sheet1.xml") else source.read(name))
    assert reason_of(content.getvalue()) == "doctype"


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    ("corner", "reason"),
    [("XFD1048576", "too_many_rows"), ("A1048576", "too_many_rows"), ("XFD2", "too_many_columns"),
     ("GR199999", "too_many_cells")],
)  # fmt: skip
def test_one_cell_in_a_far_corner_makes_no_room_for_all_between(corner: str, reason: str) -> None:
    row = "".join(character for character in corner if character.isdigit())
    far = f'<row r="{row}"><c r="{corner}"><v>1</v></c></row>'
    content = raw_workbook(worksheet((inline_row(1, HEADER) if row == "2" else GOOD) + far))
    refused, memory = refused_in_a_process_of_its_own(content)
    assert refused == reason
    assert memory < 8_000_000


def test_empty_formatted_cells_far_away_do_not_matter() -> None:
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert len(read_table(raw_workbook(worksheet(GOOD + far))).rows) == 2


def test_merged_ranges_without_end_do_not_matter() -> None:
    ranges = "".join(f'<mergeCell ref="A{at}:XFD{at}"/>' for at in range(1, 50_000))
    sheet = worksheet(GOOD).replace("</worksheet>", f"<mergeCells>{ranges}</mergeCells></worksheet>")
    assert read_table(raw_workbook(sheet)).merged == {1: {0: limits.MAX_COLUMNS}, 2: {0: limits.MAX_COLUMNS}}


def test_a_declared_dimension_is_not_believed() -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>{GOOD}</sheetData></worksheet>'
    assert len(read_table(raw_workbook(sheet)).rows) == 2


@pytest.mark.fault(83)
def test_a_long_text_shared_by_many_cells_is_counted_as_often_as_it_is_used() -> None:
    strings = f'<sst xmlns="{MAIN}"><si><t>{"я" * 30_000}</t></si></sst>'
    rows = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, 4000))
    assert reason_of(raw_workbook(worksheet(rows), strings=strings)) == "bomb"


def test_a_text_longer_than_a_cell_may_hold_is_refused() -> None:
    strings = f'<sst xmlns="{MAIN}"><si><t>{"я" * 40_000}</t></si></sst>'
    assert reason_of(raw_workbook(worksheet(GOOD), strings=strings)) == "bomb"
    assert reason_of(raw_workbook(worksheet(inline_row(1, ("я" * 40_000,))))) == "bomb"


def test_more_formulas_than_a_table_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_scan, "MAX_FORMULAS", 3)
    rows = "".join(f'<row r="{at}"><c r="A{at}"><f>1</f></c></row>' for at in range(1, 6))
    assert reason_of(raw_workbook(worksheet(rows))) == "too_many_formulas"


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="A1"><v>1</v></c></row>',
        '<row r="2"/><row r="1"/>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A0"><v>1</v></c></row>',
        '<row r="x"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>7</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></row>',
    ],
)
def test_contradictory_references_are_refused(rows: str) -> None:
    """Checked cells and read cells must be the same cells."""
    assert reason_of(raw_workbook(worksheet(rows))) == "damaged"


def test_an_encrypted_entry_is_refused_as_protected() -> None:
    content = bytearray(raw_workbook(worksheet(GOOD)))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    assert reason_of(bytes(content)) == "password"


def test_a_truncated_workbook_is_damaged() -> None:
    content = workbook([HEADER, ROW])
    for cut in (len(content) // 2, len(content) - 10):
        assert reason_of(content[:cut]) == "damaged"


@pytest.mark.fault(78)
def test_a_wrong_checksum_is_damage() -> None:
    content = bytearray(raw_workbook(worksheet(GOOD)))
    entry = content.index(b"xl/worksheets/sheet1.xml")
    content[entry + 30] ^= 0xFF
    assert reason_of(bytes(content)) == "damaged"


@pytest.mark.fault(83)
@given(data=st.data())
def test_a_workbook_with_changed_bytes_is_read_or_refused(data: st.DataObject) -> None:
    """Nothing but a `TableError` ever comes out, whatever stands in the file."""
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    with_any_outcome(bytes(content))


@pytest.mark.fault(83)
@given(rows=st.text(st.sampled_from("<>/=\"crvftis 0123AZr'&;"), max_size=200))
def test_a_sheet_of_any_xml_is_read_or_refused(rows: str) -> None:
    with_any_outcome(raw_workbook(worksheet(GOOD + rows)))


PARTS = {
    "xl/worksheets/sheet1.xml": worksheet(
        GOOD + '<row r="3"><c r="A3" s="1"><v>7</v></c><c r="B3" t="s"><v>0</v></c></row>'
    ),
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>Ким Анна</t></si></sst>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="000"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
}  # fmt: skip
ODD = ("", "0", "-1", "1e999", "NaN", "я", "4294967296", "A1:B2", "XFE1", "s", "e", "d", "b", "str", "1", "true")
LOOSE = (
    "<v>x</v>",
    "<f>1</f>",
    "<row>",
    "</row>",
    "<c>",
    '<mergeCell ref="B2:A1"/>',
    "&lt;",
    "<!--x-->",
    "<![CDATA[x]]>",
)


@pytest.mark.fault(83)
@given(data=st.data())
def test_a_workbook_with_odd_values_in_its_xml_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever the libraries raise at values that no program writes, a `TableError` comes out."""
    parts = dict(PARTS)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(parts)))
        places = list(re.finditer(r'"[^"]*"|>[^<]*<', parts[name]))
        place = data.draw(st.sampled_from(places))
        odd = data.draw(st.sampled_from(ODD if place.group().startswith('"') else ODD + LOOSE))
        parts[name] = parts[name][: place.start() + 1] + odd + parts[name][place.end() - 1 :]
    sheet, strings, styles = (parts[name] for name in PARTS)
    with_any_outcome(raw_workbook(sheet, strings=strings, styles=styles))


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A3" t="я"><v>1</v></c>',
        '<c r="A3"><v>x</v></c>',
        '<c r="A3" t="b"><v>2</v></c>',
        '<c r="A3" t="d"><v>x</v></c>',
    ],
)
def test_a_value_that_its_type_forbids_is_read_as_text_or_refused(cell: str) -> None:
    with_any_outcome(raw_workbook(worksheet(f'{GOOD}<row r="3">{cell}</row>')))


@pytest.mark.fault(83)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with_any_outcome(content)
    with_any_outcome(text_table([HEADER]) + content)


def with_any_outcome(content: bytes) -> None:
    with contextlib.suppress(TableError):
        read_table(content)


def test_the_checksum_of_a_bomb_part_is_never_computed_past_its_size() -> None:
    """zlib is given no more than the stated size: the peak of memory tells."""
    packed = zlib.compress(bytes(50_000_000), 9)[2:-4]
    name = b"xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(raw_workbook(worksheet(GOOD)))) as source:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as kept:
            for one in source.namelist():
                if one != name.decode():
                    kept.writestr(one, source.read(one))
    content = target.getvalue()
    end = content.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", content, end + 16)[0]
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(packed), 5000, len(name), 0) + name + packed
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(packed), 5000, len(name), 0, 0, 0, 0, 0, start
    ) + name  # fmt: skip
    directory = content[start:end] + entry
    count = struct.unpack_from("<H", content, end + 10)[0] + 1
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start + len(local), 0)
    reason, memory = refused_in_a_process_of_its_own(content[:start] + local + directory + tail)
    assert reason == "damaged"
    assert memory < 8_000_000
