"""Text tables: encodings, delimiters, quotation marks, line ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_files import HEADER, OTHER, ROW, codes, read, text_table

from portfolio.issuing.problems import TableError
from portfolio.issuing.spreadsheets import read_table

NAMES = ["Иванов Пётр Сергеевич", "Щербакова Юлия Фёдоровна", "Эйхман Яков Ильич", "Жукова Ася Львовна"]


def table(encoding: str, *, upper: bool = False, header: tuple[str, ...] = HEADER) -> bytes:
    if encoding == "koi8-r":  # which has no №
        header = ("N", *header[1:])
    rows = [header, *[(str(at), name, *ROW[2:]) for at, name in enumerate(NAMES)]]
    if upper:
        rows = [tuple(cell.upper() for cell in row) for row in rows]  # type: ignore[misc]
    return text_table(rows, encoding=encoding)


@pytest.mark.fault(83)
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1251", "windows-1251"),
        ("cp866", "cp866"),
        ("koi8-r", "koi8-r"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(encoding: str, label: str, *, upper: bool) -> None:
    found = read_table(table(encoding, upper=upper))
    assert found.encoding == label
    names = [cells[1] for _, cells in found.rows[1:]]
    assert names == [name.upper() if upper else name for name in NAMES]


def test_a_big_endian_mark_is_understood() -> None:
    found = read_table(b"\xfe\xff" + table("utf-16-be"))
    assert found.encoding == "utf-16"
    assert found.header.cells[0].text == "№"


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
def test_english_column_names_leave_the_encoding_to_the_text(encoding: str) -> None:
    header = ("no", "full name", "class", "subject", "degree", "score")
    found = read_table(table(encoding, header=header))
    assert [cells[1] for _, cells in found.rows[1:]] == NAMES


def test_the_user_can_name_the_encoding() -> None:
    assert read_table(table("koi8-r"), encoding="KOI8-R").rows[1][1][1] == NAMES[0]
    assert read_table(table("cp1251"), encoding="windows-1251").encoding == "windows-1251"


def test_an_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TableError) as refused:
        read_table(table("cp1251"), encoding="utf-8")
    assert refused.value.reason == "wrong_encoding"


@pytest.mark.parametrize("asked", ["latin-9999", "rot13", "zip", "idna", "\x00", "utf-7"])
def test_only_encodings_of_tables_may_be_named(asked: str) -> None:
    with pytest.raises(TableError) as refused:
        read_table(table("utf-8"), encoding=asked)
    assert refused.value.reason == "unknown_encoding"


def test_text_in_no_encoding_for_certain_is_refused() -> None:
    content = b";".join((b"\x98\xff\x81", b"\x90\x8f")) + b"\r\n" + bytes(range(0x80, 0x100))
    with pytest.raises(TableError) as refused:
        read_table(content)
    assert refused.value.reason in ("uncertain_encoding", "no_header")


@pytest.mark.fault(83)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    found = read_table(text_table([("Итоги; 2025, май",), HEADER, ROW, OTHER], delimiter=delimiter))
    assert found.delimiter == delimiter
    assert found.rows[1][1] == HEADER


def test_a_line_that_tells_excel_the_delimiter_is_obeyed_and_left_out() -> None:
    found = read_table(b"sep=,\r\n" + text_table([HEADER, ROW], delimiter=","))
    assert found.delimiter == ","
    assert found.header.numbers == (2,)


def test_separators_and_line_ends_in_quotation_marks_belong_to_the_text() -> None:
    title = 'Физика; эксп. тур,\r\n"финал"'
    report = read(text_table([HEADER, (*ROW[:3], title, *ROW[4:])]))
    assert report.rows[0].fields["subject"] == 'Физика; эксп. тур, "финал"'


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    content = text_table([HEADER, (*ROW[:3], "а\r\nб", *ROW[4:])]) + b"\r\n\r\n" + text_table([OTHER])
    assert [row.number for row in read(content).rows] == [2, 5]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_read(newline: str) -> None:
    assert len(read(text_table([HEADER, ROW, OTHER], newline=newline)).rows) == 2


@pytest.mark.parametrize(
    ("line", "number"), [('2;"Лицей "Эврика;9;х;у;1', 3), ('2;"Лицей;9;х;у;1', 3), ('2;"Лицей" № 1;9;х;у;1', 3)]
)
def test_a_broken_quotation_is_refused_with_its_line(line: str, number: int) -> None:
    content = text_table([HEADER, ROW]) + line.encode() + b"\r\n" + text_table([OTHER])
    with pytest.raises(TableError) as refused:
        read_table(content)
    assert refused.value.reason == "quotes"
    assert refused.value.data["line"] == number


def test_an_unclosed_quotation_mark_does_not_swallow_a_large_file() -> None:
    content = text_table([HEADER]) + b'1;"' + text_table([ROW]) * 2000
    with pytest.raises(TableError) as refused:
        read_table(content)
    assert refused.value.reason in ("cell_too_long", "quotes")


def test_an_apostrophe_or_a_mark_inside_a_text_is_no_quotation() -> None:
    report = read(text_table([HEADER]) + '1;О\'Коннор Мария;9;Лицей "А";Призёр;1\r\n'.encode())
    assert report.rows[0].holder_name == "О'Коннор Мария"
    assert report.rows[0].fields["subject"] == 'Лицей "А"'


def test_a_shifted_row_is_reported() -> None:
    """A comma of a decimal number without quotation marks splits it in two."""
    report = read(text_table([HEADER, ROW], delimiter=",") + "2,Петров Пётр,9,Химия,Призёр,80,5\r\n".encode())
    assert [(problem.row, problem.code) for problem in report.problems] == [(3, "extra_cells")]


def test_binary_rubbish_in_a_text_table_is_refused() -> None:
    with pytest.raises(TableError) as refused:
        read_table(text_table([HEADER, ROW]) + b"\x00\x01\x02\x00" * 50)
    assert refused.value.reason == "binary"


def test_control_characters_are_refused_per_cell() -> None:
    report = read(text_table([HEADER, (*ROW[:3], "Мате\x07матика", *ROW[4:]), OTHER]))
    assert codes(report) == ["bad_character"]
    assert report.problems[0].data == {"character": "U+0007"}
    assert [row.number for row in report.rows] == [3]


CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn"), exclude_characters="=#\ufffc\ufffd"), max_size=30
)


@pytest.mark.fault(64)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=8),
    delimiter=st.sampled_from([";", "\t", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read_whatever_it_is(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    found = read_table(text_table([HEADER, *rows], delimiter=delimiter, encoding=encoding))
    written = {number: trimmed(row) for number, row in enumerate(rows, start=2) if trimmed(row)}
    assert found.delimiter == delimiter
    assert {number: list(cells) for number, cells in found.rows if number > 1} == written


def trimmed(row: list[str]) -> list[str]:
    kept = list(row)
    while kept and not kept[-1]:
        kept.pop()
    return kept
